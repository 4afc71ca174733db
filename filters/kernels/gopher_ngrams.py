"""The kernel of Gopher's n-gram repetition: the most frequent 2–4-grams, the duplicated 5–10-grams.

An n-gram can only repeat where both (n − 1)-grams in it do, so each length looks at what the length before
left: in natural text a third of the places for pairs, a twentieth for 5-grams.
"""

import numpy as np

from filters.kernels.text_ngrams import GOLDEN, find_first, reserve, table_bits
from filters.kernels.text_scan import BASE
from layers.compiling import kernel_without_references as kernel

MIN_N, MAX_TOP_N, MAX_N = 2, 4, 10


@kernel
def count_places(
    hashes: np.ndarray,
    count: int,
    slots: np.ndarray,
    used: np.ndarray,
    firsts: np.ndarray,
    times: np.ndarray,
) -> None:
    """How often each hash occurs: firsts is the place where it first stood, times[firsts[i]] the number."""
    bits = table_bits(count)
    base = reserve(count, slots, used)
    for i in range(count):
        first = find_first(hashes[i] * GOLDEN, i, hashes, slots, bits, base)
        firsts[i] = first
        times[i] = 0
        times[first] += 1


@kernel
def measure_top(
    n: int,
    count: int,
    candidates: int,
    before: np.ndarray,
    places: np.ndarray,
    firsts: np.ndarray,
    times: np.ndarray,
) -> int:
    """Characters of the most frequent n-gram of count words times its frequency; 0 in a shorter text."""
    if n > count:
        return 0
    best, best_place = 1, 0
    for i in range(candidates):
        if times[i] > best:  # 0 where a hash stood before
            best, best_place = int(times[i]), int(places[i])
    return (int(before[best_place + n] - before[best_place]) + n - 1) * best


@kernel
def measure_duplicated(
    n: int,
    candidates: int,
    before: np.ndarray,
    places: np.ndarray,
    firsts: np.ndarray,
    times: np.ndarray,
) -> int:
    """Characters of the n-grams that were visited before, from left to right without overlap."""
    free, duplicated = 0, 0
    for i in range(candidates):
        place, first = int(places[i]), int(firsts[i])
        if place < free or times[first] == 1:
            continue
        if times[first] < 0:
            duplicated += int(before[place + n] - before[place])
            free = place + n
        else:
            times[first] = -times[first]  # visited
    return duplicated


@kernel
def measure_gopher_ngrams(
    words: np.ndarray,
    before: np.ndarray,
    count: int,
    slots: np.ndarray,
    used: np.ndarray,
    places: np.ndarray,
    hashes: np.ndarray,
    firsts: np.ndarray,
    times: np.ndarray,
    result: np.ndarray,
) -> None:
    """Fill result[n - 2] with characters: of the top n-gram for n to 4, of duplicated n-grams from 5 to 10.

    before[i] is the characters of all words before word i. The top n-gram is the most frequent one, the
    first of several, with n - 1 spaces, times its frequency. Duplicated n-grams are found from left to
    right: one that was seen counts its words and is skipped whole, any other moves on by one word.
    """
    candidates = max(count - 1, 0)
    for i in range(candidates):
        places[i] = i
        hashes[i] = words[i] * BASE + words[i + 1]
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
        count_places(hashes, candidates, slots, used, firsts, times)
        if n <= MAX_TOP_N:
            result[n - MIN_N] = measure_top(n, count, candidates, before, places, firsts, times)
        else:
            result[n - MIN_N] = measure_duplicated(n, candidates, before, places, firsts, times)
        kept = 0
        for i in range(candidates):  # no branch: whether an n-gram repeats cannot be predicted
            places[kept] = places[i]
            hashes[kept] = hashes[i]
            kept += times[firsts[i]] != 1
        candidates = kept
