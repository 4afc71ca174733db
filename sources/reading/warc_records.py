"""Records of web archives (WARC, ARC) from decompressed bytes: exact places, bounded memory, local damage.

A record of which a byte is missing is never handed out.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from sources.reading.members import Event
from sources.reading.unread_bytes import UnreadBytes
from sources.reading.warc_headers import HeaderShapes, parse_fields

_MAX_HEAD_BYTES = 64 << 10
_MAX_LINE_BYTES = 16 << 10
"""Of the line with which a record of ARC begins."""
_BLANK_LINE = re.compile(rb"\r*\n\r*\n")
_LINE_END = re.compile(rb"\n")
_LINE_ENDS = b"\r\n"
_HEAD_END = b"\r\n\r\n"
_RECORD_ENDS = (b"\r\n\r\n", b"\r\n", b"\n\n", b"\n")
_WARC = b"WARC/"
_AFTER_BYTES = 16
"""That are looked at behind a record, to see that it ends where its header says."""
_DAMAGE_BYTES = 1 << 16
"""That are looked at where something else stands than a record."""


@dataclass(slots=True)  # not frozen: a record is made in a fourth of the time
class Record:
    """A whole record: its header, and its block unless that is longer than the limit."""

    offset: int
    """In the decompressed bytes."""
    member: int | None
    """Byte of the file where its member begins; None: the file is plain."""
    headers: Mapping[str, str]
    """Names in lower case."""
    head: bytes
    block: bytes | None
    length: int
    """Bytes of header and block."""


@dataclass(frozen=True, slots=True)
class BadSpan:
    """Bytes that are no whole record; records None: of an unknown number."""

    offset: int
    member: int | None
    length: int
    reason: str
    detail: str
    headers: Mapping[str, str]
    """Of the record that they are, where they could be read."""
    records: int | None = 1


class _BadHead(Exception):
    """A header that says no length."""


@dataclass(frozen=True)
class Framing:
    """How the records of a format are told apart."""

    begin: re.Pattern[bytes]
    """Matches where a record begins."""
    head_end: re.Pattern[bytes]
    parse: Callable[[bytes], tuple[dict[str, str], int]]
    """Header → (its fields, bytes of the block); raises _BadHead."""

    def is_beginning(self, data: bytes) -> bool:
        """Whether what a member holds may begin with a record."""
        return self.begin.match(data.lstrip(_LINE_ENDS)) is not None

    @cached_property
    def begin_line(self) -> re.Pattern[bytes]:
        """Matches where a record begins with a line."""
        return re.compile(rb"(?<![^\n])" + self.begin.pattern)


def _parse_warc(head: bytes) -> tuple[dict[str, str], int]:
    headers = parse_fields(head)
    size = _read_length(headers)
    if size is None:
        raise _BadHead(f"its Content-Length is {headers.get('content-length', '')!r:.40}")
    return headers, size


def _read_length(headers: Mapping[str, str]) -> int | None:
    length = headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else None


_ARC_LINE = re.compile(
    rb"(?P<url>\S.*) \S+ (?P<date>\d{8,14})\d* (?P<mime>\S+)(?: .*)? (?P<length>\d+)\r?\n?"
)


def _parse_arc(head: bytes) -> tuple[dict[str, str], int]:
    match = _ARC_LINE.fullmatch(head)
    if match is None:
        raise _BadHead("its line has no length")
    url = match["url"].decode("utf-8", "replace")
    is_web = url.lower().startswith(("http:", "https:"))
    mime = match["mime"].decode("latin-1")
    headers = {
        "warc-type": "response" if is_web else "warcinfo" if url.startswith("filedesc:") else "resource",
        "warc-target-uri": url,
        "warc-date": _iso_date(match["date"].decode()),
        "content-type": "application/http; msgtype=response" if is_web else mime,
    }
    return headers, int(match["length"])


def _iso_date(digits: str) -> str:
    """20140102030405 → 2014-01-02T03:04:05Z; what is missing at the end is the first of it."""
    full = digits + "00000101000000"[len(digits) :]
    day, time = f"{full[:4]}-{full[4:6]}-{full[6:8]}", f"{full[8:10]}:{full[10:12]}:{full[12:14]}"
    return f"{day}T{time}Z"


WARC = Framing(
    re.compile(rb"WARC/\d+\.\d+[ \t\r]*\n"),
    _BLANK_LINE,
    _parse_warc,
)
ARC = Framing(
    re.compile(rb"[A-Za-z][\w.+-]*:[^\n]* \d{8,} \S+/\S+(?: [^\n]*)? -?\w+\r?\n"),
    _LINE_END,
    _parse_arc,
)


def read_records(
    events: Iterator[Event], *, framing: Framing, max_block_bytes: int
) -> Iterator[Record | BadSpan]:
    """The records of a file in their order; a block over the limit is skipped without being held."""
    return _Reader(UnreadBytes(events), framing=framing, max_block_bytes=max_block_bytes).read()


class _Reader:
    def __init__(self, source: UnreadBytes, *, framing: Framing, max_block_bytes: int) -> None:
        self._bytes = source
        self._framing = framing
        self._limit = max_block_bytes
        self._shapes = HeaderShapes() if framing is WARC else None
        self._member: int | None = None
        self._is_first = False

    def read(self) -> Iterator[Record | BadSpan]:
        source = self._bytes
        while True:
            source.skip_line_ends()
            self._member, self._is_first = source.take_member()
            if not len(source):
                if source.lost is None:
                    return
                yield self._lose(source.offset, {})
            elif (record := self._take_ordinary()) is not None:
                yield record
            elif self._begins():
                yield from self._read_record()
            else:
                yield self._resync(source.offset, "no record begins here")

    def _take_ordinary(self) -> Record | None:
        """The next record where what says that it is one is at hand, as nearly always; None: look closer.

        It is all that a whole member holds, or a line follows with which another record begins.
        """
        if self._shapes is None:
            return None
        source = self._bytes
        data, place = source.content()
        begin = data.find(_HEAD_END, place, place + _MAX_HEAD_BYTES) + len(_HEAD_END)
        if begin < len(_HEAD_END):
            return None
        head = data[place:begin]
        headers = self._shapes.read(head)
        size = None if headers is None else _read_length(headers)
        if headers is None or size is None:
            return None
        end = begin + size
        if source.whole():
            stop = len(data)
            if stop > end + len(_HEAD_END) or data[end:] not in _RECORD_ENDS:
                return None
        else:
            stop = end + len(_HEAD_END)
            if not data.startswith(_HEAD_END, end) or self._framing.begin.match(data, stop) is None:
                return None
        record = Record(source.offset, self._member, headers, head, None, len(head) + size)
        if size <= self._limit:
            record.block = data[begin:end]
        source.skip(stop - place)
        return record

    def _begins(self) -> bool:
        """Whether a record, or a part of one that the file is cut in, begins with the next byte."""
        source = self._bytes
        while source.search(_LINE_END, stop=_MAX_HEAD_BYTES) is None and len(source) < _MAX_HEAD_BYTES:
            if not source.fill():
                return source.peek(len(_WARC)) == _WARC[: len(source)]
        return source.match(self._framing.begin) is not None

    def _read_record(self) -> Iterator[Record | BadSpan]:
        source, start = self._bytes, self._bytes.offset
        while (end := source.search(self._framing.head_end, stop=_MAX_HEAD_BYTES)) is None:
            if len(source) >= _MAX_HEAD_BYTES:
                source.skip(1)
                yield self._resync(start, f"its header is longer than {_MAX_HEAD_BYTES} bytes")
                return
            if not source.fill():
                yield self._cut(start, {})
                return
        head = source.take(end[1])
        try:
            headers, size = self._framing.parse(head)
        except _BadHead as error:
            yield self._resync(start, str(error), records=1)
            return
        block, held = self._take_block(size)
        if held < size:
            yield self._cut(start, headers)
            return
        yield self._confirm(Record(start, self._member, headers, head, block, len(head) + size))

    def _take_block(self, size: int) -> tuple[bytes | None, int]:
        """(the block, None if it is longer than the limit; bytes that there are of it)."""
        source, left = self._bytes, size
        pieces: list[bytes] | None = [] if size <= self._limit else None
        while left and (len(source) or source.fill()):
            if pieces is None:
                count = min(left, len(source))
                source.skip(count)
            else:
                pieces.append(source.take(left))
                count = len(pieces[-1])
            left -= count
        return None if pieces is None else b"".join(pieces), size - left

    def _confirm(self, record: Record) -> Record | BadSpan:
        """The record, if it ends where its header says and its member is whole."""
        source = self._bytes
        after = source.peek(_AFTER_BYTES)
        behind = after.strip(_LINE_ENDS)
        is_followed = self._framing.begin.match(behind) is not None
        if behind and not is_followed:
            source.peek(_DAMAGE_BYTES)  # it may be damage that is noticed at the end of the member
        lost = source.lost
        is_lost = lost is not None and lost.start == record.member and self._is_first
        if is_lost and not is_followed:
            # its checksum is wrong, or there is none: any byte of it may be another, those behind it included
            return self._lose(record.offset, record.headers)
        if not behind:
            return record
        begins_line = after.startswith((b"\r\n", b"\n"))
        if begins_line or source.match(self._framing.begin) is not None or source.take_member()[1]:
            return record
        return self._mend(record)

    def _mend(self, record: Record) -> BadSpan:
        """A record that ends elsewhere than its header says: go on at the next one, which may lie inside."""
        source, block = self._bytes, record.block
        inner = None if block is None else self._framing.begin_line.search(block)
        if block is None or inner is None:
            detail = "its block goes on behind its Content-Length"
            return self._resync(record.offset, detail, headers=record.headers, records=1)
        source.prepend(block[inner.start() :])
        detail = "its Content-Length reaches into the next record"
        length = source.offset - record.offset
        return BadSpan(record.offset, self._member, length, "broken_record", detail, record.headers)

    def _resync(
        self, start: int, detail: str, *, headers: Mapping[str, str] | None = None, records: int | None = None
    ) -> BadSpan:
        """Skip what there is up to a line with which a record begins."""
        source = self._bytes
        while True:
            place = source.search(self._framing.begin_line, start=int(source.offset == start))
            if place is not None:
                source.skip(place[0])
                break
            # the line may go on in the next chunk
            source.skip(max(len(source) - _MAX_LINE_BYTES, 0))
            if not source.fill():
                source.skip(len(source))
                if source.lost is not None:
                    return self._lose(start, headers or {})
                break
        length = source.offset - start
        return BadSpan(start, self._member, length, "broken_record", detail, headers or {}, records)

    def _cut(self, start: int, headers: Mapping[str, str]) -> BadSpan:
        """A record of which the data has only the beginning."""
        source = self._bytes
        source.skip(len(source))
        if source.lost is not None:
            return self._lose(start, headers)
        detail = "the file ends inside of a record"
        return BadSpan(start, self._member, source.offset - start, "truncated", detail, headers, None)

    def _lose(self, start: int, headers: Mapping[str, str]) -> BadSpan:
        """What damage has left of a record; reading goes on behind the damage."""
        source = self._bytes
        lost, source.lost = source.lost, None
        assert lost is not None
        source.skip(len(source))
        is_one = lost.stop is not None and self._is_first and bool(headers)
        where = "" if lost.stop is None else f"; reading goes on at byte {lost.stop}"
        member = lost.start if self._member is None else self._member
        records = 1 if is_one else None
        length = source.offset - start
        return BadSpan(start, member, length, lost.reason, lost.detail + where, headers, records)
