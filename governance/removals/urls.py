"""Canonical URLs of removals: what two ways of writing one address have in common, and nothing more.

Scheme (of the web), user, default port and fragment go; host is in lower case and IDNA, escapes are uniform,
dots in paths are resolved. The query stays in its order: another order may be another page.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MAX_HOST_CHARS = 253
"""Of a name in DNS."""
MAX_DEPTH = 64
"""Segments of a path that a prefix may end behind."""
_WEB = ("", "http", "https")
_DEFAULT_PORTS = {"http": (80,), "https": (443,), "": (80, 443), "ftp": (21,)}
_PLAIN = (
    r"^https?://[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+"
    r"(/[A-Za-z0-9_~-][A-Za-z0-9_~.-]*)*/?(\?[A-Za-z0-9_~.=&-]+)?$"
)
"""URLs in which only the scheme has to go."""
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_KEPT = _UNRESERVED | frozenset(b"!$&'()*+,;=:@/?[]|%")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_OPAQUE = re.compile(r"([A-Za-z][A-Za-z0-9+-]*):(?![0-9]*(/|$))(?!//)(\S+)")
"""Names that are no places, such as `urn:` and `doi:`."""


def canonical(url: str) -> str | None:
    """`host[:port]/path[?query]`, of other schemes than http and https with the scheme; None without host.

    A URL without a scheme is taken for one of the web. Names as `doi:10.1000/182` stay as they are.
    """
    text = "".join(url.split()) if "\n" in url or "\t" in url or "\r" in url else url.strip()
    has_scheme = _SCHEME.match(text)
    opaque = None if has_scheme else _OPAQUE.fullmatch(text)
    if opaque:
        return f"{opaque[1].lower()}:{opaque[3]}"
    try:
        parts = urlsplit(text if has_scheme or text.startswith("//") else f"//{text}")
        host, port = canonical_host(parts.hostname or ""), parts.port
    except ValueError:  # a port that is no number, brackets that are no IPv6 address
        return None
    if not host:
        return None
    scheme = parts.scheme.lower()
    path = _remove_dots(_escape(parts.path)) or "/"
    place = host if port is None or port in _DEFAULT_PORTS.get(scheme, ()) else f"{host}:{port}"
    query = f"?{_escape(parts.query)}" if parts.query else ""
    return f"{'' if scheme in _WEB else scheme + '://'}{place}{path}{query}"


def canonical_host(host: str) -> str:
    """A host in lower case and IDNA, without a final dot; an IPv6 address in brackets; empty: it is none."""
    host = host.strip().lower().rstrip(".").replace("\u3002", ".")
    if ":" in host:
        return f"[{host.strip('[]')}]"
    try:
        host = host.encode("idna").decode("ascii").lower().rstrip(".")
    except UnicodeError:  # an empty or long label, or a character that no name has
        return ""
    return host if _HOST.fullmatch(host) else ""


def _escape(text: str) -> str:
    """Escapes of unreserved characters resolved, others in capitals, what must be escaped is."""
    raw = text.encode("utf-8", "surrogateescape")
    if b"%" in raw:
        raw = _ESCAPE.sub(_uniform, raw)
    return "".join(chr(byte) if byte in _KEPT else f"%{byte:02X}" for byte in _bare_percents(raw))


def _uniform(match: re.Match[bytes]) -> bytes:
    byte = int(match[1], 16)
    return bytes([byte]) if byte in _UNRESERVED else b"%" + match[1].upper()


def _bare_percents(raw: bytes) -> bytes:
    return re.sub(rb"%(?![0-9A-F]{2})", b"%25", raw)


def _remove_dots(path: str) -> str:
    if "/." not in path:
        return path
    stack: list[str] = []
    segments = path.split("/")
    for place, segment in enumerate(segments):
        is_last = place == len(segments) - 1
        if segment == "..":
            del stack[max(len(stack) - 1, 1) :]
        elif segment != ".":
            stack.append(segment)
        if segment in (".", "..") and is_last:
            stack.append("")
    return "/".join(stack)


def split_canonical(url: str) -> tuple[str, str]:
    """(host without port, path and query) of a canonical URL."""
    place, _, rest = url.rpartition("://")[2].partition("/")
    host = place if place.startswith("[") and place.endswith("]") else place.rpartition(":")[0] or place
    return host, f"/{rest}"


def domains_above(host: str) -> Iterator[str]:
    """A host and the domains above it, label by label: `a.b.c`, `b.c`, `c`; an address is alone."""
    yield host
    if host.startswith("[") or host.replace(".", "").isdigit():
        return
    labels = host.split(".")
    for start in range(1, len(labels)):
        yield ".".join(labels[start:])


def prefixes(url: str) -> Iterator[str]:
    """The prefixes of a canonical URL that end with a segment of its path or a parameter, itself included."""
    head = url.find("/", url.find("://") + 3 if "://" in url else 0)
    path_end = url.find("?") if "?" in url else len(url)
    yield url[: head + 1]
    place = head
    for _ in range(MAX_DEPTH):
        place = url.find("/", place + 1, path_end)
        if place < 0:
            break
        yield url[:place]
        yield url[: place + 1]
    if url[path_end - 1] != "/":
        yield url[:path_end]
    place = path_end
    while (place := url.find("&", place + 1)) >= 0:
        yield url[:place]
    if path_end < len(url):
        yield url


def canonical_column(urls: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Canonical form of n URLs, null where there is none; those that are not plain are parsed one by one."""
    whole = urls.combine_chunks() if isinstance(urls, pa.ChunkedArray) else urls
    if isinstance(whole, pa.ChunkedArray):
        whole = pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], pa.string())
    whole = whole.cast(pa.string())
    plain = pc.fill_null(pc.match_substring_regex(whole, _PLAIN), False)
    stripped = pc.replace_substring_regex(pc.if_else(plain, whole, ""), r"^https?://", "")
    has_path = pc.match_substring(stripped, "/")
    query = pc.match_substring(stripped, "?")
    simple = pc.if_else(has_path, stripped, pc.binary_join_element_wise(stripped, "/", ""))
    odd = pc.and_(pc.is_valid(whole), pc.or_(pc.invert(plain), pc.and_(query, pc.invert(has_path))))
    rows = pc.indices_nonzero(odd)
    result = pc.if_else(plain, simple, pa.scalar(None, pa.string()))
    if not len(rows):
        return result
    parsed = pa.array([canonical(url) for url in whole.take(rows).to_pylist()], pa.string())
    return pc.replace_with_mask(result, odd, parsed)


def hosts_of(canonical_urls: pa.Array) -> pa.DictionaryArray:
    """Hosts, without port, of n canonical URLs."""
    distinct = pc.replace_substring_regex(canonical_urls, r"^(?:[a-z][a-z0-9+.-]*://)?([^/]*)/.*$", r"\1")
    encoded = distinct.dictionary_encode()
    hosts = encoded.dictionary
    has_port = pc.match_substring(hosts, ":")  # or is an address in brackets
    if pc.any(has_port).as_py():
        parsed = [split_canonical(f"{place}/")[0] for place in hosts.filter(has_port).to_pylist()]
        hosts = pc.replace_with_mask(hosts, has_port, pa.array(parsed, pa.string()))
    return pa.DictionaryArray.from_arrays(encoded.indices, hosts)


def may_be_below(hosts: pa.Array, *, domains: Collection[str]) -> pa.Array:
    """Whether each of n hosts, label by label, may be one of some domains or below it: no other is."""
    listed, hit = pa.array([*domains], pa.string()), pa.array(np.zeros(len(hosts), bool))
    while len(hosts) - hosts.null_count:
        hit = pc.or_(hit, pc.fill_null(pc.is_in(hosts, value_set=listed, skip_nulls=True), False))
        above = pc.replace_substring_regex(hosts, r"^[^.]*\.", "")
        hosts = pc.if_else(pc.match_substring(hosts, "."), above, pa.scalar(None, pa.string()))
    return hit


def covering(candidates: Sequence[str | None], *, listed: frozenset[str]) -> list[list[str]]:
    """Of n canonical URLs the listed prefixes that cover each."""
    return [
        [] if url is None else sorted(prefix for prefix in {*prefixes(url)} if prefix in listed)
        for url in candidates
    ]
