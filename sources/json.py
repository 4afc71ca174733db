"""JSON: the objects of one array, streamed; also objects one after another, on as many lines as they like."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from layers.entries import Unit
from layers.storage import InputFile, join
from sources.base import MAX_RECORD_BYTES, DocumentBatcher, RecordLog, SourceSpec, Span
from sources.reading.compression import DamagedStream, read_chunks
from sources.reading.json_records import LISTED_RECORDS, add_record, list_record_fields
from sources.reading.json_values import Event, LongValue, Value, ValueScanner
from sources.reading.lines import Damage
from sources.reading.mapping import RecordMapper, check_fields

CONTENT_VERSION = 2
IS_STREAM = True


class Options(BaseModel):
    """Options of the source type `json`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    record_path: str | None = Field(default=None, min_length=1)
    """Where the array lies inside an object, as `data.items`; else the file is the array, or objects."""
    max_record_bytes: PositiveInt = MAX_RECORD_BYTES
    """A longer element is rejected as record_too_long, without being held in memory."""

    @property
    def path(self) -> list[str]:
        return [] if self.record_path is None else self.record_path.split(".")


def check(spec: SourceSpec) -> None:
    """Raises ValueError where text is not mapped, or for an option."""
    Options.model_validate(spec.options)
    check_fields(spec.fields)


def split(file: InputFile, *, spec: SourceSpec) -> Sequence[Span]:
    """One span: whether a byte stands inside of a string only the bytes before it say."""
    check(spec)
    return [(0, None)]


def read(unit: Unit, *, spec: SourceSpec, log: RecordLog) -> Iterator[pa.RecordBatch]:
    """The elements of the array as DOCUMENT batches; brackets, commas and white space are framing."""
    options = Options.model_validate(spec.options)
    mapper = RecordMapper.of_source(spec, log=log)
    batcher = DocumentBatcher(spec, unit)
    for event in _events(join(spec.root, unit.uri), options=options, log=log):
        if isinstance(event, Value):
            add_record(event.raw, offset=event.offset, mapper=mapper, batcher=batcher, log=log)
            if batcher.full:
                yield batcher.take()
        elif isinstance(event, LongValue):
            detail = f"{event.length} bytes; max_record_bytes is {options.max_record_bytes}"
            log.reject("record_too_long", detail=detail, offset=event.offset, length=event.length)
        else:
            log.reject(
                event.reason, detail=event.detail, offset=event.offset, length=event.length, records=None
            )
    if len(batcher):
        yield batcher.take()


def _events(url: str, *, options: Options, log: RecordLog) -> Iterator[Event]:
    scanner = ValueScanner(max_value_bytes=options.max_record_bytes, path=options.path)
    try:
        for chunk in read_chunks(url, open_input=log.open, on_read=log.reach):
            log.container_bytes += len(chunk)
            yield from scanner.add(chunk)
    except DamagedStream as damage:
        yield Damage(scanner.offset, scanner.held, damage.reason, damage.detail)
    else:
        yield from scanner.finish()


def list_fields(url: str, *, spec: SourceSpec) -> dict[str, str]:
    """Field → JSON type of its first value that is not null, from the first elements of the array."""
    options = Options.model_validate(spec.options)
    scanner = ValueScanner(max_value_bytes=options.max_record_bytes, path=options.path)
    with suppress(DamagedStream):
        values = (event.raw for event in scanner.add(next(read_chunks(url), b"")) if isinstance(event, Value))
        return list_record_fields(islice(values, LISTED_RECORDS))
    return {}
