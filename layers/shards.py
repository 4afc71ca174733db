"""Arrow IPC shards: reading rows and columns of them. `shard_writer` writes them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from layers import storage


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


def open_shard(
    url: str, *, columns: Sequence[str] | None = None, schema: pa.Schema | None = None
) -> pa.ipc.RecordBatchFileReader:
    """An IPC reader of a shard, restricted to columns; raises ValueError naming a file that is none.

    A schema that is known, and is the file's, saves reading its footer twice.
    """
    try:
        options = pa.ipc.IpcReadOptions(use_threads=False)
        if columns is not None:
            own = schema or pa.ipc.open_file(_open_file(url, whole=False)).schema
            options.included_fields = sorted(own.get_field_index(name) for name in columns)
            if options.included_fields[:1] == [-1]:
                raise KeyError(f"{url} lacks one of the columns {list(columns)}; it has {own.names}")
        reader = pa.ipc.open_file(_open_file(url, whole=columns is None), options=options)
    except pa.ArrowInvalid as error:
        raise ValueError(
            f"{url} is not a readable Arrow shard ({error}); remove its entry and run again"
        ) from error
    if columns is not None and set(reader.schema.names) != {*columns}:
        raise ValueError(f"{url} has other columns than {list(columns)} in their places; run its stage again")
    return reader


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
    schema: pa.Schema | None = None,
    batch_rows: Sequence[int] | None = None,
    start: int = 0,
    stop: int | None = None,
) -> Iterator[pa.RecordBatch]:
    """Rows start to stop of a shard; with batch_rows (from its entry) other batches are not even decoded.

    schema: as in open_shard.
    """
    reader = open_shard(url, columns=columns, schema=schema)
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
