"""Tables sorted by a 64-bit key: sums per key, and ranges of keys that are read without the rest."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from layers.shards import Shard

BUCKETS = 1024
"""Ranges of equal width that a table's offsets are known for: the finest partition of the key space."""
_SHIFT = np.uint64(64 - BUCKETS.bit_length() + 1)


def group_by_key(
    keys: np.ndarray, *, sums: Mapping[str, np.ndarray], firsts: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """n rows in any order → one per key, by key: `key`, the sums, and the firsts in the order given."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(keys) else order
    found = {"key": ordered[starts]}
    for name, values in sums.items():
        found[name] = np.add.reduceat(values[order], starts) if len(keys) else values
    for name, values in firsts.items():
        found[name] = values[order][starts]
    return found


def bucket_offsets(keys: np.ndarray) -> list[int]:
    """First row of each bucket, and the number of rows: n sorted keys → BUCKETS + 1 numbers."""
    bounds = np.arange(1, BUCKETS, dtype=np.uint64) << _SHIFT
    return [0, *np.searchsorted(keys, bounds).tolist(), len(keys)]


def count_partitions(rows: int, *, max_rows: int) -> int:
    """The smallest power of two, up to BUCKETS, of partitions that hold max_rows each on average."""
    partitions = 1
    while partitions < BUCKETS and rows > partitions * max_rows:
        partitions *= 2
    return partitions


def read_partition(
    shard: Shard,
    *,
    offsets: Sequence[int],
    partition: int,
    partitions: int,
) -> pa.Table | None:
    """Rows of a sorted shard whose keys are in the partition; None where it has none."""
    width = BUCKETS // partitions
    start, stop = offsets[partition * width], offsets[(partition + 1) * width]
    if start == stop:
        return None
    return shard.table(start=start, stop=stop)


def find_keys(keys: np.ndarray, *, among: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(which keys are among the sorted ones, the place of each that is; 0 for others): n keys → n, n."""
    if not len(among):
        return np.zeros(len(keys), bool), np.zeros(len(keys), np.int64)
    place = np.minimum(np.searchsorted(among, keys), len(among) - 1)
    hit = among[place] == keys
    return hit, np.where(hit, place, 0)
