"""XML of any kind: an element of one name is a document, XPaths below it are its fields."""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from layers.entries import Unit
from layers.storage import InputFile, join
from sources.base import MAX_RECORD_BYTES, DocumentBatcher, RecordLog, SourceSpec, Span, sha256
from sources.reading import xml, xml_elements
from sources.reading.mapping import BadRecord, RecordMapper, check_fields
from sources.reading.marked_text import Markup, collect_text

CONTENT_VERSION = 3


class Options(BaseModel):
    """Options of the source type `xml`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    record: str = Field(pattern=r"^[A-Za-z_][\w.:-]*$")
    """Name of the element that is a document, as it stands in the file, with its prefix."""
    blocks: list[str] = ["p"]
    """Names, without prefixes, of elements that are paragraphs of the text."""
    dropped: list[str] = []
    """Names, without prefixes, of elements that are left out of the text."""
    max_record_bytes: PositiveInt = MAX_RECORD_BYTES
    """A longer element is rejected as record_too_long, without being held in memory."""


def check(spec: SourceSpec) -> None:
    """Raises ValueError where text is not mapped, for a field that is no XPath, or for an option."""
    from lxml import etree

    Options.model_validate(spec.options)
    check_fields(spec.fields)
    for role, path in _paths(spec):
        try:
            etree.XPath(path)
        except etree.XPathError as error:
            raise ValueError(f"fields.{role}: {path!r} is no XPath: {error}") from None


def split(file: InputFile, *, spec: SourceSpec) -> Sequence[Span]:
    """One span."""
    check(spec)
    return [(0, None)]


def read(unit: Unit, *, spec: SourceSpec, log: RecordLog) -> Iterator[pa.RecordBatch]:
    """The elements of a file as DOCUMENT batches; what stands between them is framing."""
    options = Options.model_validate(spec.options)
    mapper = RecordMapper(spec.fields, key_fields=spec.key_fields, extra=spec.extra)
    markup = Markup(blocks=frozenset(options.blocks), dropped=frozenset(options.dropped))
    batcher = DocumentBatcher(spec, unit)
    paths = sorted({path for _, path in _paths(spec)})
    elements = xml.read_elements(
        join(spec.root, unit.uri), name=options.record, max_bytes=options.max_record_bytes, log=log
    )
    try:
        for before, element in elements:
            if isinstance(element, xml_elements.BadElement):
                xml_elements.reject(element, log=log)
                continue
            offset, length = element.offset, len(element.raw)
            try:
                root = xml.parse_element(element.raw, prefixes=xml.read_prefixes(before))
                fields = mapper.map({path: _evaluate(root, path, markup) for path in paths})
            except BadRecord as bad:
                log.reject(
                    bad.reason, detail=bad.detail, offset=offset, length=length, record_id=bad.record_id
                )
                continue
            batcher.add(fields, offset=offset, length=length, raw_sha256=sha256(element.raw))
            if batcher.full:
                yield batcher.take()
    except BadRecord as bad:
        log.reject(bad.reason, detail=bad.detail, offset=0, length=None, records=None)
    if len(batcher):
        yield batcher.take()


def _paths(spec: SourceSpec) -> Iterator[tuple[str, str]]:
    """(role, XPath) of everything that is mapped."""
    yield from spec.fields.items()
    yield from (("id", path) for path in spec.key_fields)
    yield from ((f"extra.{name}", path) for name, path in spec.extra.items())


def _evaluate(root: Any, path: str, markup: Markup) -> str | None:
    """The text of what an XPath selects, several between blank lines; None: nothing."""
    selected = root.xpath(path, namespaces={key: uri for key, uri in root.nsmap.items() if key})
    if not isinstance(selected, list):
        return str(selected)
    texts = [collect_text(node, markup=markup) if hasattr(node, "tag") else str(node) for node in selected]
    return "\n\n".join(texts) if texts else None
