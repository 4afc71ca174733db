"""Sums of the rows of words met before, by the words' hashes: most words of running text are among them."""

import numpy as np

from filters.kernels.fasttext_rows import add_row, sum_rows
from layers.compiling import inlined_kernel, kernel_without_references

Cache = tuple[np.ndarray, np.ndarray]
"""Words met before: their hashes uint64, in the lowest bits of how many rows each is the
sum, 0 for none; the sums [slots, d]."""

_COUNT = np.uint64(511)
"""The bits of a key that say of how many rows its sum is."""


@inlined_kernel
def slot_of(key: np.uint64, keys: np.ndarray) -> np.uint64:
    """Where in the cache the sum of the rows of a word with this hash is, if it is there."""
    # The lowest bits are not among those that are kept.
    mixed = (key & _COUNT) | ((key >> np.uint64(32)) & ~_COUNT)
    return mixed & np.uint64(len(keys) - 1)


@inlined_kernel
def find_sum(key: np.uint64, keys: np.ndarray) -> tuple[np.uint64, np.int64]:
    """(slot of a word with this hash; of how many rows the sum there is, -1: it is that of another word)."""
    slot = slot_of(key, keys)
    rows = keys[slot] ^ (key & ~_COUNT)
    return slot, np.int64(rows) if rows <= _COUNT else np.int64(-1)


@inlined_kernel
def flush(total: np.ndarray, hidden: np.ndarray, line: np.int64) -> None:
    """Move what total is to hidden[line]."""
    for c in range(len(total)):
        hidden[line, c] += np.float32(total[c])
        total[c] = 0


@kernel_without_references
def sum_queued(
    queue: np.ndarray,
    queued: int,
    matrix: np.ndarray,
    max_rows: int,
    rows: np.ndarray,
    cache: Cache,
    sums_of: tuple[np.ndarray, np.ndarray],
    line: np.int64,
    held: np.int64,
) -> np.int64:
    """Add the sums of the rows of queued words to total, of held rows, and keep them in the cache.

    How many rows total is of afterwards: of more than max_rows it moves to hidden[line].
    """
    keys, sums = cache
    total, hidden = sums_of
    for word in range(queued):
        first, end = queue[word, 0], queue[word, 1]
        key = np.uint64(queue[word, 2])
        slot = slot_of(key, keys)
        kept = end - first <= min(max_rows, np.int64(_COUNT))
        keys[slot] = ((key & ~_COUNT) | np.uint64(end - first)) if kept else np.uint64(0)
        while True:
            last = min(end, first + max_rows)
            if held + last - first > max_rows:
                flush(total, hidden, line)
                held = np.int64(0)
            sum_rows(matrix, rows, (first, last), sums, slot)
            add_row(sums, slot, total)
            held += last - first
            first = last
            if first == end:
                break
    return held


@inlined_kernel
def make_room(
    held: np.int64, more: np.int64, max_rows: int, sums_of: tuple[np.ndarray, np.ndarray], line: np.int64
) -> np.int64:
    """How many rows total is of, once it is moved to hidden[line] where more would be too many for it."""
    if held + more <= max_rows:
        return held
    flush(sums_of[0], sums_of[1], line)
    return np.int64(0)


@inlined_kernel
def add_sum(
    matrix: np.ndarray,
    row: np.uint64,
    rows: np.int64,
    held: np.int64,
    max_rows: int,
    sums_of: tuple[np.ndarray, np.ndarray],
    line: np.int64,
) -> np.int64:
    """Add a row of the matrix, itself the sum of so many, to total; how many rows total is of afterwards."""
    held = make_room(held, rows, max_rows, sums_of, line) + rows
    add_row(matrix, row, sums_of[0])
    return held
