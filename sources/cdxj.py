"""Lists of captures in a web archive (CDXJ), each fetched by a range request: a pseudo-crawl."""

import io
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import pyarrow as pa
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from governance.reservations.addresses import find_site
from governance.reservations.site_file import SiteFile, kind_of
from layers import storage
from layers.entries import Unit
from layers.http_files import is_http
from layers.http_ranges import RangeReader, RefusedRange
from layers.storage import InputFile, join
from sources.base import DocumentBatcher, RecordLog, SourceSpec, Span
from sources.reading.captures import target_url
from sources.reading.cdx import IndexedCapture, parse_line, read_header
from sources.reading.lines import Damage, LongLine, read_lines, split_lines
from sources.reading.mapping import BadRecord
from sources.reading.members import read_members
from sources.reading.site_files import read_file
from sources.reading.warc_records import WARC, Record, read_records
from sources.reading.web_documents import (
    COMMON_CRAWL,
    WebOptions,
    check_no_fields,
    digest_record,
    map_record,
    put_aside,
)

CONTENT_VERSION = 5
READS_NOTICES = True
MAX_SAMPLE_DOCUMENTS = 3
"""A look into a list fetches no more of each file."""

_MAX_LINE_BYTES = 64 << 10
_BYTES_PER_LINE_BYTE = 64
"""Of a compressed capture, for each byte of the line that leads to it: 20 kB for 300 bytes."""
_AHEAD = 2
"""Requests that wait for each one that is under way."""


class Options(WebOptions):
    """Options of the source type `cdxj`."""

    archive: str = COMMON_CRAWL
    """Folder or URL that the file names of the lists are relative to; `.` is the source's root."""
    max_requests: PositiveInt = 4
    """Requests of one worker at one time; all workers of a run send as many each."""
    host_interval_seconds: NonNegativeFloat = 0.2
    """Between two requests of a worker to one host."""
    timeout_seconds: PositiveFloat = 30.0
    """Of silence of a server, before the request is sent again."""
    tries: PositiveInt = 5
    """Of a request, with growing waits; then the unit fails, and the run when it has failed three times."""


def check(spec: SourceSpec) -> None:
    """Raises ValueError where fields are mapped, which an archive does not have, or for an option."""
    check_no_fields(spec)
    Options.model_validate(spec.options)


def split(file: InputFile, *, spec: SourceSpec) -> Sequence[Span]:
    """Runs of lines whose captures have about unit_bytes, as far as the list says it in its first lines."""
    check(spec)
    return split_lines(file, unit_bytes=max(spec.unit_bytes // _BYTES_PER_LINE_BYTE, 1))


@dataclass(frozen=True)
class _Line:
    offset: int
    length: int
    capture: IndexedCapture | BadRecord
    """Or why it leads to none."""
    records: int | None = 1


def read(unit: Unit, *, spec: SourceSpec, log: RecordLog) -> Iterator[pa.RecordBatch]:
    """The captures of the unit's lines as DOCUMENT batches, in the order of the lines.

    Place, length and container are those of the line; extra says where the record is. Raises OSError when a
    server does not answer, so that the unit is read again.
    """
    options = Options.model_validate(spec.options)
    batcher = DocumentBatcher(spec, unit)
    fetched_bytes = 0
    for line, fetch in _fetch(unit, spec=spec, options=options, log=log):
        try:
            capture, data = fetch()
            record = _find_record(data, capture, options=options)
            fields = map_record(record, options=options, extra=_locate(capture))
        except BadRecord as bad:
            put_aside(bad, log=log, offset=line.offset, length=line.length, records=line.records)
            continue
        batcher.add(fields, offset=line.offset, length=line.length, raw_sha256=digest_record(record))
        fetched_bytes += record.length
        if fetched_bytes >= spec.batch_bytes:
            yield batcher.take()
            fetched_bytes = 0
    if len(batcher):
        yield batcher.take()


def list_site_files(unit: Unit, *, spec: SourceSpec) -> Iterator[SiteFile]:
    """The files of the unit's sites that its list leads to, fetched before its pages are."""
    options = Options.model_validate(spec.options)
    log = RecordLog(unit)
    sites = {find_site(capture.url) for capture in _list_captures(unit, spec=spec, options=options, log=log)}
    whole = Unit(unit.source, unit.uri)
    captures = [
        capture
        for capture in _list_captures(whole, spec=spec, options=options, log=RecordLog(whole))
        if kind_of(capture.url) is not None and find_site(capture.url) in sites
    ]
    reader, archive = _make_reader(options), _find_archive(spec, options=options)
    for capture in captures:
        with suppress(RefusedRange):
            data = _read_range(
                join(archive, capture.filename), start=capture.offset, length=capture.length, reader=reader
            )
            file = read_file(data, name=capture.filename)
            if file is not None:
                yield file


def _list_captures(
    unit: Unit, *, spec: SourceSpec, options: Options, log: RecordLog
) -> Iterator[IndexedCapture]:
    for line in _read_list(unit, spec=spec, options=options, log=log):
        if isinstance(line.capture, IndexedCapture):
            yield line.capture


def _locate(capture: IndexedCapture) -> dict[str, object]:
    return {
        "warc_filename": capture.filename,
        "warc_offset": capture.offset,
        "warc_length": capture.length,
        "index_languages": capture.languages,
    }


_Fetch = Callable[[], tuple[IndexedCapture, bytes]]


def _fetch(
    unit: Unit, *, spec: SourceSpec, options: Options, log: RecordLog
) -> Iterator[tuple[_Line, _Fetch]]:
    """(a line, what gives its capture's bytes or raises BadRecord) in their order, some requests ahead."""
    reader, archive = _make_reader(options), _find_archive(spec, options=options)
    waiting: deque[tuple[_Line, Future[bytes] | None]] = deque()
    with ThreadPoolExecutor(options.max_requests) as pool:
        try:
            for line in _read_list(unit, spec=spec, options=options, log=log):
                task = None
                if isinstance(line.capture, IndexedCapture):
                    url, capture = join(archive, line.capture.filename), line.capture
                    task = pool.submit(
                        _read_range, url, start=capture.offset, length=capture.length, reader=reader
                    )
                waiting.append((line, task))
                if len(waiting) > _AHEAD * options.max_requests:
                    yield _take(waiting)
            while waiting:
                yield _take(waiting)
        finally:
            for _, task in waiting:
                if task is not None:
                    task.cancel()


def _read_range(url: str, *, start: int, length: int, reader: RangeReader) -> bytes:
    """Exactly these bytes, from a server by the limits, or a folder or store; raises as the reader does."""
    if is_http(url):
        return reader.read(url, start=start, length=length)
    data = storage.read_range(url, start=start, stop=start + length)
    if len(data) < length:
        raise RefusedRange(f"it ends at byte {start + len(data)}, before {start + length}")
    return data


def _make_reader(options: Options) -> RangeReader:
    return RangeReader(
        timeout_seconds=options.timeout_seconds,
        tries=options.tries,
        host_interval_seconds=options.host_interval_seconds,
        max_requests=options.max_requests,
    )


def _find_archive(spec: SourceSpec, *, options: Options) -> str:
    return spec.root if options.archive == "." else join(spec.root, options.archive)


def _take(waiting: deque[tuple[_Line, Future[bytes] | None]]) -> tuple[_Line, _Fetch]:
    line, task = waiting.popleft()

    def get() -> tuple[IndexedCapture, bytes]:
        if isinstance(line.capture, BadRecord) or task is None:
            assert isinstance(line.capture, BadRecord)
            raise line.capture
        try:
            return line.capture, task.result()
        except RefusedRange as refused:
            raise BadRecord("not_fetched", detail=f"{line.capture.filename}: {refused}") from refused

    return line, get


def _read_list(unit: Unit, *, spec: SourceSpec, options: Options, log: RecordLog) -> Iterator[_Line]:
    """The unit's lines; blank ones and a header are framing."""
    events = read_lines(
        join(spec.root, unit.uri),
        start=unit.start,
        stop=unit.stop,
        max_line_bytes=_MAX_LINE_BYTES,
        open_input=log.open_range,
        on_read=log.reach,
    )
    for event in events:
        if isinstance(event, Damage):
            log.container_bytes += event.length
            yield _Line(event.offset, event.length, BadRecord(event.reason, detail=event.detail), None)
            return
        log.container_bytes += event.size
        if isinstance(event, LongLine):
            detail = f"a line of {event.length} bytes; {_MAX_LINE_BYTES} is the limit"
            yield _Line(event.offset, event.length, BadRecord("record_too_long", detail=detail))
            continue
        offset = event.offset
        for line in event.lines:
            raw = line.removesuffix(b"\r")
            if raw.strip() and read_header(raw) is None:
                yield _Line(offset, len(raw), _parse(raw, options=options, log=log))
            offset += len(line) + 1


def _parse(raw: bytes, *, options: Options, log: RecordLog) -> IndexedCapture | BadRecord:
    try:
        capture = parse_line(raw)
        if (
            capture.filename.startswith("/")
            or "://" in capture.filename
            or ".." in capture.filename.split("/")
        ):
            raise ValueError(f"its file {capture.filename[:200]!r} lies outside of the archive")
    except (ValueError, TypeError) as error:
        return BadRecord("broken_record", detail=f"no line of CDXJ: {error}")
    if capture.length > options.max_record_bytes:
        detail = f"{capture.length} bytes; max_record_bytes is {options.max_record_bytes}"
        return BadRecord("record_too_long", detail=detail)
    refusal = None if log.find_refusal is None else log.find_refusal(capture.url, capture.date)
    return capture if refusal is None else BadRecord(refusal.reason, detail=refusal.detail)


def _find_record(data: bytes, capture: IndexedCapture, *, options: Options) -> Record:
    """The one record in the bytes that an index leads to; raises BadRecord."""
    events = read_members(
        capture.filename, open_input=lambda _: io.BytesIO(data), is_beginning=WARC.is_beginning
    )
    items = read_records(events, framing=WARC, max_block_bytes=options.max_record_bytes)
    record = next(items, None)
    if not isinstance(record, Record):
        detail = "there is nothing" if record is None else record.detail
        raise BadRecord("broken_record", detail=f"the index leads to no record: {detail}")
    url = target_url(record.headers)
    if url != capture.url:
        raise BadRecord("broken_record", detail=f"the index leads to a record of {url}"[:400])
    return record
