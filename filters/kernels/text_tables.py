"""Tables of code points for the text kernels, computed once per process from Python's Unicode data.

They follow the Unicode version of the interpreter: an unassigned code point counts as a control.
"""

import unicodedata
from functools import cache

import numpy as np

from filters.kernels.letter_variants import unify
from filters.kernels.unicode_tables import CODE_POINTS, HAN_KANA_RANGES

LOWER = (1 << 21) - 1
"""The simple lower case of a code point, one for letters that look alike, in the low bits of its entry."""
SPACE = 1 << 21
"""White_Space: ends a word where words are separated by spaces."""
SPECIAL = 1 << 22
"""Counted by special_characters_ratio."""
STRIP = 1 << 23
"""Stripped from both ends of a word: special characters and the joiners."""
BREAK = 1 << 24
"""Ends a word in scripts without spaces: everything but letters, marks, numbers and joiners."""
IDEOGRAPH = 1 << 25
"""A word of its own in scripts without spaces: Han and Kana letters."""
MARK = 1 << 26
"""Combining mark."""
ALPHA = 1 << 27
"""Letter: categories Lu, Ll, Lt, Lm, Lo."""
DIGIT = 1 << 28
"""Decimal digit of any script: category Nd."""
UPPER = 1 << 29
"""Upper-case letter: category Lu."""
SYMBOL = 1 << 30
"""Does not make a word in Gopher's count: GOPHER_SYMBOLS."""
RARE = 1 << 31
"""Has a mark other than CLOSER and LEAD: worth a closer look."""

TERMINAL, CLOSER, OPERATOR, CONTINUATION, LEAD, CONTROL, COUNTED = 1, 2, 4, 8, 16, 32, 64
"""Marks of single code points: ends a sentence; closes a quotation or bracket; operator or bracket of
program text; Windows-1252 reading of a UTF-8 continuation byte (0x80 to 0xBF) or lead byte (0xC2 to 0xF4);
control character that no text needs; counted by a signal of its own (# . / … U+FFFD)."""

_OPERATORS = "{}[]<>=;|&*+\\^~_$@`"
_COUNTED = "#./\u2026\ufffd"  # marks of their own: symbol-to-word ratio, URLs, damage

SENTENCE_TERMINALS = (
    (0x21, 0x21), (0x2E, 0x2E), (0x3F, 0x3F), (0x589, 0x589), (0x61D, 0x61F), (0x6D4, 0x6D4),
    (0x700, 0x702), (0x7F9, 0x7F9), (0x837, 0x837), (0x839, 0x839), (0x83D, 0x83E), (0x964, 0x965),
    (0x104A, 0x104B), (0x1362, 0x1362), (0x1367, 0x1368), (0x166E, 0x166E), (0x1735, 0x1736),
    (0x17D4, 0x17D6), (0x17D9, 0x17DA), (0x1803, 0x1803), (0x1809, 0x1809), (0x1944, 0x1945),
    (0x1AA8, 0x1AAB), (0x1B5A, 0x1B5B), (0x1B5E, 0x1B5F), (0x1B7D, 0x1B7E), (0x1C3B, 0x1C3C),
    (0x1C7E, 0x1C7F), (0x203C, 0x203D), (0x2047, 0x2049), (0x2E2E, 0x2E2E), (0x2E3C, 0x2E3C),
    (0x2E53, 0x2E54), (0x3002, 0x3002), (0xA4FF, 0xA4FF), (0xA60E, 0xA60F), (0xA6F3, 0xA6F3),
    (0xA6F7, 0xA6F7), (0xA876, 0xA877), (0xA8CE, 0xA8CF), (0xA92F, 0xA92F), (0xA9C8, 0xA9C9),
    (0xAA5D, 0xAA5F), (0xAAF0, 0xAAF1), (0xABEB, 0xABEB), (0xFE52, 0xFE52), (0xFE56, 0xFE57),
    (0xFF01, 0xFF01), (0xFF0E, 0xFF0E), (0xFF1F, 0xFF1F), (0xFF61, 0xFF61), (0x10A56, 0x10A57),
    (0x10F55, 0x10F59), (0x10F86, 0x10F89), (0x11047, 0x11048), (0x110BE, 0x110C1), (0x11141, 0x11143),
    (0x111C5, 0x111C6), (0x111CD, 0x111CD), (0x111DE, 0x111DF), (0x11238, 0x11239), (0x1123B, 0x1123C),
    (0x112A9, 0x112A9), (0x1144B, 0x1144C), (0x115C2, 0x115C3), (0x115C9, 0x115D7), (0x11641, 0x11642),
    (0x1173C, 0x1173E), (0x11944, 0x11944), (0x11946, 0x11946), (0x11A42, 0x11A43), (0x11A9B, 0x11A9C),
    (0x11C41, 0x11C42), (0x11EF7, 0x11EF8), (0x11F43, 0x11F44), (0x16A6E, 0x16A6F), (0x16AF5, 0x16AF5),
    (0x16B37, 0x16B38), (0x16B44, 0x16B44), (0x16E98, 0x16E98), (0x1BC9F, 0x1BC9F), (0x1DA88, 0x1DA88),
)  # fmt: skip
"""Code points that end a sentence, in every script: first and last of each run (Unicode property
Sentence_Terminal and the Khmer and Ethiopic marks that FineWeb counts with it)."""

GOPHER_SYMBOLS = frozenset(
    "!/\u2014\u201d:\uff05\uff11\u3008&(\u3001\u2501\\\u3010#%\u300c\u300d\uff0c\u3011\uff1b+^]~\u201c\u300a\u201e';\u2019{|"
    '\u2236\u00b4[=-`*\uff0e\uff08\u2013\uff1f\uff01\uff1a$\uff5e\u00ab\u3009,><\u300b)?\uff09\u3002\u2026@_."}\u25ba\u00bb'
) | frozenset(
    map(
        chr,
        (
            *(code for first, last in SENTENCE_TERMINALS for code in range(first, last + 1)),
            *(*range(9), 11, 12, *range(13, 32), *range(127, 160)),
        ),
    )
)
"""What datatrove calls symbols: the punctuation that CCNet strips, controls, and what ends sentences."""

_JOINERS = (0x200C, 0x200D)  # spelling in Persian, Malayalam, Sinhala, not decoration
_EMOJI_OUTSIDE_SYMBOLS = (0x2139, 0x20E3, 0xFE0E, 0xFE0F)  # ℹ, keycap, the two presentation selectors
_ASSIGNED = ((0, 0xD800), (0xE000, 0x40000), (0xE0000, 0xE1000))  # all else: surrogates, private, unassigned


def assigned_code_points() -> list[int]:
    """Every code point that may be a letter, mark, number or symbol: about 267,000 of 1,114,112."""
    return [code for start, stop in _ASSIGNED for code in range(start, stop)]


@cache
def characters() -> np.ndarray:
    """uint32 per code point: its simple lower case in the low 21 bits, its classes (SPACE …) above.

    A lower case of two characters (only U+0130) keeps the first, as Unicode's simple mapping does.
    """
    table = np.arange(CODE_POINTS, dtype=np.uint32)
    table |= np.uint32(SPECIAL | STRIP | BREAK)  # categories Co, Cs, Cn, unless said otherwise below
    codes = np.array(assigned_code_points())
    texts = [chr(code) for code in codes.tolist()]
    categories = np.array([unicodedata.category(text) for text in texts])
    lower = unify(np.array([ord(text.lower()[0]) for text in texts], np.uint32))
    major = categories.astype("U1")
    special = np.isin(major, list("PSZC")) | np.isin(categories, ["Nd", "No"])
    special |= np.isin(codes, _EMOJI_OUTSIDE_SYMBOLS)
    joiner = np.isin(codes, _JOINERS)
    space = (major == "Z") | np.isin(codes, [*range(0x09, 0x0E), 0x85])
    ideograph = np.zeros(len(codes), bool)
    for first, last in HAN_KANA_RANGES:
        ideograph |= (codes >= first) & (codes <= last)
    ideograph &= np.isin(categories, ["Lo", "Lm", "Nl"])
    entries = lower.copy()
    for bit, members in (
        (SPACE, space),
        (SPECIAL, special & ~joiner),
        (STRIP, special),
        (BREAK, np.isin(major, list("PSZC")) & ~joiner),
        (IDEOGRAPH, ideograph),
        (MARK, major == "M"),
        (ALPHA, major == "L"),
        (DIGIT, categories == "Nd"),
        (UPPER, categories == "Lu"),
        (SYMBOL, np.isin(codes, [ord(text) for text in GOPHER_SYMBOLS])),
        (RARE, (marks()[codes] & (TERMINAL | OPERATOR | CONTINUATION | CONTROL | COUNTED)) != 0),
    ):
        entries |= np.where(members, np.uint32(bit), np.uint32(0))
    table[codes] = entries
    table.flags.writeable = False
    return table


@cache
def marks() -> np.ndarray:
    """uint8 per code point: TERMINAL, CLOSER … of those few that have any."""
    table = np.zeros(CODE_POINTS, np.uint8)
    for first, last in SENTENCE_TERMINALS:
        table[first : last + 1] |= TERMINAL
    for code in range(0x20, 0xFF5F):
        if unicodedata.category(chr(code)) in ("Pe", "Pf", "Pi") or code in (0x22, 0x27):
            table[code] |= CLOSER
    table[[ord(text) for text in _OPERATORS]] |= OPERATOR
    table[[ord(text) for text in _COUNTED]] |= COUNTED
    table[[*range(9), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0)]] |= CONTROL
    for byte in range(0x80, 0xF5):
        for encoding in ("cp1252", "latin-1"):
            text = bytes([byte]).decode(encoding, errors="ignore")
            if text and byte != 0xC0 and byte != 0xC1:
                table[ord(text)] |= CONTINUATION if byte < 0xC0 else LEAD
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
