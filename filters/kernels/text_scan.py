"""One text → code points, character classes and words: what every other text kernel starts from.

Substrings are compared by 64-bit polynomial hash: the difference of two entries of a prefix array, so
that a word, a line, a paragraph and a run of ten characters each cost one multiplication. Two different
substrings of one text collide with a probability of about n² / 2⁶⁵ for n of them: 3e-8 for a million.
"""

import numpy as np

from filters.kernels.text_tables import (
    ALPHA,
    BREAK,
    DIGIT,
    IDEOGRAPH,
    LOWER,
    MARK,
    RARE,
    SPACE,
    SPECIAL,
    STRIP,
    SYMBOL,
)
from layers.compiling import kernel_without_references as kernel

BASE = np.uint64(0x9E3779B97F4A7C15)
MAX_POWER = 1023
"""powers() has this many; longer substrings multiply several."""

_SPACE, _BREAK, _STRIP = np.uint32(SPACE), np.uint32(BREAK), np.uint32(STRIP)
_IDEOGRAPH, _MARK, _ALPHA = np.uint32(IDEOGRAPH), np.uint32(MARK), np.uint32(ALPHA)
_SYMBOL, _LOWER = np.uint32(SYMBOL), np.uint32(LOWER)
_DIGIT, _SPECIAL = np.uint32(DIGIT), np.uint32(SPECIAL)
_EVENT = np.uint32(RARE | SPACE)
_ONE = np.uint64(1)


@kernel
def mix(value: np.uint64) -> np.uint64:
    """A bijection of 64 bits whose every output bit depends on every input bit."""
    value = (value ^ (value >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    value = (value ^ (value >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    return value ^ (value >> np.uint64(32))


@kernel
def hash_substring(prefix: np.ndarray, start: int, stop: int, powers: np.ndarray) -> np.uint64:
    """Hash of the characters from start to stop of a text whose prefix array is given."""
    length = stop - start
    value = prefix[start]
    while length > MAX_POWER:
        value *= powers[MAX_POWER]
        length -= MAX_POWER
    result: np.uint64 = prefix[stop] - value * powers[length]
    return result


@kernel
def decode(
    values: np.ndarray,
    start: int,
    stop: int,
    characters: np.ndarray,
    units: np.ndarray,
    entries: np.ndarray,
    prefix: np.ndarray,
    lower_prefix: np.ndarray,
    events: np.ndarray,
) -> tuple[int, int]:
    """UTF-8 bytes from start to stop → code points, their entries, prefix hashes: (characters, events).

    prefix is of the text, lower_prefix of its simple lower case; both start with 0. events are the places
    of white space and of characters with marks.
    """
    position, chars, count = start, 0, 0
    total, lower_total = np.uint64(0), np.uint64(0)
    prefix[0], lower_prefix[0] = total, lower_total
    while position < stop:
        byte = np.int64(values[position])
        if byte < 0x80:
            code = byte
            position += 1
        elif byte < 0xE0:
            code = ((byte & 0x1F) << 6) | (np.int64(values[position + 1]) & 0x3F)
            position += 2
        elif byte < 0xF0:
            code = ((byte & 0x0F) << 12) | ((np.int64(values[position + 1]) & 0x3F) << 6)
            code |= np.int64(values[position + 2]) & 0x3F
            position += 3
        else:
            code = ((byte & 0x07) << 18) | ((np.int64(values[position + 1]) & 0x3F) << 12)
            code |= ((np.int64(values[position + 2]) & 0x3F) << 6) | (np.int64(values[position + 3]) & 0x3F)
            position += 4
        entry = characters[code]
        units[chars] = np.uint32(code)
        entries[chars] = entry
        events[count] = chars
        count += (entry & _EVENT) != 0
        chars += 1
        total = total * BASE + np.uint64(code) + _ONE
        lower_total = lower_total * BASE + np.uint64(entry & _LOWER) + _ONE
        prefix[chars] = total
        lower_prefix[chars] = lower_total
    return chars, count


@kernel
def find_pieces(
    units: np.ndarray,
    entries: np.ndarray,
    chars: int,
    events: np.ndarray,
    event_count: int,
    starts: np.ndarray,
    stops: np.ndarray,
    newlines: np.ndarray,
    pieces_before: np.ndarray,
) -> tuple[int, int, int]:
    """Cut a text at white space: (pieces, newlines, characters with marks).

    Fills the bounds of each piece, the places of newlines and how many pieces stand before each; events
    keeps the places of marks.
    """
    pieces, lines, rare, start = 0, 0, 0, 0
    for event in range(event_count):
        place = int(events[event])
        if (entries[place] & _SPACE) == 0:
            events[rare] = place
            rare += 1
            continue
        if place > start:
            starts[pieces], stops[pieces] = start, place
            pieces += 1
        start = place + 1
        newlines[lines], pieces_before[lines] = place, pieces
        lines += units[place] == 10
    if chars > start:
        starts[pieces], stops[pieces] = start, chars
        pieces += 1
    return pieces, lines, rare


@kernel
def find_segments(entries: np.ndarray, chars: int, starts: np.ndarray, stops: np.ndarray) -> int:
    """The bounds of pieces in scripts without spaces: how many there are.

    Punctuation separates; an ideograph with its marks is a piece and so is a run of anything else.
    """
    pieces, start, after_ideograph = 0, -1, False
    for i in range(chars):
        entry = entries[i]
        separates = (entry & _BREAK) != 0
        if start >= 0:
            ends = separates or (entry & _IDEOGRAPH) != 0 or (after_ideograph and (entry & _MARK) == 0)
            if ends:
                starts[pieces], stops[pieces] = start, i
                pieces += 1
                start = -1
        if start < 0 and not separates:
            start = i
            after_ideograph = (entry & _IDEOGRAPH) != 0
    if start >= 0:
        starts[pieces], stops[pieces] = start, chars
        pieces += 1
    return pieces


@kernel
def classify_pieces(
    entries: np.ndarray, starts: np.ndarray, stops: np.ndarray, pieces: int
) -> tuple[int, int, int]:
    """(pieces with a letter, pieces that are not all symbols, characters of the latter)."""
    alphabetic, wordy, wordy_chars = 0, 0, 0
    for piece in range(pieces):
        start, stop = int(starts[piece]), int(stops[piece])
        place = start  # nearly every piece is settled by its first character
        while place < stop and (entries[place] & _ALPHA) == 0:
            place += 1
        alphabetic += place < stop
        place = start
        while place < stop and (entries[place] & _SYMBOL) != 0:
            place += 1
        if place < stop:
            wordy += 1
            wordy_chars += stop - start
    return alphabetic, wordy, wordy_chars


@kernel
def hash_words(
    entries: np.ndarray,
    lower_prefix: np.ndarray,
    starts: np.ndarray,
    stops: np.ndarray,
    pieces: int,
    powers: np.ndarray,
    words: np.ndarray,
) -> tuple[int, int, int]:
    """Hash of each piece, stripped of special characters and lower-cased: (words, characters, longest).

    A piece of which nothing is left is no word.
    """
    count, total, longest = 0, 0, 0
    for piece in range(pieces):
        start, stop = int(starts[piece]), int(stops[piece])
        while start < stop and (entries[start] & _STRIP) != 0:
            start += 1
        while start < stop and (entries[stop - 1] & _STRIP) != 0:
            stop -= 1
        if start < stop:
            words[count] = mix(hash_substring(lower_prefix, start, stop, powers))
            count += 1
            total += stop - start
            longest = max(longest, stop - start)
    return count, total, longest


@kernel
def is_spelling(unit: int) -> bool:
    """Apostrophes, hyphens, the stop of abbreviations, the middle dot of Catalan: they stand in words."""
    return bool(
        unit == 0x27
        or unit == 0x2D
        or unit == 0x2E
        or unit == 0xB7
        or (unit >= 0x2010 and unit <= 0x2015)
        or unit == 0x2018
        or unit == 0x2019
        or unit == 0x2F
    )


@kernel
def count_mixed(
    units: np.ndarray, entries: np.ndarray, starts: np.ndarray, stops: np.ndarray, pieces: int
) -> int:
    """Words with a letter and, inside, a digit or a special character that is no part of spelling.

    Of a piece the special characters at its ends do not count, digits do.
    """
    mixed = 0
    for piece in range(pieces):
        start, stop = int(starts[piece]), int(stops[piece])
        classes = np.uint32(0)
        for place in range(start, stop):
            classes |= entries[place]
        if (classes & _ALPHA) == 0 or (classes & _SPECIAL) == 0:
            continue
        digit = (classes & _DIGIT) != 0
        while start < stop and (entries[start] & _STRIP) != 0:
            start += 1
        while start < stop and (entries[stop - 1] & _STRIP) != 0:
            stop -= 1
        while start < stop and not digit:
            digit = (entries[start] & _SPECIAL) != 0 and not is_spelling(units[start])
            start += 1
        mixed += digit
    return mixed


@kernel
def hash_pieces(
    prefix: np.ndarray,
    starts: np.ndarray,
    stops: np.ndarray,
    pieces: int,
    powers: np.ndarray,
    hashes: np.ndarray,
) -> None:
    """Hash of each piece as it stands; starts becomes the characters of all pieces before (pieces + 1)."""
    before = 0
    for piece in range(pieces):
        start, stop = int(starts[piece]), int(stops[piece])
        hashes[piece] = mix(hash_substring(prefix, start, stop, powers))
        starts[piece] = before
        before += stop - start
    starts[pieces] = before


def make_powers() -> np.ndarray:
    """BASE to the power of 0 … MAX_POWER, modulo 2⁶⁴."""
    values, value = [], 1
    for _ in range(MAX_POWER + 1):
        values.append(value)
        value = value * int(BASE) % (1 << 64)
    return np.array(values, np.uint64)
