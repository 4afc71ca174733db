"""Web archives: every record once, at its place, whatever compresses it; damage stays in its member."""

import gzip
import tracemalloc
from pathlib import Path
from typing import Any

import brotli
import pytest
import source_files_warc as files
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

import sources.warc as warc
from layers.entries import Unit
from layers.storage import InputFile
from sources.base import RecordLog, SourceSpec
from sources.reading import http
from sources.reading.captures import read_capture
from sources.reading.charset import decode
from sources.reading.mapping import BadRecord
from sources.reading.warc_records import WARC, Record, read_records

FEW = [files.plain(number) for number in range(5)]
EACH = files.compress_each(FEW)
STARTS = [len(files.compress_each(FEW[:number])) for number in range(6)]


def read(
    path: Path, *, start: int = 0, stop: int | None = None, **options: Any
) -> tuple[list[Any], RecordLog]:
    """Documents of a file, and its log."""
    spec = SourceSpec("test", "warc", str(path.parent), "CC0-1.0", options=options)
    log = RecordLog(Unit("test", path.name, start, stop))
    return [row for batch in warc.read(log.unit, spec=spec, log=log) for row in batch.to_pylist()], log


def read_bytes(
    data: bytes, *, folder: Path, name: str = "x.warc.gz", **options: Any
) -> tuple[list[Any], RecordLog]:
    (folder / name).write_bytes(data)
    return read(folder / name, **options)


def texts(documents: list[Any]) -> list[str]:
    return [row["text"] for row in documents]


def test_the_fixtures_are_what_their_program_makes() -> None:
    for name, content in files.warc_files().items():
        if name.count(".") == 1:  # another version of a codec compresses otherwise
            assert (files.DATA / "sources" / "warc" / name).read_bytes() == content, name


def test_one_record_is_the_same_document_whatever_compresses_it(tmp_path: Path) -> None:
    packed = {
        "x.warc": b"".join(FEW),
        "x.warc.gz": EACH,
        "whole.warc.gz": gzip.compress(b"".join(FEW)),
        "x.warc.zst": b"".join(map(zstandard.compress, FEW)),
        "dictionary.warc.zst": files.with_dictionary(FEW),
        "x.warc.lz4": files.lz4(b"".join(FEW)),
    }
    read_by_name = {name: read_bytes(data, folder=tmp_path, name=name)[0] for name, data in packed.items()}
    by_id = {
        name: [(row["doc_id"], row["text"], row["raw_sha256"], row["length"]) for row in rows]
        for name, rows in read_by_name.items()
    }
    assert len(by_id["x.warc"]) == 5
    assert all(rows == by_id["x.warc"] for rows in by_id.values())
    for name, rows in read_by_name.items():
        assert len({row["offset"] for row in rows}) == 5, name
    assert [row["offset"] for row in read_by_name["x.warc.gz"]] == STARTS[:-1]


@given(st.integers(0, len(EACH) - 1), st.integers(1, 255))
@settings(max_examples=150)
def test_a_wrong_byte_loses_its_member_and_no_other(
    tmp_path_factory: pytest.TempPathFactory, place: int, change: int
) -> None:
    data = EACH[:place] + bytes([EACH[place] ^ change]) + EACH[place + 1 :]
    documents, log = read_bytes(data, folder=tmp_path_factory.mktemp("flip"))
    member = max(number for number in range(5) if STARTS[number] <= place)
    whole, _ = read_bytes(EACH, folder=tmp_path_factory.mktemp("whole"))
    others = texts(whole[:member] + whole[member + 1 :])
    # gzip does not check name, time and system of a member
    assert texts(documents) in (others, texts(whole))
    assert bool(log.rejected) == (len(documents) == 4)


@pytest.mark.parametrize("member", range(5))
def test_a_wrong_end_of_the_last_block_loses_its_member_and_no_other(member: int, tmp_path: Path) -> None:
    """What is decompressed then goes on behind the record, with bytes of which nobody knows what they are."""
    whole, _ = read_bytes(EACH, folder=tmp_path)
    others = texts(whole[:member] + whole[member + 1 :])
    for place in range(STARTS[member + 1] - 14, STARTS[member + 1] - 8):
        for bit in range(8):
            data = EACH[:place] + bytes([EACH[place] ^ 1 << bit]) + EACH[place + 1 :]
            documents, log = read_bytes(data, folder=tmp_path)
            # the bits that fill the last byte mean nothing
            allowed = ((others, 1), (texts(whole), 0))
            assert (texts(documents), len(log.rejected)) in allowed, (place, bit)


@given(st.integers(0, len(EACH)))
@settings(max_examples=100)
def test_a_cut_file_gives_its_whole_records_and_one_row(
    tmp_path_factory: pytest.TempPathFactory, size: int
) -> None:
    documents, log = read_bytes(EACH[:size], folder=tmp_path_factory.mktemp("cut"))
    assert len(documents) == sum(start <= size for start in STARTS[1:])
    assert [row["reason"] for row in log.rejected] == ["truncated"] * (size not in STARTS)


@given(st.integers(0, len(b"".join(FEW))))
@settings(max_examples=100)
def test_a_cut_plain_file_has_no_half_of_a_record(
    tmp_path_factory: pytest.TempPathFactory, size: int
) -> None:
    data = b"".join(FEW)[:size]
    documents, log = read_bytes(data, folder=tmp_path_factory.mktemp("cut"), name="x.warc")
    whole, _ = read_bytes(b"".join(FEW), folder=tmp_path_factory.mktemp("whole"), name="x.warc")
    assert texts(documents) == texts(whole)[: len(documents)]
    assert sum(row["length"] for row in documents + log.rejected) <= size
    ends = [row["offset"] + row["length"] for row in whole]
    assert len(documents) == sum(end <= size for end in ends)


def test_bytes_of_each_record_are_counted_once(tmp_path: Path) -> None:
    documents, log = read_bytes(b"".join(FEW), folder=tmp_path, name="x.warc")
    assert log.container_bytes == len(b"".join(FEW))
    assert sum(row["length"] for row in documents) == log.container_bytes - 4 * len(FEW)


def test_an_index_cuts_a_file_where_records_begin(tmp_path: Path) -> None:
    (tmp_path / "x.warc.gz").write_bytes(EACH)
    spec = SourceSpec("test", "warc", str(tmp_path), "CC0-1.0", unit_bytes=600)
    file = InputFile("x.warc.gz", len(EACH), "")
    assert warc.split(file, spec=spec) == [(0, None)]
    (tmp_path / "x.cdxj").write_bytes(files.index_lines(FEW, name="x.warc.gz"))
    spans = warc.split(file, spec=spec)
    assert len(spans) > 1
    assert {start for start, _ in spans} < {*STARTS}
    pieces = [read(tmp_path / "x.warc.gz", start=start, stop=stop) for start, stop in spans]
    whole, log = read(tmp_path / "x.warc.gz")
    assert [row for documents, _ in pieces for row in documents] == whole
    assert sum(each.container_bytes for _, each in pieces) == log.container_bytes


def test_an_index_of_another_file_or_version_cuts_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.warc.gz").write_bytes(EACH)
    spec = SourceSpec("test", "warc", str(tmp_path), "CC0-1.0", unit_bytes=600)
    for lines in (files.index_lines(FEW, name="y.warc.gz"), files.index_lines(FEW[1:], name="x.warc.gz")):
        (tmp_path / "x.warc.gz.cdxj").write_bytes(lines)
        assert warc.split(InputFile("x.warc.gz", len(EACH), ""), spec=spec) == [(0, None)]


def test_a_classic_index_names_its_columns(tmp_path: Path) -> None:
    (tmp_path / "x.warc.gz").write_bytes(EACH)
    lines = [
        f"a)/ 20240220211100 https://a.example/ text/html 200 - - - 9 {start} x.warc.gz"
        for start in STARTS[:-1]
    ]
    (tmp_path / "x.warc.cdx").write_text("\n".join([" CDX N b a m s k r M S V g", *lines]))
    spec = SourceSpec("test", "warc", str(tmp_path), "CC0-1.0", unit_bytes=1)
    spans = warc.split(InputFile("x.warc.gz", len(EACH), ""), spec=spec)
    assert [start for start, _ in spans] == STARTS[:-1]


@pytest.mark.parametrize("name", ["x.warc", "x.warc.gz"])
def test_a_huge_record_is_a_row_and_never_in_memory(name: str, tmp_path: Path) -> None:
    huge = files.capture(bytes(64 << 20), "Content-Type: text/plain", number=9)
    data = [FEW[0], huge, FEW[1]]
    (tmp_path / name).write_bytes(files.compress_each(data) if name.endswith("gz") else b"".join(data))
    read(tmp_path / name)
    tracemalloc.start()
    documents, log = read(tmp_path / name)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(documents) == 2
    assert [(row["reason"], row["length"]) for row in log.rejected] == [("record_too_long", len(huge) - 4)]
    assert peak < 12 << 20


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate"])
def test_a_bomb_is_given_up_at_the_limit(coding: str) -> None:
    big = bytes(200 << 20)
    pack = {
        "gzip": gzip.compress,
        "br": brotli.compress,
        "zstd": zstandard.compress,
        "deflate": files.deflate,
    }
    body = pack[coding](pack[coding](big) if coding == "gzip" else big)
    codings = f"{coding}, {coding}" if coding == "gzip" else coding
    response = http.Response(200, [("content-encoding", codings)], body)
    del big
    tracemalloc.start()
    with pytest.raises(http.LongBody):
        http.decode_body(response, max_bytes=1 << 20)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20


@given(
    st.binary(max_size=400),
    st.sampled_from(["gzip", "x-gzip", "br", "zstd", "deflate", "identity"]),
    st.booleans(),
)
def test_a_body_is_what_the_server_coded(body: bytes, coding: str, is_chunked: bool) -> None:
    pack = {
        "br": brotli.compress,
        "zstd": zstandard.compress,
        "deflate": files.deflate,
        "identity": bytes,
    }
    sent = pack.get(coding, gzip.compress)(body)
    headers = [("content-encoding", coding)]
    if is_chunked:
        headers.append(("transfer-encoding", "chunked"))
        sent = files.chunk(sent, size=7)
    assert http.decode_body(http.Response(200, headers, sent), max_bytes=400) == body
    if body:
        with pytest.raises(http.LongBody):
            http.decode_body(http.Response(200, headers, sent), max_bytes=len(body) - 1)


CHARSETS = [
    # (bytes, Content-Type, is HTML) → (charset, evidence)
    ("Ọjọ́ dára".encode(), "text/html; charset=iso-8859-1", True, "utf-8", "bytes"),
    ("Ọjọ́ dára".encode(), None, True, "utf-8", "bytes"),
    ("café".encode("cp1252"), "text/html; charset=ISO-8859-1", True, "cp1252", "header"),
    ('<meta charset="windows-1256">ماقزوي'.encode("cp1256"), "text/html", True, "cp1256", "meta"),
    ('<?xml version="1.0" encoding="gb2312"?>四字节'.encode("gb18030"), None, True, "gb18030", "meta"),
    (b"\xff\xfe" + "Likizo".encode("utf-16-le"), "text/html; charset=utf-8", True, "utf-16-le", "bom"),
    ("Likizo".encode("utf-16-be"), "text/plain; charset=utf-16be", False, "utf-16-be", "header"),
    ("日本語".encode("iso2022_jp"), "text/plain; charset=iso-2022-jp", False, "iso2022_jp", "header"),
    ("В городе живёт мальчик".encode("cp1251"), "text/plain; charset=utf-8", False, "cp1251", "detector"),
    ("В городе живёт мальчик".encode("cp1251"), "text/plain; charset=none-such", False, "cp1251", "detector"),
]


@pytest.mark.parametrize(("data", "content_type", "is_html", "charset", "evidence"), CHARSETS)
def test_the_charset_is_what_fits_of_what_is_said(
    data: bytes, content_type: str | None, is_html: bool, charset: str, evidence: str
) -> None:
    decoded = decode(data, content_type=content_type, is_html=is_html)
    assert (decoded.charset, decoded.evidence, decoded.replaced) == (charset, evidence, 0)


def test_a_text_with_a_wrong_byte_has_one_replacement() -> None:
    data = "Ọjọ́ dára".encode() * 20 + b"\xff"
    decoded = decode(data, content_type="text/html; charset=utf-8", is_html=True)
    assert (decoded.charset, decoded.evidence, decoded.replaced) == ("utf-8", "header", 1)


@given(
    st.binary(max_size=200),
    st.sampled_from([None, "text/html; charset=shift_jis", "text/plain; charset=hex"]),
)
def test_any_bytes_are_some_text(data: bytes, content_type: str | None) -> None:
    decode(data, content_type=content_type, is_html=True).text.encode("utf-8", "surrogatepass")


@given(
    st.lists(
        st.sampled_from([*FEW, b"junk\n", b"WARC/1.0\r\n", b"WARC/1.0\r\nContent-Length: 9\r\n\r\n"]),
        max_size=6,
    ),
    st.integers(1, 700),
)
def test_chunks_of_any_size_give_the_same_records(pieces: list[bytes], chunk_bytes: int) -> None:
    data = b"".join(pieces)
    chunks = [data[start : start + chunk_bytes] for start in range(0, len(data), chunk_bytes)]
    whole = list(read_records(iter([data]), framing=WARC, max_block_bytes=1000))
    assert list(read_records(iter(chunks), framing=WARC, max_block_bytes=1000)) == whole
    assert sum(item.length for item in whole) <= len(data)


@given(st.binary(max_size=300))
def test_no_block_is_an_exception(block: bytes) -> None:
    headers = {"warc-type": "response", "warc-target-uri": "http://x.example/"}
    try:
        read_capture(Record(0, None, headers, b"", b"HTTP/1.1 200 OK\r\n" + block, 0), max_bytes=100)
    except BadRecord as bad:
        assert bad.detail


def test_fields_are_refused() -> None:
    with pytest.raises(ValueError, match="web archives have none to map, but text is mapped"):
        warc.check(SourceSpec("test", "warc", "", "CC0-1.0", fields={"text": "x"}))
