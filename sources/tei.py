"""TEI: a `<TEI>` element is a document; its text is that of `<text>`, its header says of what."""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, PositiveInt

from layers.entries import Unit
from layers.storage import InputFile, join
from sources.base import DocumentBatcher, RecordLog, SourceFields, SourceSpec, Span, sha256
from sources.reading import xml, xml_elements
from sources.reading.canonical import encode_extra, encode_notices
from sources.reading.language_tags import canonical_tag
from sources.reading.license_statements import spdx_expression
from sources.reading.mapping import BadRecord, refuse_fields
from sources.reading.marked_text import Markup, collect_text, local_name, names

CONTENT_VERSION = 3

_BLOCKS = (
    "div div1 div2 div3 div4 p ab head lg sp list table quote epigraph opener closer salute castList argument"
)
_BLOCKS += " titlePage docTitle docImprint trailer floatingText set front body back text"
_LINES = "l speaker stage row castItem byline dateline signed titlePart docAuthor docDate role label"
_MARKUP = Markup(
    blocks=names(_BLOCKS),
    lines=names(_LINES),
    breaks={"lb": "\n", "cell": " "},
    dropped=names("teiHeader facsimile standOff fw gap figDesc sic orig abbr surplus del rdg index"),
    items=frozenset(("item",)),
)
_ALTERNATIVES = {"sic": "corr", "orig": "reg", "abbr": "expan"}
"""In a `<choice>` the first is left out where the second stands beside it, else it is the text."""


class Options(BaseModel):
    """Options of the source type `tei`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    text_xpath: str = "*[local-name()='text']"
    """XPath from the `<TEI>` element to what is text; of several the texts follow one another."""
    notes: bool = False
    """Whether notes are text, where they stand."""
    max_record_bytes: PositiveInt = 64 << 20
    """A longer `<TEI>` element is rejected as record_too_long."""


def check(spec: SourceSpec) -> None:
    """Raises ValueError where fields are mapped, which the header has, or for an option."""
    from lxml import etree

    refuse_fields(spec, why="TEI has its own", hint="; type xml maps XPaths")
    options = Options.model_validate(spec.options)
    try:
        etree.XPath(options.text_xpath)
    except etree.XPathError as error:
        raise ValueError(f"text_xpath {options.text_xpath!r}: {error}") from None


def split(file: InputFile, *, spec: SourceSpec) -> Sequence[Span]:
    """One span."""
    check(spec)
    return [(0, None)]


def read(unit: Unit, *, spec: SourceSpec, log: RecordLog) -> Iterator[pa.RecordBatch]:
    """The `<TEI>` elements of a file, of which a `<teiCorpus>` has many, as DOCUMENT batches.

    The key is the path, in a corpus with the `xml:id` or number of the element.
    """
    options = Options.model_validate(spec.options)
    batcher = DocumentBatcher(spec, unit)
    elements = xml.read_elements(
        join(spec.root, unit.uri), name="TEI", max_bytes=options.max_record_bytes, log=log
    )
    number = 0
    try:
        for before, element in elements:
            if isinstance(element, xml_elements.BadElement):
                xml_elements.reject(element, log=log)
                continue
            number += 1
            key = f"{unit.uri}#{number}" if b"<teiCorpus" in before else unit.uri
            _add(
                element,
                key=key,
                prefixes=xml.read_prefixes(before),
                options=options,
                batcher=batcher,
                log=log,
            )
            if batcher.full:
                yield batcher.take()
    except BadRecord as bad:
        log.reject(bad.reason, detail=bad.detail, offset=0, length=None, record_id=unit.uri, records=None)
    if len(batcher):
        yield batcher.take()


def _add(
    element: xml_elements.Element,
    *,
    key: str,
    prefixes: bytes,
    options: Options,
    batcher: DocumentBatcher,
    log: RecordLog,
) -> None:
    offset, length = element.offset, len(element.raw)
    try:
        fields = _read_fields(xml.parse_element(element.raw, prefixes=prefixes), key=key, options=options)
    except BadRecord as bad:
        log.reject(bad.reason, detail=bad.detail, offset=offset, length=length, record_id=key)
        return
    if not fields.text:
        log.skip("no_text", detail=options.text_xpath, offset=offset, length=length, record_id=key)
        return
    batcher.add(fields, offset=offset, length=length, raw_sha256=sha256(element.raw))


def _read_fields(root: Any, *, key: str, options: Options) -> SourceFields:
    """What a `<TEI>` element says; raises BadRecord where the XPath selects no elements."""
    from lxml import etree

    chosen = root.xpath(options.text_xpath)
    if not isinstance(chosen, list) or not all(isinstance(node, etree._Element) for node in chosen):
        raise BadRecord("wrong_type", detail=f"{options.text_xpath} selects no elements")
    _settle_choices(root)
    dropped = _MARKUP.dropped if options.notes else _MARKUP.dropped | {"note"}
    markup = Markup(**vars(_MARKUP) | {"dropped": dropped})
    texts = [collect_text(node, markup=markup) for node in chosen]
    licence = next(iter(_find(root, "availability", "licence")), None)
    statement = (
        None if licence is None else licence.get("target") or " ".join("".join(licence.itertext()).split())
    )
    lang = next((node.get(_LANG) for node in (*chosen, root) if node.get(_LANG)), None)
    languages = [node.get("ident") for node in _find(root, "langUsage", "language") if node.get("ident")]
    if lang is None and len(languages) == 1:
        lang = languages[0]
    return SourceFields(
        "\n\n".join(text for text in texts if text),
        key,
        title=_first_text(root, "titleStmt", "title"),
        author=_first_text(root, "titleStmt", "author"),
        date=_read_date(root),
        license=spdx_expression(statement) if statement else None,
        lang=canonical_tag(lang) if lang else None,
        notices=encode_notices([("teiHeader", "licence", statement)] if statement else []),
        extra=encode_extra({"tei_id": root.get("{http://www.w3.org/XML/1998/namespace}id")}),
    )


_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def _find(root: Any, *names: str) -> list[Any]:
    """Elements of the header below each other, by local names."""
    path = "//".join(f"*[local-name()='{name}']" for name in ("teiHeader", *names))
    return list(root.xpath(f"./{path}"))


def _first_text(root: Any, *names: str) -> str | None:
    nodes = _find(root, *names)
    named = (next(iter(node.xpath(".//*[local-name()='persName']")), node) for node in nodes)
    texts = (" ".join("".join(node.itertext()).split()) for node in named)
    return next((text for text in texts if text), None)


def _read_date(root: Any) -> str | None:
    """Of the source first, then of the file's publication: the attribute that dates have, else their text."""
    for parent in ("sourceDesc", "publicationStmt"):
        for node in _find(root, parent, "date"):
            text = node.get("when") or node.get("notBefore") or " ".join("".join(node.itertext()).split())
            if text:
                return str(text)
    return None


def _settle_choices(root: Any) -> None:
    """Rename what a `<choice>` would leave out where it has nothing better, and breaks inside of words."""
    for name, better in _ALTERNATIVES.items():
        for node in root.iter("{*}" + name):
            parent = node.getparent()
            beside = {local_name(each) for each in parent} if parent is not None else set()
            if local_name(parent) != "choice" or better not in beside:
                node.tag = "seg"
    for node in root.iter("{*}lb"):
        if node.get("break") == "no":
            node.tag = "seg"
