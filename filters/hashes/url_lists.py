"""Lists of domains and URLs as sorted hashes: whether a URL, its host or a domain above it is listed.

A domain stands for itself and all domains below it, a host and path for that page and all below it. An entry
is eight bytes: that one of a billion URLs is taken for one of five million entries has odds of 1 to 500.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from filters.hashes.urls import canonical_url
from filters.kernels import hashing
from filters.kernels.compiling import text_buffers

CONTENT_VERSION = 1

ENTRY_BYTES = 8
MAX_HOST_CHARS = 253
"""Of a name in DNS."""
MAX_DEPTH = 32
"""Parts of a path that are compared: a page lies deeper only by chance."""
_CHUNK = 1 << 16
"""Entries hashed at once."""
_PLAIN_HOST = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_ADDRESS = re.compile(r"[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*(%\w+)?")
_OWN_NAMES = re.compile(r"local(host)?(\.localdomain)?|broadcasthost|ip6-\w+|0\.0\.0\.0")
"""Names of the machine itself at the head of hosts files: they block nothing."""


@dataclass(frozen=True)
class UrlList:
    """The hashes of a list, ascending."""

    hashes: np.ndarray
    ignored: int
    """Lines that name no host."""

    def __len__(self) -> int:
        return len(self.hashes)


def read_list(lines: Iterable[str], *, format: str) -> UrlList:
    """Hashes of the entries of a list, in linear time but for a sort; format: domains, urls or hosts."""
    ignored = 0
    parts: list[np.ndarray] = []
    waiting: list[str] = []
    for line in lines:
        words = [line.strip()] if format == "urls" else line.partition("#")[0].split()
        if not words or words[0][:1] in ("", "#"):
            continue
        names = words[1:] if format == "hosts" and _ADDRESS.fullmatch(words[0]) else words[:1]
        for name in names:
            if format == "hosts" and _OWN_NAMES.fullmatch(name):
                continue
            key = _entry_key(name, is_url=format == "urls")
            ignored += key is None
            waiting += [] if key is None else [key]
        if len(waiting) >= _CHUNK:
            parts.append(_hash(waiting))
            waiting = []
    hashes = np.unique(np.concatenate([*parts, _hash(waiting)]))
    return UrlList(hashes, ignored)


def _entry_key(text: str, *, is_url: bool) -> str | None:
    if not is_url:
        host = text.lower().strip(".")
        if _PLAIN_HOST.fullmatch(host) and len(host) <= MAX_HOST_CHARS:
            return host
        canonical = canonical_url(f"http://{text.strip('.')}/")
        host = "" if canonical is None else _split(canonical)[0]
        return host if _PLAIN_HOST.fullmatch(host) else None
    canonical = canonical_url(text if "//" in text else f"http://{text}")
    if canonical is None:
        return None
    host, path = _split(canonical)
    return f"{_without_www(host)}{path.rstrip('/')}" if path.strip("/") else host


def _split(canonical: str) -> tuple[str, str]:
    """(host without port, path and query) of a canonical URL."""
    place, slash, rest = canonical[2:].partition("/")
    host = place if place.startswith("[") else place.partition(":")[0]
    return host.strip("."), slash + rest


def _without_www(host: str) -> str:
    return host.removeprefix("www.")


def find_listed(urls: pa.StringArray, *, url_list: UrlList) -> list[str | None]:
    """n URLs → the host, or host and path, by which each is listed, the shortest; None where it is not."""
    if not len(url_list):
        return [None] * len(urls)
    candidates = [[*_candidates(url)] for url in urls.to_pylist()]
    hashes = _hash([key for keys in candidates for key in keys])
    places = np.searchsorted(url_list.hashes, hashes)
    is_listed = url_list.hashes[np.minimum(places, len(url_list) - 1)] == hashes
    hits: list[str | None] = []
    start = 0
    for keys in candidates:
        stop = start + len(keys)
        hit = np.flatnonzero(is_listed[start:stop])
        hits.append(keys[int(hit[0])] if len(hit) else None)
        start = stop
    return hits


def _candidates(url: str | None) -> Iterator[str]:
    """What would list a URL: the domains above its host, the host, its path down to the page."""
    canonical = None if url is None else canonical_url(url)
    if canonical is None:
        return
    host, rest = _split(canonical)
    if not host or len(host) > MAX_HOST_CHARS:
        return
    labels = host.split(".")
    for count in range(1, len(labels) + 1):
        yield ".".join(labels[-count:])
    base = _without_www(host)
    path, _, query = rest.partition("?")
    whole = path.rstrip("/")
    end = 0
    for _ in range(MAX_DEPTH):
        end = whole.find("/", end + 1)
        if end < 0:
            break
        yield base + whole[:end]
    if whole:
        yield base + whole
    if query:
        yield f"{base}{path}?{query}"


def _hash(keys: list[str]) -> np.ndarray:
    values, offsets = text_buffers(pa.array(keys, pa.large_string()))
    return np.ascontiguousarray(hashing.hash_ranges(values, offsets, np.uint64(0))[:, 0])
