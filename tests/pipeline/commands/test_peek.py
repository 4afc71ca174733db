"""`rhizotron peek` shows a source as it is mapped and what was dropped; `rhizotron sources` the types."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import small_corpus
from click.testing import CliRunner, Result
from plugin_folder import write_plugins

import sources
from pipeline.cli import main
from sources.reading.sample import HEAD_BYTES, MAX_DOCUMENTS


def rhizotron(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_corpus.write_corpus(tmp_path_factory.mktemp("peek"))


def test_the_first_documents_and_all_that_was_dropped_are_shown(corpus: Path) -> None:
    result = rhizotron("peek", corpus, "health_json", "-n", 2)
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert [line for line in lines if not line.startswith(" ")] == [
        "health_json, data/rows.jsonl:",
        "health_json, data/rows.jsonl:",
        *(line for line in lines if line.startswith("dropped: data/rows.jsonl, ")),
        "seen: 87 documents in 1 of 1 file(s); dropped: 1 as broken_json, 1 as invalid_utf8, "
        "1 as missing_field, 1 as wrong_type",
    ]
    first = small_corpus.records()[0]
    assert [f"  record_id     {first['id']}", f"  lang_declared {first['lang']}"] == lines[1:3]


def test_as_json_each_line_is_a_document_or_a_rejected_record(corpus: Path) -> None:
    rows = [
        json.loads(line) for line in rhizotron("peek", corpus, "health_json", "--json").stdout.splitlines()
    ]
    assert [[*row] for row in rows] == [["document"]] * 5 + [["rejected"]] * 4
    texts = [row["document"]["text"] for row in rows[:5]]
    assert texts == [record["text"] for record in small_corpus.records()[:5]]
    assert {row["rejected"]["reason"] for row in rows[5:]} == {*small_corpus.DEFECTS}


def test_what_a_list_of_urls_blocks_is_dropped_as_in_a_run(tmp_path: Path) -> None:
    hosts = ("a.example.org", "b.example.com", "c.example.org")
    rows = [{"text": "Of a page.", "url": f"https://{host}/"} for host in hosts]
    source: dict[str, Any] = {"card": "health_json", "type": "jsonl", "paths": ["data/pages.jsonl"]}
    source |= {"fields": {"text": "text", "url": "url"}}
    lists: dict[str, Any] = {
        "name": "own",
        "paths": ["own.txt"],
        "format": "domains",
        "version": "1",
        "license": "CC0-1.0",
    }
    path = small_corpus.write_corpus(tmp_path, changes={"sources": [source], "url_lists": [lists]})
    (tmp_path / "data" / "pages.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (tmp_path / "own.txt").write_text("example.org\n")
    seen = rhizotron("peek", path, "health_json").stdout
    assert [line for line in seen.splitlines() if "  url " in line] == [
        "  url           https://b.example.com/"
    ]
    assert "dropped: data/pages.jsonl, 0: blocked_url: example.org is in own 1" in seen
    assert "seen: 1 documents in 1 of 1 file(s); dropped: 2 as blocked_url" in seen
    (tmp_path / "own.txt").unlink()
    assert "warning: $.url_lists: " in rhizotron("peek", path, "health_json").stderr


def test_of_a_long_file_the_beginning_is_read(corpus: Path, tmp_path: Path) -> None:
    line = json.dumps({"text": "long " * 2000}).encode() + b"\n"
    (tmp_path / "rows.jsonl.gz").write_bytes(gzip.compress(line * (80 * HEAD_BYTES // len(line)), 1))
    changes: dict[str, Any] = {
        "cards": str(corpus.parent / "cards"),
        "sources": [
            {"card": "health_json", "type": "jsonl", "paths": ["rows.jsonl.gz"], "fields": {"text": "text"}}
        ],
    }
    path = tmp_path / "corpus.yaml"
    path.write_text(json.dumps({"name": "long", "version": "1.0.0", **changes}))
    result = rhizotron("peek", path, "health_json", "-n", 1)
    assert f"seen: {MAX_DOCUMENTS} documents in 1 of 1 file(s); dropped: none" in result.stdout


def test_a_source_of_which_nothing_can_be_read_is_an_error_that_says_why(tmp_path: Path) -> None:
    source = {
        "card": "health_json",
        "type": "jsonl",
        "paths": ["data/rows.jsonl"],
        "fields": {"text": "txet"},
    }
    path = small_corpus.write_corpus(tmp_path, changes={"sources": [source]})
    result = rhizotron("peek", path, "health_json")
    assert result.exit_code == 2
    assert "has no field 'txet'; did you mean 'text'?" in result.stderr
    assert "no document of health_json was seen" in result.stderr


def test_a_source_that_the_file_does_not_have_is_named(corpus: Path) -> None:
    result = rhizotron("peek", corpus, "health_jsn")
    assert (result.exit_code, "did you mean 'health_json'?" in result.stderr) == (2, True)


def test_a_problem_of_another_source_does_not_matter(tmp_path: Path) -> None:
    path = small_corpus.write_corpus(tmp_path)
    (tmp_path / "cards" / "health_gzip.md").unlink()
    assert rhizotron("peek", path, "health_json").exit_code == 0
    assert "no card, no ingest" in rhizotron("peek", path, "health_gzip").stderr


def test_each_type_is_a_line_with_those_of_plugins(tmp_path: Path) -> None:
    names = [line.split()[0] for line in rhizotron("sources").stdout.splitlines()]
    assert names == [*sources.names()]
    write_plugins(tmp_path / "own")
    source = {"card": "health_json", "type": "tabs", "paths": ["data/*"]}
    path = small_corpus.write_corpus(tmp_path, changes={"sources": [source], "plugins": [{"folder": "own"}]})
    lines = [" ".join(line.split()) for line in rhizotron("sources", path).stdout.splitlines()]
    assert "tabs Lines of key, tab, text. (plugin)" in lines
