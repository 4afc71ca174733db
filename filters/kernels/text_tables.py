"""Tables of code points for the text kernels, computed once per process from Python's Unicode data.

They follow the Unicode version of the interpreter: an unassigned code point counts as a control.
"""

import unicodedata
from functools import cache

import numpy as np

from filters.kernels.unicode_tables import CODE_POINTS, HAN_KANA_RANGES

SPACE = 1 << 24
"""White_Space: ends a word where words are separated by spaces."""
SPECIAL = 1 << 25
"""Counted by special_characters_ratio."""
STRIP = 1 << 26
"""Stripped from both ends of a word: special characters and the joiners."""
BREAK = 1 << 27
"""Ends a word in scripts without spaces: everything but letters, marks, numbers and joiners."""
IDEOGRAPH = 1 << 28
"""A word of its own in scripts without spaces: Han and Kana letters."""
MARK = 1 << 29
"""Combining mark."""

_LOWER = (1 << 24) - 1
_JOINERS = (0x200C, 0x200D)  # spelling in Persian, Malayalam, Sinhala, not decoration
_EMOJI_OUTSIDE_SYMBOLS = (0x2139, 0x20E3, 0xFE0E, 0xFE0F)  # ℹ, keycap, the two presentation selectors
_ASSIGNED = ((0, 0xD800), (0xE000, 0x40000), (0xE0000, 0xE1000))  # all else: surrogates, private, unassigned


def assigned_code_points() -> list[int]:
    """Every code point that may be a letter, mark, number or symbol: about 267,000 of 1,114,112."""
    return [code for start, stop in _ASSIGNED for code in range(start, stop)]


@cache
def characters() -> np.ndarray:
    """uint32 per code point: its simple lower case in the low 24 bits, its classes (SPACE …) above.

    A lower case of two characters (only U+0130) keeps the first, as Unicode's simple mapping does.
    """
    table = np.arange(CODE_POINTS, dtype=np.uint32)
    table |= np.uint32(SPECIAL | STRIP | BREAK)  # categories Co, Cs, Cn, unless said otherwise below
    codes = assigned_code_points()
    texts = [chr(code) for code in codes]
    categories = np.array([unicodedata.category(text) for text in texts])
    lower = np.array([ord(text.lower()[0]) for text in texts], np.uint32)
    major = categories.astype("U1")
    special = np.isin(major, list("PSZC")) | np.isin(categories, ["Nd", "No"])
    special |= np.isin(codes, _EMOJI_OUTSIDE_SYMBOLS)
    joiner = np.isin(codes, _JOINERS)
    space = (major == "Z") | np.isin(codes, [*range(0x09, 0x0E), 0x85])
    ideograph = np.zeros(len(codes), bool)
    for first, last in HAN_KANA_RANGES:
        ideograph |= (np.array(codes) >= first) & (np.array(codes) <= last)
    ideograph &= np.isin(categories, ["Lo", "Lm", "Nl"])
    entries = lower.copy()
    for bit, members in (
        (SPACE, space),
        (SPECIAL, special & ~joiner),
        (STRIP, special),
        (BREAK, np.isin(major, list("PSZC")) & ~joiner),
        (IDEOGRAPH, ideograph),
        (MARK, major == "M"),
    ):
        entries |= np.where(members, np.uint32(bit), np.uint32(0))
    table[codes] = entries
    table.flags.writeable = False
    return table


NFC_MAYBE = 1 << 16
"""May compose with the starter before it."""
NFC_NO = 1 << 17
"""Never occurs in NFC."""
NFC_FIRST = 1 << 18
"""Is the first of some pair that composes; Hangul is not marked."""
DECOMPOSITION_SHIFT = 19


@cache
def normalization() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """NFC data: (uint32 per code point, decompositions [d, 4], sorted uint64 pairs, what each composes to).

    An entry holds the combining class; << 8 the class of the last character of its canonical
    decomposition; NFC_MAYBE, NFC_NO, NFC_FIRST; << 19 the row of its decomposition, which is padded with
    0 (row 0: none). A pair is first << 32 | second. Hangul is arithmetic and not listed.
    """
    table = np.zeros(CODE_POINTS, np.uint32)
    decompositions = [[0, 0, 0, 0]]
    composites = {}
    for code in assigned_code_points():
        text = chr(code)
        combining = unicodedata.combining(text)
        mapping = unicodedata.decomposition(text)
        if not combining and (not mapping or mapping.startswith("<")):
            continue
        full = unicodedata.normalize("NFD", text)
        table[code] |= combining | unicodedata.combining(full[-1]) << 8
        if full != text:
            table[code] |= len(decompositions) << DECOMPOSITION_SHIFT
            decompositions.append([*map(ord, full), 0, 0, 0][:4])
        if unicodedata.normalize("NFC", text) != text:
            table[code] |= NFC_NO
        elif full != text:
            first, second = (int(part, 16) for part in mapping.split())
            composites[first << 32 | second] = code
            table[second] |= NFC_MAYBE
            table[first] |= NFC_FIRST
    table[0x1161:0x1176] |= NFC_MAYBE  # Hangul vowels
    table[0x11A8:0x11C3] |= NFC_MAYBE  # and final consonants
    pairs = np.array(sorted(composites), np.uint64)
    composed = np.array([composites[pair] for pair in sorted(composites)], np.uint32)
    tables = (table, np.array(decompositions, np.uint32), pairs, composed)
    for array in tables:
        array.flags.writeable = False
    return tables
