"""Markdown files: a file is a document, its front matter what it says of itself."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, PositiveInt

from layers.entries import Unit
from layers.storage import InputFile
from sources.base import MAX_RECORD_BYTES, RecordLog, SourceFields, SourceSpec, Span
from sources.reading.canonical import encode_extra
from sources.reading.language_tags import canonical_tag
from sources.reading.license_statements import spdx_expression
from sources.reading.lines import BYTE_ORDER_MARK
from sources.reading.mapping import BadRecord, refuse_fields
from sources.reading.markdown_text import remove_marks, split_front_matter
from sources.reading.whole_files import Part, read_documents

CONTENT_VERSION = 3

_LANGUAGES, _AUTHORS, _DATES, _LICENSES = ("lang", "language"), ("author", "authors"), ("date",), ("license",)
_TITLES = ("title",)
_ROLES = {*_LANGUAGES, *_AUTHORS, *_DATES, *_LICENSES, *_TITLES}


class Options(BaseModel):
    """Options of the source type `markdown`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    structure: Literal["markdown", "text"] = "markdown"
    """`markdown`: the text as it stands; `text`: without marks of headings, emphasis, links, HTML."""
    max_record_bytes: PositiveInt = MAX_RECORD_BYTES
    """A longer file is rejected as record_too_long, without being held in memory."""


def check(spec: SourceSpec) -> None:
    """Raises ValueError where fields are mapped, which front matter names itself, or for an option."""
    refuse_fields(spec, why="Markdown has none to map")
    Options.model_validate(spec.options)


def split(file: InputFile, *, spec: SourceSpec) -> Sequence[Span]:
    """A file is one span."""
    check(spec)
    return [(0, None)]


def read(unit: Unit, *, spec: SourceSpec, log: RecordLog) -> Iterator[pa.RecordBatch]:
    """The file as a DOCUMENT batch; its key is the path, relative to the root."""
    options = Options.model_validate(spec.options)

    def convert(raw: bytes) -> Iterator[Part]:
        try:
            content = raw.removeprefix(BYTE_ORDER_MARK).decode()
        except UnicodeDecodeError as error:
            detail = f"byte {error.start} of the file: {error.reason}"
            raise BadRecord("invalid_utf8", detail=detail) from error
        values, text = split_front_matter(content.replace("\r\n", "\n"), as_written=_ROLES)
        text = remove_marks(text) if options.structure == "text" else text.strip("\n")
        yield Part(_fields(text, values=values))

    yield from read_documents(unit, spec=spec, log=log, max_bytes=options.max_record_bytes, convert=convert)


def _fields(text: str, *, values: Mapping[str, Any]) -> SourceFields:
    lang, license = _pick(values, _LANGUAGES), _pick(values, _LICENSES)
    others = {name: value for name, value in values.items() if name not in _ROLES and _is_plain(value)}
    return SourceFields(
        text,
        title=_pick(values, _TITLES),
        author=_pick(values, _AUTHORS),
        date=_pick(values, _DATES),
        license=None if license is None else spdx_expression(license),
        lang=None if lang is None else canonical_tag(lang),
        extra=encode_extra(others),
    )


def _pick(values: Mapping[str, Any], names: Sequence[str]) -> str | None:
    """The first value that is text, of a list all of them."""
    for name in names:
        value = values.get(name)
        parts = value if isinstance(value, list) else [value]
        texts = [str(part).strip() for part in parts if isinstance(part, str)]
        if any(texts):
            return "; ".join(text for text in texts if text)
    return None


def _is_plain(value: Any) -> bool:
    """What JSON can hold, to the depth of a list."""
    if isinstance(value, list):
        return all(isinstance(each, str | bool | int | float) for each in value)
    return isinstance(value, str | bool | int | float)
