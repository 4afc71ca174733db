"""`rhizotron lid identify`: one answer for each line, in order, whatever its bytes."""

import gzip
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

from filters.language_id import LANGUAGE, load_model
from pipeline.cli import main
from pipeline.language_id import identify

ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
COMMAND = [sys.executable, "-m", "pipeline.cli", "lid", "identify"]
RUNNER = CliRunner()
MODEL = "lid.176"

ENGLISH = b"Everyone has the right to life, liberty and security of person."
FRENCH = "Tout individu a droit à la vie, à la liberté et à la sûreté de sa personne.".encode()
ARABIC = "لكل فرد الحق في الحياة والحرية وفي الأمان على شخصه"

BAD_LINES: dict[str, tuple[bytes, str | None]] = {
    "empty": (b"", "und"),
    "white space": (b" \t\v\f", "und"),
    "one character": (b"a", "und"),
    "one digit": (b"7", "und"),
    "emoji": ("😀🎉👩‍👩‍👧 👍🏽".encode(), "und"),
    "combining marks": ("\u0301\u0300\u093e\u0323".encode(), "und"),
    "private use": ("\ue000\ue001\U000f0000\U0010fffd".encode(), "und"),
    "bidi marks alone": ("\u200f\u202e\u2066\u2069".encode(), "und"),
    "bidi marks in Arabic": (("\u202b\u200f" + ARABIC.replace(" ", " \u200f") + "\u202c").encode(), "ar"),
    "NUL bytes": (b"\0\0\0", "und"),
    "NUL bytes in English": (ENGLISH.replace(b" ", b"\0"), "en"),
    "bytes that are not UTF-8": (b"\xff\xfe\x80\xbf\xc0\xaf\xf8\x88", "und"),
    "such bytes in English": (b"\xff" + ENGLISH + b" \xc3 \xe4\xb8 \xf0\x9f", "en"),
    "a byte order mark": (b"\xef\xbb\xbf" + ENGLISH, "en"),
    "a carriage return": (ENGLISH + b"\r", "en"),
    "carriage returns inside": (ENGLISH.replace(b" ", b"\r"), "en"),
    "line separators inside": (ENGLISH.replace(b" ", "\u2028\u0085".encode()), None),
    "fastText's end of line": (b"</s> __label__fr " + ENGLISH, None),
    "10 MB": ((ENGLISH + b" ") * (10_000_000 // 64), "en"),
    "10 MB without a space": (b"x" * 10_000_000, None),
    "10 MB of no UTF-8": (b"\xf0" * 10_000_000, "und"),
}
"""Lines that break careless code, and the label where there can be only one."""


def rhizotron(*arguments: object, data: bytes = b"") -> Result:
    return RUNNER.invoke(main, ["lid", *[str(argument) for argument in arguments]], input=data)


def labels(output: bytes) -> list[str]:
    """Labels of the output; each line is one label, a tab and a score with four decimals."""
    assert output == b"" or output.endswith(b"\n")
    tags = []
    for line in output.decode().splitlines():
        label, score = line.split("\t")
        assert score == f"{float(score):.4f}"
        assert 0 <= float(score) <= 1
        assert label != "und" or score == "0.0000"
        tags.append(label)
    return tags


def test_every_line_has_one_answer_in_order_whatever_its_bytes() -> None:
    """Each hard line stands between a French and an Arabic one, so that one line too many would show."""
    data = b"".join(FRENCH + b"\n" + line + b"\n" + ARABIC.encode() + b"\n" for line, _ in BAD_LINES.values())
    done = subprocess.run(COMMAND, input=data, capture_output=True, env=ENVIRONMENT, check=True)
    answered = labels(done.stdout)
    assert done.stderr == b""
    assert len(answered) == 3 * len(BAD_LINES)
    assert set(answered[::3]) == {"fr"}
    assert set(answered[2::3]) == {"ar"}
    answers = dict(zip(BAD_LINES, answered[1::3], strict=True))
    assert {name: answers[name] for name, (_, label) in BAD_LINES.items() if label} == {
        name: label for name, (_, label) in BAD_LINES.items() if label
    }


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_hard_line_alone_and_without_a_newline(name: str) -> None:
    line, label = BAD_LINES[name]
    result = rhizotron("identify", data=line)
    assert result.exit_code == 0, result.output
    answered = labels(result.stdout_bytes)
    assert len(answered) == (1 if line else 0)  # a file without a byte has no line
    assert label in (None, *answered) or not line


def test_labels_and_scores_are_those_of_identify(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_bytes(b"\n".join([ENGLISH, b"", FRENCH, ARABIC.encode()]))
    texts = pa.array([ENGLISH.decode(), "", FRENCH.decode(), ARABIC], pa.large_string())
    rows = identify.identify_lines(texts, model=load_model(MODEL)).to_pylist()
    result = rhizotron("identify", path, "--model", MODEL)
    assert result.output == "".join(f"{row['lang']}\t{row['lang_score'] or 0:.4f}\n" for row in rows)
    assert labels(result.stdout_bytes) == ["en", "und", "fr", "ar"]
    objects = [json.loads(line) for line in rhizotron("identify", path, "--json").output.splitlines()]
    assert [list(each) for each in objects] == [LANGUAGE.names] * 4
    assert [each["lang"] for each in objects] == ["en", "und", "fr", "ar"]
    assert [each["lang_score"] is None for each in objects] == [False, True, False, False]
    assert all(each["lang_score"] == round(each["lang_score"], 4) for each in objects if each["lang_score"])


def test_a_file_is_read_by_its_suffix_and_a_stream_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt.gz"
    path.write_bytes(gzip.compress(ENGLISH + b"\n" + FRENCH))
    assert labels(rhizotron("identify", path).stdout_bytes) == ["en", "fr"]
    assert labels(rhizotron("identify", "-", data=ENGLISH + b"\r\n").stdout_bytes) == ["en"]
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen([*COMMAND, str(pipe)], stdout=subprocess.PIPE, env=ENVIRONMENT) as process:
        pipe.write_bytes(FRENCH + b"\n" + ENGLISH)
        output, _ = process.communicate()
    assert labels(output) == ["fr", "en"]


def test_a_slow_stream_is_answered_line_by_line() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line, label in ((ENGLISH, b"en"), (FRENCH, b"fr"), (b"", b"und")):
            process.stdin.write(line + b"\n")
            process.stdin.flush()
            assert process.stdout.readline().split(b"\t")[0] == label
        process.stdin.close()
        assert process.stdout.read() == b""
    assert process.returncode == 0


def test_a_reader_that_leaves_ends_it_quietly() -> None:
    with subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(ENGLISH + b"\n")
        process.stdin.flush()
        assert process.stdout.readline().startswith(b"en\t")
        process.stdout.close()
        process.stdin.write(ENGLISH + b"\n")
        process.stdin.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1  # as click ends a program whose reader left


def heed_interrupts() -> None:
    """A shell's background jobs ignore SIGINT, and so do their children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_an_interrupt_ends_it_quietly() -> None:
    with subprocess.Popen(
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        preexec_fn=heed_interrupts,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(ENGLISH + b"\n")
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == b""
    assert process.returncode == 130


def test_a_line_over_the_limit_is_cut_and_said() -> None:
    stream = io.BytesIO(b"\n".join([FRENCH, ENGLISH * 2, ENGLISH, FRENCH * 2]))
    chunks = identify.read_stream(stream, name="a stream")
    (first, cut), (last, cut_last) = identify.label_lines(chunks, model=load_model(MODEL), max_line_bytes=90)
    assert (labels(first), cut) == (["fr", "en", "en"], [2])
    assert (labels(last), cut_last) == (["fr"], [4])


def unreadable(folder: Path) -> dict[str, tuple[Path, str]]:
    damaged = folder / "damaged.gz"
    damaged.write_bytes(gzip.compress(ENGLISH)[:-9])
    return {
        "missing": (folder / "nowhere.txt", "No such file or directory"),
        "folder": (folder, "Is a directory"),
        "damaged": (damaged, "ends inside the gzip member"),
    }


@pytest.mark.parametrize("name", ["missing", "folder", "damaged"])
def test_what_cannot_be_read_is_one_clear_error(name: str, tmp_path: Path) -> None:
    path, reason = unreadable(tmp_path)[name]
    result = rhizotron("identify", path)
    assert result.exit_code == 2
    (error,) = result.stderr.splitlines()
    assert error.startswith(f"rhizotron: cannot read {path}: ")
    assert reason in error


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "secret.txt"
    path.touch(mode=0o000)
    result = rhizotron("identify", path)
    assert (result.exit_code, result.stderr) == (2, f"rhizotron: cannot read {path}: Permission denied\n")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file whose first byte cannot be read")
def test_a_file_that_fails_while_it_is_read_is_one_clear_error() -> None:
    result = rhizotron("identify", "/proc/self/mem")
    assert result.exit_code == 2
    assert result.stderr == "rhizotron: cannot read /proc/self/mem: Input/output error\n"


def test_a_model_that_cannot_be_loaded_is_one_clear_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ftz"
    broken.write_bytes(b"no model")
    for model, reason in (
        (broken, "broken.ftz is not a fastText model"),
        (tmp_path / "none.ftz", "no language model"),
    ):
        result = rhizotron("identify", broken, "--model", model)
        assert result.exit_code == 2
        (error,) = result.stderr.splitlines()
        assert reason in error


def test_identify_starts_without_what_it_does_not_need(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_bytes(ENGLISH)
    program = (
        "import sys; from pipeline.cli import main; main(sys.argv[1:], standalone_mode=False);"
        "print([name for name in ('apache_beam', 'datasets', 'huggingface_hub', 'rich')"
        " if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "lid", "identify", str(path)],
        capture_output=True,
        env=ENVIRONMENT,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == b"[]"
    assert labels(done.stdout.splitlines(keepends=True)[0]) == ["en"]
