"""The rows of a word's hashed n-grams in a fastText classifier, and sums of rows."""

import numpy as np

from filters.kernels.compiling import CACHE_LINE, inlined_kernel, prefetch

Buckets = tuple[np.ndarray, int]
"""uint64 [ceil(b / 64), 2]: which of 64 buckets have a row, and the row of the first that has; b."""

USUAL_WIDTH = 64
"""Columns of lid.roots."""

FNV_BASIS = 2166136261
FNV_PRIME = 16777619
MASK = 0xFFFFFFFF
_32 = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


@inlined_kernel
def _popcount(bits: np.uint64) -> np.int64:
    bits = bits - ((bits >> np.uint64(1)) & np.uint64(0x5555555555555555))
    bits = (bits & np.uint64(0x3333333333333333)) + ((bits >> np.uint64(2)) & np.uint64(0x3333333333333333))
    bits = (bits + (bits >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((bits * np.uint64(0x0101010101010101)) >> np.uint64(56))


@inlined_kernel
def find_row(bucket: np.uint64, rows: np.ndarray) -> tuple[np.int64, np.uint64]:
    """Row of a bucket, and 1 if it has one, else 0: rows of buckets stand in the buckets' order."""
    place = np.int64(bucket >> np.uint64(6))
    bits = rows[place, 0]
    bit = bucket & np.uint64(63)
    row = np.int64(rows[place, 1]) + _popcount(bits & ((np.uint64(1) << bit) - np.uint64(1)))
    return row, (bits >> bit) & np.uint64(1)


@inlined_kernel
def _bracket(values: np.ndarray, start: int, end: int, token: np.ndarray) -> int:
    token[0] = 60  # <
    at = 1
    for i in range(start, end):
        token[at] = np.int64(np.int8(values[i])) & MASK
        at += 1
    token[at] = 62  # >
    return at + 1


@inlined_kernel
def push_ngrams(
    values: np.ndarray,
    span: tuple[int, int],
    sizes: tuple[int, int],
    buckets: Buckets,
    scratch: tuple[np.ndarray, np.ndarray],
    at: np.int64,
) -> np.int64:
    """Add the rows of a word's n-grams to those of scratch, room for the word and for rows; their new end."""
    min_ngram, max_ngram = sizes
    bucket_rows, count = buckets
    token, rows = scratch
    end = _bracket(values, span[0], span[1], token)
    divisor = np.uint64(count)
    # Lemire, Kaser, Kurz 2019, Faster remainder by direct computation (arXiv:1902.01961), exact for 32 bits:
    # a division costs some 25 cycles, and there is one for each n-gram.
    inverse = np.uint64(0xFFFFFFFFFFFFFFFF) // divisor + np.uint64(1)
    for start in range(end):
        if token[start] & 0xC0 == 0x80:
            continue
        h = np.int64(FNV_BASIS)
        i = start
        n = 0
        while i < end and n < max_ngram:
            h = ((h ^ token[i]) * FNV_PRIME) & MASK
            i += 1
            while i < end and token[i] & 0xC0 == 0x80:
                h = ((h ^ token[i]) * FNV_PRIME) & MASK
                i += 1
            n += 1
            if n >= min_ngram and not (n == 1 and (start == 0 or i == end)):
                fraction = inverse * np.uint64(h)
                high = (fraction >> _32) * divisor
                bucket = (high + (((fraction & _LOW) * divisor) >> _32)) >> _32
                row, present = find_row(bucket, bucket_rows)
                rows[at] = row  # overwritten where there is none: no branch can foretell which have one
                at += np.int64(present)
    return at


@inlined_kernel
def fetch_row(matrix: np.ndarray, row: np.int64) -> None:
    """Bring a row nearer to the core."""
    for c in range(0, matrix.shape[1], CACHE_LINE // matrix.itemsize):
        prefetch(matrix, np.uint64(row), np.uint64(c))


@inlined_kernel
def add_row(matrix: np.ndarray, row: np.int64, total: np.ndarray, line: np.int64) -> None:
    """Add a row of a matrix to a row of float32."""
    # Indices, not views: each view of an array costs two atomic operations.
    for c in range(total.shape[1]):
        total[line, c] += np.float32(matrix[row, c])


@inlined_kernel
def _sum_rows(
    matrix: np.ndarray,
    rows: np.ndarray,
    span: tuple[np.int64, np.int64],
    total: np.ndarray,
    line: np.int64,
    width: int,
) -> None:
    first, end = span
    kind = total.dtype.type
    for c in range(width):
        total[line, c] = 0
    whole = first + ((end - first) & ~7)
    for k in range(first, whole, 8):  # eight at a time, so that some wait for memory while others are added
        r0, r1, r2, r3 = (
            np.uint32(rows[k]),
            np.uint32(rows[k + 1]),
            np.uint32(rows[k + 2]),
            np.uint32(rows[k + 3]),
        )
        r4, r5, r6, r7 = (
            np.uint32(rows[k + 4]),
            np.uint32(rows[k + 5]),
            np.uint32(rows[k + 6]),
            np.uint32(rows[k + 7]),
        )
        for c in range(width):
            one = (kind(matrix[r0, c]) + kind(matrix[r1, c])) + (kind(matrix[r2, c]) + kind(matrix[r3, c]))
            other = (kind(matrix[r4, c]) + kind(matrix[r5, c])) + (kind(matrix[r6, c]) + kind(matrix[r7, c]))
            total[line, c] += one + other
    for k in range(whole, end):
        row = np.uint32(rows[k])
        for c in range(width):
            total[line, c] += kind(matrix[row, c])


@inlined_kernel
def sum_rows(
    matrix: np.ndarray, rows: np.ndarray, span: tuple[np.int64, np.int64], total: np.ndarray, line: np.int64
) -> None:
    """The sum of matrix[rows[first:end]] into total[line], for span (first, end)."""
    for k in range(span[0], span[1]):
        fetch_row(matrix, np.int64(rows[k]))
    if total.shape[1] == USUAL_WIDTH:  # a loop whose length the compiler knows
        _sum_rows(matrix, rows, span, total, line, USUAL_WIDTH)
    else:
        _sum_rows(matrix, rows, span, total, line, total.shape[1])
