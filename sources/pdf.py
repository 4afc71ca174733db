"""PDF with a text layer: a file is a document. The reader is PDFium, in child processes of its own."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Literal

import orjson
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, PositiveInt

from layers.entries import Unit
from layers.storage import InputFile
from sources.base import MAX_RECORD_BYTES, RecordLog, SourceFields, SourceSpec, Span
from sources.reading.canonical import encode_extra
from sources.reading.children import Children
from sources.reading.language_tags import canonical_tag
from sources.reading.mapping import refuse_fields
from sources.reading.pdf_text import check_text, clean_text, join_lines, keep_lines, read_date
from sources.reading.whole_files import Part, read_documents

CONTENT_VERSION = 2


class Options(BaseModel):
    """Options of the source type `pdf`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    lines: Literal["join", "keep"] = "join"
    """`join`: lines of a paragraph become one, a line that ends far before the longest of its page ends it;
    `keep`: as they stand on the page."""
    max_record_bytes: PositiveInt = MAX_RECORD_BYTES
    """A longer file is rejected as record_too_long, without being held in memory."""


def check(spec: SourceSpec) -> None:
    """Raises ValueError where fields are mapped, which PDF does not have, or for an option."""
    refuse_fields(spec, why="PDF has none to map")
    Options.model_validate(spec.options)


def split(file: InputFile, *, spec: SourceSpec) -> Sequence[Span]:
    """A file is one span."""
    check(spec)
    return [(0, None)]


def read(unit: Unit, *, spec: SourceSpec, log: RecordLog) -> Iterator[pa.RecordBatch]:
    """The text layer as a DOCUMENT batch; the key is the path, relative to the root."""
    options = Options.model_validate(spec.options)

    def convert(raw: bytes) -> Iterator[Part]:
        answer = orjson.loads(_children().ask(raw))
        pages = [clean_text(page) for page in answer["pages"]]
        arrange = join_lines if options.lines == "join" else keep_lines
        text = "\n\n".join(arranged for page in pages if (arranged := arrange(page)))
        check_text(text)
        metadata = answer["metadata"]
        fields = SourceFields(
            text,
            title=metadata.get("Title"),
            author=metadata.get("Author"),
            lang=canonical_tag(answer["lang"]) if answer["lang"] else None,
            date=read_date(metadata.get("CreationDate", "")),
            extra=encode_extra({"pages": len(pages)}),
        )
        yield Part(fields)

    yield from read_documents(unit, spec=spec, log=log, max_bytes=options.max_record_bytes, convert=convert)


@cache
def _children() -> Children:
    return Children("sources.reading.pdf_child")
