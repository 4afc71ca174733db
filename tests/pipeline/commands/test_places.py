"""Questions are asked of a CORPUS, an OUT or a RELEASE; what is not there is an error that says what is."""

import json
from pathlib import Path

import pytest
import small_corpus
from click.testing import CliRunner, Result

from layers.document import make_doc_id
from pipeline.cli import main

HEAD = "The head of every page of this site."


def rhizotron(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus that was tried with 5 documents per source and run as a whole."""
    rows = [row | {"text": f"{HEAD}\n{row['text']}"} for row in small_corpus.records()]
    changes = {"lines": {"min_count": 5}, "decide": {"quality": False}}
    path = small_corpus.write_corpus(tmp_path_factory.mktemp("places"), rows=rows, changes=changes)
    for arguments in ((), ("--limit", 5)):
        result = rhizotron("run", path, *arguments)
        assert result.exit_code == 0, result.output
    return path


def test_a_trial_lies_beside_the_release_and_says_so_everywhere(corpus: Path) -> None:
    whole, trial = (corpus.parent / name / "release" for name in ("out", "out-trial-5"))
    manifests = [json.loads((release / "manifest.json").read_bytes()) for release in (whole, trial)]
    assert [manifest["trial_limit"] for manifest in manifests] == [None, 5]
    pages = ("README.md", "cards/fr.md")
    for page in pages:
        text = (trial / page).read_text(encoding="utf-8")
        assert "(trial)" in text.split("\n## ")[0]
        assert "**A trial, not the whole corpus:** at most 5 documents of each source were read." in text
        whole_text = (whole / page).read_text(encoding="utf-8")
        assert "(trial)" not in whole_text
        assert "A trial" not in whole_text
    again = rhizotron("run", corpus, "--limit", 5)
    assert again.exit_code == 0
    assert f"a trial of at most 5 documents per source, in {trial.parent}" in again.output
    assert json.loads((trial / "manifest.json").read_bytes()) == manifests[1]


def test_a_trial_calibrates_as_a_trial(corpus: Path, tmp_path: Path) -> None:
    for arguments, is_trial in (((), False), (("--limit", 5), True)):
        result = rhizotron("calibrate", corpus, "--lang", "fr", "--to", tmp_path, *arguments)
        assert result.exit_code == 0, result.output
        page = (tmp_path / "fr.html").read_text(encoding="utf-8")
        assert ("trial: at most 5 documents per source" in page) is is_trial


def test_status_names_the_trials_that_lie_beside(corpus: Path, tmp_path: Path) -> None:
    assert "ask for them with --limit 5" in rhizotron("status", corpus).output.replace("\n", "")
    assert "(trial: at most 5 documents per source)" in rhizotron("status", corpus, "--limit", 5).output
    alone = small_corpus.write_corpus(tmp_path)
    rhizotron("ingest", alone, "--limit", 3)
    for command in (("dropped", alone), ("explain", alone, "fr-0"), ("fairness", alone)):
        result = rhizotron(*command)
        assert result.exit_code == 2
        assert "beside it lie trials, ask for them with --limit 3" in result.output
    assert rhizotron("dropped", alone, "--limit", 3).exit_code == 0


def test_a_release_is_found_from_release_output_and_corpus(corpus: Path) -> None:
    release = corpus.parent / "out" / "release"
    for command in (("lines",), ("dups", "--doc", "copy"), ("verify",)):
        name, *arguments = command
        shown = {rhizotron(name, place, *arguments).output for place in (release, release.parent, corpus)}
        shown |= {rhizotron(name, corpus, "--out", release.parent, *arguments).output}
        assert len(shown) == 1, shown
        assert rhizotron(name, corpus, "--limit", 5, *arguments).output not in shown


@pytest.mark.parametrize(
    "command",
    [
        ("status",),
        ("plan",),
        ("dropped", "--json"),
        ("explain", "nearly"),
        ("rebuild", "nearly"),
        ("fairness",),
        ("peek", "health_json", "-n", "1"),
        ("sources",),
    ],
    ids=lambda command: command[0],
)
def test_a_corpus_is_found_from_corpus_output_and_release(corpus: Path, command: tuple[str, ...]) -> None:
    name, *arguments = command
    release = corpus.parent / "out" / "release"
    shown = {rhizotron(name, place, *arguments).output for place in (corpus, release.parent, release)}
    assert len(shown) == 1, shown
    assert "Usage" not in shown.pop()
    if name not in ("peek", "sources"):
        trial = corpus.parent / "out-trial-5"
        tried = {rhizotron(name, place, *arguments).output for place in (trial, trial / "release")}
        assert tried == {rhizotron(name, corpus, "--limit", 5, *arguments).output}


def test_a_run_goes_on_from_its_output(corpus: Path) -> None:
    release = corpus.parent / "out" / "release"
    before = (release / "manifest.json").read_bytes()
    result = rhizotron("run", release.parent)
    assert result.exit_code == 0, result.output
    assert (release / "manifest.json").read_bytes() == before
    assert "0 file(s) removed" in rhizotron("clean", release.parent).output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("status", "{folder}"), "{folder} is the folder of a corpus file: give {folder}/corpus.yaml"),
        (("run", "{folder}"), "give {folder}/corpus.yaml"),
        (("run", "{folder}/data"), "rhizotron init makes a corpus file for a folder of texts"),
        (("run", "{folder}/nothing.yaml"), "nothing.yaml"),
        (("status", "{folder}/out", "--out", "elsewhere"), "{folder}/out is a folder; give one of them"),
        (("dups", "{folder}/out", "nearly", "--doc", "copy"), "one document at a time: nearly or --doc copy"),
        (("lines", "{folder}"), "is no release: it has no manifest.json"),
        (("lines", "{folder}"), "has cards, corpus.yaml, data, out, out-trial-5"),
        (("lines", "{folder}/out/relaese"), "it has no manifest.json; give "),
        (("lines", "{folder}/out", "--limit", "5"), "--out and --limit belong to a corpus file"),
        (("lines", "{folder}/out", "--source", "health_jsn"), "did you mean 'health_json'?"),
        (("dups", "{folder}/out", "--doc", "no such"), "no document 'no such'"),
        (("dropped", "{folder}/corpus.yaml", "--reason", "brokenjson"), "did you mean 'broken_json'?"),
        (("dropped", "{folder}/corpus.yaml", "--reason", "x"), "there are: "),
        (("dropped", "{folder}/corpus.yaml", "--lang", "xx"), "nothing was dropped with --lang xx"),
        (("dropped", "{folder}/corpus.yaml", "--out", "{folder}/uot"), "there is no output {folder}/uot"),
        (("explain", "{folder}/corpus.yaml", "nobody"), "(health_gzip calls it "),
        (("calibrate", "{folder}/corpus.yaml", "--lang", "yo"), "there are some in "),
        (("status", "{folder}/corpus.yaml", "--limit", "6", "--out", "{folder}/out"), "out-trial-5"),
    ],
)
def test_what_is_not_there_is_an_error_that_says_what_is(
    arguments: tuple[str, ...], message: str, corpus: Path
) -> None:
    result = rhizotron(*(argument.format(folder=corpus.parent) for argument in arguments))
    assert result.exit_code in (1, 2)
    assert message.format(folder=corpus.parent) in result.output
    assert "Traceback" not in result.output


def test_that_nothing_was_dropped_so_is_an_answer(corpus: Path) -> None:
    for arguments in (("--stage", "measure"), ("--stage", "decide", "--reason", "broken_json")):
        result = rhizotron("dropped", corpus, *arguments)
        assert result.exit_code == 0
        assert result.output.startswith(f"nothing was dropped with {' '.join(arguments[-2:])}; there are: ")


def test_a_document_is_called_by_its_id_its_first_digits_or_its_sources_id(corpus: Path) -> None:
    doc_id = make_doc_id("health_json", record_id="nearly").hex()
    whole = rhizotron("explain", corpus, doc_id)
    assert whole.exit_code == 0, whole.output
    assert {
        rhizotron("explain", corpus, name).output for name in (doc_id[:12], "nearly", doc_id.upper())
    } == {whole.output}
    assert rhizotron("explain", doc_id, corpus).output == whole.output, "either order"
    several = rhizotron("explain", corpus, doc_id[0])
    assert several.exit_code == 1
    assert f"documents have ids that begin with '{doc_id[0]}'" in several.output
    shown = {rhizotron("dups", corpus, "--doc", name).output for name in (doc_id, doc_id[:12], "nearly")}
    shown |= {rhizotron("dups", *order).output for order in ((corpus, "nearly"), ("nearly", corpus))}
    assert len(shown) == 1
    assert "2 document(s) in the cluster" in shown.pop()
