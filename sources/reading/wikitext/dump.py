"""What a MediaWiki dump says of its wiki and of each page."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from sources.reading import xml
from sources.reading.mapping import BadRecord
from sources.reading.wikitext.words import normalize_name

_SITEINFO = re.compile(rb"<siteinfo>.*?</siteinfo>", re.DOTALL)
_ROOT_LANG = re.compile(rb"""<mediawiki\b[^>]*?\bxml:lang=["']([A-Za-z0-9-]{1,40})["']""")
_DATE = re.compile(r"(?<!\d)(20\d\d)(\d\d)(\d\d)(?!\d)")
_MOVED_PROJECTS = (
    "wikipedia",
    "wiktionary",
    "wikibooks",
    "wikiquote",
    "wikisource",
    "wikiversity",
    "wikivoyage",
)
"""Projects of Wikimedia whose text was under CC BY-SA 3.0 and moved to 4.0 (terms of use of 7 June 2023)."""
WIKIMEDIA_LICENSES = {"2009-06-15": "CC-BY-SA-3.0", "2023-06-07": "CC-BY-SA-4.0"}
"""First day → licence; a text keeps that of its last change."""
_EARLIEST = "2001-01-01"


@dataclass(frozen=True)
class Site:
    """The `siteinfo` of a dump; a dump without one says nothing."""

    name: str | None = None
    """`dbname`, as `frwiki`."""
    base: str | None = None
    """URL of its main page."""
    lang: str | None = None
    namespaces: Mapping[int, str] = field(default_factory=dict)

    def find_namespace(self, title: str) -> int:
        """By the title's prefix, for dumps older than `<ns>`."""
        prefix, colon, _ = title.partition(":")
        names = {normalize_name(name): number for number, name in self.namespaces.items() if name}
        return names.get(normalize_name(prefix), 0) if colon else 0

    @property
    def licenses(self) -> Mapping[str, str]:
        """First day → licence, where the wiki is one of those whose licence is known."""
        labels = (urlsplit(self.base or "").hostname or "").split(".")
        is_moved = len(labels) > 1 and labels[-2] in _MOVED_PROJECTS and labels[-1] == "org"
        return WIKIMEDIA_LICENSES if is_moved else {}


@dataclass(frozen=True)
class PageRecord:
    """A page of a dump, its text not yet read as wikitext."""

    title: str
    namespace: int
    page_id: str
    revision_id: str | None
    timestamp: str | None
    contributor: str | None
    model: str
    redirect: str | None
    text: str
    is_deleted: bool


def read_site(head: bytes) -> Site:
    """What stands before the first page, in UTF-8; raises BadRecord where it declares entities."""
    before = head.partition(b"<page>")[0]
    xml.refuse_entities(before)
    match = _SITEINFO.search(before)
    if match is None:
        return Site()
    info = xml.parse(match[0])
    lang = _ROOT_LANG.search(before)
    namespaces = {
        int(each.get("key")): each.text or ""
        for each in info.iterfind("namespaces/namespace")
        if each.get("key")
    }
    return Site(
        name=info.findtext("dbname") or None,
        base=info.findtext("base") or None,
        lang=lang[1].decode("ascii") if lang else None,
        namespaces=namespaces,
    )


def read_page(raw: bytes, *, site: Site) -> PageRecord:
    """A `<page>` element; of several revisions the last. Raises BadRecord."""
    page = xml.parse_element(raw)
    title, page_id = page.findtext("title"), page.findtext("id")
    if not title or not page_id:
        raise BadRecord("missing_field", detail=f"the page has no {'id' if title else 'title'}")
    revisions = page.findall("revision")
    revision: Any = revisions[-1] if revisions else page
    text = revision.find("text")
    redirect = page.find("redirect")
    ns = page.findtext("ns")
    contributor = revision.find("contributor")
    return PageRecord(
        title=title,
        namespace=int(ns) if ns is not None and ns.lstrip("-").isdigit() else site.find_namespace(title),
        page_id=page_id,
        revision_id=revision.findtext("id") if revisions else None,
        timestamp=revision.findtext("timestamp"),
        contributor=None
        if contributor is None
        else contributor.findtext("username") or contributor.findtext("ip"),
        model=revision.findtext("model") or "wikitext",
        redirect=None if redirect is None else redirect.get("title") or "",
        text="" if text is None else text.text or "",
        is_deleted=text is None or text.get("deleted") is not None,
    )


def make_url(base: str | None, title: str) -> str | None:
    """Where a page stands, as the wiki writes it; base is the URL of any page of the wiki, or a folder."""
    if base is None:
        return None
    return base.rpartition("/")[0] + "/" + quote(title.replace(" ", "_"), safe="/:;@$!*(),~'")


def choose_license(licenses: Mapping[str, str], timestamp: str | None) -> str | None:
    """The licence whose first day is the last one that a revision's is not before; None: the card's."""
    day = (timestamp or "")[:10] or _EARLIEST
    days = [first for first in sorted(licenses) if first <= day]
    return licenses[days[-1]] if days else None


def read_date(name: str) -> str | None:
    """Day of a dump, from its file's name: `frwiki-20240101-pages-articles.xml.bz2`."""
    match = _DATE.search(name)
    if match is None or not ("01" <= match[2] <= "12" and "01" <= match[3] <= "31"):
        return None
    return "-".join(match.groups())
