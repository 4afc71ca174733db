"""The decompressed bytes of a file that are not read yet, and in which members they lie."""

import re
from collections import deque
from collections.abc import Iterator

from sources.reading.members import Event, Lost, Member

Span = tuple[int, int]


class UnreadBytes:
    """The decompressed bytes that are not read yet, and what is known of their members."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._marks: deque[tuple[int, int]] = deque()
        self._data = b""
        self._place = 0
        """Of the first byte that is not read, in the data."""
        self.offset = 0
        """Of the first byte that is not read, in all bytes."""
        self.lost: Lost | None = None
        """What follows these bytes instead of more of them."""

    def __len__(self) -> int:
        return len(self._data) - self._place

    def fill(self) -> bool:
        """Add a chunk; False: what there is is the last before damage or the end."""
        return self.lost is None and any(map(self._add, self._events)) and self.lost is None

    def fill_whole(self) -> tuple[int, bytes] | None:
        """(start, content) of a whole member, which is now all that is not read.

        None where there are other bytes before it, or the next event is another one.
        """
        if len(self) or self.lost is not None:
            return None
        event = next(self._events, None)
        if isinstance(event, Member) and event.is_whole:
            content = next(self._events)
            assert isinstance(content, bytes)
            self._data, self._place = content, 0
            self._marks.clear()
            self._marks.append((self.offset, event.start))
            return event.start, content
        if event is not None:
            self._add(event)
        return None

    def _add(self, event: Event) -> bool:
        """Take an event; whether nothing more is to be taken for now."""
        if isinstance(event, Member):
            self._marks.append((self.offset + len(self), event.start))
            return False
        if isinstance(event, Lost):
            self.lost = event
        else:
            self.prepend(b"", behind=event)
        return True

    def prepend(self, data: bytes, *, behind: bytes = b"") -> None:
        """Put bytes before, and behind, those that are not read."""
        self._data = b"".join([data, self._data[self._place :], behind])
        self._place = 0
        self.offset -= len(data)

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
