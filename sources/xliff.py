"""XLIFF 1.2 and 2: translations of programs; the target of each unit is a document."""

import re
from collections.abc import Iterator, Sequence

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, PositiveInt

from layers.entries import Unit
from layers.storage import InputFile, join
from sources.base import MAX_RECORD_BYTES, DocumentBatcher, RecordLog, SourceFields, SourceSpec, Span, sha256
from sources.reading import xml, xml_elements
from sources.reading.canonical import encode_extra
from sources.reading.language_tags import canonical_tag
from sources.reading.mapping import BadRecord, refuse_fields
from sources.reading.marked_text import Markup, collect_text, names

CONTENT_VERSION = 3

_MARKUP = Markup(blocks=frozenset(), dropped=names("bpt ept it ph x bx ex sc ec"))
_TARGET_LANGUAGE = re.compile(r"""\b(?:target-language|trgLang)\s*=\s*["']([^"'<]{1,100})["']""")


class Options(BaseModel):
    """Options of the source type `xliff`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    max_record_bytes: PositiveInt = MAX_RECORD_BYTES
    """A longer `<file>` is rejected as record_too_long, without being held in memory."""


def check(spec: SourceSpec) -> None:
    """Raises ValueError where fields are mapped, or for an option."""
    refuse_fields(spec, why="XLIFF has its own")
    Options.model_validate(spec.options)


def split(file: InputFile, *, spec: SourceSpec) -> Sequence[Span]:
    """One span."""
    check(spec)
    return [(0, None)]


def read(unit: Unit, *, spec: SourceSpec, log: RecordLog) -> Iterator[pa.RecordBatch]:
    """The targets of a file as DOCUMENT batches; a unit without one is a row.

    The key is `path#file:unit`, the file's `original` or `id` and the unit's `id`.
    """
    options = Options.model_validate(spec.options)
    batcher = DocumentBatcher(spec, unit)
    files = xml.read_elements(
        join(spec.root, unit.uri), name="file", max_bytes=options.max_record_bytes, log=log
    )
    number = 0
    try:
        for before, element in files:
            if isinstance(element, xml_elements.BadElement):
                xml_elements.reject(element, log=log)
                continue
            number += 1
            _add_file(element, before=before, number=number, batcher=batcher, log=log)
            if batcher.full:
                yield batcher.take()
    except BadRecord as bad:
        log.reject(bad.reason, detail=bad.detail, offset=0, length=None, records=None)
    if len(batcher):
        yield batcher.take()


def _add_file(
    file: xml_elements.Element, *, before: bytes, number: int, batcher: DocumentBatcher, log: RecordLog
) -> None:
    """The units of a `<file>`, each cut out by itself."""
    start = file.raw[: file.raw.index(b">") + 1].decode("utf-8", "replace")
    lang = _TARGET_LANGUAGE.search(start) or _TARGET_LANGUAGE.search(before.decode("utf-8", "replace"))
    name = "unit" if b"<trans-unit" not in file.raw else "trans-unit"
    scanner = xml_elements.ElementScanner(
        name, max_bytes=len(file.raw), offset=file.offset, skips_comments=True
    )
    prefixes = xml.read_prefixes(before + start.encode())
    for element in (*scanner.add(file.raw), *scanner.finish(detail="the file element ends inside of a unit")):
        if isinstance(element, xml_elements.BadElement):
            xml_elements.reject(element, log=log)
            continue
        offset, length = element.offset, len(element.raw)
        key: str | None = None
        try:
            root = xml.parse_element(element.raw, prefixes=prefixes)
            key = f"{log.unit.uri}#{number}:{root.get('id') or offset}"
            targets = [
                node
                for node in root.iter("{*}target")
                if node.getparent().tag.rpartition("}")[2] != "alt-trans"
            ]
            text = "\n".join(filter(None, (collect_text(node, markup=_MARKUP) for node in targets)))
            states = {node.get("state") for node in targets if node.get("state")}
        except BadRecord as bad:
            log.reject(bad.reason, detail=bad.detail, offset=offset, length=length, record_id=key)
            continue
        if not text:
            log.skip("no_translation", detail="no target", offset=offset, length=length, record_id=key)
            continue
        fields = SourceFields(
            text,
            key,
            lang=canonical_tag(lang[1]) if lang else None,
            extra=encode_extra({"xliff_state": " ".join(sorted(states)) or None}),
        )
        batcher.add(fields, offset=offset, length=length, raw_sha256=sha256(element.raw))
