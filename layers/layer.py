"""A layer: where its entries and files are, and how both are read, checked and committed."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from layers import storage
from layers.commit import UnitCommit
from layers.entries import Entry, Unit, entry_url, read_entries, read_entry
from layers.parquet_reader import SUFFIX
from layers.shard_writer import ZSTD
from layers.shards import DamagedFile, FileRecord, Shard

_CHECKERS = min(4, os.cpu_count() or 1)


class MissingEntry(Exception):
    """A unit is not in a layer, or was made otherwise than the job says."""

    def __init__(self, layer: str, unit: Unit, *, url: str) -> None:
        super().__init__(f"{unit} is not in {url}, or was made otherwise")
        self.layer = layer
        self.unit = unit
        self.url = url

    def __reduce__(self) -> tuple[Any, ...]:
        return _missing, (self.layer, self.unit, self.url)


def _missing(layer: str, unit: Unit, url: str) -> MissingEntry:
    return MissingEntry(layer, unit, url=url)


@dataclass(frozen=True)
class Layer:
    """One layer below an output. What is read of it is checked, and raises DamagedFile naming the file."""

    url: str
    files_url: str = ""
    """Where the shards are when that is not beside the entries."""

    @property
    def name(self) -> str:
        return storage.name_of(self.url)

    def join(self, path: str) -> str:
        """The URL of a file of the layer."""
        return storage.join(self.files_url or self.url, path)

    def entry(self, unit: Unit) -> Entry | None:
        """The unit's entry; None when it has not been committed."""
        return read_entry(self.url, unit=unit)

    def current(self, unit: Unit, *, key: str) -> Entry | None:
        """The unit's entry if it was made as key, its fingerprint, says."""
        entry = self.entry(unit)
        return entry if entry is not None and entry.fingerprint == key else None

    def require(self, unit: Unit, *, key: str | None = None) -> Entry:
        """The unit's entry, with that fingerprint if one is given; raises MissingEntry."""
        entry = self.entry(unit)
        if entry is None or key not in (None, entry.fingerprint):
            raise MissingEntry(self.name, unit, url=self.url)
        return entry

    def require_all(self, keys: Mapping[Unit, str]) -> list[Entry]:
        """The entries of units with the fingerprints of keys, in its order; raises MissingEntry."""
        return [self.require(unit, key=key) for unit, key in keys.items()]

    def entries(self) -> list[Entry]:
        """All entries that are there, in unit order."""
        return read_entries(self.url)

    def forget(self, unit: Unit) -> None:
        """Remove the unit's entry, so that it is made again."""
        storage.remove(entry_url(self.url, unit=unit))

    def commit(self, unit: Unit, *, key: str, codec: pa.Codec = ZSTD) -> UnitCommit:
        """The commit of a unit whose fingerprint is key."""
        return UnitCommit(self.url, unit=unit, fingerprint=key, files_url=self.files_url or None, codec=codec)

    def open(self, entry: Entry, file: str, *, columns: Sequence[str] | None = None) -> Shard:
        """A file of an entry."""
        record = entry.files[file]
        return Shard(self.join(record.path), record=record, columns=columns)

    def batches(
        self,
        entry: Entry,
        file: str,
        *,
        columns: Sequence[str] | None = None,
        start: int = 0,
        stop: int | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Rows start to stop of a file, batch by batch."""
        return self.open(entry, file, columns=columns).batches(start=start, stop=stop)

    def table(
        self,
        entry: Entry,
        file: str,
        *,
        columns: Sequence[str] | None = None,
        start: int = 0,
        stop: int | None = None,
    ) -> pa.Table:
        """Rows start to stop of a file, as a table."""
        return self.open(entry, file, columns=columns).table(start=start, stop=stop)

    def row(
        self, entry: Entry, file: str, row: int, *, columns: Sequence[str] | None = None
    ) -> pa.RecordBatch:
        """One row of a file."""
        return next(self.batches(entry, file, columns=columns, start=row, stop=row + 1))

    def check(self, entries: Iterable[Entry], *, files: Sequence[str]) -> None:
        """Compare whole files of entries with their records: for what is then read more than once."""
        with ThreadPoolExecutor(_CHECKERS) as pool:
            shards = [(entry, file) for entry in entries for file in files]
            damaged = [damage for damage in pool.map(self._find_damage, shards) if damage]
        if damaged:
            raise DamagedFile(damaged[0].url, damaged[0].problem, damaged[1:])

    def _find_damage(self, shard: tuple[Entry, str]) -> DamagedFile | None:
        entry, file = shard
        record = entry.files[file]
        if record.path.endswith(SUFFIX):  # its batches are not those of the record
            return self._compare_whole(record)
        try:
            self.open(entry, file).check()
        except DamagedFile as damage:
            return damage
        return None

    def _compare_whole(self, record: FileRecord) -> DamagedFile | None:
        url = self.join(record.path)
        try:
            is_whole = storage.digest_file(url) == (record.sha256, record.bytes)
        except FileNotFoundError:
            return DamagedFile(url, "is missing")
        return None if is_whole else DamagedFile(url, "does not have the bytes that were committed")

    def has_files(self, entry: Entry) -> bool:
        """Whether every file of an entry is there with the bytes of its record."""
        try:
            self.check([entry], files=[*entry.files])
        except DamagedFile:
            return False
        return True
