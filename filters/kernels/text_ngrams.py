"""The kernel that counts repeated n-grams of one text, of characters or of words, by 64-bit hash.

A table maps each hash to the place where it first stood. Its slots hold the place in four bytes, behind a
base that grows from text to text, so nothing is cleared; where most n-grams are new, as in natural text, a
slot is read and written once and no other memory is looked at.
"""

import numpy as np

from filters.kernels.text_scan import BASE
from layers.compiling import kernel_without_references as kernel

PLACES_LOG2 = 2
"""Slots per n-gram: 4, so that few new n-grams meet a slot in use."""
MAX_SLOTS_LOG2 = 17
"""The table for n-grams never exceeds 2¹⁷ slots of four bytes, so that it stays in a core's cache: longer
texts are counted part by part."""

GOLDEN = np.uint64(0xD6E8FEB86659FD93)
_MAX_PLACE = (1 << 32) - 1


@kernel
def reserve(count: int, slots: np.ndarray, used: np.ndarray) -> int:
    """The base for count more places: slots that hold less are free. Clears the table once in 2³² places."""
    base = int(used[0])
    if base + count > _MAX_PLACE:
        for slot in range(slots.shape[0]):
            slots[slot] = 0
        base = 1
    used[0] = base + count
    return base


@kernel
def table_bits(count: int) -> int:
    """log2 of the slots for count places."""
    bits = 4
    while (1 << bits) < count << PLACES_LOG2:
        bits += 1
    return bits


@kernel
def find_first(
    spread: np.uint64, place: int, hashes: np.ndarray, slots: np.ndarray, bits: int, base: int
) -> int:
    """The place where the hash of this place first stood, itself if it is new; spread: its mixed hash."""
    mask = (1 << bits) - 1
    slot = np.int64(spread >> np.uint64(64 - bits))
    while True:
        held = int(np.int64(slots[slot])) - base
        if held < 0:
            slots[slot] = np.uint32(base + place)
            return place
        if hashes[held] == hashes[place]:
            return held
        slot = (slot + 1) & mask


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
def hash_char_ngrams(prefix: np.ndarray, chars: int, n: int, power: np.uint64, hashes: np.ndarray) -> int:
    """Hashes of n characters in a row, mixed, from the prefix array: how many there are."""
    ngrams = max(chars - n + 1, 0)
    for i in range(ngrams):
        hashes[i] = (prefix[i + n] - prefix[i] * power) * GOLDEN
    return ngrams


@kernel
def hash_word_ngrams(words: np.ndarray, count: int, n: int, power: np.uint64, hashes: np.ndarray) -> int:
    """The same of n words in a row; words are hashes, well mixed."""
    rolling = np.uint64(0)
    for i in range(count):
        rolling = rolling * BASE + words[i]
        if i >= n:
            rolling -= words[i - n] * power
        if i >= n - 1:
            hashes[i - n + 1] = rolling * GOLDEN
    return max(count - n + 1, 0)


@kernel
def count_ngrams(
    hashes: np.ndarray,
    count: int,
    slots: np.ndarray,
    used: np.ndarray,
    times: np.ndarray,
    frequencies: np.ndarray,
    ends: np.ndarray,
    spare: np.ndarray,
) -> tuple[int, int, int, int]:
    """Repetition of n-grams given by mixed hash: (repeated occurrences, top as run, top paper, top head).

    slots: see find_first. Where count places do not fit, hashes are partitioned by value into spare and
    counted part by part. times has room for count; frequencies is all zero, before and after.
    """
    bits, part_bits = table_bits(count), 0
    while (1 << (bits - part_bits)) > slots.shape[0]:
        part_bits += 1
    bits -= part_bits
    if part_bits > 0:
        partition(hashes, count, np.uint64(64 - part_bits), 1 << part_bits, ends, spare)
    distinct, repeated, highest = 0, 0, 1
    for part in range(1 << part_bits):
        first, last = (ends[part], ends[part + 1]) if part_bits > 0 else (0, count)
        values = spare[first:last] if part_bits > 0 else hashes[first:last]
        base = reserve(last - first, slots, used)
        for i in range(last - first):
            place = find_first(values[i] << np.uint64(part_bits), i, values, slots, bits, base)
            if place == i:
                distinct += 1
                times[i] = 1
            else:
                frequency = int(times[place]) + 1
                times[place] = frequency
                frequencies[frequency - 1] -= np.uint32(frequency > 2)
                frequencies[frequency] += np.uint32(1)
                repeated += frequency == 2
                highest = max(highest, frequency)
    root = int(np.sqrt(distinct))
    as_run = sum_top(frequencies, highest, distinct, repeated, min(root, distinct - repeated))
    paper = sum_top(frequencies, highest, distinct, repeated, root)
    head = sum_top(frequencies, highest, distinct, repeated, min(root, repeated))
    for frequency in range(1, highest + 1):
        frequencies[frequency] = 0
    return count - (distinct - repeated), as_run, paper, head
