"""Dumps of wikis (`pages-articles` XML, plain or bzip2, multistream too): a page is a document."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

import pyarrow as pa
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveInt

from layers import storage
from layers.entries import Unit
from layers.storage import InputFile, join, name_of
from sources.base import DocumentBatcher, RecordLog, SourceFields, SourceSpec, Span, sha256
from sources.reading import xml_elements
from sources.reading.bzip2 import is_multistream
from sources.reading.canonical import encode_extra
from sources.reading.compression import is_compressed
from sources.reading.language_tags import canonical_tag
from sources.reading.license_statements import NOASSERTION, spdx_expression
from sources.reading.mapping import BadRecord, refuse_fields
from sources.reading.wikitext.dump import (
    PageRecord,
    Site,
    choose_license,
    make_url,
    read_date,
    read_page,
)
from sources.reading.wikitext.extract import extract_page, find_redirect
from sources.reading.wikitext.pages import read_head, read_multistream, read_range
from sources.reading.wikitext.walk import Style
from sources.reading.wikitext.words import Words, collect_words

CONTENT_VERSION = 3
IS_STREAM = True

_MIN_UNIT_BYTES = 64 << 10
"""A unit reads the head of its file, too."""
_INDEX = re.compile(r"-index\d*\.txt(?:\.bz2)?$")


def _check_licenses(licenses: Mapping[str, str] | None) -> Mapping[str, str] | None:
    """Raises ValueError for a key that is no day or a licence that is no SPDX expression."""
    for day, license in (licenses or {}).items():
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", day):
            raise ValueError(f"{day!r} is no day; write it as '2023-06-07'")
        if spdx_expression(license) == NOASSERTION:
            raise ValueError(f"{license!r} is no SPDX expression, such as CC-BY-SA-4.0")
    return licenses


class Options(BaseModel):
    """Options of the source type `mediawiki`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    namespaces: list[int] = Field(default=[0], min_length=1)
    """Numbers of the namespaces whose pages are documents; 0 has the articles."""
    disambiguation: bool = False
    """Whether pages that list the meanings of a title are documents."""
    tables: bool = False
    """Whether tables are text, a line for each row."""
    references: bool = False
    """Whether footnotes are text, at the end. Templates in them stay out."""
    captions: bool = False
    """Whether captions of pictures and galleries are text."""
    contributors: bool = False
    """Whether `extra` has who made the last change, `mediawiki_contributor`: a name or an IP address."""
    base_url: str | None = None
    """URL of a page of the wiki, for those of all pages; without it the dump's own."""
    licenses: Annotated[dict[str, str] | None, AfterValidator(_check_licenses)] = None
    """First day → SPDX expression, by a page's last change; {}: the card's. Else Wikimedia's own."""
    retrieved: str | None = None
    """Day of the dump; without it the date in the file's name."""
    max_record_bytes: PositiveInt = 16 << 20
    """A longer page is rejected as record_too_long, without being held in memory."""


def check(spec: SourceSpec) -> None:
    """Raises ValueError where fields are mapped, which a dump has of its own, or for an option."""
    refuse_fields(spec, why="a dump has its own")
    Options.model_validate(spec.options)


def split(file: InputFile, *, spec: SourceSpec) -> Sequence[Span]:
    """Byte ranges of plain files and, in the compressed file, of multistream dumps; else one span."""
    check(spec)
    unit_bytes = max(spec.unit_bytes, _MIN_UNIT_BYTES)
    if file.size_bytes <= unit_bytes:
        return [(0, None)]
    url = join(spec.root, file.uri)
    if is_compressed(file.uri):
        can_split = is_multistream(url)
    else:
        with storage.open_input(url) as stream:
            can_split = not stream.read(2).startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"))
    if not can_split:
        return [(0, None)]
    starts = range(0, file.size_bytes, unit_bytes)
    return [*((start, start + unit_bytes) for start in starts[:-1]), (starts[-1], None)]


def read(unit: Unit, *, spec: SourceSpec, log: RecordLog) -> Iterator[pa.RecordBatch]:
    """The pages of the unit as DOCUMENT batches; what stands between pages is framing.

    Of a multistream dump a page belongs to the unit in which its stream begins, else to that in which it
    begins itself.
    """
    options = Options.model_validate(spec.options)
    url = join(spec.root, unit.uri)
    if _INDEX.search(unit.uri):
        log.open(url).close()
        log.skip("dump_index", detail="it says where pages stand; no text", offset=0, length=0)
        return
    try:
        site, encoding = read_head(url)
    except BadRecord as bad:
        log.open_range(url).close()
        log.reject(bad.reason, detail=bad.detail, offset=0, length=None, records=None)
        return
    maker = _Maker.of(site, options=options, spec=spec, name=name_of(unit.uri))
    batcher = DocumentBatcher(spec, unit)
    if is_compressed(unit.uri) and is_multistream(url):
        elements = read_multistream(url, unit=unit, max_page_bytes=options.max_record_bytes, log=log)
    else:
        elements = read_range(
            url, unit=unit, encoding=encoding, max_page_bytes=options.max_record_bytes, log=log
        )
    for element in elements:
        if isinstance(element, xml_elements.BadElement):
            xml_elements.reject(element, log=log)
            continue
        maker.add(element, batcher=batcher, log=log)
        if batcher.full:
            yield batcher.take()
    if len(batcher):
        yield batcher.take()


def describe_format(url: str, *, spec: SourceSpec) -> str:
    """Which wiki, and whether its streams can be read in parallel."""
    with suppress(BadRecord, OSError):
        site, _ = read_head(url)
        kind = ", multistream" if is_compressed(url) and is_multistream(url) else ""
        return f"{site.name or 'a wiki without siteinfo'}{kind}"
    return ""


@dataclass(frozen=True)
class _Maker:
    """Makes documents of pages."""

    site: Site
    words: Words
    options: Options
    style: Style
    licenses: Mapping[str, str]
    retrieved: str | None
    lang: str | None
    """Of documents, where the source declares none."""

    @classmethod
    def of(cls, site: Site, *, options: Options, spec: SourceSpec, name: str) -> "_Maker":
        langs = [lang for lang in (spec.lang, site.lang) if lang is not None]
        return cls(
            site=site,
            words=collect_words(site.namespaces, langs=langs),
            options=options,
            style=Style(tables=options.tables, references=options.references, captions=options.captions),
            licenses=site.licenses if options.licenses is None else options.licenses,
            retrieved=options.retrieved or read_date(name),
            lang=canonical_tag(site.lang) if spec.lang is None and site.lang is not None else None,
        )

    def add(self, element: xml_elements.Element, *, batcher: DocumentBatcher, log: RecordLog) -> None:
        """One page: a document, a bad record, or one that is skipped."""
        offset, length = element.offset, len(element.raw)
        key: str | None = None
        try:
            page = read_page(element.raw, site=self.site)
            key = page.page_id if self.site.name is None else f"{self.site.name}:{page.page_id}"
            skipped = self._judge(page)
            if skipped is None:
                extracted = extract_page(page.text, title=page.title, words=self.words, style=self.style)
                if (extracted.is_disambiguation or self._has_title(page)) and not self.options.disambiguation:
                    skipped = ("disambiguation", page.title)
                elif not extracted.text:
                    skipped = ("no_text", page.title)
        except BadRecord as bad:
            log.reject(bad.reason, detail=bad.detail, offset=offset, length=length, record_id=key)
            return
        if skipped is not None:
            log.skip(skipped[0], detail=skipped[1], offset=offset, length=length, record_id=key)
            return
        fields = self._make_fields(page, text=extracted.text, key=key)
        batcher.add(fields, offset=offset, length=length, raw_sha256=sha256(element.raw))

    def _judge(self, page: PageRecord) -> tuple[str, str] | None:
        """(reason, detail) where a page is none to look into."""
        if page.namespace not in self.options.namespaces:
            return "other_namespace", f"namespace {page.namespace}: {page.title}"
        target = page.redirect if page.redirect is not None else find_redirect(page.text)
        if target is not None:
            return "redirect", f"{page.title} → {target}"
        if page.is_deleted:
            return "deleted_text", page.title
        return None if page.model == "wikitext" else ("not_wikitext", f"{page.model}: {page.title}")

    def _has_title(self, page: PageRecord) -> bool:
        """Whether the title says that a page is of disambiguation."""
        inside = page.title.rpartition("(")[2].removesuffix(")").strip().lower()
        return page.title.endswith(")") and inside in self.words.disambiguation_titles

    def _make_fields(self, page: PageRecord, *, text: str, key: str) -> SourceFields:
        base = self.site.base if self.options.base_url is None else self.options.base_url
        extra = {
            "mediawiki_site": self.site.name,
            "mediawiki_page_id": int(page.page_id),
            "mediawiki_namespace": page.namespace,
            "mediawiki_revision_id": None if page.revision_id is None else int(page.revision_id),
            "mediawiki_contributor": page.contributor if self.options.contributors else None,
        }
        return SourceFields(
            text,
            key,
            title=page.title,
            url=make_url(base, page.title),
            date=page.timestamp,
            retrieved=self.retrieved,
            license=choose_license(self.licenses, page.timestamp),
            lang=self.lang,
            extra=encode_extra(extra),
        )
