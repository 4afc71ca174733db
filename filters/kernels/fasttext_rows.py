"""The rows of a word's hashed n-grams in a fastText classifier, and sums of rows."""

import numpy as np

from filters.kernels.compiling import CACHE_LINE, prefetch
from filters.kernels.vectors import COLUMNS, LANES, add_columns, hash_step, sum_columns
from layers.compiling import inlined_kernel

Buckets = tuple[np.ndarray, int]
"""uint64 [ceil(b / 32)]: which of 32 buckets have a row, and << 32 the row of the first that has; b."""
NgramRoom = tuple[np.ndarray, np.ndarray, np.ndarray]
"""For a word: what each byte of its characters does to the hash uint32, hashes of its n-grams uint32, both in
rows of STRIDE; its bytes int64."""

ROOM = 64
"""Characters of a word, with its brackets, whose n-grams are hashed side by side; longer ones are rare."""
MAX_WIDTH = 4
"""Bytes of a character, unless it is no UTF-8."""
STRIDE = 2 * ROOM
"""Of rows that are read beyond the word's end."""

FNV_BASIS = 2166136261
FNV_PRIME = 16777619
MASK = 0xFFFFFFFF
_32 = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_OPENING, _CLOSING = 60, 62  # < and >


def ngram_room(longest: int, *, max_ngram: int) -> NgramRoom:
    """What push_ngrams needs for words of up to longest bytes and n-grams of up to max_ngram characters."""
    most = max(max_ngram, 0)
    steps = np.zeros(2 * MAX_WIDTH * STRIDE + most, np.uint32)
    steps[MAX_WIDTH * STRIDE : (MAX_WIDTH + 1) * STRIDE] = FNV_PRIME
    hashes = np.zeros((most + 1) * STRIDE, np.uint32)
    hashes[:STRIDE] = FNV_BASIS
    return steps, hashes, np.empty(longest + 2, np.int64)


@inlined_kernel
def _popcount(bits: np.uint64) -> np.int64:
    bits = bits - ((bits >> np.uint64(1)) & np.uint64(0x5555555555555555))
    bits = (bits & np.uint64(0x3333333333333333)) + ((bits >> np.uint64(2)) & np.uint64(0x3333333333333333))
    bits = (bits + (bits >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((bits * np.uint64(0x0101010101010101)) >> np.uint64(56))


@inlined_kernel
def find_row(bucket: np.uint64, rows: np.ndarray) -> tuple[np.int64, np.uint64]:
    """Row of a bucket, and 1 if it has one, else 0: rows of buckets stand in the buckets' order."""
    entry = rows[bucket >> np.uint64(5)]
    bit = bucket & np.uint64(31)
    row = np.int64(entry >> _32) + _popcount(entry & ((np.uint64(1) << bit) - np.uint64(1)))
    return row, (entry >> bit) & np.uint64(1)


@inlined_kernel
def _push_slowly(
    values: np.ndarray,
    span: tuple[int, int],
    sizes: tuple[int, int],
    buckets: Buckets,
    scratch: tuple[np.ndarray, np.ndarray],
    at: np.int64,
) -> np.int64:
    """push_ngrams of any bytes, one n-gram after the other."""
    min_ngram, max_ngram = sizes
    token, rows = scratch
    divisor = np.uint64(buckets[1])
    # Lemire, Kaser, Kurz 2019, Faster remainder by direct computation (arXiv:1902.01961), exact for 32 bits:
    # a division costs some 25 cycles, and there is one for each n-gram.
    inverse = np.uint64(0xFFFFFFFFFFFFFFFF) // divisor + np.uint64(1)
    token[0] = _OPENING
    end = 1
    for i in range(span[0], span[1]):
        token[end] = np.int64(np.int8(values[i])) & MASK
        end += 1
    token[end] = _CLOSING
    end += 1
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
                row, present = find_row(bucket, buckets[0])
                rows[at] = row
                at += np.int64(present)
    return at


@inlined_kernel
def _take_no_step(steps: np.ndarray, character: np.uint64) -> None:
    """A character has no bytes behind its first."""
    for k in range(np.uint64(1), np.uint64(MAX_WIDTH)):
        steps[k * np.uint64(STRIDE) + character] = 0
        steps[(k + np.uint64(MAX_WIDTH)) * np.uint64(STRIDE) + character] = 1


@inlined_kernel
def _split(values: np.ndarray, span: tuple[int, int], steps: np.ndarray) -> tuple[np.int64, np.int64]:
    """Steps of the hash of each character of a bracketed word; how many characters, and bytes of the widest.

    Step k of character i is (h ^ steps[k * STRIDE + i]) * steps[(MAX_WIDTH + k) * STRIDE + i], which changes
    nothing where it has fewer bytes; where all have one, others are not written. A width over MAX_WIDTH: it
    has wider ones, and is no UTF-8.
    """
    start, size = np.uint64(span[0]), np.uint64(span[1] - span[0])
    one = np.uint64(1)
    steps[0] = _OPENING
    met = np.uint8(0)
    for i in range(size):
        byte = values[start + i]
        steps[i + one] = byte
        met |= byte
    at, k, widest = size, np.uint64(0), np.uint64(0)
    if met >= 0x80:
        at = np.uint64(0)
        _take_no_step(steps, at)
        for i in range(size):
            byte = values[start + i]
            if byte & 0xC0 == 0x80:
                k += one
                widest = max(widest, k)
            else:
                at += one
                k = np.uint64(0)
                _take_no_step(steps, at)
            if k < np.uint64(MAX_WIDTH):
                # FNV-1a, but bytes from 128 on are sign-extended, as in every published model.
                steps[k * np.uint64(STRIDE) + at] = np.uint32(np.int64(np.int8(byte)) & MASK)
                steps[(k + np.uint64(MAX_WIDTH)) * np.uint64(STRIDE) + at] = FNV_PRIME
        _take_no_step(steps, at + one)
    steps[at + one] = _CLOSING
    return np.int64(at) + 2, np.int64(widest) + 1


@inlined_kernel
def _hash_ngrams(
    steps: np.ndarray, size: np.int64, widest: np.int64, max_ngram: int, hashes: np.ndarray
) -> None:
    """hashes[n * STRIDE + i]: that of the n characters from i on; behind the word's end whatever there is."""
    stride = np.uint64(STRIDE)
    for n in range(np.uint64(max_ngram)):
        for first in range(np.uint64(0), np.uint64(size), np.uint64(LANES)):
            target = (n + np.uint64(1)) * stride + first
            source = target - stride
            for k in range(np.uint64(widest)):
                flips = k * stride + first + n
                hash_step(hashes, source, target, steps, flips, flips + np.uint64(MAX_WIDTH) * stride)
                source = target


@inlined_kernel
def push_ngrams(
    values: np.ndarray,
    span: tuple[int, int],
    sizes: tuple[int, int],
    buckets: Buckets,
    room: NgramRoom,
    rows: np.ndarray,
    at: np.int64,
) -> np.int64:
    """Add the rows of a word's n-grams to rows, by their start, then length; their new end.

    Those of one length are hashed side by side, without branches, which few words foretell; not those of
    long words, of bytes that are no UTF-8, and where buckets are no power of two.
    """
    min_ngram, max_ngram = sizes
    steps, hashes, token = room
    bucket_rows, count = buckets
    size, widest = np.int64(0), np.int64(MAX_WIDTH + 1)
    if span[1] - span[0] <= ROOM - 2 and count & (count - 1) == 0:
        size, widest = _split(values, span, steps)
    if widest > MAX_WIDTH:
        return _push_slowly(values, span, sizes, buckets, (token, rows), at)
    _hash_ngrams(steps, size, widest, max_ngram, hashes)
    mask, end, last = np.uint64(count - 1), np.uint64(at), np.uint64(size)
    for start in range(last):
        if min_ngram <= 1 and max_ngram >= 1:  # not of a bracket alone
            bucket = np.uint64(hashes[np.uint64(STRIDE) + start]) & mask
            row, present = find_row(bucket, bucket_rows)
            rows[end] = row  # overwritten where there is none: no branch can foretell which have one
            end += present & np.uint64(start > 0 and start + np.uint64(1) < last)
        for n in range(np.uint64(max(min_ngram, 2)), np.uint64(max_ngram + 1)):
            bucket = np.uint64(hashes[n * np.uint64(STRIDE) + start]) & mask
            row, present = find_row(bucket, bucket_rows)
            rows[end] = row
            end += present & np.uint64(start + n <= last)
    return np.int64(end)


@inlined_kernel
def fetch_row(matrix: np.ndarray, row: np.uint64) -> None:
    """Bring a row nearer to the core."""
    width = np.uint64(matrix.shape[1])
    step = np.uint64(max(CACHE_LINE // matrix.itemsize, 1))
    place, end = np.uint64(row) * width, (np.uint64(row) + np.uint64(1)) * width
    while place < end:
        prefetch(matrix, place)
        place += step


@inlined_kernel
def add_row(matrix: np.ndarray, row: np.uint64, total: np.ndarray) -> None:
    """Add a row of a matrix to total, of the same or a wider type."""
    width = np.uint64(len(total))
    if width % np.uint64(COLUMNS) == 0:
        for c in range(np.uint64(0), width, np.uint64(COLUMNS)):
            add_columns(matrix, row * width + np.uint64(c), total, np.uint64(c))
    else:
        kind = total.dtype.type
        for c in range(width):
            total[c] += kind(matrix[row, c])


@inlined_kernel
def _sum_rows(
    matrix: np.ndarray,
    rows: np.ndarray,
    span: tuple[np.int64, np.int64],
    total: np.ndarray,
    line: np.uint64,
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
    matrix: np.ndarray, rows: np.ndarray, span: tuple[np.int64, np.int64], total: np.ndarray, line: np.uint64
) -> None:
    """The sum of matrix[rows[first:end]] into total[line], for span (first, end)."""
    width = np.uint64(total.shape[1])
    if total.itemsize < 4 and width % np.uint64(COLUMNS) == 0:  # of integers, in any order
        for c in range(np.uint64(0), width, np.uint64(COLUMNS)):
            base, place = np.uint64(c), line * width + np.uint64(c)
            sum_columns(matrix, base, width, rows, np.uint64(span[0]), np.uint64(span[1]), total, place)
    else:
        _sum_rows(matrix, rows, span, total, line, total.shape[1])
