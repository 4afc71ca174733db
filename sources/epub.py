"""EPUB: a book or a chapter is a document, its texts in the order of the spine."""

from collections.abc import Iterator, Sequence
from typing import Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, PositiveInt

from layers.entries import Unit
from layers.storage import InputFile
from sources.base import MAX_RECORD_BYTES, RecordLog, SourceFields, SourceSpec, Span
from sources.reading.blocks import local_name, read_text
from sources.reading.canonical import encode_extra, encode_notices
from sources.reading.epub_book import Book, Chapter, parse_xml
from sources.reading.language_tags import canonical_tag
from sources.reading.license_statements import spdx_expression
from sources.reading.mapping import BadRecord, refuse_fields
from sources.reading.whole_files import Part, read_documents

CONTENT_VERSION = 2


class Options(BaseModel):
    """Options of the source type `epub`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    documents: Literal["book", "chapter"] = "book"
    """What one document is: a file, or a text of its spine, whose key is path and name in the archive."""
    structure: Literal["text", "markdown"] = "text"
    """`text`: paragraphs, list items and rows of tables as lines; `markdown`: headings and code marked."""
    max_record_bytes: PositiveInt = MAX_RECORD_BYTES
    """A longer file is rejected as record_too_long, without being held in memory."""


def check(spec: SourceSpec) -> None:
    """Raises ValueError where fields are mapped, which books have themselves, or for an option."""
    refuse_fields(spec, why="a book has none to map")
    Options.model_validate(spec.options)


def split(file: InputFile, *, spec: SourceSpec) -> Sequence[Span]:
    """A file is one span."""
    check(spec)
    return [(0, None)]


def read(unit: Unit, *, spec: SourceSpec, log: RecordLog) -> Iterator[pa.RecordBatch]:
    """The book, or its chapters, as DOCUMENT batches."""
    options = Options.model_validate(spec.options)

    def convert(raw: bytes) -> Iterator[Part]:
        book = Book(raw)
        if options.documents == "book":
            read = (
                _read_chapter(book.read(each), name=each.name, options=options) for each in book.chapters()
            )
            texts = [text for text, _ in read if text]
            if not texts:
                raise BadRecord("no_text", detail="the texts of the spine are empty")
            yield Part(_fields(book, text="\n\n".join(texts), options=options))
            return
        for chapter in book.chapters():
            yield _chapter_part(book, chapter, uri=unit.uri, options=options)

    yield from read_documents(unit, spec=spec, log=log, max_bytes=options.max_record_bytes, convert=convert)


def _chapter_part(book: Book, chapter: Chapter, *, uri: str, options: Options) -> Part:
    content: SourceFields | BadRecord
    raw = b""
    try:
        raw = book.read(chapter)
        text, title = _read_chapter(raw, name=chapter.name, options=options)
        content = _fields(book, text=text, options=options, title=title)
        if not text:
            content = BadRecord("no_text", detail="the text is empty")
    except BadRecord as bad:
        content = bad
    return Part(
        content,
        record_id=f"{uri}#{chapter.name}",
        offset=chapter.offset,
        length=chapter.length,
        raw=raw,
    )


def _read_chapter(raw: bytes, *, name: str, options: Options) -> tuple[str, str | None]:
    """(text, title)."""
    root = parse_xml(raw, name=name)
    body = next((element for element in root.iter() if local_name(element) == "body"), root)
    title = next((element for element in root.iter() if local_name(element) == "title"), None)
    words = "" if title is None else " ".join("".join(map(str, title.itertext())).split())
    return read_text(body, structure=options.structure), words or None


def _fields(book: Book, *, text: str, options: Options, title: str | None = None) -> SourceFields:
    metadata = book.metadata
    rights = metadata.get("rights", [])
    licenses = {spdx_expression(statement) for statement in rights}
    languages = metadata.get("language", [])
    return SourceFields(
        text,
        title=title or next(iter(metadata.get("title", [])), None),
        author="; ".join(metadata.get("creator", [])) or None,
        date=next(iter(metadata.get("date", [])), None),
        license=None if not licenses else licenses.pop() if len(licenses) == 1 else "NOASSERTION",
        lang=canonical_tag(languages[0]) if len(languages) == 1 else None,
        notices=encode_notices(("package", "dc:rights", statement) for statement in rights),
        extra=encode_extra({"identifier": next(iter(metadata.get("identifier", [])), None)}),
    )
