"""Lines of a batch of texts as 64-bit keys, counted within a source or within a site.

After CCNet (Wenzek et al. 2020, arXiv:1911.00359), which removes repeated paragraphs before it
identifies languages, and ROOTS (arXiv:2303.03915), whose templates are lines repeated in one site.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version as installed_version
from typing import Any, Literal
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa

from filters.kernels import hashing, lines, unicode_tables
from filters.kernels.compiling import text_buffers

CONTENT_VERSION = 3
"""Bumped by hand when the same line gets another key, or another line is spared."""

_MAX_HOST_CHARS = 253
"""Of a name in DNS: longer ones are no hosts, and are not kept, whatever their length."""

Scope = Literal["source", "site"]


@dataclass(frozen=True)
class Lines:
    """m lines in order of place: key, row of the text, hash of its site (0: none), bytes with line end."""

    keys: np.ndarray
    rows: np.ndarray
    sites: np.ndarray
    spans: np.ndarray


def hash_lines(texts: pa.LargeStringArray, *, min_chars: int = 1, sites: np.ndarray | None = None) -> Lines:
    """Every line of at least min_chars characters: n texts → m lines.

    sites (uint64, one per text) tell equal lines of different sites apart; without them, a line has
    the same key wherever it stands. filters.kernels.lines says how a line is normalised. Raises
    ValueError on null texts.
    """
    values, offsets = text_buffers(texts)
    size = lines.count_lines(values, offsets)
    hashes, rows = np.empty(size, np.uint64), np.empty(size, np.int64)
    spans = np.empty((size, 2), np.int64)
    count = lines.hash_lines(values, offsets, unicode_tables.packed(), min_chars, hashes, rows, spans)
    hashes, rows, spans = hashes[:count], rows[:count], spans[:count]
    of_line = np.zeros(count, np.uint64) if sites is None else sites[rows]
    keys = hashes if sites is None else lines.mix_keys(hashes, of_line)
    return Lines(keys=keys, rows=rows, sites=of_line, spans=spans)


def hash_removable_lines(
    texts: pa.LargeStringArray, *, min_chars: int = 1, sites: np.ndarray | None = None
) -> Lines:
    """hash_lines, without what no rule removes: indented lines, turns of dialogues, refrains and verses.

    filters.kernels.lines.mark_spared says what these are.
    """
    every = hash_lines(texts, min_chars=min_chars, sites=sites)
    values, _ = text_buffers(texts)
    spared = np.zeros(len(every.keys), bool)
    lines.mark_spared(values, every.keys, every.rows, every.spans, spared)
    kept = ~spared
    return Lines(every.keys[kept], every.rows[kept], every.sites[kept], every.spans[kept])


def remove_lines(texts: pa.LargeStringArray, *, rows: np.ndarray, spans: np.ndarray) -> pa.LargeStringArray:
    """The texts without these lines (of hash_lines of the same texts, in order): n texts → n texts."""
    if not len(rows):
        return texts
    values, offsets = text_buffers(texts)
    removed = int((spans[:, 1] - spans[:, 0]).sum())
    out = np.empty(int(offsets[-1] - offsets[0]) - removed, np.uint8)
    out_offsets = np.empty(len(offsets), np.int64)
    lines.write_without_spans(values, offsets, rows, spans, out, out_offsets)
    return pa.Array.from_buffers(
        pa.large_string(), len(texts), [None, pa.py_buffer(out_offsets), pa.py_buffer(out)]
    )


def hash_sites(urls: pa.StringArray) -> np.ndarray:
    """Hash of each URL's registered domain (uint64): n URLs → n values, 0 where there is no domain."""
    names = [registered_domain(url) if url else None for url in urls.to_pylist()]
    domains = pa.array([name or "" for name in names], pa.large_string())
    hashes = hashing.hash_ranges(*text_buffers(domains), np.uint64(0))[:, 0]
    return np.where([name is not None for name in names], np.maximum(hashes, 1), np.uint64(0))


def registered_domain(url: str) -> str | None:
    """`example.co.za` of `https://www.example.co.za/a`: one label below the public suffix; null: none.

    Public suffixes are those that tldextract's release carries, private ones included (a blog of
    a hoster is a site of its own); nothing is fetched. A host without a public suffix, such as an IP
    address, is itself the site.
    """
    try:
        host = urlsplit(url.strip()).hostname
    except ValueError:  # brackets that are no IPv6 address
        return None
    if not host:
        return None
    return _registered(host) if len(host) <= _MAX_HOST_CHARS else _extract(host)


@lru_cache(maxsize=1 << 16)
def _registered(host: str) -> str:
    return _extract(host)


def _extract(host: str) -> str:
    parts = _extractor()(host)
    return str(parts.top_domain_under_public_suffix or host)


@cache
def describe_sites() -> str:
    """What registered domains depend on, for fingerprints."""
    return f"tldextract {installed_version('tldextract')}"


@cache
def _extractor() -> Any:
    import tldextract  # 0.2 s that only a corpus with sites pays

    return tldextract.TLDExtract(cache_dir=None, suffix_list_urls=(), include_psl_private_domains=True)
