"""A few documents of each language, which nobody chose: those whose ids have the smallest SHA-256."""

import hashlib
import heapq
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from layers import shards, storage
from layers.document import ORIGIN

SAMPLES = 3
"""Documents that are shown of each language."""

Place = tuple[str, str, int]
"""(SHA-256 of the id, path of the shard, row)."""


def choose(chosen: list[Place], doc_ids: Sequence[str], *, path: str) -> None:
    """Keep in chosen the SAMPLES smallest of itself and of the documents of a shard."""
    seeds = (
        (hashlib.sha256(str(doc_id).encode()).hexdigest(), path, row) for row, doc_id in enumerate(doc_ids)
    )
    chosen[:] = sorted([*chosen, *heapq.nsmallest(SAMPLES, seeds)])[:SAMPLES]


def read(release: str, places: Sequence[Place]) -> Iterator[dict[str, Any]]:
    """The text and provenance of chosen documents, as they are in the release."""
    for seed, path, row in places:
        record: dict[str, Any] = {"path": path, "row": row, "seed": seed, "text": "", "fields": {}}
        for folder in ("data", "signals", "provenance"):
            url = storage.join(release, f"{folder}/{path.removeprefix('data/')}")
            if not storage.exists(url):
                continue
            fields = shards.read_table(url).slice(row, 1).to_pylist()[0]
            record["text"] = fields.pop("text", record["text"])
            record["fields"] |= {
                name: _plain(value) for name, value in fields.items() if _is_told(name, value)
            }
        yield record


_TOLD = frozenset(
    [
        "doc_id",
        "source",
        "title",
        "author",
        "url",
        "date",
        "license",
        "extra",
        "lang",
        "lang_status",
        "lang_score",
        "lang_share",
        "script",
        "key_id",
        "cluster_size",
        "lang_agrees",
        "text_bytes",
        "words",
        "chars",
        *ORIGIN,
        "lang_segments",
        "lang_candidates",
        "edits",
        "carriers",
        "exact_hash",
        "twin_sources",
        "redactions",
        "removed_spans",
    ]
)
"""Columns that say where a document is from and what was done to it; the others are measurements."""


def _is_told(name: str, value: object) -> bool:
    return name in _TOLD and value is not None and value != []


def _plain(value: Any) -> Any:
    """A value as JSON has it; bytes in hexadecimal, numbers rounded."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
