"""Web archives: WARC as crawlers write it, its conversions to text (WET), ARC. A capture is a document."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import BinaryIO

import pyarrow as pa
from pydantic import PositiveInt

from layers.entries import Unit
from layers.storage import InputFile, join
from sources.base import DocumentBatcher, RecordLog, SourceFields, SourceSpec, Span
from sources.reading.canonical import encode_extra, encode_notices
from sources.reading.captures import Capture, read_capture, record_id, target_url
from sources.reading.charset import decode
from sources.reading.compression import is_compressed
from sources.reading.html import HtmlOptions, extract
from sources.reading.mapping import BadRecord
from sources.reading.members import Event, read_first_member, read_members
from sources.reading.warc_index import list_cuts
from sources.reading.warc_records import ARC, WARC, BadSpan, Record, read_records

CONTENT_VERSION = 1
IS_STREAM = True

_FIRST_MEMBER_BYTES = 4 << 20
"""Of the first record of a file, which says whether each is compressed alone."""


class Options(HtmlOptions):
    """Options of the source type `warc`."""

    max_record_bytes: PositiveInt = 16 << 20
    """A longer record, or one whose body is longer without its codings, is rejected as record_too_long."""


def check(spec: SourceSpec) -> None:
    """Raises ValueError where fields are mapped, which an archive does not have, or for an option."""
    mapped = sorted([*spec.fields, *(["id"] if spec.key_fields else [])])
    if mapped:
        raise ValueError(f"fields: web archives have none to map, but {', '.join(mapped)} is mapped")
    Options.model_validate(spec.options)


def split(file: InputFile, *, spec: SourceSpec) -> Sequence[Span]:
    """Runs of records of about unit_bytes where a CDX or CDXJ stands beside the file; else one span."""
    check(spec)
    url = join(spec.root, file.uri)
    if file.size_bytes <= spec.unit_bytes or (is_compressed(url) and not _is_record_wise(url)):
        return [(0, None)]
    cuts = list_cuts(url, unit_bytes=spec.unit_bytes, is_beginning=_is_beginning)
    return list(zip([0, *cuts], [*cuts, None], strict=True))


def read(unit: Unit, *, spec: SourceSpec, log: RecordLog) -> Iterator[pa.RecordBatch]:
    """The captures of the unit as DOCUMENT batches; every other record is a row that says what it is."""
    options = Options.model_validate(spec.options)
    batcher = DocumentBatcher(spec, unit)
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
        key = record_id(item.headers)
        try:
            fields = _read_fields(item, options=options)
        except BadRecord as bad:
            log.reject(bad.reason, detail=bad.detail, offset=offset, length=item.length, record_id=key)
            continue
        fields.record_id = key
        batcher.add(fields, offset=offset, length=item.length, raw_sha256=_digest(item))
        if batcher.full:
            yield batcher.take()
    if len(batcher):
        yield batcher.take()


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
            is_beginning=_is_beginning,
            span=(unit.start, unit.stop),
            on_read=log.reach,
        ),
        log=log,
    )
    head: list[Event] = []
    for event in events:
        head.append(event)
        if isinstance(event, bytes):
            break
    first = head[-1] if head and isinstance(head[-1], bytes) else b""
    framing = ARC if ARC.is_beginning(first) or first.lstrip().startswith(b"filedesc:") else WARC
    return read_records(chain(head, events), framing=framing, max_block_bytes=options.max_record_bytes)


def _count(events: Iterable[Event], *, log: RecordLog) -> Iterator[Event]:
    for event in events:
        if isinstance(event, bytes):
            log.container_bytes += len(event)
        yield event


def _is_beginning(data: bytes) -> bool:
    return WARC.is_beginning(data) or ARC.is_beginning(data)


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


def _read_fields(record: Record, *, options: Options) -> SourceFields:
    """Raises BadRecord."""
    capture = read_capture(record, max_bytes=options.max_record_bytes)
    decoded = decode(capture.body, content_type=capture.content_type, is_html=capture.is_html)
    extra = {
        **capture.extra,
        "mime_type": capture.mime,
        "charset": decoded.charset,
        "charset_evidence": decoded.evidence,
        "charset_replaced": decoded.replaced or None,
    }
    fields = SourceFields(
        decoded.text, url=target_url(record.headers), retrieved=record.headers.get("warc-date") or None
    )
    if capture.is_html:
        _extract(fields, capture, options=options, extra=extra)
    elif not decoded.text.strip():
        raise BadRecord("no_text", detail="it is empty")
    else:
        fields.notices = encode_notices(capture.notices)
    fields.extra = encode_extra(extra)
    return fields


def _extract(fields: SourceFields, capture: Capture, *, options: Options, extra: dict[str, object]) -> None:
    """Put a page's text and what it says of itself in the place of its HTML."""
    page = extract(
        str(fields.text), options=HtmlOptions(extractor=options.extractor, structure=options.structure)
    )
    fields.text, fields.title, fields.author, fields.date = page.text, page.title, page.author, page.date
    fields.license, fields.lang = page.license, page.lang
    fields.notices = encode_notices([*capture.notices, *page.notices])
    extra["extractor"] = page.extractor


def _digest(record: Record) -> bytes:
    digest = hashlib.sha256(record.head)
    digest.update(record.block or b"")
    return digest.digest()
