"""The kernel that finds the entries of word lists among the words of a text, by 64-bit hash."""

import numpy as np

from filters.kernels.text_scan import BASE, decode, find_pieces, find_segments, hash_words, mix
from layers.compiling import kernel_without_references as kernel

STOP, FLAGGED, GOPHER, ROOTS_FLAGGED = 1, 2, 4, 8
"""Bits of the marks in a word table: stop word, flagged word, stop word of Gopher's, flagged in ROOTS."""


@kernel
def count_hits(
    words: np.ndarray,
    count: int,
    join: int,
    keys: np.ndarray,
    marks: np.ndarray,
    seen: np.ndarray,
    text: int,
) -> tuple[int, int, int, int, int]:
    """Words, and joins of `join` words in a row (0: none), in the table, by list.

    (stop, flagged, flagged in ROOTS, distinct flagged, distinct Gopher).

    seen[slot] is the number of the last text that hit the slot; text must be new to it.
    """
    stop, flagged, flagged_in_roots, distinct_flagged, distinct = 0, 0, 0, 0, 0
    mask = keys.shape[0] - 1
    for size in (1, join) if join > 1 else (1, count + 1):
        for i in range(count - size + 1):
            key = words[i]
            for j in range(i + 1, i + size):
                key = mix(key * BASE + words[j])
            slot = np.int64(key & np.uint64(mask))
            while marks[slot] != 0 and keys[slot] != key:
                slot = (slot + 1) & mask
            mark = marks[slot]  # no branch: whether a word is a stop word cannot be predicted
            stop += mark & STOP
            flagged += (mark & FLAGGED) >> 1
            flagged_in_roots += (mark & ROOTS_FLAGGED) >> 3
            is_new = seen[slot] != text
            distinct_flagged += ((mark & FLAGGED) >> 1) & is_new
            distinct += ((mark & GOPHER) >> 2) & is_new
            seen[slot] = text
    return stop, flagged, flagged_in_roots, distinct_flagged, distinct


@kernel
def hash_entries(
    values: np.ndarray,
    offsets: np.ndarray,
    characters: np.ndarray,
    segments: bool,
    scratch: tuple[np.ndarray, ...],
    hashes: np.ndarray,
    usable: np.ndarray,
) -> None:
    """Fill the hash of each list entry as count_hits sees it, and whether any text can hit it.

    None can where cutting and stripping the entry would change it. scratch: (units, entries, prefix,
    lower prefix, events, starts, stops, newlines, pieces before, words, powers).
    """
    units, entries, prefix, lower_prefix, events, starts, stops, newlines, pieces_before, words, powers = (
        scratch
    )
    for row in range(hashes.shape[0]):
        chars, event_count = decode(
            values, offsets[row], offsets[row + 1], characters, units, entries, prefix, lower_prefix, events
        )
        pieces, _, _ = find_pieces(
            units, entries, chars, events, event_count, starts, stops, newlines, pieces_before
        )
        if segments:
            pieces = find_segments(entries, chars, starts, stops)
        count, word_chars, _ = hash_words(entries, lower_prefix, starts, stops, pieces, powers, words)
        usable[row] = count > 0 and chars == word_chars + (0 if segments else count - 1)
        for j in range(count):
            hashes[row] = words[0] if j == 0 else mix(hashes[row] * BASE + words[j])


def make_word_table(hashes: np.ndarray, marks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Open-addressing table of word hashes for count_hits: n hashes, n marks → keys, marks of 2^b slots."""
    size = 1 << max(4 * len(hashes), 1).bit_length()
    keys, values = np.zeros(size, np.uint64), np.zeros(size, np.uint8)
    for key, mark in zip(hashes.tolist(), marks.tolist(), strict=True):
        slot = key & (size - 1)
        while values[slot] and int(keys[slot]) != key:
            slot = (slot + 1) & (size - 1)
        keys[slot] = key
        values[slot] |= mark
    return keys, values
