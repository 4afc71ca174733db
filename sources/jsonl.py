"""JSON lines: one object per line, one strict parser, byte ranges for parallel reading."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

import orjson
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, PositiveInt

from layers.entries import Unit
from layers.storage import InputFile, join
from sources.base import MAX_RECORD_BYTES, DocumentBatcher, RecordLog, SourceSpec, Span, sha256
from sources.reading.compression import DamagedStream, read_chunks
from sources.reading.lines import Damage, LongLine, read_lines, split_lines
from sources.reading.mapping import BadRecord, RecordMapper, check_fields, flatten, type_name

CONTENT_VERSION = 2
IS_STREAM = True

_BLANK = b" \t\r"
_LISTED_RECORDS = 100


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
    mapper = RecordMapper(spec.fields)
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
                    _add(record, offset=offset, mapper=mapper, batcher=batcher, log=log)
                    if batcher.full:
                        yield batcher.take()
                offset += len(line) + 1
    if len(batcher):
        yield batcher.take()


def _add(
    record: bytes, *, offset: int, mapper: RecordMapper, batcher: DocumentBatcher, log: RecordLog
) -> None:
    try:
        mapped = mapper.map(orjson.loads(record))
    except (orjson.JSONDecodeError, BadRecord) as error:
        _reject(record, error, offset=offset, log=log)
    else:
        batcher.add(offset=offset, length=len(record), raw_sha256=sha256(record), **mapped)


def list_fields(url: str) -> dict[str, str]:
    """Field → JSON type of its first value that is not null, from the first records of a file."""
    types: dict[str, str] = {}
    with suppress(DamagedStream):
        for line in next(read_chunks(url), b"").split(b"\n")[:_LISTED_RECORDS]:
            with suppress(orjson.JSONDecodeError):
                record = orjson.loads(line)
                for name, value in flatten(record).items() if type(record) is dict else ():
                    if value is not None or name not in types:
                        types[name] = type_name(value) if types.get(name, "null") == "null" else types[name]
    return types


def _reject(record: bytes, error: Exception, *, offset: int, log: RecordLog) -> None:
    if isinstance(error, BadRecord):
        reason, detail, record_id = error.reason, error.detail, error.record_id
    elif not record.strip(_BLANK):
        return
    else:
        (reason, detail), record_id = _diagnose(record, error), None
    log.reject(reason, detail=detail, offset=offset, length=len(record), record_id=record_id)


def _diagnose(record: bytes, error: Exception) -> tuple[str, str]:
    """Reason and detail for a line that orjson refuses."""
    try:
        record.decode()
    except UnicodeDecodeError as invalid:
        return "invalid_utf8", f"byte {invalid.start} of the record: {invalid.reason}"
    reason = "invalid_unicode" if "surrogate" in str(error) else "broken_json"
    return reason, str(error)
