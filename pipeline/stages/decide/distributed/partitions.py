"""Files whose rows stand in order of a partition, so that one task can read one partition of many files.

This is the shuffle of the distributed path: arrays by hash partition, one run of rows per partition
in each file, never a key per document. As files of a layer it is resumable and takes no memory of a
runner; the entry of a file says where each partition starts.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from layers import storage
from layers.commit import UnitCommit
from layers.entries import Count, Entry, Unit
from layers.shards import read_shard


def hash_partitions(values: np.ndarray, *, count: int) -> np.ndarray:
    """Partition of each integer, evenly: n values → int32 [n] below count."""
    mixed = values.astype(np.uint64)
    # MurmurHash3's finaliser
    mixed = (mixed ^ (mixed >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    mixed = (mixed ^ (mixed >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    mixed ^= mixed >> np.uint64(33)
    return (mixed % np.uint64(count)).astype(np.int32)


class PartitionedCommit:
    """Writes tables in order of partitions and commits them as one unit of a layer."""

    def __init__(self, layer_url: str, *, unit: Unit, fingerprint: str) -> None:
        self._commit = UnitCommit(layer_url, unit=unit, fingerprint=fingerprint)
        self._bounds: dict[str, list[int]] = {}
        self._rows = 0

    def __enter__(self) -> "PartitionedCommit":
        self._commit.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._commit.__exit__(*exc)

    def write(self, name: str, columns: Mapping[str, object], *, partition: np.ndarray, count: int) -> None:
        """Write columns (arrays of one length); rows of a partition keep their order."""
        table = pa.table(dict(columns))
        # NumPy sorts up to 16 bits by radix, five times as fast
        small = (
            partition.astype(np.uint8 if count <= 1 << 8 else np.uint16) if count <= 1 << 16 else partition
        )
        order = np.argsort(small, kind="stable")
        bounds = np.concatenate([[0], np.cumsum(np.bincount(partition, minlength=count))])
        self._bounds[name] = [int(bound) for bound in bounds]
        self._rows += len(table)
        ordered = table.take(pa.array(order))
        self._commit.write(name, iter(ordered.to_batches()), schema=table.schema)

    def commit(self, *, changed: int = 0) -> Entry:
        """changed: what a round changed; see stars."""
        count = Count("read", documents=self._rows)
        return self._commit.commit([count], facts={"bounds": self._bounds, "changed": changed})


def read_partition(entries: Sequence[Entry], *, name: str, partition: int, layer_url: str) -> dict[str, Any]:
    """Column → the values of one partition, file after file; empty: there are none.

    Values are NumPy arrays (of binary values: a row of bytes each), or Arrow's where they are lists.
    """
    batches: list[pa.RecordBatch] = []
    schema: pa.Schema | None = None
    for entry in entries:
        if name in entry.files:
            start, stop = entry.facts["bounds"][name][partition : partition + 2]
            file = entry.files[name]
            url = storage.join(layer_url, file.path)
            if start < stop:
                batches += read_shard(url, batch_rows=file.batch_rows, start=start, stop=stop)
                schema = batches[0].schema
    if schema is None:
        return {}
    table = pa.Table.from_batches(batches, schema=schema)
    return {column: _to_array(table[column]) for column in table.schema.names}


def _to_array(column: pa.ChunkedArray) -> Any:
    if pa.types.is_list(column.type):
        return pa.concat_arrays(column.chunks)
    if pa.types.is_fixed_size_binary(column.type):
        width = column.type.byte_width
        pieces = [
            np.frombuffer(chunk.buffers()[1], np.uint8)[chunk.offset * width :][: len(chunk) * width]
            for chunk in column.chunks
        ]
        return np.concatenate(pieces).reshape(-1, width)
    return column.to_numpy()
