"""Duplicate clusters of all documents, and the document of each that stays: arrays in, arrays out."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from filters.kernels import unionfind

Halves = tuple[np.ndarray, np.ndarray]
"""n 128-bit values as (high, low) uint64, read big-endian, so that their order is byte order."""


def cluster(
    bands: Iterable[pa.UInt64Array | np.ndarray],
    *,
    n: int,
    scope: np.ndarray,
    exact: Halves,
    exact_valid: np.ndarray,
) -> np.ndarray:
    """Smallest member index of each document's cluster: n documents → int64 [n].

    Two documents of one scope (int32: the code of the language) are joined when a band or the
    exact hash is equal, and what joins connect is a cluster. Nulls join nothing. A band is an
    Arrow array with nulls or a NumPy array without; bands are taken one at a time, and each costs
    one sort and at most n − 1 unions, however many documents share a value.

    Raises ValueError when an array has not n values, TypeError when a band is not uint64.
    """
    _check_length(n, scope=scope, exact_high=exact[0], exact_low=exact[1], exact_valid=exact_valid)
    scope = np.ascontiguousarray(scope, dtype=np.int32)
    parent = np.arange(n, dtype=np.int64)
    high, low = (np.ascontiguousarray(half, dtype=np.uint64) for half in exact)
    _join(parent, rows=np.flatnonzero(exact_valid), high=high, low=low, scope=scope)
    for number, band in enumerate(bands):
        values, rows = _band(band, number=number)
        _check_length(n, **{f"band {number}": values})
        _join(parent, rows=rows, high=values, low=values, scope=scope)
        del band, values, rows  # before the next band is read
    unionfind.flatten(parent)
    return parent


def bytes_per_document(bands: int) -> int:
    """Peak memory that one document costs in `cluster` and `choose_kept`, beside the caller's arrays.

    Resident: 8 bytes of parents. Transient: a band (8), its rows, keys and order (24); a second
    band (8) while a caller puts one together from pieces.
    """
    return 8 + 24 + 8 * min(bands, 2)


def choose_kept(
    cluster: np.ndarray,
    *,
    eligible: np.ndarray,
    priority: np.ndarray,
    length: np.ndarray,
    doc_id: Halves,
) -> np.ndarray:
    """Index of the document that stays of each document's cluster, −1 where none is eligible: int64 [n].

    Among the eligible members: smallest priority, then longest, then smallest doc_id in byte order.
    The choice does not depend on the order of the documents. Raises ValueError when an array has
    not as many values as cluster.
    """
    n = len(cluster)
    _check_length(n, eligible=eligible, priority=priority, length=length, high=doc_id[0], low=doc_id[1])
    best = np.full(n, -1, np.int64)
    several = np.bincount(cluster, minlength=n)[cluster] > 1
    alone = np.flatnonzero(eligible & ~several)
    best[alone] = alone
    rows = np.flatnonzero(eligible & several)
    rows = rows[np.lexsort((doc_id[1][rows], doc_id[0][rows], -length[rows], priority[rows], cluster[rows]))]
    first = np.flatnonzero(np.diff(cluster[rows], prepend=-1))
    best[cluster[rows[first]]] = rows[first]
    return best[cluster]


def cluster_sizes(cluster: np.ndarray) -> np.ndarray:
    """Documents in each document's cluster, itself included: int64 [n]."""
    return np.bincount(cluster, minlength=len(cluster))[cluster].astype(np.int64)


def duplicate_keys(doc_id: Halves, *, order: np.ndarray | None = None) -> np.ndarray:
    """Whether an earlier document has the same doc_id: n documents → bool [n].

    Earlier is smaller in order (distinct ranks, the locators), or in index without it.
    """
    high, low = doc_id
    n = len(high)
    order = np.arange(n) if order is None else order
    _check_length(n, low=low, order=order)
    repeated = np.zeros(n, bool)
    by_high = np.argsort(high)
    same = np.flatnonzero(high[by_high[1:]] == high[by_high[:-1]])
    rows = by_high[np.union1d(same, same + 1)]  # few, if any: ids are hashes
    rows = rows[np.lexsort((order[rows], low[rows], high[rows]))]
    equal = (high[rows[1:]] == high[rows[:-1]]) & (low[rows[1:]] == low[rows[:-1]])
    repeated[rows[1:][equal]] = True
    return repeated


def _join(
    parent: np.ndarray, *, rows: np.ndarray, high: np.ndarray, low: np.ndarray, scope: np.ndarray
) -> None:
    keys = unionfind.scoped_keys(rows, high, low, scope)
    unionfind.join_equal(parent, rows, np.argsort(keys), keys, high, low, scope)


def _band(band: pa.UInt64Array | np.ndarray, *, number: int) -> tuple[np.ndarray, np.ndarray]:
    """(values, rows that are not null) of a band."""
    if isinstance(band, np.ndarray):
        values, rows = band, np.arange(len(band))
    else:
        values = np.frombuffer(band.buffers()[1] or b"", dtype=band.type.to_pandas_dtype())
        values = values[band.offset : band.offset + len(band)]
        rows = np.flatnonzero(band.is_valid().to_numpy(zero_copy_only=False))
    if values.dtype != np.uint64:
        raise TypeError(f"band {number} is {values.dtype}; bands are uint64 hashes")
    return values, rows


def _check_length(n: int, **arrays: np.ndarray) -> None:
    for name, values in arrays.items():
        if len(values) != n:
            raise ValueError(f"{name} has {len(values)} values for {n} documents")
