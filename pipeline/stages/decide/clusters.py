"""Components of documents that hashes connect, and the first in rank of each set: arrays in, arrays out."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from filters.kernels import unionfind
from layers.columns import Halves

_ALL = np.zeros(0, bool)
_ONE_SCOPE = np.zeros(0, np.int16)
_UNRANKED = np.zeros(0, np.uint64)
_BUCKET_ROWS = 4096
"""Rows of a bucket, about: its keys, rows and hash table are 110 KiB, which a core's cache holds."""
_MAX_BITS = 16


def cluster(
    bands: Iterable[pa.UInt64Array | np.ndarray],
    *,
    n: int,
    scope: np.ndarray | None,
    exact: Halves,
    exact_valid: np.ndarray | None = None,
    joined: np.ndarray | None = None,
) -> np.ndarray:
    """Smallest member index of each document's component: n documents → integers [n].

    Two documents of one scope (the code of the language; None: all documents are of one) are joined
    when a band or the exact hash is equal, and what joins connect is a component. Nulls join nothing.
    joined: what exact hashes join already, from a call without bands. A band is an Arrow array with nulls or
    a NumPy array without; bands are taken one at a time, and each costs two passes and at most n − 1 unions,
    however many documents share a value.

    Raises ValueError when an array has not n values, TypeError when a band is not uint64.
    """
    scope = _ONE_SCOPE if scope is None else np.ascontiguousarray(scope)
    exact_valid = _ALL if exact_valid is None else exact_valid
    _check_length(n, scope=scope, exact_high=exact[0], exact_low=exact[1], exact_valid=exact_valid)
    if joined is None:
        parent = np.arange(n, dtype=index_type(n))
        high, low = (np.ascontiguousarray(half, dtype=np.uint64) for half in exact)
        _join(parent, high=high, low=low, scope=scope, valid=exact_valid)
    else:
        parent = joined.copy()
    for number, band in enumerate(bands):
        values, valid = _band(band, number=number)
        _check_length(n, **{f"band {number}": values})
        _join(parent, high=values, low=values, scope=scope, valid=valid)
        del band, values, valid  # before the next band is read
    unionfind.flatten(parent)
    return parent


def index_type(n: int) -> type[np.signedinteger]:
    """The smaller integer that can name n documents: at ten million, half of the memory."""
    return np.int32 if n <= np.iinfo(np.int32).max else np.int64


def bytes_per_document(bands: int) -> int:
    """Peak memory that one document costs in `cluster`, beside the caller's arrays.

    Resident: 4 bytes of parents (8 from 2³¹ documents on). Transient: keys and rows in buckets
    (12), a band (8), and a second band (8) that a caller reads meanwhile.
    """
    return 4 + 12 + 8 * min(bands, 2)


def choose_first(
    root: np.ndarray,
    *,
    considered: np.ndarray | None = None,
    eligible: np.ndarray | None = None,
    rank: np.ndarray | None = None,
    doc_id: Halves,
) -> np.ndarray:
    """Index of the first in rank of each set, at its root; −1: none is considered.

    n documents → integers [n], of which only those at root[i] mean something. First is an eligible document,
    then the smallest rank, then the smallest doc_id in byte order; None makes all considered, or equal.
    The choice does not depend on the order of the documents, where doc_ids differ. Raises ValueError when
    an array has not as many values as root.
    """
    considered, eligible = (_ALL if values is None else values for values in (considered, eligible))
    rank = _UNRANKED if rank is None else rank
    _check_length(
        len(root), considered=considered, eligible=eligible, rank=rank, high=doc_id[0], low=doc_id[1]
    )
    best = np.full(len(root), -1, root.dtype)
    unionfind.choose(best, root, considered, eligible, rank, *doc_id)
    return best


def set_sizes(root: np.ndarray) -> np.ndarray:
    """Documents of each set, at its root, 0 elsewhere: n documents → integers [n]; a root below 0 is none."""
    sizes = np.zeros(len(root), root.dtype)
    unionfind.count_members(root, sizes)
    return sizes


def duplicate_keys(doc_id: Halves, *, order: np.ndarray | None = None) -> np.ndarray:
    """Whether an earlier document has the same doc_id: n documents → bool [n].

    Earlier is smaller in order (distinct ranks, the locators), or in index without it.
    """
    n = len(doc_id[0])
    order = np.arange(n, dtype=index_type(n)) if order is None else order
    _check_length(n, low=doc_id[1], order=order)
    repeated = np.zeros(n, bool)
    bounds, keys, rows = _buckets(*doc_id, scope=_ONE_SCOPE, valid=_ALL)
    unionfind.mark_repeats(repeated, bounds, keys, rows, *doc_id, _ONE_SCOPE, order)
    return repeated


def join_pairs(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sets that pairs connect: m pairs of any integers → (k integers, smallest of their set)."""
    members, places = np.unique(np.concatenate([one, other]), return_inverse=True)
    parent = np.arange(len(members), dtype=index_type(len(members)))
    unionfind.join_pairs(parent, places[: len(one)], places[len(one) :])
    unionfind.flatten(parent)
    return members, members[parent]


def _join(
    parent: np.ndarray, *, high: np.ndarray, low: np.ndarray, scope: np.ndarray, valid: np.ndarray
) -> None:
    bounds, keys, rows = _buckets(high, low, scope=scope, valid=valid)
    unionfind.join_equal(parent, bounds, keys, rows, high, low, scope)


def _buckets(
    high: np.ndarray, low: np.ndarray, *, scope: np.ndarray, valid: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(bounds of the buckets, keys, rows) of the valid rows."""
    bits = min(max(len(high) // _BUCKET_ROWS, 1).bit_length(), _MAX_BITS)
    bounds = unionfind.count_buckets(high, low, scope, valid, bits)
    keys = np.empty(bounds[-1], np.uint64)
    rows = np.empty(bounds[-1], index_type(len(high)))
    unionfind.fill_buckets(high, low, scope, valid, bits, bounds, keys, rows)
    return bounds, keys, rows


def _band(band: pa.UInt64Array | np.ndarray, *, number: int) -> tuple[np.ndarray, np.ndarray]:
    """(values, whether each is not null; empty: all are) of a band."""
    if isinstance(band, np.ndarray):
        values, valid = band, _ALL
    else:
        values = np.frombuffer(band.buffers()[1] or b"", dtype=band.type.to_pandas_dtype())
        values = values[band.offset : band.offset + len(band)]
        valid = band.is_valid().to_numpy(zero_copy_only=False) if band.null_count else _ALL
    if values.dtype != np.uint64:
        raise TypeError(f"band {number} is {values.dtype}; bands are uint64 hashes")
    return values, valid


def _check_length(n: int, **arrays: np.ndarray) -> None:
    for name, values in arrays.items():
        if len(values) not in (n, 0 if name in _MAY_BE_EMPTY else n):
            raise ValueError(f"{name} has {len(values)} values for {n} documents")


_MAY_BE_EMPTY = ("scope", "exact_valid", "considered", "eligible", "rank")
