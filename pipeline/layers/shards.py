"""Arrow IPC shards (file format, zstd): written in batches whose cuts depend on the rows alone."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.layers import storage

MAX_BATCH_ROWS = 4096
MAX_BATCH_BYTES = 4 << 20
"""A batch ends before the row that would bring its text over this many UTF-8 bytes."""

_COMPRESSION = pa.Codec("zstd", compression_level=1)  # level 3 costs 2x the time for 4 % of the size


@dataclass(frozen=True)
class FileRecord:
    """A finished shard: its path below the layer, its digest, and the rows of each batch."""

    path: str
    sha256: str
    bytes: int
    batch_rows: tuple[int, ...]

    @property
    def rows(self) -> int:
        return sum(self.batch_rows)


def text_lengths(column: pa.Array) -> np.ndarray:
    """UTF-8 bytes of each value, from the offsets alone: n strings → n int64."""
    offsets = np.frombuffer(
        column.buffers()[1], dtype=np.int64 if pa.types.is_large_string(column.type) else np.int32
    )
    return np.diff(offsets[column.offset : column.offset + len(column) + 1]).astype(np.int64)


def rebatch(
    batches: Iterator[pa.RecordBatch],
    *,
    schema: pa.Schema,
    max_rows: int = MAX_BATCH_ROWS,
    max_bytes: int = MAX_BATCH_BYTES,
    ends: Sequence[int] = (),
) -> Iterator[pa.RecordBatch]:
    """The same rows cut anew, greedily by rows and text bytes: the cuts forget how the rows arrived.

    A row larger than max_bytes is a batch of its own. A batch ends at each row number of ends, which ascend.
    """
    pending: list[pa.RecordBatch] = []
    rows = size = passed = 0
    ends = list(ends)
    for batch in batches:
        weights = (
            text_lengths(batch.column("text")) if "text" in schema.names else np.zeros(len(batch), np.int64)
        )
        sizes = np.cumsum(weights)
        start = 0
        while start < len(batch):
            before = int(sizes[start - 1]) if start else 0
            fits = int(np.searchsorted(sizes, before + max_bytes - size, side="right"))
            stop = min(max(fits, start), start + max_rows - rows)
            if stop == start and not rows:
                stop = start + 1  # one row over max_bytes
            stop = min(stop, start + ends[0] - passed) if ends else stop
            if stop > start:
                pending.append(batch.slice(start, stop - start))
                rows += stop - start
                size += int(sizes[stop - 1]) - before
                passed += stop - start
                start = stop
            if start < len(batch) or rows == max_rows or passed in ends[:1]:
                yield _concatenate(pending, schema=schema)  # a full batch still takes empty texts
                pending, rows, size = [], 0, 0
            ends = ends[1:] if passed in ends[:1] else ends
    if pending:
        yield _concatenate(pending, schema=schema)


def _concatenate(batches: Sequence[pa.RecordBatch], *, schema: pa.Schema) -> pa.RecordBatch:
    if len(batches) == 1:
        return pa.RecordBatch.from_arrays(batches[0].columns, schema=schema)
    columns = [column.combine_chunks() for column in pa.Table.from_batches(batches).itercolumns()]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


class _HashingFile:
    """A file that digests what passes through it; Arrow writes shards front to back."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._digest = hashlib.sha256()
        self.size = 0
        self.closed = False

    def write(self, data: Any) -> int:
        self._digest.update(data)
        count = self._file.write(data)
        self.size += count
        return count

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()
        self.closed = True

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


def write_shard(
    local: Path,
    batches: Iterator[pa.RecordBatch],
    *,
    schema: pa.Schema,
    path: str,
    ends: Sequence[int] = (),
) -> FileRecord:
    """Write rows to a local file; returns the record to commit under `path`. Same rows, same bytes.

    ends: rows at which a batch ends, so that a reader of the rows between them decodes no others.
    """
    sink = _HashingFile(local)
    rows: list[int] = []
    options = pa.ipc.IpcWriteOptions(compression=_COMPRESSION, use_threads=False)
    try:
        with pa.ipc.new_file(sink, schema, options=options) as writer:
            for batch in rebatch(batches, schema=schema, ends=ends):
                writer.write_batch(batch)
                rows.append(len(batch))
    finally:
        sink.close()
    return FileRecord(path, sink.hexdigest(), sink.size, tuple(rows))


def open_shard(url: str, *, columns: Sequence[str] | None = None) -> pa.ipc.RecordBatchFileReader:
    """An IPC reader of a shard, restricted to columns; raises ValueError naming a file that is none."""
    try:
        options = pa.ipc.IpcReadOptions(use_threads=False)
        if columns is not None:
            schema = pa.ipc.open_file(_open_file(url, whole=False)).schema
            options.included_fields = sorted(schema.get_field_index(name) for name in columns)
            if options.included_fields[:1] == [-1]:
                raise KeyError(f"{url} lacks one of the columns {list(columns)}; it has {schema.names}")
        return pa.ipc.open_file(_open_file(url, whole=columns is None), options=options)
    except pa.ArrowInvalid as error:
        raise ValueError(
            f"{url} is not a readable Arrow shard ({error}); remove its entry and run again"
        ) from error


def _open_file(url: str, *, whole: bool) -> Any:
    if storage.is_remote(url):
        return storage.open_input(url)
    path = str(storage.local_path(url))
    # behind a map the kernel reads ahead over the columns that are left out: 29 times as much for a band
    return pa.memory_map(path) if whole else pa.OSFile(path)


def read_shard(
    url: str,
    *,
    columns: Sequence[str] | None = None,
    batch_rows: Sequence[int] | None = None,
    start: int = 0,
    stop: int | None = None,
) -> Iterator[pa.RecordBatch]:
    """Rows start to stop of a shard; with batch_rows (from its entry) other batches are not even decoded."""
    reader = open_shard(url, columns=columns)
    first = 0
    for index in range(reader.num_record_batches):
        if stop is not None and first >= stop:
            return
        if batch_rows is not None and first + batch_rows[index] <= start:
            first += batch_rows[index]
            continue
        batch = reader.get_batch(index)
        if columns is not None:
            batch = batch.select(list(columns))
        last = first + len(batch)
        low, high = max(start, first), last if stop is None else min(stop, last)
        if low < high:
            yield batch.slice(low - first, high - low)
        first = last


def read_table(url: str, *, columns: Sequence[str] | None = None) -> pa.Table:
    """A whole shard as a table."""
    reader = open_shard(url, columns=columns)
    schema = reader.schema
    table = pa.Table.from_batches(
        [reader.get_batch(index) for index in range(reader.num_record_batches)], schema=schema
    )
    return table if columns is None else table.select(list(columns))
