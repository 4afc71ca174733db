"""Arrow IPC, file and stream format, told apart by their first bytes; record batches are the spans."""

import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa

from layers import storage
from layers.entries import Unit
from layers.storage import InputFile
from sources.base import RecordLog, SourceSpec, Span
from sources.reading.columnar import FORMAT_ERRORS, TableMapper, cut, list_columns, raise_if_io_failed
from sources.reading.columnar import Options as Options
from sources.reading.columnar import check as check
from sources.reading.mapping import BadRecord

CONTENT_VERSION = 3

_MAGIC = b"ARROW1"
_BAD_FOOTER = (*FORMAT_ERRORS, struct.error)


def split(file: InputFile, *, spec: SourceSpec) -> Sequence[Span]:
    """Runs of record batches of about spec.unit_bytes; a stream, which has no index, is one span."""
    check(spec)
    with storage.open_input(storage.join(spec.root, file.uri)) as stream:
        if not _is_file_format(stream):
            return [(0, None)]
        try:
            blocks = _read_blocks(stream)
        except _BAD_FOOTER as error:
            raise_if_io_failed(error)
            return [(0, None)]
    starts, size = [0], 0
    for index, block in enumerate(blocks):
        if size and size + block.size > spec.unit_bytes:
            starts.append(index)
            size = 0
        size += block.size
    return list(zip(starts, [*starts[1:], None], strict=True))


def read(unit: Unit, *, spec: SourceSpec, log: RecordLog) -> Iterator[pa.RecordBatch]:
    """The unit's record batches as DOCUMENT batches. Memory is bounded by the largest record batch.

    offset is the row in the file. In the file format a batch that can't be read is logged and the next
    one is read; behind damage in a stream nothing can be.
    """
    check(spec)
    with log.open(storage.join(spec.root, unit.uri)) as stream:
        reader = _read_file if _is_file_format(stream) else _read_stream
        for batch in reader(stream, unit, spec, log):
            yield from cut(batch, batch_bytes=spec.batch_bytes)


def list_fields(url: str, *, spec: SourceSpec) -> dict[str, str]:
    """Column → type, of a file's schema; none where it cannot be read."""
    with storage.open_input(url) as stream, suppress(*_BAD_FOOTER):
        reader = pa.ipc.open_file if _is_file_format(stream) else pa.ipc.open_stream
        return list_columns(reader(stream).schema)
    return {}


def count_records(url: str) -> int | None:
    """Rows of a file, from its index; None for a stream, which has none, and where it cannot be read."""
    with storage.open_input(url) as stream, suppress(*_BAD_FOOTER):
        return sum(_read_rows(stream, block) for block in _read_blocks(stream))
    return None


def _is_file_format(stream: BinaryIO) -> bool:
    head = stream.read(len(_MAGIC))
    stream.seek(0)
    return head == _MAGIC


def _read_file(stream: BinaryIO, unit: Unit, spec: SourceSpec, log: RecordLog) -> Iterator[pa.RecordBatch]:
    try:
        blocks = _read_blocks(stream)
        stop = len(blocks) if unit.stop is None else unit.stop
        rows = [_read_rows(stream, block) for block in blocks[:stop]]
        schema = pa.ipc.open_file(stream).schema
        schema.names  # noqa: B018  decodes them: a corrupt one fails here
    except _BAD_FOOTER as error:
        raise_if_io_failed(error)
        log.reject("unreadable", detail=f"footer: {error}", offset=0, length=None, records=None)
        return
    first_row = sum(rows[: unit.start])
    try:
        mapper = TableMapper(schema, spec=spec)
    except BadRecord as bad:
        for count in filter(None, rows[unit.start :]):
            log.reject(bad.reason, detail=bad.detail, offset=first_row, length=None, records=count)
            first_row += count
        return
    fields = [schema.get_field_index(name) for name in mapper.top_level]
    options = pa.ipc.IpcReadOptions(use_threads=False, included_fields=fields)
    reader = pa.ipc.open_file(stream, options=options)
    for index in range(unit.start, stop):
        try:
            batch = reader.get_batch(index)
            mapper.check(batch)
            mapped = mapper.map(batch, first_row=first_row, unit=unit, log=log)
        except FORMAT_ERRORS as error:
            raise_if_io_failed(error)
            if rows[index]:
                detail = f"record batch {index}: {error}"
                log.reject("unreadable", detail=detail, offset=first_row, length=None, records=rows[index])
        else:
            yield mapped
        first_row += rows[index]


def _read_stream(stream: BinaryIO, unit: Unit, spec: SourceSpec, log: RecordLog) -> Iterator[pa.RecordBatch]:
    row = 0
    mapper: TableMapper | None = None
    bad: BadRecord | None = None
    try:
        reader = pa.ipc.open_stream(stream, options=pa.ipc.IpcReadOptions(use_threads=False))
        try:
            mapper = TableMapper(reader.schema, spec=spec)
        except BadRecord as error:
            bad = error
        while True:
            batch = reader.read_next_batch()
            if mapper is not None:
                mapper.check(batch)
                yield mapper.map(batch, first_row=row, unit=unit, log=log)
            elif bad is not None and len(batch):
                log.reject(bad.reason, detail=bad.detail, offset=row, length=None, records=len(batch))
            row += len(batch)
    except StopIteration:
        return
    except FORMAT_ERRORS as error:
        raise_if_io_failed(error)
        log.reject("unreadable", detail=f"from row {row} on: {error}", offset=row, length=None, records=None)


@dataclass(frozen=True)
class _Block:
    """Where a record batch lies in the file (format/File.fbs of the Arrow specification)."""

    offset: int
    metadata_bytes: int
    body_bytes: int

    @property
    def size(self) -> int:
        return self.metadata_bytes + self.body_bytes


def _read_blocks(stream: BinaryIO) -> list[_Block]:
    """The index of record batches from the footer: pyarrow keeps it to itself.

    Raises ArrowInvalid or struct.error for a file without a readable footer.
    """
    size = stream.seek(0, 2)
    stream.seek(max(0, size - 10))
    footer_bytes, magic = struct.unpack("<i6s", stream.read(10))
    if magic != _MAGIC or not 0 < footer_bytes <= size - 10:
        raise pa.ArrowInvalid("the file does not end with an Arrow footer")
    stream.seek(size - 10 - footer_bytes)
    footer = stream.read(footer_bytes)
    place = _field(footer, _root(footer), index=3)
    if place is None:
        return []
    vector = place + _unpack("<I", footer, place)
    count = _unpack("<I", footer, vector)
    blocks = [_Block(*struct.unpack_from("<qi4xq", footer, vector + 4 + 24 * item)) for item in range(count)]
    if any(min(block.offset, block.metadata_bytes, block.body_bytes) < 0 for block in blocks) or any(
        block.offset + block.size > size for block in blocks
    ):
        raise pa.ArrowInvalid("the footer names record batches outside the file")
    return blocks


def _read_rows(stream: BinaryIO, block: _Block) -> int:
    """RecordBatch.length of a block, from its metadata alone (format/Message.fbs)."""
    stream.seek(block.offset)
    prefix = stream.read(block.metadata_bytes)
    message = prefix[8:] if prefix[:4] == b"\xff\xff\xff\xff" else prefix[4:]
    header = _field(message, _root(message), index=2)
    if header is None:
        raise pa.ArrowInvalid(f"no record batch at byte {block.offset}")
    length = _field(message, header + _unpack("<I", message, header), index=0)
    return 0 if length is None else _unpack("<q", message, length)


def _root(buffer: bytes) -> int:
    return _unpack("<I", buffer, 0)


def _field(buffer: bytes, table: int, *, index: int) -> int | None:
    """Where a flatbuffer table keeps a field, or None where it has its default."""
    vtable = table - _unpack("<i", buffer, table)
    slot = 4 + 2 * index
    offset = _unpack("<H", buffer, vtable + slot) if slot < _unpack("<H", buffer, vtable) else 0
    return table + offset if offset else None


def _unpack(layout: str, buffer: bytes, place: int) -> int:
    return int(struct.unpack_from(layout, buffer, place)[0])
