"""Text that is not UTF-8: UTF-16 is written as UTF-8 while it is read; single bytes are decoded by field."""

import codecs
from collections.abc import Iterable, Iterator

from sources.reading.compression import DamagedStream

_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
WIDE = ("utf-16-le", "utf-16-be")
"""Encodings whose line ends and delimiters are no single bytes."""


def check_encoding(name: str) -> str:
    """The canonical name; raises ValueError where a byte below 128 can be other than its ASCII character."""
    try:
        canonical = codecs.lookup(name).name
        if canonical in ("utf-8", *WIDE):
            return canonical
        ascii = bytes(range(128))
        make_decoder = codecs.getincrementaldecoder(canonical)
        singles = [make_decoder("replace").decode(bytes([byte])) for byte in range(256)]
        if ascii.decode(canonical) == ascii.decode("ascii") and {len(each) for each in singles} == {1}:
            return canonical
    except (LookupError, UnicodeDecodeError):
        pass
    raise ValueError(
        f"{name!r} is not utf-8, utf-16-le, utf-16-be or an encoding of single bytes such as windows-1252; "
        "write the files as UTF-8: iconv -f ENCODING -t UTF-8"
    )


def detect_encoding(head: bytes, *, default: str) -> str:
    """What the byte order mark at the start says, else the default."""
    return next((name for mark, name in _MARKS.items() if head.startswith(mark)), default)


def as_utf8(chunks: Iterable[bytes], *, encoding: str) -> Iterator[bytes]:
    """UTF-16 as UTF-8, a byte order mark included; other chunks as they are.

    Half a surrogate pair stays what no decoder of UTF-8 takes. Raises DamagedStream for half a unit at the
    end.
    """
    if encoding not in WIDE:
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    for chunk in chunks:
        yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
    try:
        rest = decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise DamagedStream("the file ends inside a character of UTF-16", reason="truncated") from error
    yield rest.encode("utf-8", "surrogatepass")
