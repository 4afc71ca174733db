"""A candidate with what surrounds it, read from the buffer of texts only as far as is asked."""

import unicodedata
from typing import NamedTuple

BEFORE_BYTES = 120
AFTER_BYTES = 48
NEAR_CHARS = 12


class Span(NamedTuple):
    """What was found in a text: bytes from its start."""

    start: int
    end: int
    kind: str
    detector: str


class _Digits(dict[int, int]):
    """A table for str.translate: every decimal digit to that of ASCII, and full-width signs to narrow ones."""

    def __missing__(self, point: int) -> int:
        digit = unicodedata.decimal(chr(point), None)
        if digit is not None:
            self[point] = 48 + digit
        elif 0xFF01 <= point <= 0xFF5E:
            self[point] = point - 0xFEE0
        else:
            self[point] = {0x3000: 32, 0xA0: 32, 0x202F: 32, 0x2009: 32, 0x2007: 32, 0x2212: 45}.get(
                point, point
            )
            if 0x2010 <= point <= 0x2015:
                self[point] = 45
        return self[point]


_TABLE = _Digits()


def normalise(text: str) -> str:
    """Decimal digits of every script, full-width signs, spaces and dashes as in ASCII; as many characters."""
    return text if text.isascii() else text.translate(_TABLE)


class Spot:
    """A candidate in the buffer: positions are bytes of the buffer; strings are read once, when they are asked for."""

    __slots__ = (
        "_after",
        "_before",
        "_lower",
        "_value",
        "data",
        "end",
        "first",
        "last",
        "start",
        "territories",
    )

    def __init__(
        self,
        data: memoryview,
        *,
        first: int,
        last: int,
        start: int,
        end: int,
        territories: tuple[str, ...],
    ) -> None:
        self.data = data
        self.first = first
        self.last = last
        self.start = start
        self.end = end
        self.territories = territories
        self._value: str | None = None
        self._before: str | None = None
        self._lower: str | None = None
        self._after: str | None = None

    def move(self, start: int, end: int) -> "Spot":
        """Another place in the same text."""
        return Spot(
            self.data, first=self.first, last=self.last, start=start, end=end, territories=self.territories
        )

    def read(self, start: int, end: int) -> str:
        """Characters that lie whole between two bytes, normalised."""
        return normalise(self._read_raw(start, end))

    def _read_raw(self, start: int, end: int) -> str:
        return bytes(self.data[max(start, self.first) : min(end, self.last)]).decode("utf-8", "ignore")

    @property
    def value(self) -> str:
        """The candidate, normalised."""
        if self._value is None:
            self._value = self.read(self.start, self.end)
        return self._value

    @property
    def before(self) -> str:
        """Up to BEFORE_BYTES before the candidate; only the NEAR_CHARS next to it are normalised."""
        if self._before is None:
            text = self._read_raw(self.start - BEFORE_BYTES, self.start)
            is_plain = text.isascii()
            self._before = text if is_plain else text[:-NEAR_CHARS] + normalise(text[-NEAR_CHARS:])
        return self._before

    @property
    def before_lower(self) -> str:
        """What stands before, in lower case."""
        if self._lower is None:
            self._lower = self.before.lower()
        return self._lower

    @property
    def after(self) -> str:
        """Up to AFTER_BYTES behind the candidate, normalised."""
        if self._after is None:
            self._after = self.read(self.end, self.end + AFTER_BYTES)
        return self._after

    def span(self, start: int, end: int, *, kind: str, detector: str) -> Span:
        """Of characters of the value, counted from the candidate's start; negative start: before it."""
        raw = bytes(self.data[self.start : min(self.last, self.start + 4 * end + 4)]).decode(
            "utf-8", "ignore"
        )
        if start >= 0:
            first = self.start + len(raw[:start].encode())
        else:
            before = bytes(self.data[max(self.first, self.start + 4 * start - 4) : self.start])
            first = self.start - len(before.decode("utf-8", "ignore")[start:].encode())
        behind = self.start + len(raw[:end].encode())
        return Span(first - self.first, behind - self.first, kind, detector)
