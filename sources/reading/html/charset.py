"""The characters of a page: byte order mark, valid UTF-8, what is said of it, what its bytes look like."""

import codecs
import re
from dataclasses import dataclass

from sources.reading.mapping import BadRecord

MAX_REPLACED_FRACTION = 0.01
"""Of the characters of a page; one with more that mean nothing in the best encoding is refused."""
MAX_BROKEN_FRACTION = 0.1
"""Of the characters outside of ASCII; a page with more that mean nothing in an encoding is in another one."""

_HEAD_BYTES = 4096
"""Browsers look for a declaration in the first 1,024 bytes; many pages have it a little later."""
_SAMPLE_BYTES = 1 << 17
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARATIONS = (
    re.compile(rb"""<meta\s[^>]*?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]+)""", re.IGNORECASE),
    re.compile(rb"""^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9_:.-]+)"""),
)
_CODECS = {"gbk": "gb18030", "euc_kr": "cp949", "shift_jis": "cp932"}
"""What browsers take these names for is more than Python's codec of that name."""
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Decoded:
    """A page as text."""

    text: str
    encoding: str
    """Name of Python's codec."""
    replaced: int
    """Bytes or runs of bytes that mean nothing in it, each now U+FFFD."""


def decode_html(body: bytes, *, label: str | None = None) -> Decoded:
    """The text of a page; label: what was said of its encoding outside of it, as by HTTP.

    A byte order mark wins, then valid UTF-8, since other text is so only by chance; then the label, then the
    declaration inside; names mean what browsers take them for (iso-8859-1 is windows-1252, gb2312 is gbk).
    Where the bytes contradict them, and where nothing is said, UTF-8 is tried, then what a detector makes of
    them. Raises BadRecord where too much means nothing in the best one.
    """
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return _check(_decode(body[len(mark) :], encoding))
    if not body.isascii() and (decoded := _decode(body, "utf-8")).replaced == 0:
        return decoded
    said = [name for name in (_canonical(label), _canonical(_find_declaration(body[:_HEAD_BYTES]))) if name]
    tried = []
    for encoding in dict.fromkeys([*said, "utf-8"]):
        tried.append(decoded := _decode(body, encoding))
        if decoded.replaced <= MAX_BROKEN_FRACTION * _count_others(decoded.text):
            return _check(decoded)
    detected = _canonical(_detect(body[:_SAMPLE_BYTES]))
    if detected is not None:
        tried.append(_decode(body, detected))
    return _check(min(tried, key=lambda decoded: decoded.replaced))


def _count_others(text: str) -> int:
    """Characters outside of ASCII: those that a wrong encoding would break."""
    return len(text) - len(text.encode("ascii", "ignore"))


def _check(decoded: Decoded) -> Decoded:
    if decoded.replaced > MAX_REPLACED_FRACTION * len(decoded.text):
        detail = f"{decoded.replaced} of {len(decoded.text)} characters mean nothing in {decoded.encoding}"
        raise BadRecord("invalid_encoding", detail=f"{detail}, which is the best that was tried")
    return decoded


def _decode(body: bytes, encoding: str) -> Decoded:
    # an own U+FFFD of the page counts too: what was lost before is lost
    try:
        return Decoded(body.decode(encoding), encoding, 0)
    except UnicodeDecodeError:
        text = body.decode(encoding, "replace")
    return Decoded(text, encoding, text.count(_REPLACEMENT))


def _canonical(name: str | None) -> str | None:
    """Python's codec for what browsers take a name for; None for a name that is none."""
    if not name:
        return None
    # Imported here: a table of names
    from resiliparse.parse.encoding import map_encoding_to_html5

    mapped = map_encoding_to_html5(name.strip().strip("\"'").lower(), fallback_utf8=False)
    if not mapped:
        return None
    # bytes in which a declaration can be read are no UTF-16
    mapped = "utf-8" if mapped.replace("_", "-").startswith("utf-16") else _CODECS.get(mapped, mapped)
    try:
        return codecs.lookup(mapped).name
    except LookupError:
        return None


def _find_declaration(head: bytes) -> str | None:
    """What `meta charset`, `meta http-equiv` or an XML declaration says."""
    for pattern in _DECLARATIONS:
        if match := pattern.search(head):
            return match[1].decode("ascii", "replace")
    return None


def _detect(sample: bytes) -> str | None:
    from resiliparse.parse.encoding import detect_encoding

    return detect_encoding(sample)
