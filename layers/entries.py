"""Units, entries and fingerprints: the atoms of resume and of the ledger."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from layers import storage
from layers.shards import DamagedFile, FileRecord, digest_segment


@dataclass(frozen=True)
class Unit:
    """What one task reads: small, printable, ordered by (source, uri, start, part).

    start and stop are bytes, row groups or batches, as the source type defines; stop None is
    the end. last is the last of several small files that one task reads, uri the first. part numbers
    the shards that one long unit was written to.
    """

    source: str
    uri: str
    start: int = 0
    stop: int | None = None
    part: int | None = None
    last: str | None = None

    @property
    def name(self) -> str:
        """File name stem: from the unit's place alone, so that adding files elsewhere renames nothing."""
        place = [self.uri, self.start, self.stop, *([] if self.last is None else [self.last])]
        stem = hashlib.sha256(json.dumps(place).encode()).hexdigest()[:16]
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
        last = "" if self.last is None else f" to {self.last}"
        return f"{self.source}: {self.uri}{last}{span}{part}"


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
        """The entry as a line of JSON, and its digest as a second line."""
        line = orjson.dumps(self, option=orjson.OPT_SORT_KEYS)
        return b"%b\n%b\n" % (line, digest_segment(line).encode())

    @classmethod
    def from_json(cls, line: bytes) -> "Entry":
        """The entry of the first line of its file; see check_entry."""
        raw = orjson.loads(line)
        files = {name: FileRecord(**_as_tuples(record)) for name, record in raw.pop("files").items()}
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


def read_entry_line(layer_url: str, *, unit: Unit) -> bytes | None:
    """The checked JSON of the unit's entry, or None when it has not been committed.

    Raises DamagedFile for one that has other bytes than were written, or is another unit's.
    """
    url = entry_url(layer_url, unit=unit)
    try:
        return check_entry(storage.read_bytes(url), url=url)
    except FileNotFoundError:
        return None


def check_entry(data: bytes, *, url: str) -> bytes:
    """The first line of an entry's file, checked by the second; version 0.1 wrote no second line.

    Raises DamagedFile where the second line is not the digest of the first.
    """
    line, newline, digest = data.partition(b"\n")
    is_old = not newline and data.startswith(b"{") and data.endswith(b"}")
    if not is_old and digest != digest_segment(line).encode() + b"\n":
        raise DamagedFile(url, "does not have the bytes that were committed")
    return line


def read_entry(layer_url: str, *, unit: Unit) -> Entry | None:
    """The unit's entry, or None when it has not been committed; raises DamagedFile, as read_entry_line."""
    line = read_entry_line(layer_url, unit=unit)
    if line is None:
        return None
    entry = Entry.from_json(line)
    if entry.unit != unit:
        raise DamagedFile(entry_url(layer_url, unit=unit), f"is the entry of {entry.unit}")
    return entry


def read_entries(layer_url: str) -> list[Entry]:
    """All entries of a layer in unit order; raises DamagedFile."""
    entries = []
    for path in storage.list_tree(layer_url):
        if path.endswith(".json"):
            url = storage.join(layer_url, path)
            entries.append(Entry.from_json(check_entry(storage.read_bytes(url), url=url)))
    return sorted(entries, key=lambda entry: entry.unit.order)


def _as_tuples(record: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in record.items()}


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
