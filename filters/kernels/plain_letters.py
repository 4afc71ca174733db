"""Reduce texts to letters and marks in plain lower case, one space between two words."""

import numpy as np

from filters.kernels.letter_forms import (
    CLOSING,
    KEPT,
    LIGATURE,
    OF_URDU,
    OPENING,
    TYPED_IN_ARABIC,
    UNSTABLE,
    VANISHING,
)
from filters.kernels.letter_variants import URDU
from layers.compiling import inlined_kernel, kernel, kernel_without_references, load_word, store_word

_ONES = np.uint64(0x0101010101010101)
_HIGH, _LOWER = _ONES * np.uint64(128), _ONES * np.uint64(32)


@kernel
def _decode(values: np.ndarray, i: int, stop: int) -> tuple[np.int64, int]:
    """(code point, next position), by the rules of UTF-8; (-1, i + 1) at a byte that starts no character."""
    first = np.int64(values[i])
    if first < 0x80:
        return first, i + 1
    if first < 0xC2 or first > 0xF4:
        return np.int64(-1), i + 1
    width = 2 if first < 0xE0 else (3 if first < 0xF0 else 4)
    if i + width > stop:
        return np.int64(-1), i + 1
    point = first & (0x3F >> (width - 1))
    for k in range(1, width):
        byte = np.int64(values[i + k])
        if byte & 0xC0 != 0x80:
            return np.int64(-1), i + 1
        point = (point << 6) | (byte & 0x3F)
    overlong = (width == 3 and point < 0x800) or (width == 4 and point < 0x10000)
    if overlong or point > 0x10FFFF or (point >= 0xD800 and point < 0xE000):
        return np.int64(-1), i + 1
    return point, i + width


@kernel
def _encode(point: np.int64, out: np.ndarray, at: int) -> int:
    if point < 0x80:
        out[at] = point
        return at + 1
    if point < 0x800:
        out[at] = 0xC0 | (point >> 6)
        out[at + 1] = 0x80 | (point & 0x3F)
        return at + 2
    if point < 0x10000:
        out[at] = 0xE0 | (point >> 12)
        out[at + 1] = 0x80 | ((point >> 6) & 0x3F)
        out[at + 2] = 0x80 | (point & 0x3F)
        return at + 3
    out[at] = 0xF0 | (point >> 18)
    out[at + 1] = 0x80 | ((point >> 12) & 0x3F)
    out[at + 2] = 0x80 | ((point >> 6) & 0x3F)
    out[at + 3] = 0x80 | (point & 0x3F)
    return at + 4


_ARABIC = np.array([list(letter.encode()) for letter in URDU], np.uint8)
_URDU = np.array([list(letter.encode()) for letter in URDU.values()], np.uint8)
"""Two bytes each, as those that they replace."""
_PASHTO = np.array([list(letter.encode()) for letter in "ټډړږښېۍګڼځڅ"], np.uint8)
"""Letters of Pashto alone, which has Arabic ye and kaf of its own and borrows words of Urdu."""


@kernel
def _write_as_urdu(values: np.ndarray, start: int, stop: int) -> None:
    """Replace letters of an Arabic keyboard in place, unless letters of Pashto are among them."""
    for i in range(start, stop - 1):
        for letter in range(_PASHTO.shape[0]):
            if values[i] == _PASHTO[letter, 0] and values[i + 1] == _PASHTO[letter, 1]:
                return
    for i in range(start, stop - 1):
        for letter in range(_ARABIC.shape[0]):
            if values[i] == _ARABIC[letter, 0] and values[i + 1] == _ARABIC[letter, 1]:
                values[i] = _URDU[letter, 0]
                values[i + 1] = _URDU[letter, 1]
                break


@inlined_kernel
def _spaces_between_letters(eight: np.uint64) -> np.int64:
    """Which of eight bytes, with _LOWER, are spaces, the first in the lowest bit; -1 if others are no letters
    of ASCII or two spaces are neighbours."""
    letters = ((eight + _ONES * np.uint64(0x80 - 97)) & ~(eight + _ONES * np.uint64(0x80 - 123))) & _HIGH
    others = ~letters & _HIGH
    # Where a byte is from 128 on, sums reach into the next one.
    if eight & _HIGH != 0 or (others & (others >> np.uint64(8))) != 0:
        return np.int64(-1)
    if (eight ^ _LOWER) & ((others >> np.uint64(7)) * np.uint64(255)) != 0:
        return np.int64(-1)
    return np.int64(((others >> np.uint64(7)) * np.uint64(0x0102040810204080)) >> np.uint64(56))


@inlined_kernel
def _put_gap(gap: bool, out: np.ndarray, at: int) -> int:
    """Write a space where there is a gap between two words; the place after it."""
    if gap:
        out[at] = 32
        at += 1
    return at


@inlined_kernel
def _keep_ascii(
    values: np.ndarray, i: int, stop: int, word: tuple[int, int, bool], out: np.ndarray
) -> tuple[int, int, bool]:
    """Keep eight bytes of ASCII at i, or one; (the next one, the place in out, whether a gap is open).

    word: where the text begins in out, the place in out, whether a gap is open.
    """
    begin, at, gap = word
    eight, spaces = np.uint64(0), np.int64(-1)
    if i + 8 <= stop:
        eight = load_word(values, np.int64(i)) | _LOWER
        spaces = _spaces_between_letters(eight)
    # Most text is words of ASCII with a space between two of them.
    if spaces >= 0 and (spaces & 1 == 0 or (at > begin and not gap)):
        at = _put_gap(gap, out, at)
        store_word(out, np.uint64(at), eight)
        i += 8
        gap = spaces >> 7 != 0
        at += 7 if gap else 8
    else:
        lower = values[i] | 32
        i += 1
        if lower >= 97 and lower <= 122:
            at = _put_gap(gap, out, at)
            out[at] = lower
            at += 1
            gap = False
        else:
            gap = at > begin
    return i, at, gap


@inlined_kernel
def _put_forms(entry: np.int64, ligatures: np.ndarray, out: np.ndarray, at: int) -> int:
    """Write the plain letter of an entry of letter_forms, or those of its ligature; the place after them."""
    if entry & LIGATURE == 0:
        at = _encode(entry >> 8, out, at)
    else:
        for k in range(ligatures.shape[1]):
            if ligatures[entry >> 8, k] != 0:
                at = _encode(np.int64(ligatures[entry >> 8, k]), out, at)
    return at


@kernel_without_references
def keep_plain_letters(
    values: np.ndarray,
    offsets: np.ndarray,
    forms: tuple[np.ndarray, np.ndarray],
    out: np.ndarray,
    out_offsets: np.ndarray,
    unstable: np.ndarray,
) -> None:
    """n texts → their letters and marks in plain lower case, everything else a single space between words.

    unstable bool [n]: whether a text may not be in NFC. forms is letter_forms(). Bytes that are no UTF-8
    separate. out needs 3 bytes for each of the texts: a ligature of three bytes becomes up to four letters of
    two.
    """
    table, ligatures = forms
    at = 0
    for row in range(len(offsets) - 1):
        i = offsets[row]
        stop = offsets[row + 1]
        begin = at
        gap = False
        met = np.int64(0)
        while i < stop:
            if values[i] < 0x80:
                i, at, gap = _keep_ascii(values, i, stop, (begin, at, gap), out)
                continue
            point, i = _decode(values, i, stop)
            entry = np.int64(table[point]) if point >= 0 else np.int64(0)
            if entry & VANISHING != 0:
                continue
            is_kept = entry & (KEPT | LIGATURE) != 0
            if entry & OPENING != 0 or not is_kept:
                gap = at > begin
            if is_kept:
                met |= entry
                at = _put_forms(entry, ligatures, out, _put_gap(gap, out, at))
                gap = entry & LIGATURE == 0 and entry & CLOSING != 0
        if met & OF_URDU != 0 and met & TYPED_IN_ARABIC != 0:
            _write_as_urdu(out, begin, at)
        out_offsets[row + 1] = at
        unstable[row] = met & UNSTABLE != 0
