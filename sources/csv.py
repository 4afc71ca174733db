"""CSV and TSV: a row is a document, the header names its fields; as programs of offices write it, too."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

import pyarrow as pa
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveInt, model_validator

from layers.entries import Unit
from layers.storage import InputFile, join
from sources.base import MAX_RECORD_BYTES, DocumentBatcher, RecordLog, SourceSpec, Span, sha256
from sources.reading.compression import DamagedStream, read_chunks
from sources.reading.delimited import DELIMITERS, BadRow, Row, RowReader, detect_delimiter
from sources.reading.encodings import WIDE, as_utf8, check_encoding, detect_encoding
from sources.reading.lines import BYTE_ORDER_MARK, Damage, LongLine, read_lines, split_lines
from sources.reading.mapping import BadRecord, RecordMapper, check_fields, missing_column

CONTENT_VERSION = 2
IS_STREAM = True

_HEAD_BYTES = 64 << 10
"""In which the header must end."""
_MAX_NAME_CHARS = 100
_SEPARATOR_LINE = re.compile(rb"sep=(.)\r?\n", re.IGNORECASE)
"""With which Excel is told the delimiter."""


def _check_delimiter(text: str) -> str:
    """Raises ValueError for what cannot stand between fields."""
    if text != "auto" and (len(text) != 1 or not text.isascii() or text.isalnum() or text in '"\r\n\0'):
        raise ValueError(f"delimiter {text!r} is neither auto nor one sign of ASCII, such as ',' or '\\t'")
    return text


class Options(BaseModel):
    """Options of the source type `csv`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    delimiter: Annotated[str, AfterValidator(_check_delimiter)] = "auto"
    """A sign of ASCII between fields; `auto`: comma, semicolon, tab or vertical bar, by the header."""
    quotes: bool = True
    """Whether a field may stand in double quotes; without, a quotation mark is text, as in most TSV."""
    columns: list[str] | None = Field(default=None, min_length=1)
    """Names of the columns of files that have no header."""
    encoding: Annotated[str, AfterValidator(check_encoding)] = "utf-8"
    """Of files without a byte order mark: utf-8, utf-16-le, utf-16-be, or of single bytes as windows-1252."""
    max_record_bytes: PositiveInt = MAX_RECORD_BYTES
    """A longer row is rejected as record_too_long, without being held in memory."""

    @model_validator(mode="after")
    def _check_quotes(self) -> "Options":
        if not self.quotes and self.encoding in WIDE:
            raise ValueError("quotes: false cannot be read from UTF-16; write the files as UTF-8")
        return self


@dataclass(frozen=True)
class _Layout:
    """What the beginning of a file says."""

    encoding: str
    delimiter: bytes
    columns: Sequence[str]
    """Empty where there is no row."""
    start: int
    """Byte behind the header."""


def check(spec: SourceSpec) -> None:
    """Raises ValueError where text is not mapped, or for an option."""
    Options.model_validate(spec.options)
    check_fields(spec.fields)


def split(file: InputFile, *, spec: SourceSpec) -> Sequence[Span]:
    """Byte ranges without quotes, where each line is a row; else one span."""
    check(spec)
    if Options.model_validate(spec.options).quotes:
        return [(0, None)]
    return split_lines(file, unit_bytes=spec.unit_bytes)


def read(unit: Unit, *, spec: SourceSpec, log: RecordLog) -> Iterator[pa.RecordBatch]:
    """The rows of the unit as DOCUMENT batches; header, line ends, blank lines are framing.

    A mapped column that the header does not have once rejects all rows.
    """
    options = Options.model_validate(spec.options)
    url = join(spec.root, unit.uri)
    try:
        layout = _read_layout(url, spec=spec, options=options)
    except BadRecord as bad:
        log.reject(bad.reason, detail=bad.detail, offset=0, length=None, records=None)
        return
    rows = _rows if options.quotes else _lines
    builder = _Builder(layout, spec=spec, log=log)
    for row in rows(url, unit=unit, layout=layout, options=options, log=log):
        if isinstance(row, Row):
            builder.add(row)
            if builder.batcher.full:
                yield builder.batcher.take()
        else:
            log.reject(
                row.reason, detail=row.detail, offset=row.offset, length=row.length, records=row.records
            )
    if len(builder.batcher):
        yield builder.batcher.take()


def list_fields(url: str, *, spec: SourceSpec) -> dict[str, str]:
    """Column → type, of the header; none where it cannot be read."""
    with suppress(BadRecord):
        layout = _read_layout(url, spec=spec, options=Options.model_validate(spec.options))
        return dict.fromkeys((_shorten(name) for name in layout.columns), "a string")
    return {}


def describe_format(url: str, *, spec: SourceSpec) -> str:
    """Delimiter and encoding."""
    with suppress(BadRecord):
        layout = _read_layout(url, spec=spec, options=Options.model_validate(spec.options))
        return (
            f"{DELIMITERS.get(layout.delimiter, layout.delimiter.decode())} between fields, {layout.encoding}"
        )
    return ""


def _shorten(name: str) -> str:
    """A text that was taken for a header is no name to print."""
    return name if len(name) <= _MAX_NAME_CHARS else f"{name[: _MAX_NAME_CHARS - 1]}…"


class _Builder:
    """Maps rows to documents."""

    def __init__(self, layout: _Layout, *, spec: SourceSpec, log: RecordLog) -> None:
        self.batcher = DocumentBatcher(spec, log.unit)
        self._mapper = RecordMapper.of_source(spec, log=log)
        self._log = log
        self._encoding = "utf-8" if layout.encoding in WIDE else layout.encoding
        self._problem: BadRecord | None = None
        self._places: list[tuple[str, int]] = []
        several = (*(("id", name) for name in spec.key_fields), *(("lang", name) for name in spec.tag_fields))
        for role, name in (*spec.fields.items(), *several):
            if layout.columns and layout.columns.count(name) != 1:
                self._problem = missing_column(name, role=role, columns=layout.columns)
                return
            self._places += [(name, layout.columns.index(name))] if layout.columns else []
        for role, name in spec.extra.items():
            if layout.columns.count(name) > 1:
                self._problem = missing_column(name, role=f"extra.{role}", columns=layout.columns)
            elif name in layout.columns:
                self._places.append((name, layout.columns.index(name)))

    def add(self, row: Row) -> None:
        try:
            if self._problem is not None:
                raise self._problem
            record = {name: self._decode(row.fields[place], name) for name, place in self._places}
            fields = self._mapper.map(record)
        except BadRecord as bad:
            self._log.reject(
                bad.reason, detail=bad.detail, offset=row.offset, length=len(row.raw), record_id=bad.record_id
            )
        else:
            self.batcher.add(fields, offset=row.offset, length=len(row.raw), raw_sha256=sha256(row.raw))

    def _decode(self, field: bytes, name: str) -> str:
        try:
            return field.decode(self._encoding)
        except UnicodeDecodeError as error:
            detail = f"column {name!r}, byte {error.start} is not {self._encoding}: {error.reason}"
            raise BadRecord("invalid_utf8", detail=detail) from error


def _read_layout(url: str, *, spec: SourceSpec, options: Options) -> _Layout:
    """From the first bytes of a file; raises BadRecord for a header that cannot be read."""
    head = b""
    with suppress(DamagedStream):
        for chunk in read_chunks(url):
            head += chunk
            if len(head) >= _HEAD_BYTES:
                break
    encoding = detect_encoding(head, default=options.encoding)
    if encoding in WIDE and not options.quotes:
        raise BadRecord("unreadable", detail="the file is UTF-16, which needs `quotes: true`")
    head = b"".join(as_utf8([head[: len(head) // 2 * 2]], encoding=encoding)) if encoding in WIDE else head
    start = len(BYTE_ORDER_MARK) if head.startswith(BYTE_ORDER_MARK) else 0
    told = _SEPARATOR_LINE.match(head, start)
    start = told.end() if told else start
    codec = "utf-8" if encoding in WIDE else encoding
    delimiter = told[1] if told else options.delimiter.encode()
    if delimiter == b"auto":
        names = {name.encode(codec, "replace") for name in (*spec.fields.values(), *spec.key_fields)}
        delimiter = detect_delimiter(head[start:], names=names)
    if options.columns is not None:
        return _Layout(encoding, delimiter, options.columns, start)
    row = _first_row(head, start=start, delimiter=delimiter, quotes=options.quotes)
    if row is None:
        return _Layout(encoding, delimiter, (), start)
    try:
        columns = [field.decode(codec) for field in row.fields]
    except UnicodeDecodeError as error:
        raise BadRecord("invalid_utf8", detail=f"the header is not {codec}: {error.reason}") from error
    return _Layout(encoding, delimiter, columns, row.offset + len(row.raw))


def _first_row(head: bytes, *, start: int, delimiter: bytes, quotes: bool) -> Row | None:
    """The header; None where there is no row. Raises BadRecord."""
    if not quotes:
        content = head[start:].lstrip(b"\r\n")
        line = content.partition(b"\n")[0].removesuffix(b"\r")
        return Row(len(head) - len(content), line, line.split(delimiter)) if line else None
    reader = RowReader(delimiter=delimiter, max_row_bytes=len(head), offset=start)
    first = next((row for part in (reader.add(head[start:]), reader.finish()) for row in part), None)
    if isinstance(first, BadRow):
        raise BadRecord("broken_csv", detail=f"the header cannot be read, {first.reason}: {first.detail}")
    return first


def _rows(
    url: str, *, unit: Unit, layout: _Layout, options: Options, log: RecordLog
) -> Iterator[Row | BadRow]:
    reader = RowReader(
        delimiter=layout.delimiter,
        max_row_bytes=options.max_record_bytes,
        offset=layout.start,
        columns=len(layout.columns),
    )
    chunks = read_chunks(url, open_input=log.open, on_read=log.reach)
    left = layout.start
    try:
        for chunk in as_utf8(chunks, encoding=layout.encoding):
            log.container_bytes += len(chunk)
            yield from reader.add(chunk[left:])
            left = max(0, left - len(chunk))
    except DamagedStream as damage:
        yield from reader.flush()
        yield BadRow(reader.offset, reader.held, damage.reason, damage.detail, None)
    else:
        yield from reader.finish()


def _lines(
    url: str, *, unit: Unit, layout: _Layout, options: Options, log: RecordLog
) -> Iterator[Row | BadRow]:
    limit, width = options.max_record_bytes, len(layout.columns)
    for event in read_lines(
        url,
        start=unit.start,
        stop=unit.stop,
        max_line_bytes=limit,
        open_input=log.open_range,
        on_read=log.reach,
    ):
        if isinstance(event, Damage):
            log.container_bytes += event.length
            yield BadRow(event.offset, event.length, event.reason, event.detail, None)
            continue
        log.container_bytes += event.size
        if isinstance(event, LongLine):
            detail = f"{event.length} bytes; max_record_bytes is {limit}"
            yield BadRow(event.offset, event.length, "record_too_long", detail)
            continue
        yield from _split_lines(event.lines, offset=event.offset, layout=layout, width=width)


def _split_lines(
    lines: Iterable[bytes], *, offset: int, layout: _Layout, width: int
) -> Iterator[Row | BadRow]:
    for line in lines:
        raw = line.removesuffix(b"\r")
        if raw and offset >= layout.start:
            fields = raw.split(layout.delimiter)
            if len(fields) == width:
                yield Row(offset, raw, fields)
            else:
                detail = f"{len(fields)} fields, where the header has {width}"
                yield BadRow(offset, len(raw), "ragged_row", detail)
        offset += len(line) + 1
