"""Folders of HTML files: a file is a document, its text the main text of the page."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
from pydantic import PositiveInt

from layers.entries import Unit
from layers.storage import InputFile
from sources.base import RecordLog, SourceFields, SourceSpec, Span
from sources.reading.canonical import encode_extra
from sources.reading.html import HtmlOptions, extract
from sources.reading.html.charset import decode_html
from sources.reading.html.limits import MAX_HTML_BYTES
from sources.reading.mapping import refuse_fields
from sources.reading.whole_files import Part, read_documents

CONTENT_VERSION = 5
READS_NOTICES = True


class Options(HtmlOptions):
    """Options of the source type `html`."""

    max_record_bytes: PositiveInt = MAX_HTML_BYTES
    """A longer file is rejected as record_too_long, without being held in memory."""


def check(spec: SourceSpec) -> None:
    """Raises ValueError where fields are mapped, which pages do not have, or for an option."""
    refuse_fields(spec, why="a page has none to map")
    Options.model_validate(spec.options)


def split(file: InputFile, *, spec: SourceSpec) -> Sequence[Span]:
    """A file is one span."""
    check(spec)
    return [(0, None)]


def read(unit: Unit, *, spec: SourceSpec, log: RecordLog) -> Iterator[pa.RecordBatch]:
    """The page as a DOCUMENT batch; its key is the path, relative to the root."""
    options = Options.model_validate(spec.options)
    html_options = HtmlOptions(extractor=options.extractor, structure=options.structure)

    def convert(raw: bytes) -> Iterator[Part]:
        decoded = decode_html(raw)
        page = extract(decoded.text, options=html_options)
        extra = {
            "encoding": decoded.encoding,
            "extractor": page.extractor,
            "replaced_characters": decoded.replaced or None,
        }
        fields = SourceFields(
            page.text,
            title=page.title,
            author=page.author,
            date=page.date,
            license=page.license,
            lang=page.lang,
            notices=page.encoded_notices,
            extra=encode_extra(extra),
        )
        yield Part(fields)

    yield from read_documents(unit, spec=spec, log=log, max_bytes=options.max_record_bytes, convert=convert)
