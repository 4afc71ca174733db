"""Records in parts: whole where the parts follow one another, else one row; never half a page."""

from pathlib import Path
from typing import Any

import pytest
import source_files_warc as files
from hypothesis import given, settings
from hypothesis import strategies as st

import sources.warc as warc
from layers.entries import Unit
from layers.storage import InputFile
from sources.base import RecordLog, SourceSpec

URL = files.PARTS_URL
PAGE = files.http(files.page("sw"), "Content-Type: text/html; charset=utf-8")


def read(records: list[bytes], *, folder: Path, **options: Any) -> tuple[list[Any], RecordLog]:
    (folder / "x.warc.gz").write_bytes(files.compress_each(records))
    return read_slice(folder, **options)


def read_slice(
    folder: Path, *, start: int = 0, stop: int | None = None, **options: Any
) -> tuple[list[Any], RecordLog]:
    spec = SourceSpec("test", "warc", str(folder), "CC0-1.0", options=options)
    log = RecordLog(Unit("test", "x.warc.gz", start, stop))
    return [row for batch in warc.read(log.unit, spec=spec, log=log) for row in batch.to_pylist()], log


WHOLE = files.record(
    "response",
    PAGE,
    number=7,
    Content_Type="application/http; msgtype=response",
    WARC_Target_URI=URL,
)


@given(st.lists(st.integers(0, len(PAGE)), max_size=3).map(sorted))
@settings(max_examples=10, deadline=None)
def test_parts_are_the_document_that_the_whole_record_is(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    beside = [files.plain(1)], [files.plain(2)]
    whole, _ = read([*beside[0], WHOLE, *beside[1]], folder=folder)
    joined, log = read([*beside[0], *files.parts(PAGE, *sizes), *beside[1]], folder=folder)
    assert log.rejected == []
    places = ("offset", "length", "raw_sha256")
    assert [{**row, **dict.fromkeys(places)} for row in joined] == [
        {**row, **dict.fromkeys(places)} for row in whole
    ]
    assert joined[1]["offset"] == whole[1]["offset"]


@pytest.mark.parametrize(
    ("records", "counts"),
    [
        (files.parts(PAGE, 300)[:1], [1]),
        (files.parts(PAGE, 300, 400)[:2], [2]),
        (files.parts(PAGE, 300)[1:], [1]),
        (files.parts(PAGE, 300, 400)[::2], [1, 1]),
        (files.parts(PAGE, 300)[::-1], [1, 1]),
        ([*files.parts(PAGE, 300)[:1], files.plain(1), *files.parts(PAGE, 300)[1:]], [1, 1]),
        (files.parts(PAGE, 300, total=len(PAGE) - 1), [2]),
        (files.parts(PAGE, 300, WARC_Segment_Origin_ID="<urn:uuid:other>"), [1, 1]),
        (files.parts(PAGE, 300, WARC_Segment_Number="3"), [1, 1]),
        (files.parts(PAGE, 300, WARC_Segment_Number="1_0"), [1, 1]),
        (files.parts(PAGE, 300, WARC_Segment_Total_Length="?"), [2]),
    ],
)
def test_parts_that_are_not_all_there_are_rows(
    tmp_path: Path, records: list[bytes], counts: list[int]
) -> None:
    documents, log = read([files.plain(1), *records, files.plain(2)], folder=tmp_path)
    assert all(row["url"] != URL for row in documents)
    assert len(documents) == 2 + sum(each == files.plain(1) for each in records)
    assert [(row["reason"], row["records"]) for row in log.rejected] == [("broken_record", n) for n in counts]
    framing = 4 * (2 + len(counts))  # between parts of one row it is that row's
    assert sum(row["length"] for row in documents + log.rejected) + framing <= log.container_bytes


def test_a_record_longer_than_the_limit_is_so_in_parts_too(tmp_path: Path) -> None:
    documents, log = read(files.parts(PAGE, 300, 400), folder=tmp_path, max_record_bytes=len(PAGE) - 1)
    assert documents == []
    assert [row["reason"] for row in log.rejected] == ["record_too_long"]
    documents, _ = read(files.parts(PAGE, 300, 400), folder=tmp_path, max_record_bytes=len(PAGE))
    assert len(documents) == 1


def test_no_slice_begins_in_a_record(tmp_path: Path) -> None:
    records = [
        files.plain(1),
        *files.parts(PAGE, 300, 500),
        files.plain(2),
        *files.parts(PAGE, 9),
        files.plain(3),
    ]
    whole, log = read(records, folder=tmp_path)
    (tmp_path / "x.cdxj").write_bytes(files.index_lines(records, name="x.warc.gz"))
    spec = SourceSpec("test", "warc", str(tmp_path), "CC0-1.0", unit_bytes=1)
    size = (tmp_path / "x.warc.gz").stat().st_size
    spans = warc.split(InputFile("x.warc.gz", size, ""), spec=spec)
    assert len(spans) == 5
    pieces = [read_slice(tmp_path, start=start, stop=stop) for start, stop in spans]
    assert [row for documents, _ in pieces for row in documents] == whole
    assert sum(each.container_bytes for _, each in pieces) == log.container_bytes
    assert log.rejected == []
