"""Cut documents into segments of a few hundred bytes, copy them side by side, and reduce them to letters."""

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
from filters.kernels.utf8 import find_character_start
from layers.compiling import inlined_kernel, kernel, load_word, store_word

_ONES = np.uint64(0x0101010101010101)
_HIGH, _LOWER = _ONES * np.uint64(128), _ONES * np.uint64(32)
_REACH = 64
"""How far the end of a segment moves back to reach a space; beyond it the end is a character boundary."""


@kernel
def _end_before(values: np.ndarray, start: int, end: int) -> int:
    """The last space at most _REACH, and half the segment, before end; else the character boundary there."""
    stop = max(end - _REACH, (start + end) // 2)
    i = end
    while i > stop and values[i] > 32:
        i -= 1
    if i > stop:
        return i
    i = find_character_start(values, max(start, end - 4), end)
    return i if i > start and (values[i] & 0xC0) != 0x80 else end


@kernel
def _start_after(values: np.ndarray, start: int, end: int) -> int:
    """The first space at most _REACH, and a quarter of the segment, after start; else the boundary there."""
    stop = min(start + _REACH, start + (end - start) // 4)
    i = start
    while i < stop and values[i] > 32:
        i += 1
    if i < stop:
        return i
    i = start
    while i < end and i < start + 4 and (values[i] & 0xC0) == 0x80:
        i += 1
    return i


@kernel
def _end_of_segment(values: np.ndarray, start: int, last: int, min_bytes: int, max_bytes: int) -> int:
    """End of a segment: the first line end from min_bytes on, else within max_bytes, else with the text."""
    end = last
    stop = min(start + max_bytes, last)
    for i in range(min(start + min_bytes, last), stop):
        if values[i] == 10:
            end = i + 1
            break
    else:
        if last - start > max_bytes + min_bytes:
            end = _end_before(values, start, start + max_bytes)
    return end if last - end >= min_bytes else last


@kernel
def cut_segments(
    values: np.ndarray,
    offsets: np.ndarray,
    max_sample_bytes: int,
    windows: int,
    min_bytes: int,
    max_bytes: int,
    cuts_windows: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """n documents → m segments: document, first byte, end, int64 [m] each; an empty document has none.

    Documents of up to max_sample_bytes are cut completely, at line ends from min_bytes on and at
    max_bytes at the latest. Longer ones give evenly spaced windows, the first at their start, the last
    at their end; with cuts_windows these are cut in the same way.
    """
    width = max_sample_bytes // windows
    parts = width // min_bytes + 1 if cuts_windows else 1
    most = 0
    for document in range(len(offsets) - 1):
        size = offsets[document + 1] - offsets[document]
        most += size // min_bytes + 1 if size <= max_sample_bytes else windows * parts
    documents = np.empty(most, np.int64)
    starts = np.empty(most, np.int64)
    ends = np.empty(most, np.int64)
    count = 0
    for document in range(len(offsets) - 1):
        first = offsets[document]
        last = offsets[document + 1]
        size = last - first
        whole = size <= max_sample_bytes
        for window in range(1 if whole else windows):
            start, stop = first, last
            if not whole:
                start = first + (size - width) * window // (windows - 1)
                stop = start + width
                if window > 0:
                    start = _start_after(values, start, stop)
                if window + 1 < windows:
                    stop = _end_before(values, start, stop)
            while start < stop:
                end = stop
                if whole or cuts_windows:
                    end = _end_of_segment(values, start, stop, min_bytes, max_bytes)
                documents[count], starts[count], ends[count] = document, start, end
                count += 1
                start = end
    return documents[:count], starts[:count], ends[:count]


@kernel
def copy_segments(
    values: np.ndarray, starts: np.ndarray, ends: np.ndarray, out: np.ndarray, out_offsets: np.ndarray
) -> None:
    """Copy m segments side by side; NUL and the white space of ASCII become a space."""
    at = np.uint64(
        0
    )  # unsigned: an index is not asked if it is negative, so that bytes fill vector registers
    for segment in range(len(starts)):
        start, size = np.uint64(starts[segment]), np.uint64(ends[segment] - starts[segment])
        for i in range(size):
            byte = values[start + i]
            out[at + i] = np.uint8(32) if (byte == 0) | (np.uint8(byte - np.uint8(9)) <= 4) else byte
        at += size
        out_offsets[segment + 1] = at


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


@kernel
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
            byte = values[i]
            if byte < 0x80 and i + 8 <= stop:
                eight = load_word(values, np.int64(i)) | _LOWER
                spaces = _spaces_between_letters(eight)
                # Most text is words of ASCII with a space between two of them.
                if spaces >= 0 and (spaces & 1 == 0 or (at > begin and not gap)):
                    if gap:
                        out[at] = 32
                        at += 1
                    store_word(out, np.uint64(at), eight)
                    i += 8
                    gap = spaces >> 7 != 0
                    at += 7 if gap else 8
                    continue
            if byte < 0x80:
                lower = byte | 32
                i += 1
                if lower >= 97 and lower <= 122:
                    if gap:
                        out[at] = 32
                        at += 1
                        gap = False
                    out[at] = lower
                    at += 1
                else:
                    gap = at > begin
                continue
            point, i = _decode(values, i, stop)
            entry = np.int64(table[point]) if point >= 0 else np.int64(0)
            if entry & VANISHING != 0:
                continue
            if entry & OPENING != 0:
                gap = at > begin
            if entry & (KEPT | LIGATURE) == 0:
                gap = at > begin
                continue
            met |= entry
            if gap:
                out[at] = 32
                at += 1
                gap = False
            if entry & LIGATURE == 0:
                at = _encode(entry >> 8, out, at)
                gap = entry & CLOSING != 0
            else:
                for k in range(ligatures.shape[1]):
                    if ligatures[entry >> 8, k] != 0:
                        at = _encode(np.int64(ligatures[entry >> 8, k]), out, at)
        if met & OF_URDU != 0 and met & TYPED_IN_ARABIC != 0:
            _write_as_urdu(out, begin, at)
        out_offsets[row + 1] = at
        unstable[row] = met & UNSTABLE != 0
