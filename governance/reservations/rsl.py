"""RSL 1.0 (Really Simple Licensing): a licence file that robots.txt, a header or a page points to.

In a `<license>`, `prohibits` wins over `permits`, and what a list of permitted uses lacks is not permitted.
Of several licences for one content a reader may choose, so that one is enough to allow. A use that has to be
paid for, or agreed on with a server, is reserved. A link without its file says that there are terms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, XMLParser

from governance.reservations.addresses import PathPattern, find_path, find_site
from governance.reservations.signals import Effect, Origin, Place, Purpose, Question, Signal, shorten

MEDIA_TYPE = "application/rsl+xml"
MAX_BYTES = 1 << 20
MAX_CONTENTS = 10_000

_COVERED: Mapping[Purpose, frozenset[str]] = {
    "train-ai": frozenset(("all", "ai-all", "ai-train", "train-ai", "train-genai")),
    "search": frozenset(("all", "search")),
}
"""Uses that a purpose is a part of, of version 1.0 and its drafts."""
_FREE = ("free", "attribution", "contribution")
"""Payments that are none in money; an absent one is `free`."""


class BrokenFile(ValueError):
    """No licence file: no XML, other XML, or too long."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a licence file says of some of a site's pages."""

    site: str | None
    """None: of the site that the file is of."""
    pattern: PathPattern
    effects: Mapping[Purpose, Effect]
    raw: str
    line: int | None = None


def read_file(data: bytes) -> list[Content]:
    """The contents of a licence file, in their order; raises BrokenFile, for entities too."""
    if len(data) > MAX_BYTES:
        raise BrokenFile(f"{len(data)} bytes; {MAX_BYTES} are the limit")
    if b"<!DOCTYPE" in data.upper() or b"<!ENTITY" in data.upper():
        raise BrokenFile("it declares a document type, which could hold a bomb")
    parser = XMLParser()
    try:
        parser.feed(data)
        root = parser.close()
    except (ParseError, ValueError, RecursionError) as error:
        raise BrokenFile(f"it is no XML: {error}") from error
    if _name(root) != "rsl":
        raise BrokenFile(f"its root is <{_name(root)[:40]}>, not <rsl>")
    contents = [each for each in root if _name(each) == "content"]
    return [_read_content(each) for each in contents[:MAX_CONTENTS]]


def _read_content(element: Element) -> Content:
    url = element.get("url", "").strip()
    site = find_site(url)
    pattern = _find_pattern(url) if site is not None else url
    licenses = [each for each in element if _name(each) == "license"]
    effects: dict[Purpose, Effect] = {
        purpose: _choose([_read_license(each, purpose=purpose) for each in licenses]) for purpose in _COVERED
    }
    said = "; ".join(text for each in licenses for text in _describe(each))
    return Content(site, PathPattern.parse(pattern or "/"), effects, shorten(f"{url or '/'}: {said}"))


def _find_pattern(url: str) -> str:
    return "/" + url.partition("://")[2].partition("/")[2]


def _choose(effects: Sequence[Effect]) -> Effect:
    return "allow" if "allow" in effects else "disallow" if "disallow" in effects else "unknown"


def _read_license(element: Element, *, purpose: Purpose) -> Effect:
    """What one licence says: unknown where it names no uses."""
    permitted, prohibited = (_uses(element, name=name) for name in ("permits", "prohibits"))
    covered = _COVERED[purpose]
    if prohibited & covered:
        return "disallow"
    if not permitted:
        return "unknown"
    if not permitted & covered:
        return "disallow"
    payments = [each.get("type", "free") for each in element if _name(each) == "payment"]
    return "allow" if all(payment in _FREE for payment in payments) else "disallow"


def _uses(element: Element, *, name: str) -> frozenset[str]:
    texts = (each.text or "" for each in element if _name(each) == name and each.get("type") == "usage")
    return frozenset(word for text in texts for word in text.replace(",", " ").lower().split())


def _describe(element: Element) -> list[str]:
    """Permitted and prohibited uses and payments, for a person."""
    told = [
        f"{name} {' '.join(sorted(uses))}"
        for name in ("permits", "prohibits")
        if (uses := _uses(element, name=name))
    ]
    return told + [f"payment {each.get('type', 'free')}" for each in element if _name(each) == "payment"]


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def find_signals(
    contents: Sequence[Content], *, question: Question, origin: Origin, site: str | None
) -> list[Signal]:
    """What a licence file of a site says of a URL: the contents with the longest pattern that meets it."""
    path, own = find_path(question.url), find_site(question.url)
    meeting = [each for each in contents if (each.site or site or own) == own and each.pattern.matches(path)]
    longest = max((each.pattern.octets for each in meeting), default=0)
    return [
        Signal(
            protocol="rsl",
            place="license_file",
            location=origin.location,
            line=each.line,
            raw=each.raw,
            effect=each.effects[question.purpose],
            date=origin.date,
        )
        for each in meeting
        if each.pattern.octets == longest
    ]


def make_link(url: str, *, place: Place, origin: Origin, line: int | None = None) -> Signal:
    """A link to a licence file: there are terms, and they are not known."""
    return Signal(
        protocol="rsl",
        place=place,
        location=origin.location,
        line=line,
        raw=shorten(url),
        effect="unknown",
        date=origin.date,
    )


def find_link(value: str) -> str | None:
    """The address in a `Link` field that leads to a licence file; None: it leads elsewhere."""
    target, _, parameters = value.partition(">")
    said = parameters.lower().replace('"', "").replace(" ", "")
    if "rel=license" not in said or f"type={MEDIA_TYPE}" not in said:
        return None
    return target.strip().removeprefix("<") or None
