"""Block lists in a run: each refused document is a row of the ledger, and a changed list is read again."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import small_corpus
from click.testing import CliRunner, Result

from governance.ledger import sum_rows
from pipeline.cli import main
from pipeline.config.read import load_config
from pipeline.errors import ConfigError
from pipeline.plan.estimate import estimate
from pipeline.plan.make import make_plan

TEXTS = small_corpus.PARAGRAPHS["en"]
URLS = [
    "http://sub.bad.example/1",
    "http://good.example/2",
    "http://ads.example/3",
    "http://good.example/x/4",
    None,
]
ROWS = [
    {"id": f"n{n}", "text": text, "lang": "en", **({"url": url} if url else {})}
    for n, (text, url) in enumerate(zip(TEXTS, URLS, strict=False))
]
DOMAINS = {
    "name": "ut1-adult",
    "paths": ["lists/domains.gz"],
    "format": "domains",
    "version": "2026-01-12",
    "license": "CC-BY-SA-4.0",
    "homepage": "https://dsi.ut-capitole.fr/blacklists/",
}
HOSTS = DOMAINS | {"name": "own_hosts", "paths": ["lists/hosts"], "format": "hosts", "license": "CC0-1.0"}
PAGES = DOMAINS | {"name": "own_pages", "paths": ["lists/urls"], "format": "urls", "license": "CC0-1.0"}
SOURCE = {
    "card": "health_json",
    "type": "jsonl",
    "paths": ["data/rows.jsonl"],
    "fields": {"text": "text", "id": "id", "lang": "lang", "url": "url"},
}


def write_corpus(folder: Path, **changes: Any) -> Path:
    (folder / "lists").mkdir(exist_ok=True)
    (folder / "lists" / "domains.gz").write_bytes(gzip.compress(b"bad.example\n", mtime=0))
    (folder / "lists" / "hosts").write_text("0.0.0.0 ads.example\n")
    (folder / "lists" / "urls").write_text("good.example/x\n")
    given = {"sources": [SOURCE], "url_lists": [DOMAINS, HOSTS, PAGES], "max_bad_fraction": 0.5}
    return small_corpus.write_corpus(folder, rows=ROWS, changes=given | changes)


def rhizotron(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = write_corpus(tmp_path_factory.mktemp("blocked"))
    result = rhizotron("run", path)
    assert result.exit_code == 0, result.output
    return path


def manifest(corpus: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((corpus.parent / "out/release/manifest.json").read_text())
    return loaded


def test_each_refused_document_is_a_row_that_names_entry_list_and_version(corpus: Path) -> None:
    lines = rhizotron("dropped", corpus, "--reason", "blocked_url", "--json").output.splitlines()
    rows = [json.loads(line) for line in lines]
    assert [(row["record_id"], row["detail"]) for row in rows] == [
        ("n0", "bad.example is in ut1-adult 2026-01-12"),
        ("n2", "ads.example is in own_hosts 2026-01-12"),
        ("n3", "good.example/x is in own_pages 2026-01-12"),
    ]
    assert {row["stage"] for row in rows} == {"ingest"}
    ledger = sum_rows(manifest(corpus)["ledger"])
    assert ledger.by("reason", "documents", "raw", "dropped")["blocked_url"] == 3


def test_the_release_says_which_lists_were_used_and_counts_what_they_refused(corpus: Path) -> None:
    (first, *_) = manifest(corpus)["config"]["url_lists"]
    kept = ("name", "format", "version", "license", "homepage")
    assert {name: first[name] for name in kept} == {name: DOMAINS[name] for name in kept}
    assert (len(first["sha256"]), "paths" in first) == (64, False)
    readme = (corpus.parent / "out/release/README.md").read_text()
    assert "Skipped or refused" in readme
    assert "Records read = unreadable + skipped or refused + lost + dropped + published" in readme
    assert rhizotron("verify", corpus.parent / "out/release").exit_code == 0


def test_refused_documents_are_not_bad_ones(tmp_path: Path) -> None:
    path = write_corpus(tmp_path, max_bad_fraction=0.0)
    rows = path.parent / "data" / "rows.jsonl"
    rows.write_bytes(b"".join(rows.read_bytes().splitlines(keepends=True)[: len(ROWS)]))
    result = rhizotron("ingest", path)
    assert result.exit_code == 0, result.output
    assert "could not be read" not in result.output


def test_a_source_chooses_lists_and_a_trial_counts_the_refused(tmp_path: Path) -> None:
    path = write_corpus(tmp_path, sources=[SOURCE | {"blocked_urls": ["own_hosts"]}])
    assert rhizotron("ingest", path, "--limit", 3).exit_code == 0
    lines = rhizotron("dropped", path, "--limit", 3, "--json").output.splitlines()
    assert [json.loads(line)["record_id"] for line in lines] == ["n2"]
    path = write_corpus(tmp_path, sources=[SOURCE | {"blocked_urls": []}])
    assert rhizotron("ingest", path, "--limit", 3).exit_code == 0
    assert rhizotron("dropped", path, "--limit", 3, "--json").stdout == ""


def test_a_changed_list_makes_its_sources_be_read_again(tmp_path: Path) -> None:
    path = write_corpus(tmp_path)
    assert rhizotron("ingest", path).exit_code == 0
    (tmp_path / "lists" / "hosts").write_text("0.0.0.0 nobody.example\n")
    assert rhizotron("ingest", path).exit_code == 0
    lines = rhizotron("dropped", path, "--reason", "blocked_url", "--json").output.splitlines()
    assert [json.loads(line)["record_id"] for line in lines] == ["n0", "n3"]


def test_the_memory_of_lists_is_in_the_plan_and_their_mistakes_are_told(tmp_path: Path) -> None:
    path = write_corpus(tmp_path)
    (tmp_path / "lists" / "hosts").write_text("0.0.0.0 ads.example\n" * 100_000 + "0.0.0.0 !!!\n")
    with_lists = estimate(make_plan(path)).worker_bytes
    output = " ".join(rhizotron("plan", path).output.split())
    assert "$.url_lists[1].paths: own_hosts: 1 line(s) name no host and block nothing" in output
    assert with_lists - estimate(make_plan(write_corpus(tmp_path, url_lists=[]))).worker_bytes > 8 * 100_000
    path = write_corpus(tmp_path)
    (tmp_path / "lists" / "hosts").write_text("!!!\n")
    assert "no line names a host; is its format hosts?" in " ".join(rhizotron("plan", path).output.split())
    (tmp_path / "lists" / "hosts").unlink()
    assert "$.url_lists[1].paths" in rhizotron("plan", path).output


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"url_lists": [DOMAINS, DOMAINS]}, "url_lists: ut1-adult more than once"),
        ({"url_lists": [DOMAINS | {"license": "bsd"}]}, "names a family, not a licence"),
        ({"url_lists": [DOMAINS | {"format": "adblock"}]}, "format"),
        ({"sources": [SOURCE | {"blocked_urls": ["ut1-adlut"]}]}, "did you mean 'ut1-adult'?"),
    ],
)
def test_what_a_corpus_file_says_wrongly_is_told(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write_corpus(tmp_path, **changes))
    assert message in str(caught.value)
