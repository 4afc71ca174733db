"""What a page says of itself and of its use: title, author, date, licence, language, notices."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING

from sources.reading.html.attributes import TagReader, decode
from sources.reading.html.json_ld import SCHEMA_NOTICES, read_schema
from sources.reading.html.tags import Page, holds
from sources.reading.html.values import MAX_NOTICES, clean, clean_one

if TYPE_CHECKING:
    from resiliparse.parse.html import HTMLTree

Notice = tuple[str, str, str]

_TITLES = ("og:title", "twitter:title", "citation_title", "dc.title", "dcterms.title")
_AUTHORS = ("citation_author", "author", "article:author", "dc.creator", "dcterms.creator", "parsely-author")
_DATES = (
    "article:published_time",
    "citation_publication_date",
    "datepublished",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date",
    "dcterms.date",
    "dcterms.created",
    "date",
    "pubdate",
    "publishdate",
    "parsely-pub-date",
)
_LICENSES = ("dcterms.license", "dc.rights.license", "license")
_NOTICES = (
    *("robots", "googlebot", "bingbot", "tdm-reservation", "tdm-policy", "content-signal", "content-usage"),
    *("license", "copyright", "rights", "rights-standard"),
    *("dc.rights", "dc.rights.license", "dcterms.rights", "dcterms.license"),
)
_RSL = "application/rsl+xml"
_CC_LICENSE = re.compile(r"https?://(?:www\.)?creativecommons\.org/(?:licenses|publicdomain)/[a-z]")
_MAX_HEAD_BYTES = 1 << 20
_MAX_LINKS = 500
_NAMES = frozenset([*_TITLES, *_AUTHORS, *_DATES, *_LICENSES, *_NOTICES, "content-language"])
_META_TAG_BYTES = len(b"<meta")
_META_KEYS = ("name", "property", "http-equiv", "itemprop")
_META_NAME = re.compile(
    rb"""\s(?i:name|property|http-equiv|itemprop)\s{0,64}=\s{0,64}["']?\s{0,64}([A-Za-z:._-]+)"""
)
_MAX_NAME_BYTES = 4096
_MAX_BEFORE_NAME_BYTES = 256
"""Of a match of _META_NAME that stand before the name."""
_PLAIN_META = re.compile(
    rb"""\s+(?i:name|property|http-equiv|itemprop)="([^"<>&]*)"\s+content="([^"<>]*)"\s*/?>"""
)
"""A tag as most are written, whose name and content are its only attributes."""
_TAG_NAME = re.compile(rb"<([A-Za-z]+)")


@dataclass
class Metadata:
    """Values as the page writes them, white space made single."""

    title: str | None = None
    author: str | None = None
    date: str | None = None
    licenses: list[str] = field(default_factory=list)
    """Different statements of the page's licence; several contradict each other."""
    lang: str | None = None
    notices: list[Notice] = field(default_factory=list)


@dataclass(frozen=True)
class Statements:
    """What stands in the text of a page, which is read before it is parsed, while it is in the cache."""

    metas: list[tuple[str, str]]
    schema: dict[str, list[str]]
    license_tags: list[int]
    """Where the tags begin in which `license` may stand."""


def read_statements(page: Page) -> Statements:
    """What is rare in a page is looked for in its text first."""
    return Statements(_read_metas(page), read_schema(page.json_ld), _tags_with(page.html, b"license"))


def read_metadata(tree: "HTMLTree", *, page: Page, statements: Statements) -> Metadata:
    """page: what the tree was parsed from; statements: those of the page."""
    metas, schema = statements.metas, statements.schema
    notices = [("meta", name, value) for name, value in metas if name in _NOTICES]
    by_name: dict[str, list[str]] = {}
    for name, value in metas:
        by_name.setdefault(name, []).append(value)
    for name in SCHEMA_NOTICES:
        notices += [("schema.org", name, value) for value in schema.get(name, ())]
    stated, linked, terms = _read_license_links(tree, html=page.html, tags=statements.license_tags)
    notices += stated + linked + terms
    titles = [*_pick(by_name, _TITLES), *schema.get("headline", ()), *clean_one(tree.title)]
    authors = _pick(by_name, _AUTHORS) or schema.get("author", [])
    dates = [*_pick(by_name, _DATES), *schema.get("datePublished", ())]
    licenses = [value for _, _, value in stated] or schema.get("license", []) or _pick(by_name, _LICENSES)
    return Metadata(
        title=next(iter(titles), None),
        author="; ".join(authors) or None,
        date=next(iter(dates), None),
        licenses=list(dict.fromkeys(licenses or [value for _, _, value in linked])),
        lang=_read_language(tree, by_name=by_name),
        notices=list(dict.fromkeys(notices))[:MAX_NOTICES],
    )


def _pick(values: Mapping[str, list[str]], names: Iterable[str]) -> list[str]:
    """Values of the first of the names that has one; no URL where a person or title is meant."""
    for name in names:
        picked = [value for value in values.get(name, ()) if name in _LICENSES or "://" not in value]
        if picked:
            return list(dict.fromkeys(picked))
    return []


def _read_metas(page: Page) -> list[tuple[str, str]]:
    """(name in lower case, content) of the elements `meta` that mean something here, in their order.

    They are read from the text: to ask the tree for them would take a third of the time of the page.
    """
    html, tags = page.html, TagReader(page.html)
    metas: list[tuple[str, str]] = []
    for start, name in _name_metas(page):
        if name not in _NAMES:
            continue
        if plain := _PLAIN_META.match(html, start):
            names, content = [decode(plain[1]).strip().lower()], decode(plain[2])
        else:
            attributes = tags.read(start)
            if attributes is None:
                break
            content = attributes.get("content", "")
            names = [attributes.get(key, "").strip().lower() for key in _META_KEYS]
        value = clean(unescape(content))
        if value is not None and name in names:
            metas.append((name, value))
    return metas


def _name_metas(page: Page) -> Iterator[tuple[int, str]]:
    """(where the attributes begin, the first name among what follows) of `meta` in the head.

    No byte is searched twice for a name, so that a page of nothing but beginnings of tags takes no time.
    """
    named, searched, stop = None, 0, 0
    for place in page.metas:
        if place >= _MAX_HEAD_BYTES:
            return
        start = place + _META_TAG_BYTES
        if named is None or named.start() < start or named.end() == stop:
            stop = start + _MAX_NAME_BYTES
            named = _META_NAME.search(page.html, max(start, searched), stop)
            if named is None:
                searched = stop - _MAX_BEFORE_NAME_BYTES
        yield start, "" if named is None else decode(named[1]).lower()


def _read_license_links(
    tree: "HTMLTree", *, html: bytes, tags: Iterable[int]
) -> tuple[list[Notice], list[Notice], list[Notice]]:
    """(links said to be the licence's, other links to Creative Commons' licences, links to terms in RSL)."""
    stated: list[Notice] = []
    terms: list[Notice] = []
    linked: list[Notice] = []
    reader = TagReader(html)
    for start in tags:
        tag = _TAG_NAME.match(html, start, start + 20)
        if tag is None:
            continue
        attributes = reader.read(tag.end())
        if attributes is None:
            break
        value = clean(unescape(attributes.get("href") or attributes.get("content") or ""))
        name = decode(tag[1]).lower()
        if value is None:
            continue
        if "license" in attributes.get("rel", "").lower().split() and name in ("a", "link", "area"):
            if attributes.get("type", "").strip().lower() == _RSL:
                terms.append((name, f"license {_RSL}", value))  # terms for machines, no licence of the text
            else:
                stated.append((name, "license", value))
        elif "license" in attributes.get("itemprop", "").split():
            stated.append(("schema.org", "license", value))
        elif name == "a" and _CC_LICENSE.match(value):
            linked.append((name, "href", value))
    if stated:
        selector = "[rel~=license i], [itemprop~=license]"  # not in a comment or script
        if tree.document is None or tree.document.query_selector(selector) is None:
            stated = []
    return stated, linked, terms


def _tags_with(html: bytes, word: bytes) -> list[int]:
    """Where the tags begin in which a word may stand, at most _MAX_LINKS."""
    starts: list[int] = []
    place = html.find(word) if holds(html, word) else -1
    start, searched = -1, 0
    while place >= 0 and len(starts) < _MAX_LINKS:
        # what stands before the word before was searched for it
        start = max(start, html.rfind(b"<", searched, place))
        searched = place
        if start >= 0 and (not starts or starts[-1] != start) and html.find(b">", start, place) < 0:
            starts.append(start)
        place = html.find(word, place + len(word))
    return starts


def _read_language(tree: "HTMLTree", *, by_name: Mapping[str, list[str]]) -> str | None:
    root = None if tree.document is None else tree.document.document_element
    if root is not None:
        value = clean(root.getattr("lang") or root.getattr("xml:lang"))
        if value is not None:
            return value
    values = by_name.get("content-language", [])
    return values[0] if len(values) == 1 and "," not in values[0] else None
