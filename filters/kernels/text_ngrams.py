"""The kernel that counts repeated n-grams of one text, of characters or of words, by 64-bit hash.

Most n-grams of a text occur once. A byte per hash bucket counts to two without a branch; only n-grams of
a bucket with two are counted exactly, in a table that stays in a core's cache.
"""

import numpy as np

from filters.kernels.compiling import kernel_without_references as kernel
from filters.kernels.text_scan import BASE

MAX_SLOTS_LOG2 = 16
"""The n-gram table never exceeds 2¹⁶ slots of 16 bytes, so it stays in a core's cache."""
MAX_FILTER_LOG2 = 21
"""Nor the filter 2²¹ bytes: longer texts are counted exactly at once, part by part."""

GOLDEN = np.uint64(0xD6E8FEB86659FD93)
_ONE = np.uint64(1)
_TWO = np.uint8(2)


@kernel
def sum_top(frequencies: np.ndarray, highest: int, distinct: int, repeated: int, k: int) -> int:
    """Sum of the k largest n-gram frequencies; frequencies[f] n-grams occur f times (f ≥ 2)."""
    total = 0
    left = min(k, repeated)
    frequency = highest
    while left > 0:
        taken = min(left, int(frequencies[frequency]))
        total += taken * frequency
        left -= taken
        frequency -= 1
    return total + min(max(k - repeated, 0), distinct - repeated)


@kernel
def partition(
    hashes: np.ndarray, count: int, shift: np.uint64, parts: int, ends: np.ndarray, out: np.ndarray
) -> None:
    """Group hashes by bits from shift upwards: part p is out[ends[p] : ends[p + 1]]."""
    mask = np.uint64(parts - 1)
    for slot in range(parts + 1):
        ends[slot] = 0
    for i in range(count):
        ends[np.int64((hashes[i] >> shift) & mask) + 1] += 1
    total = 0
    for slot in range(parts + 1):
        total += ends[slot]
        ends[slot] = total
    for i in range(count):
        part = np.int64((hashes[i] >> shift) & mask)
        out[ends[part]] = hashes[i]
        ends[part] += 1
    for slot in range(parts, 0, -1):
        ends[slot] = ends[slot - 1]
    ends[0] = 0


@kernel
def clear_filter(count: int, seen: np.ndarray) -> int:
    """Zero as much of the filter as count hashes need: log2 of its size, or 0 where it is too small."""
    bits = 6
    while (1 << bits) < 4 * count:
        bits += 1
    if (1 << bits) > seen.shape[0]:
        return 0
    for i in range(1 << bits):
        seen[i] = 0
    return bits


@kernel
def keep_candidates(hashes: np.ndarray, count: int, bits: int, seen: np.ndarray) -> int:
    """Move the hashes whose bucket has two to the front, in order: how many there are."""
    if bits == 0:
        return count
    shift = np.uint64(64 - bits)
    kept = 0
    for i in range(count):
        value = hashes[i]
        hashes[kept] = value
        kept += seen[np.int64(value >> shift)] == _TWO
    return kept


@kernel
def find_char_candidates(
    prefix: np.ndarray, chars: int, n: int, power: np.uint64, seen: np.ndarray, hashes: np.ndarray
) -> int:
    """Hashes of n characters in a row that may occur twice, from the prefix array: how many there are."""
    ngrams = max(chars - n + 1, 0)
    bits = clear_filter(ngrams, seen)
    shift = np.uint64(64 - bits) if bits > 0 else np.uint64(64 - 6)  # filled, but not asked
    for i in range(ngrams):
        value = (prefix[i + n] - prefix[i] * power) * GOLDEN
        hashes[i] = value
        bucket = np.int64(value >> shift)
        times = seen[bucket]
        seen[bucket] = times + np.uint8(times < _TWO)
    return keep_candidates(hashes, ngrams, bits, seen)


@kernel
def find_word_candidates(
    words: np.ndarray, count: int, n: int, power: np.uint64, seen: np.ndarray, hashes: np.ndarray
) -> int:
    """The same of n words in a row; words are hashes, well mixed."""
    ngrams = max(count - n + 1, 0)
    bits = clear_filter(ngrams, seen)
    shift = np.uint64(64 - bits) if bits > 0 else np.uint64(64 - 6)
    rolling = np.uint64(0)
    for i in range(count):
        rolling = rolling * BASE + words[i]
        if i >= n:
            rolling -= words[i - n] * power
        if i >= n - 1:
            value = rolling * GOLDEN
            hashes[i - n + 1] = value
            bucket = np.int64(value >> shift)
            times = seen[bucket]
            seen[bucket] = times + np.uint8(times < _TWO)
    return keep_candidates(hashes, ngrams, bits, seen)


@kernel
def count_ngrams(
    hashes: np.ndarray,
    count: int,
    ngrams: int,
    slots: np.ndarray,
    taken: np.ndarray,
    frequencies: np.ndarray,
    epoch: np.ndarray,
    ends: np.ndarray,
    spare: np.ndarray,
) -> tuple[int, int, int, int]:
    """Repetition of n-grams given by hash: (repeated occurrences, top as run, top paper, top head).

    hashes are the count candidates among ngrams; all others occur once. slots is an open-addressing table
    [2^b, 2] of (hash, epoch << 32 | frequency): a slot of another epoch is free, so nothing is cleared
    between texts. Where hashes do not fit at load 1/2, they are partitioned by value into spare and counted
    part by part. taken has room for the slots in use; frequencies is all zero, before and after.
    """
    bits, part_bits = 4, 0
    while (1 << bits) < 2 * count and (2 << bits) <= slots.shape[0]:
        bits += 1
    while (1 << (bits + part_bits)) < 2 * count:
        part_bits += 1
    shift = np.uint64(64 - bits)
    slot_mask = (1 << bits) - 1
    distinct, highest = 0, 1
    if part_bits > 0:
        partition(hashes, count, np.uint64(64 - bits - part_bits), 1 << part_bits, ends, spare)
    for part in range(1 << part_bits):
        epoch[0] += _ONE
        mark = epoch[0] << np.uint64(32)
        first, last = (ends[part], ends[part + 1]) if part_bits > 0 else (0, count)
        in_use = 0
        for i in range(first, last):
            spread = spare[i] if part_bits > 0 else hashes[i]
            slot = np.int64(spread >> shift)
            while slots[slot, 1] >= mark and slots[slot, 0] != spread:
                slot = (slot + 1) & slot_mask
            value = max(slots[slot, 1], mark)
            slots[slot, 0] = spread
            slots[slot, 1] = value + _ONE
            taken[in_use] = slot
            in_use += value == mark
        distinct += in_use
        for i in range(in_use):
            frequency = int(np.int64(slots[taken[i], 1] - mark))
            frequencies[frequency] += np.uint32(1)
            highest = max(highest, frequency)
    repeated = distinct - int(np.int64(frequencies[1]))
    distinct += ngrams - count
    root = int(np.sqrt(distinct))
    as_run = sum_top(frequencies, highest, distinct, repeated, min(root, distinct - repeated))
    paper = sum_top(frequencies, highest, distinct, repeated, root)
    head = sum_top(frequencies, highest, distinct, repeated, min(root, repeated))
    for frequency in range(1, highest + 1):
        frequencies[frequency] = 0
    return ngrams - (distinct - repeated), as_run, paper, head
