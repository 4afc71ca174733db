"""Attributes of tags, read from the text of a page without a tree."""

import re

_MAX_TAG_BYTES = 1 << 16
_MAX_READ_BYTES = 1 << 20
"""Of all tags of one kind in a page: tags without an end would each be read as far as a tag may go."""
_ATTRIBUTE = re.compile(
    rb"""(>)|([A-Za-z_:][^\s"'<>/=]*+)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'=<>`]++)))?"""
)


class TagReader:
    """Reads the attributes of tags of one kind in a page, up to _MAX_READ_BYTES of them."""

    def __init__(self, html: bytes) -> None:
        self._html = html
        self._left = _MAX_READ_BYTES

    def read(self, start: int) -> dict[str, str] | None:
        """The attributes that begin at a byte; None: enough was read of this page."""
        tag = _cut_tag(self._html, start=start)
        self._left -= len(tag)
        return None if self._left < 0 else _read_attributes(tag)


def _cut_tag(html: bytes, *, start: int) -> bytes:
    """A tag from the byte where its attributes begin; as far as a tag may go where a value may hold the >."""
    end = html.find(b">", start, start + _MAX_TAG_BYTES)
    whole = start + _MAX_TAG_BYTES
    if end < 0 or html.count(b'"', start, end) % 2 or html.count(b"'", start, end) % 2:
        return html[start:whole]
    return html[start:end]


def _read_attributes(tag: bytes) -> dict[str, str]:
    """Attributes of the tag whose name ends where the bytes begin; of equal ones the first."""
    attributes: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(tag):
        ends, name, double, single, plain = match.groups()
        if ends:
            break
        attributes.setdefault(decode(name).lower(), decode(double or single or plain or b""))
    return attributes


def decode(html: bytes) -> str:
    """Text of a part of a page, which a limit may have cut inside a character."""
    return html.decode("utf-8", "replace")
