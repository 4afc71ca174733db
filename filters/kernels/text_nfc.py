"""Unicode Normalization Form C (UAX #15) as kernels.

pyarrow.compute.utf8_normalize cannot be used: up to 25.0.1 its NFC is decomposed (apache/arrow#51225).
"""

import numpy as np

from filters.kernels.text_edits import copy_bytes
from filters.kernels.text_tables import DECOMPOSITION_SHIFT, NFC_FIRST, NFC_MAYBE, NFC_NO
from layers.compiling import kernel

_FIRST, _MAYBE, _NO = np.uint32(NFC_FIRST), np.uint32(NFC_MAYBE), np.uint32(NFC_NO)
_SHIFT = np.uint32(DECOMPOSITION_SHIFT)
_SORT_BY_INSERTION = 16  # marks; longer runs, never seen in real text, are sorted in linear time

MAX_CODES = 2
"""Code points in NFD per UTF-8 byte before, at most; 1.5 in fact, for U+0390."""
MAX_GROWTH = 3
"""UTF-8 bytes in NFC per UTF-8 byte before, at most (UAX #15, section 9.2)."""


@kernel
def compose_pair(first: int, second: int, pairs: np.ndarray, composed: np.ndarray) -> int:
    """The character that two make, or 0."""
    if 0x1161 <= second <= 0x1175 and 0x1100 <= first <= 0x1112:
        return 0xAC00 + ((first - 0x1100) * 21 + (second - 0x1161)) * 28
    if 0x11A8 <= second <= 0x11C2 and 0xAC00 <= first <= 0xD7A3 and (first - 0xAC00) % 28 == 0:
        return first + (second - 0x11A7)
    pair = np.uint64(first) << np.uint64(32) | np.uint64(second)
    low, high = 0, pairs.shape[0]
    while low < high:
        middle = (low + high) // 2
        if pairs[middle] < pair:
            low = middle + 1
        else:
            high = middle
    return int(composed[low]) if low < pairs.shape[0] and pairs[low] == pair else 0


@kernel
def find_denormalized(
    values: np.ndarray, offsets: np.ndarray, characters: np.ndarray, pairs: np.ndarray, composed: np.ndarray
) -> np.ndarray:
    """Which texts may not be in NFC: n texts → n flags; False is certain, True is to be normalised.

    Unicode's quick check (UAX #15), sharpened: a character that may compose is fine unless it does
    compose with the starter before it. Otherwise nearly every Bengali or Tamil text would be "maybe".
    """
    flags = np.zeros(offsets.shape[0] - 1, np.bool_)
    for row in range(flags.shape[0]):
        i, stop = offsets[row], offsets[row + 1]
        starter, last_class = np.int64(0), np.uint32(0)
        while i < stop:
            byte = np.int64(values[i])
            if byte < 0xCC:  # below U+0300 every character is a starter and composes with nothing before it
                starter, last_class = byte, np.uint32(0)
                if byte >= 0xC2:
                    starter = ((byte & 0x1F) << 6) | (np.int64(values[i + 1]) & 0x3F)
                i += 1 if byte < 0x80 else 2
                continue
            if byte < 0xE0:
                code = ((byte & 0x1F) << 6) | (np.int64(values[i + 1]) & 0x3F)
                i += 2
            elif byte < 0xF0:
                code = ((byte & 0x0F) << 12) | ((np.int64(values[i + 1]) & 0x3F) << 6)
                code |= np.int64(values[i + 2]) & 0x3F
                i += 3
            else:
                code = ((byte & 0x07) << 18) | ((np.int64(values[i + 1]) & 0x3F) << 12)
                code |= ((np.int64(values[i + 2]) & 0x3F) << 6) | (np.int64(values[i + 3]) & 0x3F)
                i += 4
            entry = characters[code]
            combining = entry & np.uint32(0xFF)
            hit = (entry & _NO) != 0 or (combining != 0 and combining < last_class)
            if (entry & _MAYBE) != 0 and not hit:
                blocked = last_class != 0 and (combining == 0 or combining == last_class)
                before = characters[starter]
                trailing = (before >> np.uint32(8)) & np.uint32(0xFF)
                if combining != 0 and combining < trailing:
                    hit = True  # would sort before the starter's own last mark
                elif not blocked and ((before & _FIRST) != 0 or 0x1161 <= code <= 0x11C2):
                    hit = compose_pair(int(starter), int(code), pairs, composed) > 0
            if hit:
                flags[row] = True
                break
            last_class = combining
            if combining == 0:
                starter = code
    return flags


@kernel
def sort_marks(codes: np.ndarray, characters: np.ndarray, start: int, stop: int, spare: np.ndarray) -> None:
    """Canonical order of a run of marks: stable by combining class."""
    if stop - start <= _SORT_BY_INSERTION:
        for i in range(start + 1, stop):
            code, j = codes[i], i
            while j > start and characters[codes[j - 1]] & 0xFF > characters[code] & 0xFF:
                codes[j] = codes[j - 1]
                j -= 1
            codes[j] = code
        return
    end = 0
    for combining in range(1, 255):
        for i in range(start, stop):
            if characters[codes[i]] & 0xFF == combining:
                spare[end] = codes[i]
                end += 1
    for i in range(end):
        codes[start + i] = spare[i]


@kernel
def decompose(
    values: np.ndarray,
    start: int,
    stop: int,
    characters: np.ndarray,
    decompositions: np.ndarray,
    codes: np.ndarray,
    spare: np.ndarray,
) -> int:
    """Fill codes with the canonical decomposition (NFD) of one text, return their number."""
    i, end = start, 0
    while i < stop:
        byte = np.int64(values[i])
        width = 1 if byte < 0x80 else (2 if byte < 0xE0 else (3 if byte < 0xF0 else 4))
        code = byte if width == 1 else byte & (0xFF >> (width + 1))
        for j in range(1, width):
            code = (code << 6) | (np.int64(values[i + j]) & 0x3F)
        i += width
        row = np.int64(characters[code] >> _SHIFT)
        if 0xAC00 <= code <= 0xD7A3:
            index = code - 0xAC00
            codes[end], codes[end + 1] = 0x1100 + index // 588, 0x1161 + index % 588 // 28
            end += 2
            if index % 28:
                codes[end] = 0x11A7 + index % 28
                end += 1
        elif row == 0:
            codes[end] = code
            end += 1
        else:
            for k in range(4):
                if decompositions[row, k] != 0:
                    codes[end] = decompositions[row, k]
                    end += 1
    run = 0
    for k in range(end + 1):
        if k == end or characters[codes[k]] & 0xFF == 0:
            if k - run > 1:
                sort_marks(codes, characters, run, k, spare)
            run = k + 1
    return end


@kernel
def compose(
    codes: np.ndarray, count: int, characters: np.ndarray, pairs: np.ndarray, composed: np.ndarray
) -> int:
    """Compose a canonical decomposition in place, return the number of characters left."""
    end, starter, last = 0, -1, 0
    for i in range(count):
        combining = int(characters[codes[i]] & 0xFF)
        if starter >= 0 and (end - 1 == starter or last < combining):
            joined = compose_pair(int(codes[starter]), int(codes[i]), pairs, composed)
            if joined > 0:
                codes[starter] = joined
                continue
        codes[end] = codes[i]
        if combining == 0:
            starter = end
        last = combining
        end += 1
    return end


@kernel
def write_normalized(
    values: np.ndarray,
    offsets: np.ndarray,
    changes: np.ndarray,
    tables: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    out: np.ndarray,
    out_offsets: np.ndarray,
    codes: np.ndarray,
    spare: np.ndarray,
) -> None:
    """Write the texts, those that changes flags in NFC.

    codes and spare: working memory, MAX_CODES uint32 for each byte of the longest changed text.
    """
    characters, decompositions, pairs, composed = tables
    end = 0
    for row in range(changes.shape[0]):
        if not changes[row]:
            end = copy_bytes(values, offsets[row], offsets[row + 1], out, end)
            out_offsets[row + 1] = end
            continue
        count = decompose(values, offsets[row], offsets[row + 1], characters, decompositions, codes, spare)
        for i in range(compose(codes, count, characters, pairs, composed)):
            code = codes[i]
            if code < 0x80:
                out[end] = code
                end += 1
                continue
            width = 2 if code < 0x800 else (3 if code < 0x10000 else 4)
            for j in range(width - 1, 0, -1):
                out[end + j] = 0x80 | (code & 0x3F)
                code >>= np.uint32(6)
            out[end] = ((0xF00 >> width) & 0xFF) | code
            end += width
        out_offsets[row + 1] = end
