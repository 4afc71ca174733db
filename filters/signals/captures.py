"""Captures of web pages: which page a document is of, and when it was captured."""

from functools import cache
from importlib.metadata import version as installed_version

import pyarrow as pa

from filters.hashes import urls
from layers.document import make_field

CONTENT_VERSION = 1
FOR_DECIDE = True
SCHEMA = pa.schema(
    [
        make_field(
            "url_hash",
            pa.binary(urls.HASH_BYTES),
            "128-bit hash of the canonical URL (docs/dedup.md); null: no URL with a host.",
        ),
        make_field(
            "capture_time", pa.int64(), "Seconds since 1970 of the date; null: none, or in no known form."
        ),
    ]
)


def measure(batch: pa.RecordBatch, *, langs: pa.StringArray, options: None) -> pa.RecordBatch:
    """Hash of the URL and time of the date: n documents → n rows of SCHEMA."""
    columns = [urls.url_hashes(batch.column("url")), urls.capture_times(batch.column("date"))]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


@cache
def digest(options: None) -> str:
    """Canonical URLs are the library's."""
    return f"w3lib {installed_version('w3lib')}"
