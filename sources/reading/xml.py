"""XML without what a stranger's file must not do: entities, external DTDs and the network are off.

Files of many records are cut into their elements (xml_elements), and an element is then parsed by itself.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any

from sources.base import RecordLog
from sources.reading.compression import DamagedStream, read_chunks
from sources.reading.mapping import BadRecord
from sources.reading.xml_elements import BadElement, Element, ElementScanner

HEAD_BYTES = 64 << 10
"""In which what stands before the first record is looked for."""

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_ENTITY = re.compile(rb"<!ENTITY\s+(?:%\s+)?([^\s>]{1,100})")
_PREFIX = re.compile(rb"""\bxmlns:([A-Za-z_][\w.-]*)\s*=\s*(?:"[^"<]*"|'[^'<]*')""")
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_ROOT_END = re.compile(rb"<(?:/[^<>]+|[^<>/!?][^<>]*/)>\s*(?:<!--[^<>]*-->\s*)*$")


def transcode(chunks: Iterable[bytes], *, encoding: str) -> Iterator[bytes]:
    """Chunks as UTF-8; raises DamagedStream where they are not in the encoding."""
    if encoding in ("utf-8", "utf8", "us-ascii", "ascii"):
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in chunks:
            if text := decoder.decode(chunk):
                yield text.encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as error:
        raise DamagedStream(f"not {encoding}: {error}", reason="unreadable") from error


def detect_encoding(head: bytes) -> str:
    """By the byte order mark, else as an XML declaration says, else UTF-8; raises BadRecord."""
    for mark, name in _MARKS.items():
        if head.startswith(mark):
            return name
    if head.startswith((b"<\0", b"\0<")):
        return "utf-16-le" if head.startswith(b"<\0") else "utf-16-be"
    match = _ENCODING.match(head)
    name = match[1].decode("ascii").lower() if match else "utf-8"
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise BadRecord(
            "unreadable", detail=f"it says that it is in {name!r}, which is no known encoding"
        ) from None


def decode_head(head: bytes, *, encoding: str) -> bytes:
    """The beginning of a document as UTF-8; it may end inside of a character."""
    return codecs.getincrementaldecoder(encoding)("replace").decode(head).encode()


def refuse_entities(head: bytes) -> None:
    """Raises BadRecord where a document declares entities: they could be a bomb, or another file."""
    if match := _ENTITY.search(head):
        name = match[1].decode("utf-8", "replace")
        raise BadRecord("unsafe_xml", detail=f"it declares the entity {name!r}; entities are not resolved")


@cache
def _parser() -> Any:
    from lxml import etree

    # huge_tree stays off: depth 256, 10 MB a text node
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True
    )


def parse(raw: bytes) -> Any:
    """The root of a document or element in UTF-8, or as its declaration says.

    Raises BadRecord: not well formed, deeper than 256, or an entity other than XML's own five in it.
    """
    from lxml import etree

    try:
        root = etree.fromstring(raw, _parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        entity = re.search(r"Entity '[^']{1,80}' not defined|entity reference loop|entity", str(error))
        reason = "unsafe_xml" if entity and b"<!ENTITY" in raw[:HEAD_BYTES] else "broken_xml"
        raise BadRecord(reason, detail=str(error)) from None
    for entity in root.iter(etree.Entity):
        raise BadRecord("unsafe_xml", detail=f"it uses the entity {entity.text}; entities are not resolved")
    return root


def read_prefixes(head: bytes) -> bytes:
    """The declarations of prefixes in what stands before the first element, as attributes."""
    return b" ".join(dict(sorted((match[1], match[0]) for match in _PREFIX.finditer(head))).values())


def parse_element(raw: bytes, *, prefixes: bytes = b"") -> Any:
    """An element that was cut out of a document in UTF-8, under prefixes that stand around it.

    Raises BadRecord, as parse does, and where it is not UTF-8.
    """
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        raise BadRecord("invalid_utf8", detail=f"byte {error.start} of the element: {error.reason}") from None
    return parse(b"<_ " + prefixes + b">" + raw + b"</_>")[0] if prefixes else parse(raw)


def read_elements(
    url: str, *, name: str, max_bytes: int, log: RecordLog, has_no_content: bool = False
) -> Iterator[tuple[bytes, Element | BadElement]]:
    """(what stands before the first element, element) of a file of elements of one name, to its end.

    Damage is the last row. Everything is in UTF-8, whatever the file is in, and so are its places. Raises
    BadRecord for a file that declares entities or an unknown encoding.
    """
    head = b""
    with suppress(DamagedStream):
        head = next(read_chunks(url), b"")[:HEAD_BYTES]
    try:
        encoding = detect_encoding(head)
        head = decode_head(head, encoding=encoding)
        start = rb"<%s(?=[\s/>])" % re.escape(name.encode())
        before = re.split(start, _COMMENT.sub(b"", head), maxsplit=1)[0]
        refuse_entities(before)
    except BadRecord:
        log.open(url).close()
        raise
    scanner = ElementScanner(name, max_bytes=max_bytes, has_no_content=has_no_content, skips_comments=True)
    reason, detail, tail = "truncated", "the file ends inside of an element", b""
    is_empty = True
    try:
        for chunk in transcode(read_chunks(url, open_input=log.open, on_read=log.reach), encoding=encoding):
            log.container_bytes += len(chunk)
            tail = (tail + chunk)[-256:]
            for element in scanner.add(chunk):
                is_empty = False
                yield before, element
    except DamagedStream as damage:
        reason, detail, tail = damage.reason, damage.detail, b""
    for element in scanner.flush():
        is_empty = False
        yield before, element
    if not (scanner.inside or scanner.in_comment) and not _ROOT_END.search(tail):
        detail = detail if not tail else "the file ends before its last element does"
        yield before, BadElement(log.container_bytes, 0, reason, detail, None)
    elif not scanner.inside and is_empty:
        yield (
            before,
            BadElement(0, log.container_bytes, "unreadable", f"there is no <{name}> in the file", None),
        )
    yield from ((before, element) for element in scanner.finish(reason=reason, detail=detail))
