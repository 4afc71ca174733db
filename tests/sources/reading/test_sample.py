"""A look into a file: a bounded part of it, whatever its size and format."""

import bz2
import gzip
from pathlib import Path
from typing import Any

import pytest

from layers.storage import InputFile
from sources.base import SourceSpec
from sources.reading.formats import describe_mistake
from sources.reading.sample import HEAD_BYTES, MAX_READ_BYTES, Sample, read_sample

LONG = MAX_READ_BYTES + (8 << 20)
BOMB = bz2.compress(b" " * (20 << 20)) * 1000
"""20 GB of spaces in 20 kB."""


def look(path: Path, *, type: str, **fields: Any) -> Sample:
    spec = SourceSpec("test", type, str(path.parent), "CC0-1.0", **fields)
    return read_sample(InputFile(path.name, path.stat().st_size, ""), spec=spec)


@pytest.mark.parametrize(
    ("type", "head"),
    [
        ("html", b"<p>"),
        ("markdown", b"# A\n"),
        ("tei", b"<TEI><text>"),
        ("xliff", b"<xliff><file>"),
        ("gutenberg", b"*** START OF THIS PROJECT GUTENBERG EBOOK A ***\n"),
        ("epub", b"PK\x03\x04"),
        ("pdf", b"%PDF-1.4\n"),
        ("text", b""),
    ],
)
def test_of_a_file_that_is_one_record_no_more_is_read_than_a_record_may_have(
    tmp_path: Path, type: str, head: bytes
) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(head + b"a " * (LONG // 2), compresslevel=1))
    sample = look(path, type=type)
    assert (sample.documents, sample.rejected) == ([], [])
    assert sample.cut_bytes == MAX_READ_BYTES


@pytest.mark.parametrize("type", ["jsonl", "json", "text", "csv", "warc", "mediawiki", "xml"])
def test_of_a_short_file_that_unpacks_to_gigabytes_no_more_is_unpacked(tmp_path: Path, type: str) -> None:
    path = tmp_path / "x.bz2"
    path.write_bytes(BOMB)
    fields = {"text": "text"} if type in ("jsonl", "json", "csv", "xml") else {}
    sample = look(path, type=type, fields=fields, options={"record": "a"} if type == "xml" else {})
    assert sample.documents == []
    assert sample.cut_bytes == MAX_READ_BYTES


def test_a_text_file_over_the_limit_is_no_document_of_the_sample(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"a line of it\n" * 300_000)
    sample = look(path, type="text", options={"max_record_bytes": 3_899_998})
    assert sample.documents == []
    assert [(row["reason"], row["length"]) for row in sample.rejected] == [("record_too_long", 3_900_000)]
    whole = look(path, type="text", options={"max_record_bytes": 3_900_000})
    assert [len(row["text"]) for row in whole.documents] == [3_900_000]
    lines = look(path, type="text", options={"documents": "line", "max_record_bytes": 100})
    assert lines.cut_bytes == HEAD_BYTES
    assert {row["text"] for row in lines.documents} == {"a line of it"}


def test_of_posts_the_first_threads_are_seen_and_nothing_of_the_cut_row(tmp_path: Path) -> None:
    rows = "".join(
        f'<row Id="{number}" PostTypeId="1" CreationDate="2024-01-01" Body="&lt;p&gt;{"word " * 40}{number}'
        f'&lt;/p&gt;" />\n'
        for number in range(1, 9001)
    )
    path = tmp_path / "Posts.xml"
    path.write_text(f"<posts>\n{rows}</posts>\n")
    assert path.stat().st_size > 2 * HEAD_BYTES
    sample = look(path, type="stackexchange")
    assert [row["record_id"] for row in sample.documents[:2]] == ["1", "2"]
    assert sample.rejected == []
    assert sample.cut_bytes == HEAD_BYTES


def test_a_zip_archive_is_a_mistake_unless_the_type_is_one() -> None:
    sample = Sample("x", head=b"PK\x03\x04")
    for type, told in (("jsonl", "is a zip archive; unpack it"), ("epub", None)):
        assert describe_mistake(sample, spec=SourceSpec("test", type, "", "CC0-1.0")) == told
