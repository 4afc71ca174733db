"""Hosts and paths as reservations name them: whose copy holds for a URL, and whether a pattern meets it."""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

_DEFAULT_PORTS = {"http": "80", "https": "443"}
_AUTHORITY = re.compile(r"(https?)://([^/?#\\]*)", re.IGNORECASE)
_HOST = re.compile(r"\[[0-9a-f:.]+\]|[^\s:@/\[\]<>\"'`{}|\\^]+")
_MAX_HOST_CHARS = 253
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_.~/?=&:;,+@-]*")
_ESCAPES = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
_KEPT = "/?#[]@!&'()+,;=:%-._~"
"""Left as they are: reserved characters, and escapes that stay."""
_PATH_BEGIN = re.compile(r"[/?;]")
_REPEATED = re.compile(r"\*+")


@lru_cache(1 << 12)
def _parse_authority(scheme: str, authority: str) -> str | None:
    name, _, port = authority.rpartition("@")[2].lower().partition("]:" if "[" in authority else ":")
    name += "]" if "[" in authority and not name.endswith("]") else ""
    host = name.rstrip(".")
    if not _HOST.fullmatch(host) or not (port == "" or (port.isdecimal() and port.isascii())):
        return None
    try:
        host = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return None
    if len(host) > _MAX_HOST_CHARS:
        return None
    return host if port in ("", _DEFAULT_PORTS[scheme]) else f"{host}:{int(port)}"


def find_site(url: str | None) -> str | None:
    """The site whose robots.txt holds for a URL: its host in ASCII and lower case, with a port of its own.

    None where it is no URL of http or https. User names are no hosts: of `http://example.com@evil.org/` it
    is `evil.org`.
    """
    match = None if url is None else _AUTHORITY.match(url.strip())
    return None if match is None else _parse_authority(match[1].lower(), match[2])


def find_path(url: str) -> str:
    """Path and query of a URL, as patterns are compared with them; of a URL without a path: `/`."""
    start = 2 if url.startswith("//") else 0
    mark = _PATH_BEGIN.search(url, start)
    protocol = url.find("://", start)
    if protocol >= 0 and (mark is None or mark.start() > protocol):
        start = protocol + 3
    begin = _PATH_BEGIN.search(url, start)
    fragment = url.find("#", start)
    if begin is None or 0 <= fragment < begin.start():
        return "/"
    path = url[begin.start() : fragment if fragment >= 0 else len(url)]
    return normalise(path if path.startswith("/") else f"/{path}")


def normalise(path: str) -> str:
    """One spelling of a path: escapes of unreserved characters undone, all else that needs one escaped.

    Other escapes have capitals. An asterisk and a dollar sign are escaped, for in a pattern they are none.
    """
    if _PLAIN_PATH.fullmatch(path):
        return path
    return quote(_ESCAPES.sub(_unescape, path), safe=_KEPT, errors="surrogateescape")


def _unescape(match: re.Match[str]) -> str:
    character = chr(int(match[0][1:], 16))
    return character if _UNRESERVED.fullmatch(character) else match[0].upper()


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A pattern of RFC 9309: a prefix with asterisks for anything, and a dollar sign for the end."""

    pieces: tuple[str, ...]
    is_anchored: bool
    octets: int
    """The longest that matches is the most specific."""

    @classmethod
    def parse(cls, pattern: str) -> "PathPattern":
        """Any text is a pattern."""
        is_anchored = pattern.endswith("$")
        body = pattern[:-1] if is_anchored else pattern
        pieces = tuple(normalise(piece) for piece in _REPEATED.sub("*", body).split("*"))
        octets = sum(map(len, pieces)) + body.count("*") + is_anchored
        return cls(pieces, is_anchored, octets)

    def matches(self, path: str) -> bool:
        """Whether a path in the form of `find_path` is met; in linear time."""
        first, *others = self.pieces
        if not path.startswith(first):
            return False
        if not others:
            return not self.is_anchored or len(path) == len(first)
        place = len(first)
        for piece in others[:-1]:
            place = path.find(piece, place)
            if place < 0:
                return False
            place += len(piece)
        last = others[-1]
        if self.is_anchored:
            return len(path) - len(last) >= place and path.endswith(last)
        return path.find(last, place) >= 0
