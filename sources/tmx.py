"""TMX: translation memories; each language of a unit is a document."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from layers.entries import Unit
from layers.storage import InputFile, join
from sources.base import MAX_RECORD_BYTES, DocumentBatcher, RecordLog, SourceFields, SourceSpec, Span, sha256
from sources.reading import xml, xml_elements
from sources.reading.canonical import encode_extra
from sources.reading.language_tags import canonical_tag
from sources.reading.mapping import BadRecord, refuse_fields
from sources.reading.marked_text import Markup, collect_text

CONTENT_VERSION = 3

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_MARKUP = Markup(blocks=frozenset(), dropped=frozenset(("bpt", "ept", "it", "ph", "ut")))
"""What is dropped is code of the program that was translated; `hi` and `sub` hold text."""


class Options(BaseModel):
    """Options of the source type `tmx`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    languages: list[str] | None = Field(default=None, min_length=1)
    """BCP-47 tags of the languages that are documents; without it all."""
    max_record_bytes: PositiveInt = MAX_RECORD_BYTES
    """A longer unit is rejected as record_too_long, without being held in memory."""


def check(spec: SourceSpec) -> None:
    """Raises ValueError where fields are mapped, or for an option."""
    refuse_fields(spec, why="TMX has its own")
    Options.model_validate(spec.options)


def split(file: InputFile, *, spec: SourceSpec) -> Sequence[Span]:
    """One span."""
    check(spec)
    return [(0, None)]


def read(unit: Unit, *, spec: SourceSpec, log: RecordLog) -> Iterator[pa.RecordBatch]:
    """The segments of a file as DOCUMENT batches; the key is `path#unit:language`.

    A unit is known by its `tuid`, else by its number. A language that is not asked for is no row.
    """
    options = Options.model_validate(spec.options)
    wanted = None if options.languages is None else {canonical_tag(tag) for tag in options.languages}
    batcher = DocumentBatcher(spec, unit)
    elements = xml.read_elements(
        join(spec.root, unit.uri), name="tu", max_bytes=options.max_record_bytes, log=log
    )
    number = 0
    try:
        for before, element in elements:
            if isinstance(element, xml_elements.BadElement):
                xml_elements.reject(element, log=log)
                continue
            number += 1
            key = f"{unit.uri}#{number}"
            try:
                found = _read_unit(element.raw, key=key, prefixes=xml.read_prefixes(before))
            except BadRecord as bad:
                log.reject(
                    bad.reason,
                    detail=bad.detail,
                    offset=element.offset,
                    length=len(element.raw),
                    record_id=key,
                )
                continue
            for fields, variant in found:
                if wanted is None or fields.lang in wanted:
                    place = element.offset + variant.offset
                    batcher.add(fields, offset=place, length=len(variant.raw), raw_sha256=sha256(variant.raw))
            if batcher.full:
                yield batcher.take()
    except BadRecord as bad:
        log.reject(bad.reason, detail=bad.detail, offset=0, length=None, records=None)
    if len(batcher):
        yield batcher.take()


def _read_unit(raw: bytes, *, key: str, prefixes: bytes) -> list[tuple[SourceFields, xml_elements.Element]]:
    """The segments of a `<tu>` and their places in it; raises BadRecord where one has no language."""
    root = xml.parse_element(raw, prefixes=prefixes)
    extra = encode_extra({"tmx_tuid": root.get("tuid"), "tmx_languages": len(root.findall("{*}tuv"))})
    fields = []
    seen: dict[str, int] = {}
    scanned = xml_elements.ElementScanner("tuv", max_bytes=len(raw), skips_comments=True).add(raw)
    places = [place for place in scanned if isinstance(place, xml_elements.Element)]
    variants = root.findall("{*}tuv")
    if len(variants) != len(places):
        raise BadRecord("broken_xml", detail=f"{len(variants)} <tuv> elements, {len(places)} tags of them")
    for variant, place in zip(variants, places, strict=True):
        tag = variant.get(_LANG) or variant.get("lang")
        if not tag:
            raise BadRecord("missing_field", detail="a <tuv> has no xml:lang")
        segment = variant.find("{*}seg")
        text = "" if segment is None else collect_text(segment, markup=_MARKUP)
        if not text:
            continue
        lang = canonical_tag(tag)
        seen[tag] = seen.get(tag, 0) + 1
        again = f":{seen[tag]}" if seen[tag] > 1 else ""
        date = variant.get("changedate") or root.get("changedate") or root.get("creationdate")
        made = SourceFields(text, f"{key}:{tag}{again}", date=date, lang=lang, extra=extra)
        fields.append((made, place))
    if not fields:
        raise BadRecord("missing_field", detail="the unit has no segment with text")
    return fields
