"""`rhizotron audit` on a real small release: what it writes, what it prints, and how it ends."""

import csv
import json
import shutil
from pathlib import Path

import pytest
import small_corpus
from click.testing import CliRunner, Result

from layers.shards import read_table
from pipeline.cli import main


def rhizotron(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = small_corpus.write_corpus(tmp_path_factory.mktemp("audit"))
    done = rhizotron("run", path, "--progress", "none")
    assert done.exit_code == 0, done.output
    return path


@pytest.fixture
def release(corpus: Path, tmp_path: Path) -> Path:
    """A copy to be damaged, without what lies beside it."""
    return Path(shutil.copytree(corpus.parent / "out" / "release", tmp_path / "copy"))


def test_it_writes_the_json_the_page_and_a_csv_for_each_figure_and_the_same_again(
    corpus: Path, tmp_path: Path
) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        done = rhizotron("audit", corpus, "--to", folder)
        assert done.exit_code == 0, done.output
    one, two = ({p.relative_to(f): p.read_bytes() for p in f.rglob("*") if p.is_file()} for f in folders)
    assert one == two
    report = json.loads(one[Path("audit.json")])
    figures = {f"figures/{f['name']}.csv" for answer in report["answers"] for f in answer["figures"]}
    assert {str(path) for path in one} == {"audit.json", "report.html", *figures}
    assert report["summary"]["questions"] == 45
    assert [line for line in done.output.splitlines() if line.endswith("report.html")]
    assert f"{report['summary']['answered']} of 45 questions answered" in done.output


def test_answers_are_those_of_the_release(corpus: Path) -> None:
    done = rhizotron("audit", corpus.parent / "out", "--json", "--date", "2026-12-01")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    answers = {answer["id"]: answer for answer in report["answers"]}
    shards = sorted((corpus.parent / "out" / "release" / "data").rglob("*.arrow"))
    documents = sum(read_table(str(path)).num_rows for path in shards)
    assert report["release"]["documents"] == documents
    for name in ("A1", "A2", "A3", "A4"):
        assert (answers[name]["value"], answers[name]["verdict"]) == (0, "pass"), answers[name]
    assert answers["C1"]["value"] == 1 and answers["F7"]["shown"] == "100 % of bytes"
    assert str(documents) in answers["F1"]["text"]
    assert set(report["samples"]) == {path.parts[-3] for path in shards}
    for samples in report["samples"].values():
        assert all(sample["fields"]["record_id"] and sample["fields"]["container"] for sample in samples)
    missing = {name for name, answer in answers.items() if answer["verdict"] == "not answerable"}
    assert missing <= {"A6", "C7", "G3", "H1", "H3", "I3"}


def test_json_alone_writes_nothing(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = rhizotron("audit", corpus, "--json", "--manifest-only")
    assert done.exit_code == 0 and list(tmp_path.iterdir()) == []
    shown = {answer["id"]: answer["shown"] for answer in json.loads(done.stdout)["answers"]}
    assert "only the manifest was read" in shown["A1"] and "only the manifest was read" in shown["F1"]


def test_a_release_compared_with_itself_is_the_same_run_and_has_no_changes(corpus: Path) -> None:
    done = rhizotron("audit", corpus, "--json", "--compare", corpus.parent / "out")
    answers = {answer["id"]: answer for answer in json.loads(done.stdout)["answers"]}
    assert (answers["A6"]["value"], answers["A6"]["verdict"], answers["H3"]["value"]) == (0, "pass", 0)


def test_the_exit_code_is_that_of_the_gravest_verdict_that_counts(corpus: Path, tmp_path: Path) -> None:
    strict, lax = tmp_path / "strict.yaml", tmp_path / "lax.yaml"
    strict.write_text("F7: {max_pass: 0.1, max_warn: 0.5}\n", encoding="utf-8")
    lax.write_text("".join(f"{letter}{n}: {{}}\n" for letter, n in EVERY), encoding="utf-8")

    def end(thresholds: Path, fail_on: str) -> int:
        done = rhizotron(
            "audit", corpus, "--json", "--manifest-only", "--thresholds", thresholds, "--fail-on", fail_on
        )
        return done.exit_code

    assert [end(strict, fail_on) for fail_on in ("fail", "warn", "never")] == [11, 11, 0]
    assert [end(lax, fail_on) for fail_on in ("fail", "never")] == [0, 0]
    assert rhizotron("audit", corpus, "--json", "--fail-on", "warn").exit_code == 12


EVERY = [
    (letter, n)
    for letter, count in zip("ABCDEFGHI", (6, 3, 7, 6, 5, 8, 4, 3, 3), strict=True)
    for n in range(1, count + 1)
]


def test_wrong_thresholds_are_told_with_their_place(corpus: Path, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("Z1: {}\nA1: {max: 3}\n", encoding="utf-8")
    done = rhizotron("audit", corpus, "--json", "--thresholds", path)
    assert done.exit_code == 2
    assert "$.Z1: no question" in done.output and "$.A1.max: unknown" in done.output


def test_a_damaged_shard_fails_and_is_named(release: Path, tmp_path: Path) -> None:
    shard = next((release / "data").rglob("*.arrow"))
    shard.write_bytes(shard.read_bytes()[:-1])
    done = rhizotron("audit", release, "--to", tmp_path / "audit")
    assert done.exit_code == 11, done.output
    answers = {
        a["id"]: a for a in json.loads((tmp_path / "audit" / "audit.json").read_text("utf-8"))["answers"]
    }
    assert answers["A1"]["verdict"] == "fail"
    assert answers["A1"]["evidence"][0]["path"] == str(shard.relative_to(release))
    assert "cannot be read" in answers["F1"]["shown"]
    assert "run.json beside the release" in answers["H2"]["shown"]


def test_an_edited_manifest_is_no_release_to_audit(release: Path) -> None:
    path = release / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b"health_json", b"wealth_json"))
    done = rhizotron("audit", release, "--json")
    assert done.exit_code == 9 and "manifest.json is not as it was written" in done.output


def test_no_release_and_no_folder_to_write_are_told(corpus: Path, tmp_path: Path) -> None:
    assert rhizotron("audit", tmp_path, "--json").exit_code == 2
    (tmp_path / "file").touch()
    done = rhizotron("audit", corpus, "--manifest-only", "--to", tmp_path / "file")
    assert done.exit_code == 2 and "--to" in done.output


def test_a_csv_has_the_numbers_of_the_json(corpus: Path, tmp_path: Path) -> None:
    rhizotron("audit", corpus, "--manifest-only", "--to", tmp_path)
    report = json.loads((tmp_path / "audit.json").read_text("utf-8"))
    (figure,) = (f for answer in report["answers"] for f in answer["figures"] if f["name"] == "C1")
    with (tmp_path / "figures" / "C1.csv").open(encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == figure["columns"] and rows == [[str(cell) for cell in row] for row in figure["rows"]]
