"""Public addresses of the internet protocol: what is private, documented or reserved is no one's."""

import ipaddress
import re
from collections.abc import Iterator
from functools import lru_cache

from filters.personal_data.spot import Span, Spot

_QUAD = re.compile(r"(?<![\d.])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![\d]|\.\d)")
_VERSION_BEFORE = re.compile(
    r"(?i)((?<![a-z])(v|ver|vers|version|versión|versão|versi|release|rel|section|sec|chapter|clause|article|art|table|fig|figure|"
    r"firmware|build|driver|oid|revision|rev|kernel|linux|"
    r"section|capítulo|chapitre|bagian|phiên bản)[\s.:#=\-]*|§\s*|[a-z]-|[a-z_]|[-/.,]|版本?\s*)\Z"
)
_LABEL_BEFORE = re.compile(
    r"(?i)(?<![a-z])(ip(v4)?|address|addr|host|server|serveur|servidor|dns|gateway|from|ping|ssh|client|地址|عنوان|पता)\W*(\w+\W+){0,2}\Z"
)
_LETTER = re.compile(r"[^\W\d_]")
_URL_BEFORE = re.compile(r"(?i)(://|@)\Z")
_SMALL = 32
"""Numbers of versions and sections; two in front of four are rarely an address: one of 64."""
_RESOLVERS = frozenset({"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9"})
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is of the public internet; one that holds one of version 4 is as public as that."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast
    embedded = address.ipv4_mapped or address.sixtofour
    if embedded is None and address.teredo is not None:
        embedded = address.teredo[1]
    if embedded is None and address in _NAT64:
        embedded = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if embedded is not None:
        return is_public(embedded)
    return address in _GLOBAL_UNICAST and address.is_global


@lru_cache(1 << 12)
def _is_public_quad(text: str) -> bool:
    try:
        return is_public(ipaddress.IPv4Address(text))
    except ValueError:
        return False


def _is_version(before: str, *, has_words: bool) -> bool:
    """Whether what stands before four numbers makes them none of an address; a search costs 40 µs."""
    if has_words:
        return _VERSION_BEFORE.search(before) is not None
    return before.endswith(("-", "/", ".", ",", "_")) or before.rstrip().endswith("§")


def find_quads(spot: Spot) -> Iterator[Span]:
    """Addresses of version 4 in a run of digits."""
    if spot.value.count(".") < 3:
        return
    for match in _QUAD.finditer(spot.value):
        if not _is_public_quad(match[0]):
            continue
        before, after = spot.lead(match.start(), 60), spot.follow(match.end(), 2)
        if after[:1].isascii() and (after[:1].isalpha() or after[:1] == "_"):
            continue
        in_url = _URL_BEFORE.search(before)
        has_words = _LETTER.search(before) is not None
        if not in_url and _is_version(before, has_words=has_words):
            continue
        first, second = int(match[1]), int(match[2])
        if first < _SMALL and second < _SMALL and match[0] not in _RESOLVERS:
            all_small = max(int(part) for part in match.groups()) < _SMALL
            if (
                (all_small or (first < 6 and int(match[3]) < 100))
                and not in_url
                and not (has_words and _LABEL_BEFORE.search(before))
            ):
                continue
        yield spot.span(match.start(), match.end(), kind="ip", detector="ip.v4")


def find_colons(spot: Spot) -> Iterator[Span]:
    """The address of version 6 in a run of hexadecimal digits and colons."""
    value = spot.value.rstrip(".")
    while value.endswith(":") and not value.endswith("::"):
        value = value[:-1].rstrip(".")
    before, after = spot.before[-1:], (spot.value[len(value) :] + spot.after)[:1]
    if (before.isalnum() and before.isascii()) or before in ("_", "-", "."):
        return
    if (after.isalnum() and after.isascii()) or after in ("_",):
        return
    try:
        address = ipaddress.IPv6Address(value)
    except ValueError:
        return
    if is_public(address):
        yield spot.span(0, len(value), kind="ip", detector="ip.v6")
