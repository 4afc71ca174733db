"""Plain text: a file, a paragraph or a line is a document."""

from codecs import getincrementaldecoder
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, PositiveInt

from layers.entries import Unit
from layers.storage import InputFile, join
from sources.base import (
    LONG_CHARS,
    MAX_RECORD_BYTES,
    DocumentBatcher,
    RecordLog,
    SourceFields,
    SourceSpec,
    Span,
    sha256,
)
from sources.reading.compression import DamagedStream, read_chunks
from sources.reading.lines import BYTE_ORDER_MARK, Damage, Lines, LongLine, read_lines, split_lines
from sources.reading.mapping import refuse_fields

CONTENT_VERSION = 3

_BLANK = b" \t\r\f\v"


class Options(BaseModel):
    """Options of the source type `text`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    documents: Literal["file", "paragraph", "line"] = "file"
    """What one document is. Paragraphs are separated by blank lines."""
    max_record_bytes: PositiveInt = MAX_RECORD_BYTES
    """A longer document is rejected as record_too_long, without being held in memory."""


def check(spec: SourceSpec) -> None:
    """Raises ValueError where fields are mapped, which plain text does not have, or for an option."""
    _options(spec)


def is_stream(spec: SourceSpec) -> bool:
    """Not where a file is a document, which its beginning is not."""
    return _options(spec).documents != "file"


def split(file: InputFile, *, spec: SourceSpec) -> Sequence[Span]:
    """Byte ranges where a line is a document; else the file is one span."""
    options = _options(spec)
    return split_lines(file, unit_bytes=spec.unit_bytes) if options.documents == "line" else [(0, None)]


def read(unit: Unit, *, spec: SourceSpec, log: RecordLog) -> Iterator[pa.RecordBatch]:
    """The unit's files, paragraphs or lines as DOCUMENT batches.

    The key of a file is its path relative to the root; paragraphs and lines have no key of their own
    and are known by the hash of their bytes. Line ends and blank lines around them are framing.
    """
    options = _options(spec)
    batcher = DocumentBatcher(spec, unit)
    for record in _records(unit, spec=spec, options=options, log=log):
        _add(record, options=options, batcher=batcher, log=log)
        if batcher.full:
            yield batcher.take()
    if len(batcher):
        yield batcher.take()


def _options(spec: SourceSpec) -> Options:
    refuse_fields(spec, why="plain text has none to map")
    return Options.model_validate(spec.options)


@dataclass
class _Record:
    """One record, or what is known of it: its content is dropped once it is over the limit."""

    offset: int
    length: int = 0
    pieces: list[bytes] = field(default_factory=list)


def _add(record: _Record, *, options: Options, batcher: DocumentBatcher, log: RecordLog) -> None:
    record_id = log.unit.uri if options.documents == "file" else None
    if record.length > options.max_record_bytes:
        reason = "record_too_long"
        detail = f"{record.length} bytes; max_record_bytes is {options.max_record_bytes}"
    else:
        raw = b"".join(record.pieces)
        try:
            text = _decode(raw)
        except UnicodeDecodeError as invalid:
            reason, detail = "invalid_utf8", f"byte {invalid.start} of the record: {invalid.reason}"
        else:
            fields = SourceFields(text, record_id)
            batcher.add(fields, offset=record.offset, length=len(raw), raw_sha256=sha256(raw))
            return
    log.reject(reason, detail=detail, offset=record.offset, length=record.length, record_id=record_id)


def _decode(raw: bytes) -> str | bytes:
    """The text, a long one as the bytes that it is; raises UnicodeDecodeError."""
    if len(raw) < LONG_CHARS:
        return raw.decode()
    decoder = getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(raw), LONG_CHARS):
            decoder.decode(raw[start : start + LONG_CHARS])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raw.decode()  # says where in the record
        raise
    return raw


def _records(unit: Unit, *, spec: SourceSpec, options: Options, log: RecordLog) -> Iterator[_Record]:
    url = join(spec.root, unit.uri)
    limit = options.max_record_bytes
    if options.documents == "file":
        yield from _read_file(url, limit=limit, log=log)
        return
    paragraph: _Record | None = None
    lines = read_lines(
        url,
        start=unit.start,
        stop=unit.stop,
        max_line_bytes=limit,
        open_input=log.open_range,
        on_read=log.reach,
    )
    for event in lines:
        if isinstance(event, Damage):
            log.container_bytes += event.length
            offset = event.offset if paragraph is None else paragraph.offset
            length = event.offset + event.length - offset
            log.reject(event.reason, detail=event.detail, offset=offset, length=length, records=None)
            return
        log.container_bytes += event.size
        for offset, length, line in _physical_lines(event):
            if line is not None and not line.strip(_BLANK):
                if paragraph is not None:
                    yield paragraph
                paragraph = None
            elif options.documents == "line":
                yield _Record(offset, length, [line] if line is not None else [])
            else:
                paragraph = _extend(paragraph, offset=offset, length=length, line=line, limit=limit)
    if paragraph is not None:
        yield paragraph


def _physical_lines(event: Lines | LongLine) -> Iterator[tuple[int, int, bytes | None]]:
    """Offset, length and content of each line without its line end; content None where it was not kept."""
    if isinstance(event, LongLine):
        yield event.offset, event.length, None
        return
    offset = event.offset
    for line in event.lines:
        content = line.removesuffix(b"\r")
        yield offset, len(content), content
        offset += len(line) + 1


def _extend(
    paragraph: _Record | None, *, offset: int, length: int, line: bytes | None, limit: int
) -> _Record:
    paragraph = paragraph or _Record(offset)
    between = offset - paragraph.offset - paragraph.length
    paragraph.length += between + length
    if line is None or paragraph.length > limit:
        paragraph.pieces.clear()
    else:
        paragraph.pieces += [b"\n" if between == 1 else b"\r\n"] * (between > 0) + [line]
    return paragraph


def _read_file(url: str, *, limit: int, log: RecordLog) -> Iterator[_Record]:
    size, held = 0, BytesIO()
    try:
        for chunk in read_chunks(url, open_input=log.open, on_read=log.reach):
            size += len(chunk)
            if size <= limit + len(BYTE_ORDER_MARK):
                held.write(chunk)
            else:
                held = BytesIO()
    except DamagedStream as damage:
        log.container_bytes += size
        log.reject(damage.reason, detail=damage.detail, offset=0, length=size, record_id=log.unit.uri)
        return
    log.container_bytes += size
    content = held.getvalue()
    text = content.removeprefix(BYTE_ORDER_MARK)
    offset = len(content) - len(text)
    yield _Record(offset, size - offset, [text])
