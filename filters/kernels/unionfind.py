"""Union-find over int64 parents in which the smallest index of a set is its root."""

import numpy as np

from filters.kernels.compiling import kernel
from filters.kernels.hashing import fmix64


@kernel
def scoped_keys(rows, high, low, scope):  # type: ignore[no-untyped-def]
    """Sort key of documents rows: 64 bits mixed from their 128-bit value and scope; uint64 [rows.size]."""
    keys = np.empty(rows.size, np.uint64)
    for i in range(rows.size):
        row = rows[i]
        keys[i] = fmix64(high[row] ^ fmix64(low[row] ^ fmix64(np.uint64(scope[row]))))
    return keys


@kernel
def _root(parent, i):  # type: ignore[no-untyped-def]
    while parent[i] != i:
        parent[i] = parent[parent[i]]  # path halving
        i = parent[i]
    return i


@kernel
def join_equal(parent, rows, order, keys, high, low, scope):  # type: ignore[no-untyped-def]
    """Join neighbours in order whose value and scope are equal; a run of m takes m − 1 unions.

    rows[order[i]] are documents, keys[order[i]] ascends. Equal keys of unequal values do not join.
    """
    for i in range(1, order.size):
        if keys[order[i]] != keys[order[i - 1]]:
            continue
        one, other = rows[order[i - 1]], rows[order[i]]
        if high[one] != high[other] or low[one] != low[other] or scope[one] != scope[other]:
            continue
        one, other = _root(parent, one), _root(parent, other)
        if one < other:
            parent[other] = one
        else:
            parent[one] = other


@kernel
def flatten(parent):  # type: ignore[no-untyped-def]
    """Make every parent a root, in place. A parent is never larger than its child: one pass is enough."""
    for i in range(parent.size):
        parent[i] = parent[parent[i]]
