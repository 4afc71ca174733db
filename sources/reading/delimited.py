"""Rows of delimited text (CSV) as bytes: exact places, bounded memory, damage that stays in its row."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

_QUOTE = b'"'
_RETRY_BYTES = 8 << 20
"""An unfinished row is read again from its start when so much was added to it, or as much as it has."""


@dataclass(frozen=True)
class Row:
    """A row without its line end, and its fields without their quotes."""

    offset: int
    raw: bytes
    fields: list[bytes]


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be read; records None: it and everything behind it."""

    offset: int
    length: int
    reason: str
    detail: str
    records: int | None = 1


_SLICE_BYTES = 1 << 20
_INSIDE_QUOTES = re.compile(rb'(?:[^"]++|"")*+')
DELIMITERS = {b",": "comma", b";": "semicolon", b"\t": "tab", b"|": "vertical bar"}
"""What may be detected, in the order in which it is preferred."""


class _Unfinished(Exception):
    """The row goes on behind the bytes at hand."""

    def __init__(self, *, in_quotes: bool) -> None:
        super().__init__()
        self.in_quotes = in_quotes


class RowReader:
    """Cuts chunks into rows.

    A row ends at \\n, \\r\\n or \\r outside of quotes; blank lines are framing. A field that begins with a
    quote ends at the next one that is not doubled; in other fields quotes are text. Whether a quote is open
    behind a broken row nobody knows: what follows may be its end, until a row has all fields and even quotes.
    """

    def __init__(
        self, *, delimiter: bytes, max_row_bytes: int, offset: int = 0, columns: int | None = None
    ) -> None:
        """offset: byte of the file where the first chunk begins; columns: fields that a row must have."""
        self.offset = offset
        """Byte of the file where the row that is not finished begins."""
        self._columns = columns
        self._delimiter = delimiter
        self._max_row_bytes = max_row_bytes
        self._data = b""
        self._pieces: list[bytes] = []
        self._added = 0
        self._skipped: _Skipped | None = None
        self._is_last = False
        self._after_broken = False
        self._next: dict[bytes, int] = {}
        """Place of a byte in the data at or behind the last one that was asked for; -1: none."""

    @property
    def held(self) -> int:
        """Bytes of the row that is not finished."""
        return len(self._data) + self._added + (0 if self._skipped is None else self._skipped.length)

    def add(self, chunk: bytes) -> Iterator[Row | BadRow]:
        """The rows that this chunk completes, as a rule; some may wait for the next."""
        if self._skipped is not None:
            end = self._skipped.find_end(chunk)
            if end is None:
                return
            yield self._take_skipped()
            chunk = chunk[end:]
        self._pieces.append(chunk)
        self._added += len(chunk)
        if self._added >= min(len(self._data), _RETRY_BYTES):
            yield from self._read()

    def flush(self) -> Iterator[Row | BadRow]:
        """The complete rows that wait."""
        if self._skipped is None:
            yield from self._read()

    def finish(self) -> Iterator[Row | BadRow]:
        """The rows behind whose end nothing comes."""
        self._is_last = True
        if self._skipped is None:
            yield from self._read()
        elif self._skipped.in_quotes:
            yield _unclosed(self.offset, self._skipped.length)
        else:
            yield self._take_skipped()

    def _read(self) -> Iterator[Row | BadRow]:
        data = self._data = b"".join([self._data, *self._pieces])
        self._pieces, self._added, self._next = [], 0, {}
        start, in_quotes = 0, False
        try:
            while start < len(data):
                event, stop = self._read_row(start)
                if event is not None:
                    yield event
                self.offset += stop - start
                start = stop
        except _Unfinished as unfinished:
            in_quotes = unfinished.in_quotes
            if self._is_last:  # only a quote can be open
                yield _unclosed(self.offset, len(data) - start)
                start = len(data)
        self._data = data[start:]
        length = len(self._data)
        if length > self._max_row_bytes and (in_quotes or not self._data.endswith(b"\r")):
            self._skipped = _Skipped(length=length, in_quotes=in_quotes)
            self._data = b""
        elif length > self._max_row_bytes + 1:
            yield self._too_long(length - 1)
            self.offset += length
            self._data = b""

    def _read_row(self, start: int) -> tuple[Row | BadRow | None, int]:
        """(the row at a place, nothing for a blank line; where the next begins); raises _Unfinished."""
        data, delimiter, position = self._data, self._delimiter, start
        fields: list[bytes] = []
        while True:
            if data[position : position + 1] == _QUOTE:
                field, position = self._read_quoted(position)
                fields.append(field)
                follows = data[position : position + 1]
                if follows == delimiter:
                    position += 1
                    continue
                end, stop = self._find_line_end(position)
                if end > position:
                    detail = f"byte {position - start} follows a closing quote: write a quote inside as two"
                    return self._break(start, end, detail), stop
            else:
                end, stop = self._find_line_end(position)
                quoted = self._find(delimiter + _QUOTE, position)
                if 0 <= quoted < end:
                    fields += data[position:quoted].split(delimiter)
                    position = quoted + 1
                    continue
                fields += data[position:end].split(delimiter)
            return self._judge(start, end, fields), stop

    def _judge(self, start: int, end: int, fields: list[bytes]) -> Row | BadRow | None:
        length = end - start
        if not length:
            return None
        if length > self._max_row_bytes:
            return self._too_long(length)
        raw = self._data[start:end]
        if self._after_broken and raw.count(_QUOTE) % 2:
            return self._break(start, end, "it follows a broken row and has a quote without another")
        if self._columns is not None and len(fields) != self._columns:
            detail = f"{len(fields)} fields, where the header has {self._columns}"
            return BadRow(self.offset, length, "ragged_row", detail)
        self._after_broken = False
        return Row(self.offset, raw, fields)

    def _read_quoted(self, position: int) -> tuple[bytes, int]:
        """(the field whose opening quote stands here, where it ends)."""
        data = self._data
        close = data.find(_QUOTE, position + 1)
        is_doubled = close >= 0 and data[close + 1 : close + 2] == _QUOTE
        if is_doubled:
            inside = _INSIDE_QUOTES.match(data, close)
            close = inside.end() if inside and inside.end() < len(data) else -1
        if close < 0 or (close + 1 == len(data) and not self._is_last):
            raise _Unfinished(in_quotes=close < 0)
        field = data[position + 1 : close]
        return field.replace(b'""', _QUOTE) if is_doubled else field, close + 1

    def _find_line_end(self, position: int) -> tuple[int, int]:
        """(where the line ends, where the next begins)."""
        places = [place for byte in (b"\n", b"\r") if (place := self._find(byte, position)) >= 0]
        if not places:
            if not self._is_last:
                raise _Unfinished(in_quotes=False)
            return len(self._data), len(self._data)
        end = min(places)
        if self._data[end : end + 1] == b"\n":
            return end, end + 1
        if end + 1 == len(self._data) and not self._is_last:
            raise _Unfinished(in_quotes=False)  # \n may follow
        return end, end + 1 + (self._data[end + 1 : end + 2] == b"\n")

    def _find(self, wanted: bytes, position: int) -> int:
        """Where bytes stand next, -1: nowhere. Each byte of the data is searched once."""
        place = self._next.get(wanted, 0)
        if 0 <= place < position or wanted not in self._next:
            place = self._next[wanted] = self._data.find(wanted, position)
        return place

    def _break(self, start: int, end: int, detail: str) -> BadRow:
        self._after_broken = True
        return BadRow(self.offset, end - start, "broken_csv", detail)

    def _too_long(self, length: int) -> BadRow:
        detail = f"{length} bytes; max_record_bytes is {self._max_row_bytes}"
        return BadRow(self.offset, length, "record_too_long", detail)

    def _take_skipped(self) -> BadRow:
        skipped, self._skipped = self._skipped, None
        assert skipped is not None
        row = self._too_long(skipped.length)
        self.offset += skipped.length + skipped.line_end
        return row


class _Skipped:
    """A row over the limit whose end is looked for: quotes in pairs and a line end behind."""

    def __init__(self, *, length: int, in_quotes: bool) -> None:
        """length, and whether a quote is open behind it: of what was read of the row."""
        self.length = length
        self.line_end = 0
        self.in_quotes = in_quotes

    def find_end(self, data: bytes) -> int | None:
        """Where the next row begins; None: not in this data."""
        position = 0
        for start in range(0, len(data), _SLICE_BYTES):
            for line in data[start : start + _SLICE_BYTES].splitlines(keepends=True):
                position += len(line)
                self.in_quotes ^= line.count(_QUOTE) % 2 == 1
                content = line.rstrip(b"\r\n")
                if len(content) < len(line) and not self.in_quotes:
                    self.length += position - len(line) + len(content)
                    self.line_end = len(line) - len(content)
                    return position
        self.length += len(data)
        return None


def _unclosed(offset: int, length: int) -> BadRow:
    return BadRow(offset, length, "truncated", "a quote is never closed, up to the end of the file", None)


def detect_delimiter(head: bytes, *, names: Collection[bytes]) -> bytes:
    """What stands between the fields of a first row: what parts most of the names, then what parts most."""
    first = re.sub(rb'"[^"]*"', lambda field: field[0].translate(None, b"\r\n,;\t|"), head).lstrip(b"\r\n")
    first = re.split(rb"[\r\n]", first, maxsplit=1)[0]

    def rank(delimiter: bytes) -> tuple[int, int]:
        fields = [field.strip(b'"') for field in first.split(delimiter)]
        return sum(name in fields for name in names), len(fields)

    return max(DELIMITERS, key=rank)
