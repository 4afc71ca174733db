"""A candidate with what surrounds it, read from the buffer of texts only as far as is asked."""

import unicodedata
from itertools import accumulate
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
    """A table for str.translate: decimal digits to those of ASCII, full-width signs to narrow ones."""

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
    """A candidate in the buffer: positions are bytes of it, strings are read once."""

    __slots__ = (
        "_after",
        "_before",
        "_bytes",
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
        self._bytes: list[int] | None = None

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

    def lead(self, start: int, size: int) -> str:
        """The last characters before a character of the value."""
        text = self.value[max(0, start - size) : start]
        return text if len(text) == size else (self.before + text)[-size:]

    def follow(self, end: int, size: int) -> str:
        """The first characters from a character of the value on."""
        text = self.value[end : end + size]
        return text if len(text) == size else text + self.after[: size - len(text)]

    def span(self, start: int, end: int, *, kind: str, detector: str) -> Span:
        """Of characters of the value, counted from its start; they may lie before and behind it."""
        return Span(self._byte(start) - self.first, self._byte(end) - self.first, kind, detector)

    def _byte(self, character: int) -> int:
        """Where a character of the value begins, or one before (negative) or behind it."""
        if character < 0:
            text = self._read_raw(self.start + 4 * character - 4, self.start)
            return self.start - len(text[character:].encode())
        length = len(self.value)
        if character > length:
            text = self._read_raw(self.end, self.end + 4 * (character - length) + 4)
            return self.end + len(text[: character - length].encode())
        if length == self.end - self.start:
            return self.start + character
        if self._bytes is None:
            sizes = (len(each.encode()) for each in self._read_raw(self.start, self.end))
            self._bytes = [0, *accumulate(sizes)]
        return self.start + self._bytes[character]
