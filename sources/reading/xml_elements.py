"""XML cut into the elements of one name by bytes, so that each has a place, and damage costs one.

What a comment holds, or a CDATA section of an element, is no element and no end of one, if that is asked for.
No raw `<name` can be text otherwise, so the cuts are exact.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sources.base import RecordLog

_TAG = re.compile(rb"""(?:[^"'>]++|"[^"]*+"|'[^']*+')*+>""")
"""What follows the name of an element in its tag, which a sign in quotes does not end."""


@dataclass(frozen=True)
class Element:
    """The bytes of one element, tags included, and where they begin."""

    offset: int
    raw: bytes


@dataclass(frozen=True)
class BadElement:
    """Bytes that begin as an element and are none."""

    offset: int
    length: int
    reason: str
    detail: str
    records: int | None = 1


class ElementScanner:
    """Cuts a stream of bytes into the elements of one name that are not within each other.

    What stands between elements is framing. An element that begins before the last one ends shows that the
    last one has no end.
    """

    def __init__(
        self,
        name: str,
        *,
        max_bytes: int,
        offset: int = 0,
        has_no_content: bool = False,
        skips_comments: bool = False,
    ) -> None:
        """offset: byte of the file where the stream begins; has_no_content: elements have attributes only.

        skips_comments: those between and in elements, and CDATA sections, for streams that begin in none. A
        range of a file may, and would be cut otherwise than the ranges beside it.
        """
        self._name = name
        tag = re.escape(name.encode())
        start = (
            rb"<(?:(?P<comment>!--)|%s(?=[\s/>]))" if skips_comments else rb"(?P<comment>(?!))|<%s(?=[\s/>])"
        )
        self._start = re.compile(start % tag)
        # a pattern whose alternatives begin alike is found twice as fast
        if has_no_content:
            self._end = re.compile(rb"(?P<end>/>)|(?P<hidden>(?!))|<%s(?=[\s/>])" % tag)
        else:
            hidden = rb"(?P<hidden>!(?:--|\[CDATA\[))" if skips_comments else rb"(?P<hidden>(?!))"
            self._end = re.compile(rb"<(?:(?P<end>/%s\s*>)|%s|%s(?=[\s/>]))" % (tag, hidden, tag))
        self._overlap = len(name) + 16
        self._max_bytes = max_bytes
        self._data = bytearray()
        self._offset = offset
        """Byte of the file where the data begin."""
        self._searched = 0
        self._inside = False
        self._unread_tag = 0
        """Bytes of the name in a tag of which it is not known whether it ends its element."""
        self._has_no_content = has_no_content
        self._comment: int | None = None
        """Byte of the file where the comment in progress begins."""
        self._hidden: int | None = None
        """Place in the data of the comment or CDATA section in progress inside of an element."""
        self._dropped = 0
        """Bytes of the element in progress, over the limit, that are no longer held."""

    @property
    def position(self) -> int:
        """Byte of the file where the element in progress begins, else before which none begins any more."""
        return self._offset - self._dropped

    @property
    def held(self) -> int:
        """Bytes from there on that were given."""
        return len(self._data) + self._dropped

    @property
    def inside(self) -> bool:
        """Whether an element is in progress."""
        return self._inside

    @property
    def in_comment(self) -> bool:
        """Whether a comment between elements is in progress."""
        return self._comment is not None

    def add(self, chunk: bytes) -> Iterator[Element | BadElement]:
        """The elements that this chunk completes."""
        self._data += chunk
        yield from self._cut()
        kept = len(self._data) - self._overlap
        if not self._inside:
            self._forget(max(kept, 0))
        elif len(self._data) > self._max_bytes + self._overlap:
            self._forget(kept)
            self._dropped += kept
        if self._hidden is None:
            self._searched = max(len(self._data) - self._overlap, self._searched)

    def _cut(self, *, is_last: bool = False) -> Iterator[Element | BadElement]:
        """The elements that are complete."""
        while True:
            if self._comment is not None:
                if (end := self._data.find(b"-->")) < 0:
                    break
                self._forget(end + 3)
                self._comment = None
            if self._unread_tag:
                if (tag_end := self._end_of_tag()) is None:
                    break
                self._unread_tag = 0
                if tag_end:
                    yield self._take(tag_end)
            if self._hidden is not None and not self._pass_hidden(self._hidden, is_last=is_last):
                break
            match = (self._end if self._inside else self._start).search(self._data, self._searched)
            if match is None:
                break
            if self._inside and match["end"]:
                yield self._take(match.end())
                continue
            if self._inside and match["hidden"]:
                self._hidden, self._searched = match.span()
                continue
            if not self._inside and match["comment"]:
                self._comment = self._offset + match.start()
                self._forget(match.end())
                continue
            start, size = match.start(), len(match[0])
            if self._inside:
                detail = f"another <{self._name}> begins before </{self._name}>"
                yield BadElement(self.position, start + self._dropped, "truncated", detail)
                self._dropped = 0
            self._forget(start)
            self._inside, self._searched = True, size
            self._unread_tag = 0 if self._has_no_content else size

    def flush(self) -> Iterator[Element | BadElement]:
        """The elements that are complete when nothing follows: behind a comment that has no end."""
        if self._hidden is not None:
            yield from self._cut(is_last=True)

    def finish(self, *, detail: str, reason: str = "truncated") -> Iterator[Element | BadElement]:
        """What is in progress when nothing follows."""
        yield from self.flush()
        if self._inside:
            yield BadElement(self.position, self.held, reason, detail, None)
        elif self._comment is not None:
            length = self._offset + len(self._data) - self._comment
            yield BadElement(self._comment, length, reason, "a comment has no end", None)
        self._inside, self._comment, self._unread_tag, self._dropped = False, None, 0, 0

    def _end_of_tag(self) -> int | None:
        """Where the element in progress ends if its tag is all of it, else 0; None: more must be read.

        No tag holds a second `<`, and none longer than an element may be is read.
        """
        stop = self._data.find(b"<", self._unread_tag, self._max_bytes)
        if stop < 0:
            return None if len(self._data) < self._max_bytes else 0
        tag = _TAG.match(self._data, self._unread_tag, stop)
        return tag.end() if tag and tag[0].endswith(b"/>") else 0

    def _pass_hidden(self, start: int, *, is_last: bool) -> bool:
        """Go on behind a comment or CDATA section; False: more must be read.

        One that has no end within the longest element is none: damage would hide all that follows.
        """
        mark = b"-->" if self._data.startswith(b"<!--", start) else b"]]>"
        end = self._data.find(mark, self._searched, self._max_bytes)
        if end < 0 and not is_last and len(self._data) < self._max_bytes:
            self._searched = max(self._searched, len(self._data) - len(mark) + 1)
            return False
        self._searched = start + 1 if end < 0 else end + len(mark)
        self._hidden = None
        return True

    def _take(self, end: int) -> Element | BadElement:
        """The element that ends at a place of the data."""
        length, offset = end + self._dropped, self.position
        raw = bytes(self._data[:end])
        self._forget(end)
        self._inside, self._dropped = False, 0
        if length <= self._max_bytes:
            return Element(offset, raw)
        detail = f"{length} bytes; max_record_bytes is {self._max_bytes}"
        return BadElement(offset, length, "record_too_long", detail)

    def _forget(self, size: int) -> None:
        del self._data[:size]
        self._offset += size
        self._searched = 0


def reject(element: BadElement, *, log: RecordLog) -> None:
    """The row of bytes that are no element."""
    log.reject(
        element.reason,
        detail=element.detail,
        offset=element.offset,
        length=element.length,
        records=element.records,
    )
