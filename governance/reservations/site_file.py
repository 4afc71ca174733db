"""A file in which a site says things for machines, as somebody took it."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from governance.reservations.tdmrep import WELL_KNOWN

Kind = Literal["robots", "tdmrep", "rsl"]
KINDS: tuple[Kind, ...] = ("robots", "tdmrep", "rsl")
RSL_NAMES = ("license.xml", "rsl.xml")
ROBOTS = "/robots.txt"


@dataclass(frozen=True)
class SiteFile:
    """Its bytes, and where and when they were taken."""

    site: str
    kind: Kind
    url: str
    date: str | None
    """ISO 8601; None: nobody says."""
    content: bytes


def kind_of(url: str) -> Kind | None:
    """What file of a site an address leads to; None: a page."""
    if url.endswith(ROBOTS) and urlsplit(url).path == ROBOTS:
        return "robots"
    if url.endswith(WELL_KNOWN) and urlsplit(url).path == WELL_KNOWN:
        return "tdmrep"
    return "rsl" if url.endswith(RSL_NAMES) else None
