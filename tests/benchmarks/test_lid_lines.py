"""The lines of a comparison: evenly spaced, capped per language and source, the same every time."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.lid.lines import read_lines


@pytest.fixture
def path(tmp_path: Path) -> Path:
    rows = [
        *(("yo", "news", f"yo{n}") for n in range(9)),
        ("npi", "news", "one\nbreak"),
        ("xx-bad", "news", "no language"),
        ("und", "news", "nobody knows"),
        *(("yo", "talk", f"talk{n}") for n in range(2)),
        ("yo", "seen in training", "never asked"),
    ]
    columns = dict(zip(("lang", "source", "text"), map(list, zip(*rows, strict=True)), strict=True))
    table = pa.table({**columns, "lang": pa.array(columns["lang"]).dictionary_encode()})
    pq.write_table(table, tmp_path / "lines.parquet")
    return tmp_path / "lines.parquet"


def test_evenly_spaced_lines_of_each_language_and_source(path: Path) -> None:
    lines = read_lines(path, sources={"news", "talk"}, max_lines=3)
    assert lines.texts == ["yo0", "yo4", "yo8", "one break", "talk0", "talk1"]
    assert lines.tags == ["yo", "yo", "yo", "ne", "yo", "yo"]
    assert lines.sources == ["news"] * 4 + ["talk"] * 2
    assert lines.skipped == {"xx-bad": 1, "und": 1}
    assert lines.rows({"talk"}) == [4, 5]
    assert lines == read_lines(path, sources={"talk", "news"}, max_lines=3)


def test_sources_that_are_not_asked_for_have_no_lines(path: Path) -> None:
    lines = read_lines(path, sources={"talk"}, max_lines=100)
    assert (lines.texts, lines.skipped) == (["talk0", "talk1"], {})


def test_a_source_without_lines_is_an_error(path: Path) -> None:
    with pytest.raises(ValueError, match=r"has no lines of the source nowhere"):
        read_lines(path, sources={"news", "nowhere"}, max_lines=3)


def test_the_digest_tells_texts_apart(path: Path) -> None:
    digests = {read_lines(path, sources={"news"}, max_lines=n).digest() for n in (1, 2, 3)}
    assert len(digests) == 3
