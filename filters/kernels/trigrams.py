"""Count the character trigrams of texts, and how many of them a table of a language has."""

import numpy as np

from filters.kernels.letter_forms import CLOSING, KEPT, LIGATURE, OPENING, VANISHING
from filters.kernels.utf8 import decode_utf8
from layers.compiling import inlined_kernel, kernel

_SPACE = np.uint64(32)
_POINT_BITS = np.uint64(21)
_TRIGRAM = np.uint64((1 << 63) - 1)
_POINT = np.uint64((1 << 21) - 1)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_HIGH = np.uint64(32)


@kernel
def fill_slots(keys: np.ndarray, slots: np.ndarray) -> None:
    """Put trigrams uint64 [k] into the open-addressed table slots uint64 [2 ** b], all zeros before."""
    mask = np.int64(len(slots) - 1)
    for key in keys:
        slot = np.int64((key * _MIX) >> _HIGH) & mask
        while slots[slot] != 0:
            slot = (slot + 1) & mask
        slots[slot] = key


@kernel
def fill_alphabet(keys: np.ndarray, alphabet: np.ndarray) -> None:
    """Set the bits of the letters of trigrams uint64 [k] in alphabet uint8 [code points / 8]."""
    for key in keys:
        for _ in range(3):
            point = np.int64(key & _POINT)
            key >>= _POINT_BITS
            if point != 32:
                alphabet[point >> 3] |= np.uint8(1 << (point & 7))


@kernel
def _has(gram: np.uint64, slots: np.ndarray, first: int, mask: np.int64) -> bool:
    slot = np.int64((gram * _MIX) >> _HIGH) & mask
    while slots[first + slot] != 0 and slots[first + slot] != gram:
        slot = (slot + 1) & mask
    return bool(slots[first + slot] == gram)


@inlined_kernel
def _count_window(
    values: np.ndarray,
    start: int,
    stop: int,
    forms: tuple[np.ndarray, np.ndarray],
    alphabet: np.ndarray,
    table: tuple[np.ndarray, int, np.int64],
) -> tuple[int, int]:
    """(known, all) trigrams of the bytes start to stop; table: slots of all, its first, mask."""
    points, ligatures = forms
    slots, first, mask = table
    known, total = 0, 0
    gram, letters, gap = _SPACE, 1, False
    i = start
    while i < stop:
        byte = values[i]
        if byte < 0x80:
            lower = byte | 32
            i += 1
            if lower < 97 or lower > 122 or (alphabet[lower >> 3] >> (lower & 7)) & 1 == 0:
                gap = letters > 1
                continue
            entry = (np.int64(lower) << 8) | KEPT
        else:
            point, i = decode_utf8(values, i, stop)
            entry = np.int64(points[point])
            if entry & VANISHING != 0:
                continue
            form = entry >> 8  # a ligature's is no code point
            own = entry & LIGATURE != 0 or (alphabet[form >> 3] >> (form & 7)) & 1 != 0
            if entry & (KEPT | LIGATURE) == 0 or not own:
                gap = letters > 1
                continue
            gap = gap or (entry & OPENING != 0 and letters > 1)
        if gap:
            gram = ((gram << _POINT_BITS) | _SPACE) & _TRIGRAM
            letters += 1
            total += letters >= 3
            known += letters >= 3 and _has(gram, slots, first, mask)
        forms_left = ligatures.shape[1] if entry & LIGATURE != 0 else 1
        for k in range(forms_left):
            letter = np.uint64(ligatures[entry >> 8, k] if forms_left > 1 else entry >> 8)
            if letter == 0:
                continue
            gram = ((gram << _POINT_BITS) | letter) & _TRIGRAM
            letters += 1
            total += letters >= 3
            known += letters >= 3 and _has(gram, slots, first, mask)
        gap = entry & CLOSING != 0
    if letters > 1:
        gram = ((gram << _POINT_BITS) | _SPACE) & _TRIGRAM
        total += letters >= 2
        known += letters >= 2 and _has(gram, slots, first, mask)
    return known, total


@kernel
def count_trigrams(
    values: np.ndarray,
    offsets: np.ndarray,
    forms: tuple[np.ndarray, np.ndarray],
    tables: np.ndarray,
    all_slots: tuple[np.ndarray, np.ndarray],
    alphabets: np.ndarray,
    sample: tuple[np.ndarray, int],
    counts: np.ndarray,
) -> None:
    """n texts → (known, all) trigrams in counts int64 [n, 2].

    A trigram is three code points in a row, 21 bits each, of the letters and marks of a text in plain lower
    case (forms: letter_forms()) with one space between words, one before the first and one behind the last.
    tables int64 [n]: which table each text is compared with, -1 for none, which counts nothing. all_slots:
    (slots, ends), table t is slots[ends[t]:ends[t + 1]], see fill_slots. alphabets uint8 [t, k]: the bit of
    each letter of table t's language, see fill_alphabet; other letters separate words. sample: (most bytes
    int64 [t], windows); of a longer text evenly spaced windows are read, each a text. Texts are UTF-8.
    """
    slots, ends = all_slots
    most_bytes, windows = sample
    for row in range(len(offsets) - 1):
        table = tables[row]
        size = offsets[row + 1] - offsets[row]
        if table < 0 or size == 0:
            continue
        first, most = ends[table], most_bytes[table]
        own = (slots, first, np.int64(ends[table + 1] - first - 1))
        known, total = 0, 0
        parts = windows if size > most else 1
        for part in range(parts):
            i, stop = offsets[row], offsets[row + 1]
            if parts > 1:
                i += (size - most // windows) * part // (windows - 1)
                stop = i + most // windows
                while i < stop and (values[i] & 0xC0) == 0x80:  # the window begins inside a character
                    i += 1
                while stop < offsets[row + 1] and (values[stop] & 0xC0) == 0x80:
                    stop += 1
            found, read = _count_window(values, i, stop, forms, alphabets[table], own)
            known += found
            total += read
        counts[row, 0] = known
        counts[row, 1] = total
