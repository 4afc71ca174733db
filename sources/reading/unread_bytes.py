"""The decompressed bytes of a file that are not read yet, and in which members they lie."""

import re
from collections import deque
from collections.abc import Iterator

from sources.reading.members import Event, Lost, Member

Span = tuple[int, int]
_LINE_END_BYTES = (b"\r", b"\n", b"")
_LINE_END_RUN = re.compile(rb"[\r\n]*")


class UnreadBytes:
    """The decompressed bytes that are not read yet, and what is known of their members."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._marks: deque[tuple[int, int]] = deque()
        self._data = b""
        self._place = 0
        """Of the first byte that is not read, in the data."""
        self._is_whole = False
        """Whether the data is one whole member."""
        self.offset = 0
        """Of the first byte that is not read, in all bytes."""
        self.lost: Lost | None = None
        """What follows these bytes instead of more of them."""

    def __len__(self) -> int:
        return len(self._data) - self._place

    def fill(self) -> bool:
        """Add a chunk; False: what there is is the last before damage or the end."""
        if self.lost is None:
            for event in self._events:
                if self._add(event):
                    break
            else:
                return False
        return self.lost is None

    def _add(self, event: Event) -> bool:
        """Take an event; whether nothing more is to be taken for now."""
        if isinstance(event, Member):
            self._marks.append((self.offset + len(self), event.start))
            self._is_whole = event.is_whole
            return False
        if isinstance(event, Lost):
            self.lost = event
        elif len(self):
            self.prepend(b"", behind=event)
        else:
            self._data, self._place = event, 0
        return True

    def prepend(self, data: bytes, *, behind: bytes = b"") -> None:
        """Put bytes before, and behind, those that are not read."""
        self._data = b"".join([data, self._data[self._place :], behind])
        self._place, self._is_whole = 0, False
        self.offset -= len(data)

    def whole(self) -> bool:
        """Whether what is not read is the content of a whole member, from its first byte to its last."""
        return self._is_whole and self._place == 0

    def content(self) -> tuple[bytes, int]:
        """(data, place in it from which on it is not read): for who looks at more than one thing."""
        return self._data, self._place

    def peek(self, size: int) -> bytes:
        """So many bytes, fewer where damage or the end comes before."""
        while len(self) < size and self.fill():
            pass
        return self._data[self._place : self._place + size]

    def take(self, size: int) -> bytes:
        """At most so many of the bytes that there are."""
        data = self._data[self._place : self._place + size]
        self.skip(len(data))
        return data

    def skip(self, size: int) -> None:
        self._place += size
        self.offset += size

    def skip_line_ends(self) -> None:
        """Skip them up to another byte, or the end."""
        while self._place < len(self._data) or self.fill():
            if self._data[self._place : self._place + 1] not in _LINE_END_BYTES:
                return
            self.skip(self.match(_LINE_END_RUN) or 0)

    def match(self, pattern: re.Pattern[bytes]) -> int | None:
        """Where a match that begins with the first byte ends."""
        match = pattern.match(self._data, self._place)
        return None if match is None else match.end() - self._place

    def search(self, pattern: re.Pattern[bytes], *, start: int = 0, stop: int | None = None) -> Span | None:
        """Where the next match begins and ends."""
        place = self._place
        match = pattern.search(self._data, place + start, len(self._data) if stop is None else place + stop)
        return None if match is None else (match.start() - place, match.end() - place)

    def take_member(self) -> tuple[int | None, bool]:
        """(the member of the first byte, whether it is the first of that): marks before it are forgotten."""
        while len(self._marks) > 1 and self._marks[1][0] <= self.offset:
            self._marks.popleft()
        if not self._marks or self._marks[0][0] > self.offset:
            return None, False
        return self._marks[0][1], self._marks[0][0] == self.offset
