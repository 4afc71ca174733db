"""Web archives: WARC as crawlers write it, its conversions to text (WET), ARC. A capture is a document."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from typing import BinaryIO, Literal

import pyarrow as pa

from governance.reservations.site_file import SiteFile, kind_of
from layers import storage
from layers.entries import Unit
from layers.listing import PathList
from layers.storage import InputFile, join
from sources.base import DocumentBatcher, RecordLog, SourceFields, SourceSpec, Span
from sources.reading import path_lists
from sources.reading.archives import is_beginning, may_cut, read_archive
from sources.reading.captures import record_id
from sources.reading.compression import is_compressed
from sources.reading.mapping import BadRecord
from sources.reading.members import Event, read_first_member, read_members
from sources.reading.revisits import Originals, is_revisit, merge, own_notices
from sources.reading.site_files import read_file, read_files
from sources.reading.warc_index import find_index, list_cuts, list_spans
from sources.reading.warc_records import ARC, WARC, BadSpan, Record, read_records
from sources.reading.web_documents import (
    COMMON_CRAWL,
    WebOptions,
    check_no_fields,
    digest_record,
    map_record,
    put_aside,
)

CONTENT_VERSION = 5
IS_STREAM = True
READS_NOTICES = True

_FIRST_MEMBER_BYTES = 4 << 20
"""Of the first record of a file, which says whether each is compressed alone."""


class Options(WebOptions):
    """Options of the source type `warc`."""

    archive: str = COMMON_CRAWL
    """Folder or URL that the paths of a list (`warc.paths.gz`) are relative to; `.` is the source's root."""
    revisits: Literal["count", "resolve"] = "count"
    """What a capture is that an archive says to be the same as another one: a row of the reason `revisit`, or
    a document with the other's body, if that is in the same file, which is then read in one piece and twice
    before."""


def check(spec: SourceSpec) -> None:
    """Raises ValueError where fields are mapped, which an archive does not have, or for an option."""
    check_no_fields(spec)
    Options.model_validate(spec.options)


def read_list(file: InputFile, *, spec: SourceSpec) -> PathList | None:
    """The files of a list of paths, as Common Crawl publishes them (`wet.paths.gz`)."""
    if not path_lists.is_list(file.uri):
        return None
    options = Options.model_validate(spec.options)
    return path_lists.read_list(file, root=spec.root, archive=options.archive)


def split(file: InputFile, *, spec: SourceSpec) -> Sequence[Span]:
    """Runs of records of about unit_bytes where a CDX or CDXJ stands beside the file; else one span."""
    check(spec)
    if Options.model_validate(spec.options).revisits == "resolve":
        return [(0, None)]
    url = join(spec.root, file.uri)
    index = find_index(url, source=spec.uid) if file.size_bytes > spec.unit_bytes else None
    if index is None or (is_compressed(url) and not _is_record_wise(url)):
        return [(0, None)]
    cuts = list_cuts(url, index=index, unit_bytes=spec.unit_bytes, may_cut=may_cut)
    return list(zip([0, *cuts], [*cuts, None], strict=True))


def read(unit: Unit, *, spec: SourceSpec, log: RecordLog) -> Iterator[pa.RecordBatch]:
    """The captures of the unit as DOCUMENT batches; every other record is a row that says what it is."""
    options = Options.model_validate(spec.options)
    with ExitStack() as stack:
        originals = None
        if options.revisits == "resolve":
            url = join(spec.root, unit.uri)
            originals = stack.enter_context(closing(_find_originals(url, options=options)))
        yield from _read(unit, spec=spec, options=options, log=log, originals=originals)


def _find_originals(url: str, *, options: Options) -> Originals:
    def read_again(max_block_bytes: int) -> Iterator[Record | BadSpan]:
        events = read_members(url, open_input=storage.open_input, is_beginning=is_beginning)
        return read_archive(events, max_block_bytes=max_block_bytes)

    return Originals(read_again, max_block_bytes=options.max_record_bytes)


def _read(
    unit: Unit, *, spec: SourceSpec, options: Options, log: RecordLog, originals: Originals | None
) -> Iterator[pa.RecordBatch]:
    batcher = DocumentBatcher(spec, unit, trusts_bytes=True)
    places = _Places(unit, url=join(spec.root, unit.uri))
    for item in _read_items(unit, spec=spec, options=options, log=log):
        offset = places.locate(item)
        if isinstance(item, BadSpan):
            log.reject(
                item.reason,
                detail=item.detail,
                offset=offset,
                length=item.length,
                record_id=record_id(item.headers),
                records=item.records,
            )
            continue
        try:
            fields = _map(item, options=options, originals=originals)
        except BadRecord as bad:
            key = record_id(item.headers)
            put_aside(bad, log=log, offset=offset, length=item.length, record_id=key)
            continue
        batcher.add(fields, offset=offset, length=item.length, raw_sha256=digest_record(item))
        if batcher.full:
            yield batcher.take()
    if len(batcher):
        yield batcher.take()


def _map(record: Record, *, options: Options, originals: Originals | None) -> SourceFields:
    """A record as a document, a revisit as its original seen again where that is in the file."""
    original = originals.find(record) if originals is not None and is_revisit(record) else None
    if original is None:
        return map_record(record, options=options)
    seen_again = merge(record, original=original)
    extra = {"warc_type": "revisit"}
    return map_record(seen_again, options=options, extra=extra, notices=own_notices(record))


def list_site_files(unit: Unit, *, spec: SourceSpec) -> Iterator[SiteFile]:
    """The files of sites in the unit's archive: in one pass, or of a slice by the index that cut it."""
    url = join(spec.root, unit.uri)
    if unit.start == 0 and unit.stop is None:
        yield from read_files(url)
        return
    of_sites = list_spans(url, source=unit.source, wanted=lambda capture: kind_of(capture) is not None)
    for start, length in of_sites:
        file = read_file(storage.read_range(url, start=start, stop=start + length), name=unit.uri)
        if file is not None:
            yield file


def describe_format(url: str, *, spec: SourceSpec) -> str:
    """Whether each record is compressed alone, so that an index can lead to it."""
    if not is_compressed(url):
        return ""
    return "each record compressed" if _is_record_wise(url) else "compressed as a whole"


def _read_items(
    unit: Unit, *, spec: SourceSpec, options: Options, log: RecordLog
) -> Iterator[Record | BadSpan]:
    def open_input(url: str) -> BinaryIO:
        return log.open(url) if unit.stop is None and unit.start == 0 else log.open_range(url)

    events = _count(
        read_members(
            join(spec.root, unit.uri),
            open_input=open_input,
            is_beginning=is_beginning,
            span=(unit.start, unit.stop),
            on_read=log.reach,
        ),
        log=log,
    )
    return read_archive(events, max_block_bytes=options.max_record_bytes)


def _count(events: Iterable[Event], *, log: RecordLog) -> Iterator[Event]:
    for event in events:
        if isinstance(event, bytes):
            log.container_bytes += len(event)
        yield event


def _is_record_wise(url: str) -> bool:
    """Whether the first member of a compressed file is one whole record."""
    content = read_first_member(url, max_bytes=_FIRST_MEMBER_BYTES)
    if content is None:
        return False
    framing = ARC if ARC.is_beginning(content) else WARC
    items = list(read_records(iter([content]), framing=framing, max_block_bytes=0))
    return len(items) == 1 and isinstance(items[0], Record)


class _Places:
    """Where a record lies: no two records of a file have one place."""

    def __init__(self, unit: Unit, *, url: str) -> None:
        self._base = 0 if is_compressed(url) else unit.start
        is_slice = unit.start > 0 or unit.stop is not None
        self._by_member = is_compressed(url) and (is_slice or _is_record_wise(url))
        self._last = -1

    def locate(self, item: Record | BadSpan) -> int:
        """The first byte of its member in the file, where each record is one; else its first byte in the
        decompressed file. Records that share a member in such a file are counted on from its first byte."""
        if self._by_member and item.member is not None:
            self._last = max(item.member, self._last + 1)
            return self._last
        return self._base + item.offset
