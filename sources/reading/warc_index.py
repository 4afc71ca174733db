"""Indexes of web archives (CDX, CDXJ) that stand beside their file: where records begin."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from urllib.parse import urlsplit

from layers import storage
from layers.http_files import is_http
from sources.reading.cdx import IndexedCapture, parse_line, read_header
from sources.reading.compression import DamagedStream, codec_of, read_chunks
from sources.reading.members import Lost, read_members

_SUFFIXES = (".cdxj", ".cdx", ".cdxj.gz", ".cdx.gz")
_TRIED_BYTES = 64 << 10
_UNINDEXED_FILES = 16
"""Of a source on a server, without an index, one after the other: for the next, which takes twelve requests,
the server is not asked."""
_unindexed: Counter[tuple[str, str]] = Counter()
"""Source and server → its files without an index, so far."""


def find_index(url: str, *, source: str) -> str | None:
    """The index beside an archive, `x.warc.gz.cdxj`, `x.warc.cdxj` or `x.cdxj`; None: there is none.

    source: the uid of the source whose files are asked for in their order; what other sources have does not
    count.
    """
    return _find_far(url, source) if is_http(url) else _find(url)


@cache
def _find_far(url: str, source: str) -> str | None:
    """As find_index, whatever a process has asked since it asked first."""
    place = (source, urlsplit(url).netloc)
    if _unindexed[place] >= _UNINDEXED_FILES:
        return None
    index = _find(url)
    _unindexed[place] = 0 if index else _unindexed[place] + 1
    return index


def _find(url: str) -> str | None:
    stem = url if codec_of(url) is None else url.rsplit(".", 1)[0]
    names = dict.fromkeys((url, stem, stem.rsplit(".", 1)[0]))
    urls = [name + suffix for name in names for suffix in _SUFFIXES]
    return next((each for each in urls if storage.exists(each)), None)


def list_cuts(url: str, *, index: str, unit_bytes: int, may_cut: Callable[[bytes], bool]) -> list[int]:
    """Bytes of a file, in order, at which a record begins and which cut it into about unit_bytes.

    Taken are those of its index at which a record can really be read, for an index may be of another version,
    and that may_cut says a file may be cut before.
    """
    cuts: list[int] = []
    following = unit_bytes
    for offset in sorted({*list_offsets(index, name=storage.name_of(url))}):
        if offset >= following and _begins(url, offset, may_cut=may_cut):
            cuts.append(offset)
            following = offset + unit_bytes
    return cuts


def list_spans(url: str, *, source: str, wanted: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    """(first byte, bytes) of the records of an archive whose address is wanted, as its index has them."""
    index = find_index(url, source=source)
    if index is not None:
        for capture in _read_index(index, name=storage.name_of(url)):
            if wanted(capture.url):
                yield capture.offset, capture.length


def list_offsets(index: str, *, name: str) -> Iterator[int]:
    """The places of one archive's records; lines that cannot be read lead to none."""
    for capture in _read_index(index, name=name):
        yield capture.offset


def _read_index(index: str, *, name: str) -> Iterator[IndexedCapture]:
    columns: Sequence[str] = ()
    for line in _lines(index):
        header = read_header(line)
        if header is not None:
            columns = header
            continue
        with suppress(ValueError, TypeError):
            capture = parse_line(line, columns=columns)
            if storage.name_of(capture.filename) == name:
                yield capture


def _lines(url: str) -> Iterator[bytes]:
    rest = b""
    with suppress(DamagedStream):
        for chunk in read_chunks(url):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines
    yield rest


def _begins(url: str, offset: int, *, may_cut: Callable[[bytes], bool]) -> bool:
    """Whether a record can be read from this byte on, and the file be cut before it."""
    events = read_members(
        url, open_input=storage.open_input, is_beginning=lambda _: False, span=(offset, offset + _TRIED_BYTES)
    )
    for event in events:
        if isinstance(event, Lost):
            return False
        if isinstance(event, bytes):
            return may_cut(event)
    return False
