"""verify counts rows, tables and pages again, under digests that are right."""

from pathlib import Path

import pyarrow as pa
import pytest
from damaged_release import (
    DATA,
    LEDGER,
    LINES,
    RULE,
    SIDECAR,
    SIGNAL,
    SIGNALS,
    Changes,
    change_failed,
    edit,
    mismatches,
    replace_column,
    reverse,
    rewrite,
    vouch,
)

from layers.shards import read_table
from pipeline.inspect.verify.release import verify


@pytest.mark.parametrize(
    ("path", "change", "expected"),
    [
        (DATA, reverse, {(SIDECAR, "doc_id of row")}),
        (SIDECAR, reverse, {(SIDECAR, "doc_id of row")}),
        (SIDECAR, replace_column("record_id", lambda key: key + "x"), {(DATA, "doc_id of row")}),
        (DATA, replace_column("lang", lambda _: "en"), {(DATA, "lang of row")}),
        (DATA, replace_column("source", lambda _: "other"), {(DATA, "source of row")}),
        (
            DATA,
            replace_column("text", lambda text: text[:-2]),
            {(DATA, "text_bytes of row"), ("data/fr/health_json", "bytes of text")},
        ),
        (
            DATA,
            replace_column("lang_status", lambda _: "guessed"),
            {("data/fr", "documents confident"), ("data/fr", "documents guessed")},
        ),
        (
            DATA,
            replace_column("license", lambda _: "CC0-1.0"),
            {("data/fr/health_json", "documents under CC0-1.0")},
        ),
        (
            DATA,
            replace_column("cluster_size", lambda _: 77),
            {("manifest.json", "rows of clusters of 77 documents")},
        ),
        (DATA, lambda table: table.slice(1), {(DATA, "rows"), ("data/fr/health_json", "documents")}),
        (SIDECAR, lambda table: table.slice(0, 2), {(SIDECAR, "rows")}),
        (
            SIDECAR,
            lambda table: pa.concat_tables([table, table.slice(0, 1)]),
            {(SIDECAR, "rows")},
        ),
        (DATA, lambda table: table.drop_columns(["url"]), {(DATA, "columns")}),
        (DATA, lambda table: table.drop_columns(["lang"]), {(DATA, "rows")}),
        (LEDGER, lambda table: table.slice(1), {(LEDGER, "rows")}),
        (LEDGER, replace_column("reason", lambda _: "too_good"), {(LEDGER, "ingest, too_good: documents")}),
        (LEDGER, replace_column("source", lambda _: "other"), {(LEDGER, "source of row")}),
        (
            LEDGER,
            replace_column("length", lambda length: length + 1),
            {(LEDGER, "ingest, broken_json: bytes")},
        ),
        (LEDGER, change_failed(rule="spam"), {(LEDGER, "failed of row")}),
        (LEDGER, change_failed(value=0.0), {(LEDGER, f"{RULE} of row"), (SIGNALS, f"{SIGNAL} of row")}),
        (SIGNALS, reverse, {(SIGNALS, "doc_id of row")}),
        (SIGNALS, lambda table: table.slice(0, 1), {(SIGNALS, "rows")}),
        (SIGNALS, lambda table: pa.concat_tables([table, table.slice(0, 1)]), {(SIGNALS, "rows")}),
        (SIGNALS, lambda table: table.drop_columns(["words"]), {(SIGNALS, "columns")}),
        (LINES, replace_column("bytes", lambda size: size + 1), {(LINES, "bytes of removed lines")}),
        (
            LINES,
            lambda table: pa.concat_tables([table, table.slice(0, 1)]),
            {(LINES, "key of row"), (LINES, "rows")},
        ),
    ],
)
def test_rows_are_counted_again_under_right_digests(
    path: str, change: Changes, expected: set[tuple[str, str]], release: Path
) -> None:
    rewrite(release / path, change)
    vouch(release)
    actual = mismatches(release)
    assert expected <= actual
    assert not {check for _, check in actual} & {"sha256", "file"}


def test_another_text_of_the_same_length_has_another_hash(release: Path) -> None:
    rewrite(release / DATA, replace_column("text", lambda text: text.replace("e", "a")))
    vouch(release)
    before = mismatches(release)
    assert before <= {("README.md", "line"), ("croissant.json", "line")}  # which print digests of shards
    assert mismatches(release, texts=True) - before == {(SIDECAR, "exact_hash of row")}


def test_an_id_that_is_published_twice_is_named_with_both_places(release: Path) -> None:
    for folder in ("data", "provenance"):
        path = release / folder / DATA.removeprefix("data/")
        rewrite(path, lambda table: pa.concat_tables([table, table.slice(0, 1)]))
    vouch(release)
    (repeat,) = [item for item in verify(str(release)).mismatches if item.check == "doc_id"]
    assert (repeat.path, repeat.note) == (DATA, f"also in {DATA}")
    assert repeat.actual == read_table(str(release / DATA))["doc_id"][0].as_py()


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("ATTRIBUTION.tsv", "\tA\t", "\tB\t"),
        ("top_domains.csv", "example.org,", "example.com,"),
    ],
)
def test_a_table_that_is_not_of_the_rows_is_named_though_its_digest_is_right(
    path: str, old: str, new: str, release: Path
) -> None:
    edit(release / path, old, new)
    vouch(release)
    # croissant.json has the digest of every file, too
    assert mismatches(release) - {("croissant.json", "line")} == {
        (path, "SHA-256, of the rows of the shards")
    }


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("README.md", "Every number here", "No number here"),
        ("LICENSES.md", "MIT", "GPL"),
        ("DATA_DICTIONARY.md", "stable across releases", "stable until tomorrow"),
        ("cards/fr.md", "UTF-8", "UTF-16"),
        ("ledger/summary.json", '"flow": "kept"', '"flow": "lost"'),
    ],
)
def test_pages_are_made_again_under_right_digests(path: str, old: str, new: str, release: Path) -> None:
    edit(release / path, old, new)
    vouch(release)
    (mismatch,) = verify(str(release)).mismatches
    assert (mismatch.path, mismatch.check.split()[0]) == (path, "line")
    assert new in str(mismatch.actual)
    assert old in str(mismatch.expected)


def test_pages_of_another_version_are_not_compared(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(release / "README.md", "Every number here", "No number here")
    vouch(release)
    monkeypatch.setattr("pipeline.stages.publish.manifest.installed_version", lambda _: "9.9.9")
    answer = verify(str(release))
    assert answer.mismatches == []
    (left_out,) = answer.not_compared
    assert "made by rhizotron 0.1.0" in left_out.reason
    assert "this is rhizotron 9.9.9" in left_out.reason
