"""The kernel of Gopher's n-gram repetition: the most frequent 2–4-grams, the duplicated 5–10-grams.

An n-gram can only repeat where both (n − 1)-grams in it do, so each length looks at what the length before
left: in natural text a third of the places for pairs, a twentieth for 5-grams.
"""

import numpy as np

from filters.kernels.compiling import kernel_without_references as kernel
from filters.kernels.text_ngrams import GOLDEN, clear_filter
from filters.kernels.text_scan import BASE

MIN_N, MAX_TOP_N, MAX_N = 2, 4, 10

_ONE = np.uint64(1)
_VISITED = np.uint64(1 << 31)
_TWO = np.uint8(2)
_COUNT = np.uint64((1 << 31) - 1)


@kernel
def find_pair_candidates(
    words: np.ndarray, count: int, seen: np.ndarray, places: np.ndarray, hashes: np.ndarray
) -> int:
    """Places of word pairs that may occur twice, and their hashes, in order: how many there are."""
    pairs = count - 1
    bits = clear_filter(max(pairs, 0), seen)
    shift = np.uint64(64 - max(bits, 1))
    if bits > 0:
        for i in range(pairs):
            bucket = np.int64(((words[i] * BASE + words[i + 1]) * GOLDEN) >> shift)
            times = seen[bucket]
            seen[bucket] = times + np.uint8(times < _TWO)
    kept = 0
    for i in range(pairs):
        pair = words[i] * BASE + words[i + 1]
        places[kept] = i
        hashes[kept] = pair
        kept += bits == 0 or seen[np.int64((pair * GOLDEN) >> shift)] == _TWO
    return kept


@kernel
def count_places(
    hashes: np.ndarray, count: int, slots: np.ndarray, mark: np.uint64, found: np.ndarray
) -> None:
    """Count equal hashes in slots ([2^b, 2] of hash, mark + frequency); found is the slot of each."""
    bits = 4
    while (1 << bits) < 2 * count:
        bits += 1
    shift = np.uint64(64 - bits)
    slot_mask = (1 << bits) - 1
    for i in range(count):
        value = hashes[i]
        slot = np.int64((value * GOLDEN) >> shift)
        while True:
            frequency = slots[slot, 1]
            if frequency < mark:
                slots[slot, 0] = value
                slots[slot, 1] = mark + _ONE
                break
            if slots[slot, 0] == value:
                slots[slot, 1] = frequency + _ONE
                break
            slot = (slot + 1) & slot_mask
        found[i] = slot


@kernel
def measure_gopher_ngrams(
    words: np.ndarray,
    before: np.ndarray,
    count: int,
    seen: np.ndarray,
    slots: np.ndarray,
    epoch: np.ndarray,
    places: np.ndarray,
    hashes: np.ndarray,
    found: np.ndarray,
    result: np.ndarray,
) -> None:
    """Fill result[n - 2] with characters: of the top n-gram for n to 4, of duplicated n-grams from 5 to 10.

    before[i] is the characters of all words before word i. The top n-gram is the most frequent one, the
    first of several, with n - 1 spaces, times its frequency. Duplicated n-grams are found from left to
    right: one that was seen counts its words and is skipped whole, any other moves on by one word.
    """
    candidates = find_pair_candidates(words, count, seen, places, hashes)
    for n in range(MIN_N, MAX_N + 1):
        if n > MIN_N:
            kept = 0
            for i in range(candidates - 1):
                if places[i] + 1 == places[i + 1]:
                    place = places[i]
                    places[kept] = place
                    hashes[kept] = hashes[i] * BASE + words[place + n - 1]
                    kept += 1
            candidates = kept
        epoch[0] += _ONE
        mark = epoch[0] << np.uint64(32)
        count_places(hashes, candidates, slots, mark, found)
        kept, best, best_place, free, duplicated = 0, np.uint64(1), 0, 0, 0
        for i in range(candidates):
            slot = found[i]
            value = slots[slot, 1] - mark
            frequency = value & _COUNT
            if frequency < 2:
                continue
            place = int(places[i])
            if n <= MAX_TOP_N:
                if frequency > best:
                    best, best_place = frequency, place
            elif place >= free:
                if value != frequency:
                    duplicated += before[place + n] - before[place]
                    free = place + n
                else:
                    slots[slot, 1] += _VISITED
            places[kept] = place
            hashes[kept] = hashes[i]
            kept += 1
        candidates = kept
        if n > MAX_TOP_N:
            result[n - MIN_N] = duplicated
        elif n <= count:
            chars = before[best_place + n] - before[best_place] + n - 1
            result[n - MIN_N] = chars * np.int64(best)
        else:
            result[n - MIN_N] = 0
