"""Which page a URL names, and when it was captured; `filters.signals.captures` has the columns."""

import re
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import numpy as np
import pyarrow as pa

from filters.kernels import hashing
from filters.kernels.compiling import text_buffers

HASH_BYTES = 16
_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|dclid|msclkid|yclid|mc_[ce]id|igshid")
PLAIN_URL = re.compile(
    r"https?://([a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+)"
    r"((?:/[A-Za-z0-9_~-][A-Za-z0-9_~.-]*)*/?)"
    r"(?:\?([A-Za-z0-9_~.-]+=[A-Za-z0-9_~.-]*(?:&[A-Za-z0-9_~.-]+=[A-Za-z0-9_~.-]*)*))?"
)
"""URLs in which nothing is to be escaped, resolved or mapped."""
_DEFAULT_PORTS = {"http": 80, "https": 443}
_TIMESTAMP = re.compile(r"\d{14}")


def canonical_url(url: str) -> str | None:
    """What the captures of one page have in common; null where there is no host.

    w3lib's canonical form (host in lower case and IDNA, escapes made uniform, dots in paths resolved,
    parameters sorted, no fragment), and of that neither scheme, nor user, nor the scheme's own port,
    nor parameters that only tell where a visitor came from.
    """
    plain = PLAIN_URL.fullmatch(url)
    if plain is None:
        return canonical_form(url)
    host, path, query = plain.groups(default="")
    if query:
        query = "?" + "&".join(sorted(query.split("&"), key=lambda pair: pair.partition("=")))
        if _TRACKING.search(query):
            return canonical_form(url)
    return f"//{host}{path or '/'}{query}"


def canonical_form(url: str) -> str | None:
    """The same of any URL, by w3lib: 10 to 20 times slower."""
    from w3lib.url import canonicalize_url  # 0.1 s, for documents with URLs only

    try:
        parts = urlsplit(canonicalize_url(url))
        host, port = parts.hostname, parts.port
    except ValueError:  # no port number, brackets that are no IPv6 address, characters that are none
        return None
    if not host:
        return None
    query = parts.query
    if _TRACKING.search(query):
        pairs = parse_qsl(query, keep_blank_values=True)
        query = urlencode([pair for pair in pairs if not _TRACKING.fullmatch(pair[0])])
    place = host if port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f"{host}:{port}"
    return urlunsplit(("", place, parts.path or "/", query, ""))


def url_hashes(urls: pa.StringArray) -> pa.FixedSizeBinaryArray:
    """Hash of each canonical URL: n URLs → n values of 16 bytes, null where there is none.

    MurmurHash3 x64 128 (seed 0) of its UTF-8, stored as h1 then h2, little-endian.
    """
    canonical = [None if url is None else canonical_url(url) for url in urls.to_pylist()]
    values, offsets = text_buffers(pa.array([url or "" for url in canonical], pa.large_string()))
    valid = np.array([url is not None for url in canonical], bool)
    hashes = np.where(valid[:, None], hashing.hash_ranges(values, offsets, np.uint64(0)), np.uint64(0))
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(HASH_BYTES),
        len(urls),
        [pa.array(valid).buffers()[1], pa.py_buffer(hashes.astype("<u8").tobytes())],
    )


def capture_times(dates: pa.StringArray) -> pa.Int64Array:
    """Seconds since 1970 of each date: n dates → n numbers, null where it is neither ISO 8601 nor 14 digits.

    A date without a zone is UTC; a day without a time, and a month or year without a day, is its start.
    """
    return pa.array(
        [None if date is None else _seconds(date.strip()) for date in dates.to_pylist()], pa.int64()
    )


def _seconds(date: str) -> int | None:
    try:
        if _TIMESTAMP.fullmatch(date):
            found = datetime.strptime(date, "%Y%m%d%H%M%S")
        elif re.fullmatch(r"\d{4}(-\d\d)?", date):
            found = datetime.fromisoformat(f"{date}-01-01"[:10])
        else:
            found = datetime.fromisoformat(date)
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
