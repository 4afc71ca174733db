"""Ordinary records of web archives are read on a shorter way, which gives what the general one gives."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from sources.base import SourceFields
from sources.reading.conversions import map_conversion
from sources.reading.members import Event, Lost, Member
from sources.reading.warc_headers import HeaderShapes, parse_fields
from sources.reading.warc_records import ARC, WARC, Framing, Record, read_records
from sources.reading.web_documents import WebOptions, map_record

USUAL = (
    b"WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: https://x.example/\r\n"
    b"WARC-Date: 2024-01-01T00:00:00Z\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n"
)
LINES = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["WARC-Type", "warc-type", "Content-Length", "X Y", "x", "é", "", " "]),
        st.sampled_from([": ", ":", " : ", ":\t", ""]),
        st.one_of(
            st.sampled_from(["3", "a: b", "", " ", "\u00a0a", "a ", "a\r", "\r", "\t", "é"]), st.text()
        ),
    ),
)


@given(
    st.sampled_from(["WARC/1.0", "WARC/1.1 ", "WARC/x", ""]),
    st.lists(LINES, max_size=4),
    st.sampled_from(["\r\n", "\n", "\r\r\n", "\r\n ", "\n\t"]),
)
@example("WARC/1.0", ["WARC-Type: conversion", "Content-Length: 3"], "\r\n")
def test_a_header_of_a_usual_shape_has_the_same_fields(version: str, lines: list[str], end: str) -> None:
    shapes = HeaderShapes()
    head = end.join([version, *lines, "", ""]).encode("utf-8", "replace")
    for _ in range(2):  # the second time the shape is there
        assert shapes.read(head) in (None, parse_fields(head))


def test_headers_of_one_shape_are_read_at_once() -> None:
    shapes = HeaderShapes()
    for length in (3, 4):
        assert shapes.read(USUAL % length) == parse_fields(USUAL % length)
    assert shapes.read(USUAL.replace(b"\r\n", b"\n") % 3) is None


def make_events(contents: list[bytes], *, are_whole: bool) -> Iterator[Event]:
    """Each content as a member, which is whole or of which nothing is known."""
    place = 0
    for content in contents:
        yield Member(place, is_whole=are_whole and bool(content))
        yield from [content] if content else []
        place += len(content) + 20
    yield Lost(place, None, "truncated", "the file ends")


RECORD = USUAL % 3 + b"abc"
CONTENTS = st.lists(
    st.sampled_from(
        [
            *(RECORD + end for end in (b"\r\n\r\n", b"\n", b"", b"\r\n\r\n\r\n", b"x", b"\r\r\n", b"\r\nx")),
            RECORD * 2,
            b"\r\n" + RECORD,
            RECORD[:-1],
            RECORD[:40],
            USUAL % 2000 + b"x" * 2000 + b"\r\n\r\n",
            USUAL.replace(b"%d", b"-1"),
            RECORD.replace(b"\r\n", b"\n"),
            RECORD.replace(b": ", b":"),
            b"http://x.example/ 1.2.3.4 20140102030405 text/html 3\nabc\n",
            b"",
            b"junk\n",
        ]
    ),
    max_size=6,
)


@given(CONTENTS, st.sampled_from([WARC, ARC]))
def test_a_whole_member_gives_the_records_that_its_bytes_give(
    contents: list[bytes], framing: Framing
) -> None:
    whole, other = (
        list(read_records(make_events(contents, are_whole=are_whole), framing=framing, max_block_bytes=1000))
        for are_whole in (True, False)
    )
    assert whole == other


HEADERS = st.fixed_dictionaries(
    {"warc-type": st.sampled_from(["conversion", "Conversion", "resource"])},
    optional={
        "warc-target-uri": st.sampled_from(["https://x.example/", "<http://x.example/>", "dns:x", ""]),
        "warc-record-id": st.sampled_from(["<urn:uuid:1>", ""]),
        "warc-date": st.sampled_from(["2024-01-01T00:00:00Z", ""]),
        "warc-refers-to": st.sampled_from(["<urn:uuid:2>", ""]),
        "warc-identified-content-language": st.sampled_from(["eng,yor", ""]),
        "warc-truncated": st.just("length"),
        "warc-segment-number": st.just("1"),
        "content-type": st.sampled_from(
            ["text/plain", "text/plain; charset=UTF-8", "text/plain; charset=latin1", "text/html", "x/y", ""]
        ),
    },
)
BLOCKS = st.one_of(
    st.none(),
    st.binary(max_size=20),
    st.text(max_size=20).map(str.encode),
    st.sampled_from([b"\xef\xbb\xbfa", b"\xff\xfea\0", b"%PDF-1", b"a\0b", b" \n\x1c", b"\xc2\xa0", b""]),
)


@given(HEADERS, BLOCKS)
@example({"warc-type": "conversion", "warc-target-uri": "http://x", "content-type": "text/plain"}, b"a")
def test_a_conversion_has_the_fields_of_any_capture(headers: dict[str, str], block: bytes | None) -> None:
    record = Record(0, None, headers, b"", block, 0)
    short = map_conversion(record)
    if short is not None:
        assert row_of(short) == row_of(map_record(record, options=WebOptions(), extra={}))


def row_of(fields: SourceFields) -> dict[str, Any]:
    """All fields, the text as characters."""
    text = fields.text
    return asdict(fields) | {"text": text.decode() if isinstance(text, bytes) else text}


def test_a_record_that_is_no_ordinary_conversion_is_looked_at_closely() -> None:
    headers = {"warc-type": "conversion", "warc-target-uri": "http://x", "content-type": "text/plain"}
    assert map_conversion(Record(0, None, headers, b"", b"a", 0)) is not None
    for others in ({"warc-type": "resource"}, {"content-type": "text/html"}, {"warc-truncated": "length"}):
        assert map_conversion(Record(0, None, headers | others, b"", b"a", 0)) is None
    for block in (b"", b" \n", b"\xff", b"%PDF-1", b"a\0"):
        assert map_conversion(Record(0, None, headers, b"", block, 0)) is None
