"""CSV: every row once, at its place, whatever the chunks; damage stays in its row, and memory is bounded."""

import csv
import io
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import source_files
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import sources
import sources.csv as csv_source
from layers.entries import Unit
from layers.storage import InputFile
from sources.base import RecordLog, SourceSpec
from sources.reading.delimited import BadRow, Row, RowReader, detect_delimiter

cells = st.text(st.sampled_from('ab"\n\r,; é'), max_size=6)
tables = st.integers(2, 3).flatmap(lambda n: st.lists(st.lists(cells, min_size=n, max_size=n), max_size=6))


def scan(
    data: bytes, *, chunk_bytes: int = 1 << 20, max_row_bytes: int = 1 << 20, columns: int | None = None
) -> list[Row | BadRow]:
    reader = RowReader(delimiter=b",", max_row_bytes=max_row_bytes, columns=columns)
    chunks = [data[start : start + chunk_bytes] for start in range(0, len(data), chunk_bytes)]
    return [*(row for chunk in chunks for row in reader.add(chunk)), *reader.finish()]


@given(tables, st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from([1, 0]), st.integers(1, 9))
def test_rows_are_those_that_were_written(
    table: list[list[str]], lineterminator: str, quoting: Any, chunk_bytes: int
) -> None:
    if any("\n" in cell or "\r" in cell for row in table for cell in row):
        quoting = csv.QUOTE_ALL  # the module leaves the other line end bare
    text = io.StringIO()
    csv.writer(text, lineterminator=lineterminator, quoting=quoting).writerows(table)
    data = text.getvalue().encode()
    rows = scan(data, chunk_bytes=chunk_bytes)
    fields = []
    for row in rows:
        assert isinstance(row, Row)
        assert data[row.offset : row.offset + len(row.raw)] == row.raw
        fields.append([field.decode() for field in row.fields])
    assert fields == table


pieces = st.sampled_from([b'"', b'""', b",", b"\n", b"\r", b"\r\n", b"a", b" ", b"\0", b"\xff", b"1,b\n"])


@given(st.lists(pieces, max_size=30).map(b"".join), st.integers(1, 5), st.integers(1, 9))
def test_of_any_bytes_each_is_in_one_row_or_line_end_whatever_the_chunks(
    data: bytes, chunk_bytes: int, max_row_bytes: int
) -> None:
    rows = scan(data, columns=2)
    assert scan(data, chunk_bytes=chunk_bytes, columns=2) == rows
    for limit in (1 << 20, max_row_bytes):
        end = 0
        for row in scan(data, chunk_bytes=chunk_bytes, max_row_bytes=limit, columns=2):
            length = len(row.raw) if isinstance(row, Row) else row.length
            assert length and not data[end : row.offset].strip(b"\r\n")
            assert not isinstance(row, Row) or (length <= limit and len(row.fields) == 2)
            end = row.offset + length
        assert not data[end:].strip(b"\r\n")


def kinds(data: bytes, **options: Any) -> list[object]:
    """The fields of each row, or the reason and length of a bad one."""
    return [row.fields if isinstance(row, Row) else (row.reason, row.length) for row in scan(data, **options)]


def test_complete_rows_wait_for_no_more_than_a_flush() -> None:
    reader = RowReader(delimiter=b",", max_row_bytes=1 << 20)
    assert [*reader.add(b'1,"a long field'), *reader.add(b'"\n2,b\n3,')] == []
    assert [(row.offset, row.raw) for row in reader.flush() if isinstance(row, Row)] == [
        (0, b'1,"a long field"'),
        (17, b"2,b"),
    ]
    assert (reader.offset, reader.held) == (21, 2)


def test_a_quote_that_is_not_doubled_breaks_its_row_only() -> None:
    broken = b'1,"a "b" c"'
    assert kinds(broken + b'\n2,"x"\n', columns=2) == [("broken_csv", len(broken)), [b"2", b"x"]]
    assert kinds(b'5" pipe,6" pipe\n"a" ,b\n1,2\n', columns=2) == [
        [b'5" pipe', b'6" pipe'],
        ("broken_csv", 6),
        [b"1", b"2"],
    ]


def test_the_lines_behind_a_broken_row_are_no_rows_until_one_is_whole() -> None:
    broken, inside, end = b'1,"first\nsays "hi"', b"too, many, fields", b'the end, of it"'
    data = b"\n".join([broken, inside, end, b'2,"second"', b'5",x', b""])
    assert kinds(data, columns=2) == [
        ("broken_csv", len(broken)),
        ("ragged_row", len(inside)),
        ("broken_csv", len(end)),
        [b"2", b"second"],
        [b'5"', b"x"],
    ]


def test_a_quote_that_is_never_closed_is_one_row_of_unknown_many() -> None:
    (row,) = scan(b'1,"first\n2,second\n')
    assert row == BadRow(0, 18, "truncated", "a quote is never closed, up to the end of the file", None)
    (row,) = scan(b'1,"' + b"long\n" * 100, max_row_bytes=50)
    assert isinstance(row, BadRow)
    assert (row.reason, row.length, row.records) == ("truncated", 503, None)


@pytest.mark.parametrize("raw", [b'1,"345"', b"1,34567", b'1,"3\n5"'])
def test_a_row_of_exactly_the_limit_is_kept(raw: bytes) -> None:
    for chunk_bytes in (1, 100):
        for end in (b"\n", b"\r\n", b"\r"):
            data = raw + end + raw
            same = kinds(data, chunk_bytes=chunk_bytes, max_row_bytes=7)
            assert same == kinds(data) and len(same) == 2
            too_long = [("record_too_long", 7)] * 2
            assert kinds(data, chunk_bytes=chunk_bytes, max_row_bytes=6) == too_long


@pytest.mark.parametrize(
    ("head", "names", "delimiter"),
    [
        (b"id,text\n1;2;3;4", [], b","),
        (b"id;text, long\n", [b"id"], b";"),
        (b"id\ttext, a, b\n", [b"id"], b"\t"),
        (b'"a;b;c",text\r\n', [b"text"], b","),
        (b"a|b|c", [], b"|"),
        (b"text\n", [b"text"], b","),
        (b"", [], b","),
    ],
)
def test_the_delimiter_is_what_parts_the_names_that_are_mapped(
    head: bytes, names: list[bytes], delimiter: bytes
) -> None:
    assert detect_delimiter(head, names=names) == delimiter


def spec_of(folder: Path, **options: Any) -> SourceSpec:
    fields = {"text": "text", "id": "id"}
    return SourceSpec("s", "csv", str(folder), "CC0-1.0", fields=fields, options=options, unit_bytes=50)


def read(path: Path, **options: Any) -> tuple[list[tuple[str, str]], list[tuple[str, int, int | None]]]:
    """((id, text) of documents, (reason, offset, records) of what was rejected) of a file."""
    spec, module = spec_of(path.parent, **options), sources.load("csv")
    documents: list[tuple[str, str]] = []
    rejected: list[tuple[str, int, int | None]] = []
    for start, stop in module.split(InputFile(path.name, path.stat().st_size, ""), spec=spec):
        log = RecordLog(Unit("s", path.name, start, stop))
        for batch in module.read(log.unit, spec=spec, log=log):
            documents += [(row["record_id"], row["text"]) for row in batch.to_pylist()]
        rejected += [(row["reason"], row["offset"], row["records"]) for row in log.rejected]
    return documents, rejected


def test_a_field_over_the_limit_is_not_held(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    long = b'long,"' + (b"x" * 99_999 + b"\n") * 1000 + b'"\r\n'
    path.write_bytes(b"id,text\r\n1,first\r\n" + long + b"2,last\r\n")
    del long
    tracemalloc.start()
    try:
        documents, rejected = read(path, max_record_bytes=1 << 20)
        assert (documents, rejected) == ([("1", "first"), ("2", "last")], [("record_too_long", 18, 1)])
        assert tracemalloc.get_traced_memory()[1] < 200_000_000
    finally:
        tracemalloc.stop()


def test_rows_in_another_encoding_are_rejected_and_the_others_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("id,text\n1,café\n".encode() + "2,café\n".encode("latin-1") + "3,naïve\n".encode())
    assert read(path) == ([("1", "café"), ("3", "naïve")], [("invalid_utf8", 16, 1)])


@pytest.mark.parametrize("order", ["le", "be"])
def test_utf_16_is_read_with_or_without_a_mark_and_damage_is_a_row(order: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    data = "id,text\r\n1,𝄞 café\r\n2,ਅ\r\n".encode(f"utf-16-{order}")
    path.write_bytes("\ufeff".encode(f"utf-16-{order}") + data)
    assert read(path) == ([("1", "𝄞 café"), ("2", "ਅ")], [])
    half = "\ud800".encode(f"utf-16-{order}", "surrogatepass")
    path.write_bytes(data + "3,".encode(f"utf-16-{order}") + half + data[-4:] + b"4")
    documents, rejected = read(path, encoding=f"UTF-16{order}")
    assert len(documents) == 2
    assert [reason for reason, *_ in rejected] == ["invalid_utf8", "truncated"]


def test_without_quotes_a_large_file_is_read_in_slices(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes(b"id\ttext\n" + b"".join(b'%d\t"open %d\r\n' % (n, n) for n in range(20)) + b"x\n")
    spans = sources.load("csv").split(InputFile(path.name, path.stat().st_size, ""), spec=spec_of(tmp_path))
    assert spans == [(0, None)]
    documents, rejected = read(path, quotes=False)
    assert documents == [(str(n), f'"open {n}') for n in range(20)]
    assert [reason for reason, *_ in rejected] == ["ragged_row"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoding": "utf-7"}, "is not utf-8"),
        ({"encoding": "gb18030"}, "is not utf-8"),
        ({"encoding": "nonsense"}, "is not utf-8"),
        ({"encoding": "utf-16-le", "quotes": False}, "cannot be read from UTF-16"),
        ({"delimiter": ",,"}, "delimiter"),
        ({"delimiter": '"'}, "delimiter"),
        ({"delimiter": "a"}, "delimiter"),
        ({"columns": []}, "columns"),
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=message):
        csv_source.check(spec_of(tmp_path, **options))


@pytest.mark.parametrize("type", source_files.FILES)
def test_the_fixtures_are_what_their_program_makes(type: str) -> None:
    for name, content in source_files.FILES[type]().items():
        if name.count(".") == 1:  # another version of a codec compresses otherwise
            assert (source_files.DATA / "sources" / type / name).read_bytes() == content, name
