"""Strangers' text does no harm: whatever the data say, no control character of theirs reaches a terminal."""

import ast
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import small_corpus
from click.testing import CliRunner, Result

from governance.removals.public_list import make_salt
from governance.visible import CONTROLS, visible, visible_json, visible_line
from layers.shards import read_table
from pipeline.cli import main
from pipeline.commands.card import card
from pipeline.commands.lid import lid
from pipeline.commands.new import new
from pipeline.commands.personal_data import personal_data
from pipeline.commands.reservations import reservations
from pipeline.commands.review import review
from pipeline.delivery import patience

ROOT = Path(__file__).parents[2]
RAW = re.compile(f"[{CONTROLS}]")
EVIL = "\x1b]0;PWNED\x07\x1b[31mRED\x1b[2J\x9b31m\u202e\u2066\u200f\x7f\U000e0041"
FILE = "data/e\x1b[31mvil\u202e]0;`|<b>\n# h.jsonl"
BASE = small_corpus.PARAGRAPHS["en"]


def rows() -> Iterator[str]:
    """JSON lines with the same evil in text, id, title, URL and language; some broken, some duplicates."""
    for number in range(24):
        text = f"{BASE[number % len(BASE)]} Also {number}.\nBuy {EVIL} now at the old market place.\n"
        yield json.dumps(
            {
                "id": f"../../pwn{number}{EVIL}",
                "text": text,
                "lang": "en",
                "url": f"http://x/{number}{EVIL}](javascript:alert(1))",
                "title": f"T{EVIL}| x | ```\n# pwn</script>",
            }
        )
    same = f"{BASE[0]} {EVIL}"
    yield from (json.dumps({"id": f"same{n}{EVIL}", "text": same, "lang": "en"}) for n in range(3))
    yield json.dumps({"id": f"short{EVIL}", "text": f"short {EVIL}", "lang": f"zz-{EVIL}"})
    yield json.dumps({"id": f"bad{EVIL}", "text": 12})
    yield f"{{not json {EVIL}"
    yield '{"id": "half", "text": "\\ud800 of a pair"}'


def write_corpus(folder: Path, *, changes: dict[str, Any] | None = None) -> Path:
    corpus = small_corpus.write_corpus(folder)
    (folder / FILE).write_text("\n".join(rows()) + "\n", encoding="utf-8")
    source = {
        "card": "health_json",
        "type": "jsonl",
        "paths": ["data/e*.jsonl"],
        "fields": {"text": "text", "id": "id", "lang": "lang", "url": "url", "title": "title"},
    }
    config = {
        "name": "evil",
        "version": "1.0.0",
        "cards": "cards",
        "sources": [source],
        "lines": {"min_count": 10, "min_chars": 10},
        "max_bad_fraction": 0.5,
        **(changes or {}),
    }
    corpus.write_text(json.dumps(config), encoding="utf-8")
    return corpus


def rhizotron(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def check(result: Result, *, shows: bool = True) -> str:
    """Nothing raw in what was printed; shows: the evil is there, named."""
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert RAW.findall(result.output) == []
    if shows:
        assert any(name in result.output for name in ("␛", "<U+202E>", "\\u001b", "\\x1b", "#x001b"))
    return result.output


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = write_corpus(tmp_path_factory.mktemp("evil"))
    log = path.parent / "logs" / "run.log"
    result = rhizotron("run", path, "--log", log)
    assert result.exit_code == 0, result.output
    check(result, shows=False)
    assert RAW.findall(log.read_text("utf-8")) == []
    assert "rhizotron.progress" in log.read_text("utf-8")
    return path


def copy_data(corpus: Path, *, to: Path) -> Path:
    """The hostile file in a folder of its own."""
    copy = to / "data"
    copy.mkdir()
    (copy / Path(FILE).name).write_bytes((corpus.parent / FILE).read_bytes())
    return copy


def write_removal(folder: Path, *, doc_id: str) -> Path:
    """A request about one document, with a selector that is hostile and matches nothing."""
    path = folder / "request.yaml"
    fields = {
        "request_id": "01JDT5C3V4W5X6Y7Z8A9B0C1D2",
        "received_at": "2026-11-20",
        "channel": "e-mail",
        "kind": "copyright",
        "requester": {"relationship": "rights_holder", "verified": "domain"},
        "selectors": [
            {"type": "doc_id", "value": doc_id},
            {"type": "creator", "value": "\x1b[31mnobody\u202e"},
        ],
        "scope": {"languages": "all", "time": "existing", "derived": True},
        "action": "drop_document",
        "decision": {"state": "received", "due_at": "2026-12-20"},
        "public": "none",
    }
    path.write_text(json.dumps(fields), encoding="utf-8")
    return path


def write_list(folder: Path) -> Path:
    """A public list that names nothing of the corpus."""
    path = folder / "list.jsonl"
    ledger = {"schema": "rhizotron-removals/1", "list_id": "x", "salt": make_salt("evil"), "rows": 0}
    path.write_text(json.dumps(ledger) + "\n", encoding="utf-8")
    return path


def doc_ids(corpus: Path) -> list[str]:
    paths = sorted((corpus.parent / "out" / "decisions").rglob("*.decisions.arrow"))
    found = [row for path in paths for row in read_table(str(path)).to_pylist()]
    # a document with twins first
    return [row["doc_id"].hex() for row in sorted(found, key=lambda row: -row["cluster_size"])]


COMMANDS: dict[str, list[str]] = {
    "run": ["CORPUS", "--progress", "json"],
    "ingest": ["CORPUS"],
    "count": ["CORPUS"],
    "measure": ["CORPUS"],
    "decide": ["CORPUS"],
    "publish": ["CORPUS"],
    "plan": ["CORPUS"],
    "peek": ["CORPUS", "health_json"],
    "sources": ["CORPUS"],
    "init": ["DATA"],
    "card": ["check", "CARDS"],
    "status": ["CORPUS"],
    "clean": ["CORPUS"],
    "calibrate": ["CORPUS", "--lang", "en", "--to", "FOLDER"],
    "fairness": ["CORPUS"],
    "explain": ["ID", "CORPUS"],
    "rebuild": ["ID", "CORPUS"],
    "dropped": ["CORPUS", "-n", "100"],
    "dups": ["RELEASE", "--doc", "ID"],
    "lines": ["RELEASE"],
    "reservations": ["RELEASE", "--robots", "DATA"],
    "review": ["sample", "RELEASE", "--to", "FOLDER"],
    "verify": ["RELEASE"],
    "audit": ["RELEASE", "--to", "FOLDER"],
    "sign": ["RELEASE", "--key", "FOLDER/no-such-key"],
    "remove": ["REQUEST", "CORPUS", "--dry-run"],
    "apply-removals": ["LIST", "RELEASE"],
    "push": ["RELEASE", "--to", "lab/corpus", "--dry-run"],
    "withdraw": ["RELEASE", "--from", "lab/corpus", "--dry-run"],
    "pull": ["lab/corpus@1.0.0", "--out", "FOLDER"],
}
SHOWING = ("explain", "rebuild", "peek", "dropped", "dups", "lines")
"""Commands that print texts, titles, ids or file names of a run that has gone well."""


def soil_card(corpus: Path, *, to: Path) -> Path:
    """A folder with a card whose answers hold what YAML lets pass."""
    text = (corpus.parent / "cards" / "health_json.md").read_text(encoding="utf-8")
    soiled = text.replace("one topic", '"\\u001b[31mRED\\u202e"').replace("d97615f9cf", '"\u202e"')
    (to / "cards").mkdir()
    (to / "cards" / "health_json.md").write_text(soiled.replace("yes\n", "y\u202e\n"), encoding="utf-8")
    return to / "cards"


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_every_command_shows_control_characters_and_sends_none(
    command: str, form: list[str], corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "time", SimpleNamespace(sleep=lambda seconds: None))  # no Hub answers here
    options = {option for parameter in main.commands[command].params for option in parameter.opts}
    if not set(form) <= options or command in ("fairness", "dups"):
        form = []  # --json of these is a file, or there is none
    words = {
        "CORPUS": str(corpus),
        "RELEASE": str(corpus.parent / "out" / "release"),
        "ID": doc_ids(corpus)[0],
        "FOLDER": str(tmp_path),
        "REQUEST": str(write_removal(tmp_path, doc_id=doc_ids(corpus)[0])),
        "LIST": str(write_list(tmp_path)),
        "DATA": str(copy_data(corpus, to=tmp_path)),
        "CARDS": str(soil_card(corpus, to=tmp_path)),
    }
    result = rhizotron(command, *(words.get(word, word) for word in COMMANDS[command]), *form)
    check(result, shows=command in SHOWING)
    if form and command in SHOWING:
        printed = (
            result.output
            if command in ("explain", "rebuild")
            else f"[{','.join(result.stdout.splitlines())}]"
        )
        assert RAW.search(json.dumps(json.loads(printed), ensure_ascii=False)), "JSON says what the data said"


def test_no_command_is_left_out() -> None:
    # captures prints numbers alone
    assert set(COMMANDS) == set(main.commands) - {"captures", "demo", "lid", "new", "personal-data"}
    assert set(personal_data.commands) == {"scan"}  # tests/pipeline/test_personal_data.py
    assert set(lid.commands) == {"identify", "eval", "train", "card"}
    assert set(reservations.commands) == {"check", "recheck"}
    assert set(review.commands) == {"sample", "import"}
    assert set(new.commands) == {"corpus", "language", "source"}
    assert set(card.commands) == {"new", "check", "review", "diff"}


def test_sheets_show_what_they_are_about_and_so_do_the_errors_of_what_comes_back(tmp_path: Path) -> None:
    (tmp_path / "reviews").mkdir()
    texts_as_they_are: dict[str, Any] = {
        "lines": None,
        "measure": {"edits": []},
        "decide": {"languages": ["en"]},
    }
    path = write_corpus(tmp_path, changes={"reviews": "reviews", **texts_as_they_are})
    check(rhizotron("run", path, "--progress", "none"), shows=False)
    folder = tmp_path / f"sheets{EVIL}"
    check(rhizotron("review", "sample", path, "--to", folder))
    sheets = {each.name: each.read_text("utf-8-sig") for each in folder.iterdir()}
    assert [name for name, text in sheets.items() if RAW.search(text.replace("\r\n", "\n"))] == []
    assert "␛]0;PWNED␇" in sheets["en.csv"] and "␛]0;PWNED␇" in sheets["en.html"]
    sheet = tmp_path / f"x{EVIL}.csv"
    sheet.write_text(f"id,label,text\nid{EVIL},label{EVIL},text{EVIL}\n", "utf-8")
    result = rhizotron("review", "import", path, sheet, "--key", folder / "key.json")
    assert result.exit_code == 2
    check(result)


def test_a_plan_a_failure_and_an_error_show_what_they_are_about(tmp_path: Path) -> None:
    path = write_corpus(tmp_path, changes={"max_bad_fraction": 0.0})
    assert rhizotron("run", path, "--out", tmp_path / f"o{EVIL}").exit_code == 3
    check(rhizotron("status", path, "--out", tmp_path / f"o{EVIL}"))
    (tmp_path / FILE).unlink()
    missing = write_corpus(tmp_path, changes={"unknown\x1b[31m": 1})
    result = rhizotron("plan", missing)
    assert result.exit_code == 2
    check(result)


def test_a_card_with_control_characters_is_refused_visibly(tmp_path: Path) -> None:
    path = write_corpus(tmp_path)
    card = tmp_path / "cards" / "health_json.md"
    card.write_text(card.read_text("utf-8").replace("CC0-1.0", '"CC0\\e[31m"'), "utf-8")
    result = rhizotron("plan", path)
    assert result.exit_code == 2
    check(result)


def test_progress_tells_of_a_hostile_file_visibly(corpus: Path) -> None:
    from pipeline.inspect.snapshot import Snapshot, WorkerSnapshot

    worker = WorkerSnapshot(f"host{EVIL}", "measure", f"news: {FILE}", 1.0, 2, 3, 0.5)
    lines = [visible(line) for line in Snapshot(1.0, 2.0, (), (worker,)).describe(max_workers=8)]
    assert [RAW.findall(line) for line in lines] == [[], []]
    assert "\n" not in lines[1]


def run_in_terminal(*command: str, text: bytes = b"") -> bytes:
    """What a command writes to a terminal."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TERM": "dumb", "COLUMNS": "80"}
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline.cli", *command],
        stdin=subprocess.PIPE,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    os.close(theirs)
    assert process.stdin is not None
    process.stdin.write(text)
    process.stdin.close()
    written = b""
    try:
        while chunk := os.read(ours, 1 << 16):
            written += chunk
    except OSError:  # how a terminal says that the other side has closed
        pass
    process.wait()
    os.close(ours)
    return written


def test_identified_lines_and_texts_are_visible_on_a_real_terminal(corpus: Path) -> None:
    line = f"This is {EVIL} a line of English text, long enough to be told from that of other languages"
    text = f"{line}.\n".encode()
    for arguments in (["lid", "identify"], ["lid", "identify", "--json"]):
        shown = run_in_terminal(*arguments, text=text).replace(b"\r\n", b"\n").decode()
        assert RAW.findall(shown) == []
        assert "en" in shown
    shown = run_in_terminal("explain", doc_ids(corpus)[0], str(corpus)).replace(b"\r\n", b"\n").decode()
    theirs = re.sub(r"\x1b\[[0-9;]*m", "", shown)  # our own colours
    assert RAW.findall(theirs) == []
    assert "␛]0;PWNED␇" in theirs


def test_what_is_visible_and_what_stays() -> None:
    assert visible("a\tb\nc é 中 👩‍👩‍👧 \u200cنیم‌فاصله") == "a\tb\nc é 中 👩‍👩‍👧 \u200cنیم‌فاصله"
    assert visible("\x1b\x07\x7f\x9b\u202e\ud800") == "␛␇␡<U+009B><U+202E><U+D800>"
    assert visible_line("a\tb\nc\r") == "a␉b␊c␍"
    value = {EVIL: [EVIL, "\ud800", 1, None]}
    assert json.loads(visible_json(value)) == value
    assert not RAW.search(visible_json(value))


DOORS = {"rich", "print", "echo", "secho", "stdout", "stderr"}
"""Names by which something reaches a terminal; functions that are imported from pipeline.terminal are not."""


def doors(path: Path) -> Iterator[str]:
    """Ways to the terminal that a module takes by itself."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom):
            names = [(node.module or "").split(".")[0]]
        elif isinstance(node, ast.Import):
            names = [name.name.split(".")[0] for name in node.names]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            names = [node.func.id] if node.func.id == "print" else []
        elif isinstance(node, ast.Attribute):
            names = [node.attr]
        yield from {*names} & DOORS


def test_there_is_one_way_to_the_terminal() -> None:
    allowed = {
        "pipeline/beam/run_record.py",  # git's, read through a pipe
        "pipeline/beam/worker.py",  # flushes before it ends
        "pipeline/cli.py",  # closes standard error to what Beam says after the last words
        "pipeline/inspect/displays.py",  # asks whether standard error is a terminal
        "pipeline/inspect/signature.py",  # ssh-keygen's, read through a pipe
        "sources/reading/children.py",  # children whose standard output is a pipe to their parent
        "sources/reading/probe.py",  # a child whose standard output is a pipe to its parent
    }
    found = {
        str(path.relative_to(ROOT)): [*doors(path)]
        for room in ("layers", "sources", "filters", "governance", "pipeline")
        for path in sorted((ROOT / room).rglob("*.py"))
        if "terminal" not in path.relative_to(ROOT).parts
    }
    assert {name: ways for name, ways in found.items() if ways and name not in allowed} == {}
