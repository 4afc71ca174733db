"""What tells lists of names, tables of numbers and wrongly decoded text from sentences."""

import numpy as np

from filters.kernels.damage import find_mojibake_end
from filters.kernels.unicode_tables import LETTER, MARK, SPACE
from filters.kernels.utf8 import decode_utf8
from layers.compiling import inlined_kernel, kernel

DIGITS, SEPARATORS, CHARACTERS, DAMAGED, WORDS, NAMES = range(6)
"""Columns of count_signs."""
SIGNS = 6
_BLOCK = 255
"""Bytes of which a byte can count how many are something."""
_ZERO, _NINE, _A, _Z = np.uint8(0x30), np.uint8(9), np.uint8(0x41), np.uint8(25)
_COMMA, _SEMICOLON, _BAR = np.uint8(0x2C), np.uint8(0x3B), np.uint8(0x7C)
_LATIN_1 = np.uint8(0xC3)  # leads most letters of Latin-1
_LAST_LEAD = 0xF4
"""Code point of the last lead byte of UTF-8, read as Windows-1252."""

Tables = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Class, simple lower case and marks of each code point: unicode_tables, text_tables."""


@kernel
def _suspect(values: np.ndarray, span: tuple[int, int], min_separators: int, counts: np.ndarray) -> bool:
    """DIGITS and SEPARATORS into counts; whether a line can be a list of names, or wrongly decoded.

    A list has min_separators and as many capitals of ASCII. Wrongly decoded text has a letter of Latin-1
    before a character of two bytes and more that is no letter of Latin-1.
    """
    start, stop = span
    digits, separators, capitals, leads = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    for first in range(start, stop, _BLOCK):
        # bytes that count bytes: a register holds many, 0.2 ns a byte in place of 0.8
        digit, separator, capital, lead = np.uint8(0), np.uint8(0), np.uint8(0), np.uint8(0)
        for byte in values[first : min(first + _BLOCK, stop)]:
            digit = np.uint8(digit + np.uint8(np.uint8(byte - _ZERO) <= _NINE))
            of_list = (byte == _COMMA) | (byte == _SEMICOLON) | (byte == _BAR)
            separator = np.uint8(separator + np.uint8(of_list))
            capital = np.uint8(capital + np.uint8(np.uint8(byte - _A) <= _Z))
            lead = np.uint8(lead + np.uint8(byte == _LATIN_1))
        digits += digit
        separators += separator
        capitals += capital
        leads += lead
    counts[DIGITS], counts[SEPARATORS] = digits, separators
    if separators >= min_separators and capitals >= separators:
        return True
    if leads > 0:
        for i in range(start, stop - 2):
            if values[i] == _LATIN_1 and values[i + 2] >= 0xC2 and values[i + 2] != _LATIN_1:
                return True
    return False


@inlined_kernel
def _end_word(length: int, is_name: bool, counts: np.ndarray) -> None:
    """Count what ends here, if it has letters."""
    counts[WORDS] += length > 0
    counts[NAMES] += length > 0 and is_name


@kernel
def count_signs(
    values: np.ndarray, offsets: np.ndarray, tables: Tables, min_separators: int, counts: np.ndarray
) -> None:
    """n lines → counts int64 [n, SIGNS]; others than the first two are 0 in a line that is not _suspect.

    DIGITS, SEPARATORS: bytes of ASCII; commas, semicolons and bars. CHARACTERS: that are no spaces. DAMAGED:
    those of UTF-8 that was read as Windows-1252. WORDS: runs of letters, with marks, apostrophes and hyphens
    within. NAMES: words with a capital first and none second.
    """
    classes, lower, marks = tables
    for line in range(len(offsets) - 1):
        start, stop = offsets[line], offsets[line + 1]
        counts[line] = 0
        if not _suspect(values, (start, stop), min_separators, counts[line]):
            continue
        i, damage_stop = start, start
        length, capital, second = 0, False, False
        while i < stop:
            place = i
            code, i = decode_utf8(values, i, stop)
            kind = classes[code]
            counts[line, CHARACTERS] += kind & SPACE == 0
            if place >= damage_stop and 0xC2 <= code <= _LAST_LEAD:
                damage_stop = max(damage_stop, find_mojibake_end(values, start, place, stop, marks))
            counts[line, DAMAGED] += place < damage_stop
            if kind & LETTER != 0:
                if length == 0:
                    capital, second = lower[code] != code, False
                elif length == 1:
                    second = lower[code] != code
                length += 1
                continue
            if length > 0 and (kind & MARK != 0 or code == 0x27 or code == 0x2D or code == 0x2019):
                continue
            _end_word(length, capital and not second, counts[line])
            length = 0
        _end_word(length, capital and not second, counts[line])
