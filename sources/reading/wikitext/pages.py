"""The pages of a dump's file, each with its place: plain, in one bzip2 stream, or in many."""

from collections.abc import Iterator
from contextlib import suppress
from io import SEEK_END

from layers.entries import Unit
from sources.base import RecordLog
from sources.reading import xml
from sources.reading.bzip2 import Stream, read_streams
from sources.reading.compression import DamagedStream, codec_of, read_chunks
from sources.reading.wikitext.dump import Site, read_site
from sources.reading.xml_elements import BadElement, Element, ElementScanner

_UNVERIFIED_BYTES = 1 << 20
"""What decoders other than that of bzip2 may give of wrong bytes before they see that."""
_END = b"</mediawiki>"


def read_head(url: str) -> tuple[Site, str]:
    """(what the dump says of its wiki, its encoding); raises BadRecord."""
    head = b""
    with suppress(DamagedStream):
        head = next(read_chunks(url), b"")[: xml.HEAD_BYTES]
    encoding = xml.detect_encoding(head)
    return read_site(xml.decode_head(head, encoding=encoding)), encoding


def read_range(
    url: str, *, unit: Unit, encoding: str, max_page_bytes: int, log: RecordLog
) -> Iterator[Element | BadElement]:
    """The pages that begin in a range of the (decompressed) file; the last row is what damage leaves."""
    scanner = ElementScanner("page", max_bytes=max_page_bytes, offset=unit.start)
    chunks = read_chunks(url, start=unit.start, stop=unit.stop, open_input=log.open_range, on_read=log.reach)
    codec = codec_of(unit.uri)
    if codec is not None and codec.name != "bzip2":
        chunks = _hold_back(chunks)
    taken = 0
    tail = b""
    first: int | None = 0 if unit.start == 0 else None
    end: int | None = None
    failure = ("truncated", f"the file ends without {_END.decode()}")
    try:
        for chunk in xml.transcode(chunks, encoding=encoding):
            taken += len(chunk)
            tail = (tail + chunk)[-256:]
            for element in scanner.add(chunk):
                first = element.offset if first is None else first
                if unit.stop is not None and element.offset >= unit.stop:
                    end = element.offset
                    break
                yield element
            if end is None and unit.stop is not None and scanner.position >= unit.stop and scanner.inside:
                end = scanner.position
            if end is not None:
                break
        else:
            failure = ("", "") if _END in tail else failure
    except DamagedStream as damage:
        failure = (damage.reason, damage.detail)
    read_all = end is None
    end = unit.start + taken if end is None else end
    if first is None and scanner.inside and scanner.position < end:
        first = scanner.position
    log.container_bytes += end - (end if first is None else first)
    if scanner.inside and scanner.position < end:
        yield from scanner.finish(reason=failure[0] or "truncated", detail=failure[1] or "a page has no end")
    elif failure[0] and read_all and first is not None:
        yield BadElement(end, 0, *failure, None)


def _hold_back(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks, the last ones only if nothing is wrong with the bytes behind them."""
    held: list[bytes] = []
    size = 0
    try:
        for chunk in chunks:
            held.append(chunk)
            size += len(chunk)
            while size - len(held[0]) >= _UNVERIFIED_BYTES:
                size -= len(held[0])
                yield held.pop(0)
    except DamagedStream as damage:
        if damage.reason == "truncated":
            yield from held
        raise
    yield from held


def read_multistream(
    url: str, *, unit: Unit, max_page_bytes: int, log: RecordLog
) -> Iterator[Element | BadElement]:
    """The pages of the streams that begin in a range of the compressed file; a row for each broken stream.

    A page's offset is its stream's, as the index has it, plus its number in the stream.
    """
    last, place, number = Stream(0, b"", end=-1), 0, -1
    with log.open_range(url) as file:
        for stream in read_streams(file, start=unit.start, stop=unit.stop, on_read=log.reach):
            log.container_bytes += len(stream.data)
            last, number = stream, -1
            scanner = ElementScanner("page", max_bytes=max_page_bytes)
            for number, element in enumerate(scanner.add(stream.data)):
                place = stream.offset + number
                if isinstance(element, Element):
                    yield Element(place, element.raw)
                else:
                    yield BadElement(place, element.length, element.reason, element.detail)
            place = stream.offset + number + 1
            if stream.damage is not None:
                reason = "truncated" if stream.is_cut else "unreadable"
                yield BadElement(place, scanner.held if scanner.inside else 0, reason, stream.damage, None)
            elif scanner.inside:
                yield BadElement(place, scanner.held, "truncated", "the stream ends inside of a page")
        at_end = last.end == file.seek(0, SEEK_END)
    if at_end and last.damage is None and _END not in last.data[-256:]:
        detail = f"the file ends without {_END.decode()}"
        yield BadElement(place, 0, "truncated", detail, None)
