"""JSON lines: one object per line, one strict parser, byte ranges for parallel reading."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, PositiveInt

from layers.entries import Unit
from layers.storage import InputFile, join
from sources.base import MAX_RECORD_BYTES, DocumentBatcher, RecordLog, SourceSpec, Span
from sources.reading.compression import DamagedStream, read_chunks
from sources.reading.json_records import LISTED_RECORDS, add_record, list_record_fields
from sources.reading.lines import Damage, LongLine, read_lines, split_lines
from sources.reading.mapping import RecordMapper, check_fields

CONTENT_VERSION = 3
IS_STREAM = True


class Options(BaseModel):
    """Options of the source type `jsonl`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    max_record_bytes: PositiveInt = MAX_RECORD_BYTES
    """A longer line is rejected as record_too_long, without being held in memory."""


def check(spec: SourceSpec) -> None:
    """Raises ValueError where text is not mapped, or for an option."""
    Options.model_validate(spec.options)
    check_fields(spec.fields)


def split(file: InputFile, *, spec: SourceSpec) -> Sequence[Span]:
    """Byte ranges of about spec.unit_bytes; a compressed file is one span."""
    check(spec)
    return split_lines(file, unit_bytes=spec.unit_bytes)


def read(unit: Unit, *, spec: SourceSpec, log: RecordLog) -> Iterator[pa.RecordBatch]:
    """The records whose first byte lies in the unit, as DOCUMENT batches.

    A record is a line without its line end (\\n or \\r\\n); blank lines are framing.
    """
    options = Options.model_validate(spec.options)
    mapper = RecordMapper.of_source(spec, log=log)
    batcher = DocumentBatcher(spec, unit)
    url = join(spec.root, unit.uri)
    for event in read_lines(
        url,
        start=unit.start,
        stop=unit.stop,
        max_line_bytes=options.max_record_bytes,
        open_input=log.open_range,
        on_read=log.reach,
    ):
        if isinstance(event, LongLine):
            log.container_bytes += event.size
            log.reject(
                "record_too_long",
                detail=f"{event.length} bytes; max_record_bytes is {options.max_record_bytes}",
                offset=event.offset,
                length=event.length,
            )
        elif isinstance(event, Damage):
            log.container_bytes += event.length
            log.reject(
                event.reason, detail=event.detail, offset=event.offset, length=event.length, records=None
            )
        else:
            log.container_bytes += event.size
            offset = event.offset
            for line in event.lines:
                record = line[:-1] if line[-1:] == b"\r" else line
                if record:
                    add_record(record, offset=offset, mapper=mapper, batcher=batcher, log=log)
                    if batcher.full:
                        yield batcher.take()
                offset += len(line) + 1
    if len(batcher):
        yield batcher.take()


def list_fields(url: str, *, spec: SourceSpec) -> dict[str, str]:
    """Field → JSON type of its first value that is not null, from the first records of a file."""
    with suppress(DamagedStream):
        return list_record_fields(next(read_chunks(url), b"").split(b"\n")[:LISTED_RECORDS])
    return {}
