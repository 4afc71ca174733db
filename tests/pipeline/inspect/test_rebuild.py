"""`rebuild` makes a document again from its place and says what changed; the output alone is enough."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import small_corpus
from click.testing import CliRunner, Result

from pipeline.beam import runners
from pipeline.cli import main
from pipeline.inspect.rebuild import Rebuilt, rebuild
from pipeline.job import Job
from pipeline.plan.make import make_plan

CHANGES = {"lines": {"min_count": 2, "min_chars": 5}}
STEPS = ["source", "record", "extracted text", "other fields", "edited text", "signals", "release"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [row | {"text": f"{row['text']} &amp; more\nShare this page"} for row in small_corpus.records()]
    path = small_corpus.write_corpus(tmp_path_factory.mktemp("rebuild"), rows=rows, changes=CHANGES)
    runners.run(make_plan(path))
    return path


@pytest.fixture(scope="module")
def job(corpus: Path) -> Job:
    return make_plan(corpus, with_files=False).job


def made(doc_id: str, job: Job) -> Rebuilt:
    (one,) = rebuild(doc_id, job=job)
    return one


@pytest.mark.parametrize("key", ["en-2", "z-fr-4", "data/page0.txt"])
def test_a_document_whose_source_code_and_release_are_as_they_were_is_equal(key: str, job: Job) -> None:
    one = made(key, job)
    assert ([step.name for step in one.steps], one.is_equal) == (STEPS, True)
    assert made(one.doc_id, job) == made(one.doc_id[:12], job) == one


def test_a_dropped_document_is_made_again_too(job: Job) -> None:
    one = made("spam", job)
    assert one.is_equal
    assert one.steps[-1].told == "not in it, by decision"


def replace_bytes(old: bytes, new: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(path.read_bytes().replace(old, new, 1))


def told(key: str, job: Job) -> dict[str, str]:
    return {step.name: step.told for step in made(key, job).steps if not step.is_equal}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda path: path.unlink(), {"source": "gone: there is no "}),
        (
            replace_bytes(b'"en-2", "text": "', b'"en-2", "text": "~'),
            {
                "record": "the source changed: SHA-256 was ",
                "extracted text": "differs; the source changed",
                "other fields": "length: differs; the source changed",
                "edited text": "differs; the source changed",
                "release": "another text stands in ",
            },
        ),
        (replace_bytes(b'"en-2"', b'"EN-2"'), {"record": "the source changed: no en-2 at "}),
        (replace_bytes(b'"en-2", ', b'"en-2"; '), {"record": "the source changed: no en-2 at "}),
        (lambda path: path.write_bytes(b""), {"record": "the source changed: "}),
    ],
)
def test_a_source_that_is_gone_or_changed_is_told(
    change: Callable[[Path], object], expected: dict[str, str], corpus: Path, job: Job
) -> None:
    path = corpus.parent / "data" / "rows.jsonl"
    data = path.read_bytes()
    try:
        change(path)
        found = told("en-2", job)
        found.pop("signals", None)
        assert [*found] == [*expected]
        for name, beginning in expected.items():
            assert found[name].startswith(beginning)
    finally:
        path.write_bytes(data)
    assert told("en-2", job) == {}  # another time of the file is no difference


def test_another_code_or_config_is_told_apart_from_another_source(job: Job) -> None:
    measure = job.config.measure.model_copy(update={"edits": []})
    other = replace(job, config=job.config.model_copy(update={"measure": measure}))
    why = "differs; the record is the same: code, options, card or libraries changed"
    found = told("en-2", other)
    assert found["edited text"] == why
    assert found["signals"].endswith(why)
    assert "another text" in found["release"]
    assert {"record", "extracted text"}.isdisjoint(found)


def test_a_release_that_lost_its_shard_is_told(corpus: Path, job: Job) -> None:
    (shard,) = (corpus.parent / "out" / "release" / "data" / "en" / "health_json").glob("*.arrow")
    data = shard.read_bytes()
    shard.unlink()
    assert told("en-2", job)["release"].startswith("not in it, though it was kept")
    shard.write_bytes(data)


def rhizotron(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


def test_the_commands_need_a_document_and_the_output(corpus: Path, tmp_path: Path) -> None:
    out = corpus.parent / "out"
    for where in ((corpus,), (out,), ("--out", out), (corpus, "--out", out)):
        result = rhizotron("rebuild", "en-2", *where)
        assert (result.exit_code, result.output.splitlines()[-1]) == (0, "equal")
        assert rhizotron("explain", "en-2", *where).exit_code == 0
    assert rhizotron("rebuild", "en-2").exit_code == 2
    empty = rhizotron("rebuild", "en-2", "--out", tmp_path)
    assert (empty.exit_code, "does not say of which corpus file it is" in empty.output) == (2, True)
    assert rhizotron("rebuild", "no-such-id", "--out", out).exit_code == 1
    moved = Path(shutil.move(corpus.parent, tmp_path / "moved"))
    assert rhizotron("explain", "en-2", "--out", moved / "out").exit_code == 0
    (moved / "corpus.yaml").rename(moved / "other.yaml")
    gone = rhizotron("explain", "en-2", "--out", moved / "out")
    assert (gone.exit_code, "corpus.yaml, and is not there; name it, too" in gone.output) == (2, True)
    (moved / "other.yaml").rename(moved / "corpus.yaml")
    shutil.move(moved, corpus.parent)


def test_a_difference_is_an_exit_code(corpus: Path) -> None:
    path = corpus.parent / "data" / "rows.jsonl"
    moved = path.rename(path.with_suffix(".moved"))
    result = rhizotron("rebuild", "en-2", "--out", corpus.parent / "out", "--json")
    moved.rename(path)
    assert result.exit_code == 9
    (one,) = json.loads(result.stdout)
    assert (one["equal"], one["steps"][-1]["name"]) == (False, "source")


def test_explain_knows_records_that_never_became_documents(corpus: Path) -> None:
    out = corpus.parent / "out"
    (life,) = json.loads(rhizotron("explain", "y", "--out", out, "--json").stdout)
    assert life["rejected"]["reason"] == "missing_field"
    (again,) = json.loads(rhizotron("explain", life["doc_id"], "--out", out, "--json").stdout)
    assert again == life
    (spam,) = json.loads(rhizotron("explain", "spam", "--out", out, "--json").stdout)
    assert [failure["rule"] for failure in spam["failed"]] == spam["decision"]["reasons"]
    assert all(failure["value"] is not None for failure in spam["failed"])
    assert len(spam["changes"]["edits"]) == len(spam["changes"]["edit_bytes"]) > 0


def test_explain_says_what_lies_there_when_the_sources_are_gone(corpus: Path) -> None:
    moved = (corpus.parent / "data").rename(corpus.parent / "moved")
    result = rhizotron("explain", "spam", "--out", corpus.parent / "out", "--json")
    moved.rename(corpus.parent / "data")
    (life,) = json.loads(result.stdout)
    assert (life["is_current"], life["decision"]["keep"]) == (False, False)
