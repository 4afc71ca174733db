"""Units, entries and fingerprints: the atoms of resume and of the ledger."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from layers import storage
from layers.shards import FileRecord


@dataclass(frozen=True)
class Unit:
    """What one task reads: small, printable, ordered by (source, uri, start, part).

    start and stop are bytes, row groups or batches, as the source type defines; stop None is
    the end. part numbers the shards that one long unit was written to.
    """

    source: str
    uri: str
    start: int = 0
    stop: int | None = None
    part: int | None = None

    @property
    def name(self) -> str:
        """File name stem: from the unit's place alone, so that adding files renames nothing."""
        span = json.dumps([self.uri, self.start, self.stop]).encode()
        stem = hashlib.sha256(span).hexdigest()[:16]
        return stem if self.part is None else f"{stem}-{self.part:05d}"

    @property
    def order(self) -> tuple[str, str, int, int]:
        return (self.source, self.uri, self.start, -1 if self.part is None else self.part)

    def with_part(self, part: int) -> "Unit":
        return replace(self, part=part)

    @property
    def whole(self) -> "Unit":
        """The unit that this is a part of."""
        return replace(self, part=None)

    def __str__(self) -> str:
        span = f"[{self.start}:{'' if self.stop is None else self.stop}]" if self.start or self.stop else ""
        part = "" if self.part is None else f" part {self.part}"
        return f"{self.source}: {self.uri}{span}{part}"


@dataclass(frozen=True, order=True)
class Count:
    """One line of the ledger: documents and bytes that took one way through one stage.

    flow is read, kept or dropped, or (bytes only) framing and edited; text links ingest's
    container bytes to UTF-8 bytes. documents None: an unreadable tail, number unknown.
    """

    flow: str
    lang_declared: str = ""
    lang: str = ""
    reason: str = ""
    documents: int | None = 0
    bytes: int = 0


@dataclass(frozen=True)
class Entry:
    """The committed record of one unit in one layer: a shard exists if and only if its entry does."""

    layer: str
    unit: Unit
    fingerprint: str
    files: Mapping[str, FileRecord]
    counts: tuple[Count, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the next stage needs to plan: row ranges per language, input digests and so on."""

    def to_json(self) -> bytes:
        return json.dumps(self, default=vars, sort_keys=True, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "Entry":
        raw = json.loads(data)
        files = {
            name: FileRecord(**(record | {"batch_rows": tuple(record["batch_rows"])}))
            for name, record in raw.pop("files").items()
        }
        return cls(
            unit=Unit(**raw.pop("unit")),
            files=files,
            counts=tuple(Count(**count) for count in raw.pop("counts")),
            **raw,
        )

    @property
    def digests(self) -> dict[str, str]:
        return {name: record.sha256 for name, record in sorted(self.files.items())}


def fingerprint(**parts: Any) -> str:
    """Digest of everything that a unit's bytes depend on; equal fingerprints promise equal bytes."""
    canonical = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def entry_url(layer_url: str, *, unit: Unit) -> str:
    return storage.join(layer_url, unit.source, f"{unit.name}.json")


def read_entry(layer_url: str, *, unit: Unit) -> Entry | None:
    """The unit's entry, or None when it has not been committed."""
    try:
        return Entry.from_json(storage.read_bytes(entry_url(layer_url, unit=unit)))
    except FileNotFoundError:
        return None


def read_entries(layer_url: str) -> list[Entry]:
    """All entries of a layer in unit order."""
    paths = [path for path in storage.list_tree(layer_url) if path.endswith(".json")]
    entries = [Entry.from_json(storage.read_bytes(storage.join(layer_url, path))) for path in paths]
    return sorted(entries, key=lambda entry: entry.unit.order)


def sum_counts(counts: Iterable[Count]) -> tuple[Count, ...]:
    """Counts of equal keys added; an unknown number of documents stays unknown beside the known one."""
    totals: dict[tuple[str, str, str, str, bool], tuple[int, int]] = {}
    for count in counts:
        known = count.documents is not None
        key = (count.flow, count.lang_declared, count.lang, count.reason, known)
        documents, size = totals.get(key, (0, 0))
        totals[key] = (documents + (count.documents or 0), size + count.bytes)
    return tuple(
        Count(*key[:4], documents=documents if key[4] else None, bytes=size)
        for key, (documents, size) in sorted(totals.items())
    )
