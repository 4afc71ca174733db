"""The commit protocol of a unit: temporary files, digests, replace, and last the entry."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from layers import entries, storage
from layers.entries import Count, Entry, Unit
from layers.parquet_writer import ParquetShardWriter
from layers.shard_writer import ZSTD, ShardWriter, open_writer
from layers.shards import DamagedFile, FileRecord


class ConflictingAttempt(Exception):
    """The same unit was processed twice with different bytes: the stage is not deterministic."""


class UnitCommit:
    """Collects the shards of one unit and commits them together.

    Use as a context manager: leaving it without `commit` removes every temporary file.
    """

    def __init__(
        self,
        layer_url: str,
        *,
        unit: Unit,
        fingerprint: str,
        files_url: str | None = None,
        codec: pa.Codec = ZSTD,
    ) -> None:
        """files_url is where the shards go when that is not beside the entries; codec compresses them."""
        self._layer_url = layer_url
        self._files_url = files_url or layer_url
        self._unit = unit
        self._fingerprint = fingerprint
        self._codec = codec
        self._temporary: list[Path] = []
        self._finished: dict[str, tuple[FileRecord, Path]] = {}

    def __enter__(self) -> "UnitCommit":
        return self

    def __exit__(self, *exc: object) -> None:
        for local in self._temporary:
            storage.discard(local)

    def write(
        self,
        name: str,
        batches: Iterator[pa.RecordBatch],
        *,
        schema: pa.Schema,
        path: str | None = None,
        ends: Sequence[int] = (),
        brief: bool = False,
    ) -> FileRecord:
        """Write a shard to a temporary file; at commit it becomes path, or `<source>/<unit>.<name>.arrow`.

        ends: as in open_writer. brief: the entry does not list the batches, which the caller keeps elsewhere.
        """
        with self.open(name, schema=schema, path=path, ends=ends) as writer:
            for batch in batches:
                writer.write(batch)
        record, local = self._finished[name]
        if brief:
            whole = replace(record, batch_rows=(record.rows,), batch_bytes=(), segments=())
            self._finished[name] = (whole, local)
        return record

    @contextmanager
    def open(
        self, name: str, *, schema: pa.Schema, path: str | None = None, ends: Sequence[int] = ()
    ) -> Iterator[ShardWriter | ParquetShardWriter]:
        """As `write`, for shards that are written side by side; with the block the shard is finished."""
        path = path or f"{self._unit.source}/{self._unit.name}.{name}.arrow"
        local = storage.temporary_path(storage.join(self._files_url, path))
        self._temporary.append(local)
        storage.create(local)
        with open_writer(local, schema=schema, path=path, ends=ends, codec=self._codec) as writer:
            yield writer
            self._finished[name] = (writer.finish(), local)

    def commit(
        self,
        counts: Sequence[Count],
        *,
        facts: Mapping[str, Any] | None = None,
        fingerprint: str | None = None,
    ) -> Entry:
        """Replace the shards, then the entry; raises ConflictingAttempt before touching either.

        fingerprint: where it is known only now.
        """
        self._fingerprint = fingerprint or self._fingerprint
        entry = Entry(
            layer=storage.name_of(self._layer_url),
            unit=self._unit,
            fingerprint=self._fingerprint,
            files={name: record for name, (record, _) in self._finished.items()},
            counts=entries.sum_counts(counts),
            facts=facts or {},
        )
        committed = self._committed()
        if committed is not None and committed.fingerprint == self._fingerprint and committed != entry:
            raise ConflictingAttempt(
                f"{self._unit} in {entry.layer}/ was committed with digests {committed.digests} and computed "
                f"again, from the same inputs and config, with {entry.digests}: it is not deterministic"
            )
        if committed is not None and committed != entry:
            # the old entry must not stand over new shards if the process dies in between
            storage.remove(entries.entry_url(self._layer_url, unit=self._unit))
        for record, local in self._finished.values():
            storage.publish(local, storage.join(self._files_url, record.path))
        storage.write_bytes(entries.entry_url(self._layer_url, unit=self._unit), entry.to_json())
        return entry

    def _committed(self) -> Entry | None:
        """The entry that stands there; a damaged one vouches for nothing and is replaced."""
        try:
            return entries.read_entry(self._layer_url, unit=self._unit)
        except DamagedFile:
            storage.remove(entries.entry_url(self._layer_url, unit=self._unit))
            return None
