"""The kernel that counts repeated n-grams of one text, of characters or of words, by 64-bit hash.

Two different n-grams of one text collide with a probability of about n² / 2⁶⁵ for n of them: 3e-8 for a
million.
"""

import numpy as np

from filters.kernels.compiling import kernel

MAX_SLOTS_LOG2 = 16
"""The n-gram table never exceeds 2¹⁶ slots of 16 bytes, so it stays in a core's cache."""

_BASE = np.uint64(0x9E3779B97F4A7C15)
_GOLDEN = np.uint64(0xD6E8FEB86659FD93)
_ONE = np.uint64(1)


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
def partition(hashes: np.ndarray, count: int, shift: np.uint64, ends: np.ndarray, out: np.ndarray) -> None:
    """Group hashes by bits from shift upwards: part p is out[ends[p] : ends[p + 1]]; ends is 0 before."""
    mask = np.uint64(ends.shape[0] - 2)
    for i in range(count):
        ends[np.int64((hashes[i] >> shift) & mask) + 1] += 1
    total = 0
    for slot in range(ends.shape[0]):
        total += ends[slot]
        ends[slot] = total
    for i in range(count):
        part = np.int64((hashes[i] >> shift) & mask)
        out[ends[part]] = hashes[i]
        ends[part] += 1
    for slot in range(ends.shape[0] - 1, 0, -1):
        ends[slot] = ends[slot - 1]
    ends[0] = 0


@kernel
def count_ngrams(
    units: np.ndarray,
    total: int,
    n: int,
    slots: np.ndarray,
    frequencies: np.ndarray,
    epoch: np.ndarray,
    spare: np.ndarray,
) -> tuple[int, int, int, int, int]:
    """Repetition of n-grams of units: (n-grams, repeated occurrences, top as run, top paper, top head).

    slots is an open-addressing table [2^b, 2] of (hash, epoch << 32 | frequency): a slot of another
    epoch is free, so nothing is cleared between documents. Where units do not fit at load 1/2, the
    hashes are partitioned by value into spare and counted part by part. frequencies is all zero, before
    and after. units is overwritten with the hashes.
    """
    ngrams = max(total - n + 1, 0)
    bits, part_bits = 4, 0
    while (1 << bits) < 2 * ngrams and (2 << bits) <= slots.shape[0]:
        bits += 1
    while (1 << (bits + part_bits)) < 2 * ngrams:
        part_bits += 1
    shift = np.uint64(64 - bits)
    slot_mask = (1 << bits) - 1
    drop = _ONE
    for _ in range(n):
        drop *= _BASE
    distinct, repeated, highest = 0, 0, 1
    rolling, oldest = np.uint64(0), np.uint64(0)
    for i in range(total):
        rolling = rolling * _BASE + units[i]
        if i >= n - 1:
            rolling -= oldest * drop
            oldest = units[i - n + 1]
            spread = rolling * _GOLDEN
            units[i - n + 1] = (spread ^ (spread >> np.uint64(32))) * _GOLDEN
    ends = np.zeros((1 << part_bits) + 1, np.int64)
    hashes = units
    if part_bits == 0:
        ends[1] = ngrams
    else:
        hashes = spare
        partition(units, ngrams, np.uint64(64 - bits - part_bits), ends, spare)
    for part in range(1 << part_bits):
        epoch[0] += _ONE
        mark = epoch[0] << np.uint64(32)
        for i in range(ends[part], ends[part + 1]):
            spread = hashes[i]
            slot = np.int64(spread >> shift)
            while True:
                value = slots[slot, 1]
                if value < mark:
                    slots[slot, 0] = spread
                    slots[slot, 1] = mark + _ONE
                    distinct += 1
                    break
                if slots[slot, 0] == spread:
                    slots[slot, 1] = value + _ONE
                    frequency = int(value - mark) + 1
                    if frequency == 2:
                        repeated += 1
                    else:
                        frequencies[frequency - 1] -= 1
                    frequencies[frequency] += 1
                    highest = max(highest, frequency)
                    break
                slot = (slot + 1) & slot_mask
    root = int(np.sqrt(distinct))
    as_run = sum_top(frequencies, highest, distinct, repeated, min(root, distinct - repeated))
    paper = sum_top(frequencies, highest, distinct, repeated, root)
    head = sum_top(frequencies, highest, distinct, repeated, min(root, repeated))
    for frequency in range(2, highest + 1):
        frequencies[frequency] = 0
    return ngrams, ngrams - (distinct - repeated), as_run, paper, head
