"""Union-find over parents of any integer type in which the smallest index of a set is its root.

Equal 128-bit values are found without a sort of all rows: rows are dealt into buckets by the first
bits of a mixed key, and each bucket goes through a hash table that fits into the cache.
"""

import numpy as np

from filters.kernels.hashing import fmix64
from layers.compiling import kernel


@kernel
def _key(high, low, scope):  # type: ignore[no-untyped-def]
    return fmix64(high ^ fmix64(low ^ fmix64(np.uint64(scope))))


@kernel
def count_buckets(high, low, scope, valid, bits):  # type: ignore[no-untyped-def]
    """First place of each of 2^bits buckets, and the end of the last: int64 [2^bits + 1].

    scope and valid may be empty: one scope, all rows valid.
    """
    bounds = np.zeros((1 << bits) + 1, np.int64)
    shift = np.uint64(64 - bits)
    for row in range(high.size):
        if valid.size == 0 or valid[row]:
            key = _key(high[row], low[row], scope[row] if scope.size else 0)
            bounds[(np.int64(key >> shift) if bits else 0) + 1] += 1
    for bucket in range(1 << bits):
        bounds[bucket + 1] += bounds[bucket]
    return bounds


@kernel
def fill_buckets(high, low, scope, valid, bits, bounds, keys, rows):  # type: ignore[no-untyped-def]
    """Write each valid row and its key to its bucket, in the order of rows."""
    places = bounds[:-1].copy()
    shift = np.uint64(64 - bits)
    for row in range(high.size):
        if valid.size == 0 or valid[row]:
            key = _key(high[row], low[row], scope[row] if scope.size else 0)
            bucket = np.int64(key >> shift) if bits else 0
            keys[places[bucket]], rows[places[bucket]] = key, row
            places[bucket] += 1


@kernel
def _equal(one, other, high, low, scope):  # type: ignore[no-untyped-def]
    if high[one] != high[other] or low[one] != low[other]:
        return False
    return scope.size == 0 or scope[one] == scope[other]


@kernel
def _table(bounds):  # type: ignore[no-untyped-def]
    """An empty hash table for the largest bucket: a power of two of at least twice its rows."""
    largest, size = 1, 2
    for bucket in range(bounds.size - 1):
        largest = max(largest, bounds[bucket + 1] - bounds[bucket])
    while size < 2 * largest:
        size *= 2
    return np.empty(size, np.int64)


@kernel
def _clear(table, rows):  # type: ignore[no-untyped-def]
    """Empty as much of the table as so many rows need; returns the mask of its slots."""
    size = 2
    while size < 2 * rows:
        size *= 2
    table[:size] = -1
    return size - 1


@kernel
def _find(table, mask, keys, rows, i, high, low, scope):  # type: ignore[no-untyped-def]
    """Slot of the place whose row equals that of place i, or the empty slot where i belongs."""
    slot = np.int64(keys[i] & np.uint64(mask))
    while table[slot] >= 0:
        place = table[slot]
        if keys[place] == keys[i] and _equal(rows[i], rows[place], high, low, scope):
            break
        slot = (slot + 1) & mask
    return slot


@kernel
def _root(parent, i):  # type: ignore[no-untyped-def]
    while parent[i] != i:
        parent[i] = parent[parent[i]]  # path halving
        i = parent[i]
    return i


@kernel
def _union(parent, one, other):  # type: ignore[no-untyped-def]
    one, other = _root(parent, one), _root(parent, other)
    if one < other:
        parent[other] = one
    else:
        parent[one] = other


@kernel
def join_equal(parent, bounds, keys, rows, high, low, scope):  # type: ignore[no-untyped-def]
    """Join rows of equal value and scope: each with the first of its value, so m rows take m − 1 unions."""
    table = _table(bounds)
    for bucket in range(bounds.size - 1):
        start, stop = bounds[bucket], bounds[bucket + 1]
        mask = _clear(table, stop - start)
        for i in range(start, stop):
            slot = _find(table, mask, keys, rows, i, high, low, scope)
            if table[slot] < 0:
                table[slot] = i
            else:
                _union(parent, rows[i], rows[table[slot]])


@kernel
def mark_repeats(repeated, bounds, keys, rows, high, low, scope, order):  # type: ignore[no-untyped-def]
    """Mark every row but the one of smallest order among rows of equal value and scope."""
    table = _table(bounds)
    for bucket in range(bounds.size - 1):
        start, stop = bounds[bucket], bounds[bucket + 1]
        mask = _clear(table, stop - start)
        for i in range(start, stop):
            slot = _find(table, mask, keys, rows, i, high, low, scope)
            if table[slot] < 0:
                table[slot] = i
            elif order[rows[i]] < order[rows[table[slot]]]:
                repeated[rows[table[slot]]] = True
                table[slot] = i
            else:
                repeated[rows[i]] = True


@kernel
def join_pairs(parent, one, other):  # type: ignore[no-untyped-def]
    """Join one[i] with other[i]."""
    for i in range(one.size):
        _union(parent, one[i], other[i])


@kernel
def flatten(parent):  # type: ignore[no-untyped-def]
    """Make every parent a root, in place. A parent is never larger than its child: one pass is enough."""
    for i in range(parent.size):
        parent[i] = parent[parent[i]]


@kernel
def count_members(root, sizes):  # type: ignore[no-untyped-def]
    """Add to sizes, at each root, the rows of its set; those of a negative root are in none."""
    for i in range(root.size):
        if root[i] >= 0:
            sizes[root[i]] += 1


@kernel
def _before(one, other, eligible, rank, high, low):  # type: ignore[no-untyped-def]
    if eligible.size and eligible[one] != eligible[other]:
        return eligible[one]
    if rank.size and rank[one] != rank[other]:
        return rank[one] < rank[other]
    if high[one] != high[other]:
        return high[one] < high[other]
    return low[one] < low[other]


@kernel
def choose(best, root, considered, eligible, rank, high, low):  # type: ignore[no-untyped-def]
    """Write to best, at each root, the first considered row of its set: eligible, by rank, then by value.

    best starts at −1. considered, eligible and rank may be empty: all considered, all equal. Of rows that
    are equal in everything the first is taken.
    """
    for i in range(root.size):
        if considered.size == 0 or considered[i]:
            chosen = best[root[i]]
            if chosen < 0 or _before(i, chosen, eligible, rank, high, low):
                best[root[i]] = i
