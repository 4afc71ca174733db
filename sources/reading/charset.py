"""In what encoding text of the web is: what is said of it, checked against its bytes, else their look."""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sources.reading.utf8 import is_utf8

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MAX_TILDES = 1000
"""That are looked at one by one."""
MARKS = tuple(mark for mark, _ in _MARKS)
"""Byte order marks."""
_META_BYTES = 4096
"""In which a page says its encoding: browsers look at 1,024."""
_META = re.compile(rb"""<meta\s[^>]*?charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_XML = re.compile(rb"""^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]+)""")
_PARAMETER = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_STATEFUL = {"iso2022_jp": b"\x1b", "iso2022_kr": b"\x1b", "hz": b"~{"}
"""Encodings whose bytes are all ASCII, and with what they change to other characters."""
_SUPERSETS = {
    # as browsers read these names
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "utf-16": "utf-16-le",
    "big5": "big5hkscs",
}


@dataclass(frozen=True)
class DecodedText:
    """Text, the encoding in which it was, and who said so."""

    content: str | bytes
    """In bytes it is the data, which is valid UTF-8."""
    charset: str
    evidence: str
    """`bom`, `bytes` (valid UTF-8), `header`, `meta`, `detector`, or `fallback`: none fits, windows-1252."""
    replaced: int
    """Bytes or sequences that are not in the encoding and became U+FFFD."""

    @property
    def text(self) -> str:
        """The content as characters."""
        return self.content.decode() if isinstance(self.content, bytes) else self.content


def decode(data: bytes, *, content_type: str | None, is_html: bool) -> DecodedText:
    """Text in the first encoding that all of its bytes are in, of what is said; else what it looks like.

    Valid UTF-8 is UTF-8 whatever is said, since other text is so only by chance and where it is short.
    """
    for mark, charset in _MARKS:
        if data.startswith(mark):
            return _replace(data[len(mark) :], charset, "bom")
    is_valid = is_utf8(data)
    if is_valid and not _may_need_label(data):
        return DecodedText(data, "utf-8", "bytes", 0)
    stated = _list_stated(data, content_type=content_type, is_html=is_html)
    if is_valid and not any(_needs_label(data, charset) for charset, _ in stated):
        return DecodedText(data, "utf-8", "bytes", 0)
    for charset, evidence in _prefer_detected(data, stated):
        text = _strict(data, charset)
        if text is not None:
            return DecodedText(text, charset, evidence, 0)
    if stated:
        return _replace(data, *stated[0])
    return _replace(data, "cp1252", "fallback")


def _list_stated(data: bytes, *, content_type: str | None, is_html: bool) -> list[tuple[str, str]]:
    stated = []
    header = _PARAMETER.search(content_type or "")
    if header is not None:
        stated.append((_canonical(header[1]), "header"))
    if is_html:
        head = data[:_META_BYTES]
        meta = _META.search(head) or _XML.search(head)
        if meta is not None:
            charset = _canonical(meta[1].decode("ascii", "replace"))
            # who could read this in UTF-16 would not need it
            stated.append(
                ("utf-8" if charset is not None and charset.startswith("utf-16") else charset, "meta")
            )
    return [(charset, evidence) for charset, evidence in stated if charset is not None]


def _canonical(label: str) -> str | None:
    """The codec of a label; None for what is no encoding of text."""
    try:
        info = codecs.lookup(label.strip().lower())
    except (LookupError, ValueError):
        return None
    if not info._is_text_encoding or info.name in (
        "unicode_escape",
        "raw_unicode_escape",
        "idna",
        "punycode",
    ):
        return None
    return _SUPERSETS.get(info.name, info.name)


def _prefer_detected(data: bytes, stated: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Any bytes are text in an encoding of single bytes: where header and meta differ, look at the text."""
    from resiliparse.parse.encoding import detect_encoding

    labels = list(dict.fromkeys(charset for charset, _ in stated if charset != "utf-8"))
    if len(labels) == 1:
        return list(stated)
    detected = _canonical(detect_encoding(data) or "")
    guess = [] if detected is None or detected == "utf-8" else [(detected, "detector")]
    agreed = [each for each in stated if each[0] == detected]
    return [*agreed, *stated, *guess] if stated else guess


def _may_need_label(data: bytes) -> bool:
    """False: _needs_label says so for no encoding. To look for one byte takes no time, for two it does."""
    if b"\x1b" in data or b"\0" in data[:_META_BYTES]:
        return True
    place = -1
    for _ in range(_MAX_TILDES):
        place = data.find(b"~", place + 1)
        if place < 0:
            return False
        if data.startswith(b"{", place + 1):
            break
    return True


def _needs_label(data: bytes, charset: str) -> bool:
    """Whether bytes that are valid UTF-8 may be text in this encoding only."""
    if charset in _STATEFUL:
        return _STATEFUL[charset] in data
    return charset.startswith("utf-16") and b"\0" in data[:_META_BYTES]


def _strict(data: bytes, charset: str) -> str | None:
    try:
        return data.decode(charset)
    except (UnicodeDecodeError, LookupError):
        return None


def _replace(data: bytes, charset: str, evidence: str) -> DecodedText:
    text = data.decode(charset, "replace")
    replaced = text.count("�") - (data.count(b"\xef\xbf\xbd") if charset == "utf-8" else 0)
    return DecodedText(text, charset, evidence, max(replaced, 0))
