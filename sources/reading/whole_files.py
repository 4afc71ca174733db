"""Files that are read whole, each of which is one document or a few: pages, books, documents of offices."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO

import pyarrow as pa

from layers.entries import Unit
from layers.storage import join
from sources.base import DocumentBatcher, RecordLog, SourceFields, SourceSpec, sha256
from sources.reading.compression import DamagedStream, read_chunks
from sources.reading.mapping import BadRecord


@dataclass(frozen=True)
class Part:
    """A document of a file: what it says, or why it is none, and where it lies if that is not the file."""

    content: SourceFields | BadRecord
    record_id: str | None = None
    """None is the path of the file."""
    offset: int = 0
    length: int | None = None
    """None is all of the file."""
    raw: bytes | None = None
    """What lies there, decompressed; None is the file."""


def read_documents(
    unit: Unit,
    *,
    spec: SourceSpec,
    log: RecordLog,
    max_bytes: int,
    convert: Callable[[bytes], Iterable[Part]],
) -> Iterator[pa.RecordBatch]:
    """The unit's file as DOCUMENT batches; a file longer than max_bytes is not held in memory.

    convert: bytes of a file → its documents; a BadRecord that it raises rejects what is left of the file.
    """
    raw, batcher = _read(unit, spec=spec, log=log, max_bytes=max_bytes), DocumentBatcher(spec, unit)
    if raw is None:
        return
    try:
        for part in convert(raw):
            _add(part, raw=raw, batcher=batcher, log=log)
            if batcher.full:
                yield batcher.take()
    except BadRecord as bad:
        _add(Part(bad), raw=raw, batcher=batcher, log=log)
    if len(batcher):
        yield batcher.take()


def _add(part: Part, *, raw: bytes, batcher: DocumentBatcher, log: RecordLog) -> None:
    length = len(raw) if part.length is None else part.length
    record_id = part.record_id or log.unit.uri
    if isinstance(part.content, BadRecord):
        bad = part.content
        log.reject(bad.reason, detail=bad.detail, offset=part.offset, length=length, record_id=record_id)
        return
    part.content.record_id = record_id
    digest = sha256(raw if part.raw is None else part.raw)
    batcher.add(part.content, offset=part.offset, length=length, raw_sha256=digest)


def _read(unit: Unit, *, spec: SourceSpec, log: RecordLog, max_bytes: int) -> bytes | None:
    size, held = 0, BytesIO()
    try:
        for chunk in read_chunks(join(spec.root, unit.uri), open_input=log.open, on_read=log.reach):
            size += len(chunk)
            if size <= max_bytes:
                held.write(chunk)
            else:
                held = BytesIO()
    except DamagedStream as damage:
        log.container_bytes += size
        log.reject(damage.reason, detail=damage.detail, offset=0, length=size, record_id=unit.uri)
        return None
    log.container_bytes += size
    if size > max_bytes:
        detail = f"{size} bytes; max_record_bytes is {max_bytes}"
        log.reject("record_too_long", detail=detail, offset=0, length=size, record_id=unit.uri)
        return None
    return held.getvalue()
