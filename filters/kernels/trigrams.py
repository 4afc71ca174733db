"""Count the character trigrams of texts, and how many of them a table of a language has."""

import numpy as np

from filters.kernels.compiling import kernel

_SPACE = np.uint64(32)
_POINT_BITS = np.uint64(21)
_TRIGRAM = np.uint64((1 << 63) - 1)
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
def count_trigrams(
    values: np.ndarray,
    offsets: np.ndarray,
    tables: np.ndarray,
    slots: np.ndarray,
    ends: np.ndarray,
    counts: np.ndarray,
) -> None:
    """n texts → (known, all) trigrams in counts int64 [n, 2].

    A trigram is three code points in a row, 21 bits each, of the text between two spaces. tables int64 [n]:
    which table of slots each text is compared with, -1 for none, which counts nothing. Table t is
    slots[ends[t]:ends[t + 1]], see fill_slots. Texts are UTF-8.
    """
    for row in range(len(offsets) - 1):
        table = tables[row]
        i, end = offsets[row], offsets[row + 1]
        if table < 0 or i == end:
            continue
        first = ends[table]
        mask = np.int64(ends[table + 1] - first - 1)
        gram = _SPACE
        size = 1
        known, total = 0, 0
        while i <= end:
            if i == end:
                point = _SPACE
                i += 1
            else:
                byte = np.uint64(values[i])
                width = 1 if byte < 0x80 else (2 if byte < 0xE0 else (3 if byte < 0xF0 else 4))
                point = byte if width == 1 else byte & np.uint64(0x3F >> (width - 1))
                for k in range(1, min(width, end - i)):
                    point = (point << np.uint64(6)) | (np.uint64(values[i + k]) & np.uint64(0x3F))
                i += width
            gram = ((gram << _POINT_BITS) | point) & _TRIGRAM
            size += 1
            if size >= 3:
                total += 1
                slot = np.int64((gram * _MIX) >> _HIGH) & mask
                while slots[first + slot] != 0 and slots[first + slot] != gram:
                    slot = (slot + 1) & mask
                known += slots[first + slot] == gram
        counts[row, 0] = known
        counts[row, 1] = total
