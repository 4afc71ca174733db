"""Letters that are written in several ways, and one way for all: what hashes do not tell apart.

Beside Unicode's canonical equivalence (NFC): Malayalam chillus and Bengali khanda ta as consonant, virama
and joiner; Arabic presentation forms, Latin ligatures, tatweel; the vertical line below of Yoruba; letters
and digits of full width or as in formulas, radicals in the place of Han characters, the letter apostrophe.
These take more than one character or are of another class, so texts with any are written anew
(`find_variants`, `write_folded`). A letter that
only looks like another, or is its twin in another alphabet of the same script, is one for one (ALIKE) and
costs nothing: the tables of lower case have it.
"""

import unicodedata
from functools import cache

import numpy as np

from filters.kernels import unicode_tables
from filters.kernels.text_edits import copy_bytes
from filters.kernels.utf8 import decode_utf8
from layers.compiling import kernel

FORMS = (
    (0xFB00, 0xFB06), (0xFB50, 0xFBB1), (0xFBD3, 0xFD3D), (0xFD50, 0xFDC7), (0xFE70, 0xFEFC),
    (0x2F00, 0x2FD5), (0xFF10, 0xFF19), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A), (0x1D400, 0x1D7FF),
)  # fmt: skip
"""Latin ligatures and Arabic presentation forms, whose honorifics, symbols and ornaments stay; radicals of
Han, digits and letters of full width and of mathematics."""
APOSTROPHES = {0x2BC: 0x27}
"""A letter of a few orthographies, typed in Bambara and Kikuyu for the mark."""
TATWEEL = 0x640
LINE_BELOW, DOT_BELOW = 0x329, 0x323
JOINER = 0x200D
CHILLUS = {0xD23: 0xD7A, 0xD28: 0xD7B, 0xD30: 0xD7C, 0xD32: 0xD7D, 0xD33: 0xD7E, 0xD15: 0xD7F, 0x9A4: 0x9CE}
"""Consonant → what it becomes before virama and joiner: Malayalam chillus, Bengali khanda ta."""
MAX_GROWTH = 2
"""Bytes that one byte of a text may become: a form of three bytes is three letters of two at most."""

URDU = {"\u064a": "\u06cc", "\u0649": "\u06cc", "\u0643": "\u06a9", "\u0647": "\u06c1", "\u0629": "\u06c3"}
"""Arabic ye, kaf, heh and teh marbuta, which Arabic keyboards write in Urdu."""
LOOK_ALIKES = {
    "yo": {"ę": "ẹ", "ǫ": "ọ", "ş": "ṣ", "ș": "ṣ"},
    "ki": {"ï": "ĩ", "ü": "ũ"},
    "bm": {"ε": "ɛ", "є": "ɛ", "ↄ": "ɔ", "ᴐ": "ɔ", "ͻ": "ɔ", "ñ": "ɲ", "η": "ŋ"},
    "ak": {"ε": "ɛ", "є": "ɛ", "ↄ": "ɔ", "ᴐ": "ɔ", "ͻ": "ɔ"},
    "ur": URDU,
}
"""Language → letters of other alphabets that its writers use → its own, in lower case."""
LOOK_ALIKES["tw"] = LOOK_ALIKES["ak"]
ALIKE = {ord(other): ord(own) for letters in LOOK_ALIKES.values() for other, own in letters.items()}
"""One letter for all: no language has both of a pair in one place of one word, but by error."""

SIGN = 1 << 31
"""Beside digits, or behind a letter, it may count: `filters.kernels.hashing.is_sign`."""
DASHES = (0x2010, 0x2011, 0x2012, 0x2013, 0x2212)
"""As signs one with the hyphen; U+2212 counts everywhere."""
SIGNS = ".,:/'’%‰٪#-٫٬" + "".join(map(chr, DASHES))
_REMOVED = 1


def unify(lower: np.ndarray) -> np.ndarray:
    """Lower-case code points with one for all that look alike: uint32 [n] → uint32 [n]."""
    unified = lower.copy()
    for other, own in ALIKE.items():
        unified[lower == other] = own
    return unified


@cache
def hash_table(*, signs: bool) -> np.ndarray:
    """As unicode_tables.packed, one letter for all that look alike; SIGN where signs count: uint32 [n]."""
    table: np.ndarray = (unify(unicode_tables.simple_lower()) << np.uint32(8)) | unicode_tables.classes()
    if signs:
        table[[ord(sign) for sign in SIGNS]] |= np.uint32(SIGN)
        for dash in DASHES:
            table[dash] = (table[dash] & np.uint32(SIGN | 0xFF)) | np.uint32(ord("-") << 8)
    table.flags.writeable = False
    return table


@cache
def expansions() -> tuple[np.ndarray, np.ndarray]:
    """(row of each code point up to the last that is written anew, 0: none, 1: removed; rows of code points,
    ended by 0).
    """
    table, rows = np.zeros(FORMS[-1][1] + 1, np.uint16), [[0] * 4, [0] * 4]
    table[TATWEEL] = _REMOVED
    for first, last in FORMS:
        for code in range(first, last + 1):
            letters = [
                ord(c) for c in unicodedata.normalize("NFKC", chr(code)) if c not in f" {chr(TATWEEL)}"
            ]
            if letters != [code]:
                table[code] = len(rows)
                rows.append([*letters, *[0] * (4 - len(letters))])
    for code, own in ((LINE_BELOW, DOT_BELOW), *APOSTROPHES.items()):
        table[code] = len(rows)
        rows.append([own, 0, 0, 0])
    written = np.array(rows, np.uint32)
    table.flags.writeable = written.flags.writeable = False
    return table, written


@cache
def chillus() -> np.ndarray:
    """[consonant, what it becomes]: uint32 [n, 2]."""
    table = np.array(sorted(CHILLUS.items()), np.uint32)
    table.flags.writeable = False
    return table


@kernel
def find_variants(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Which texts hold what write_folded may change: n texts → n flags."""
    flags = np.zeros(offsets.shape[0] - 1, np.bool_)
    for row in range(flags.shape[0]):
        start, stop = offsets[row], offsets[row + 1]
        for i in range(start, stop):
            byte = values[i]
            if (
                byte < 0xCA
                or (
                    byte != 0xE2
                    and byte != 0xD9
                    and byte != 0xEF
                    and byte != 0xCC
                    and byte != 0xCA
                    and byte != 0xF0
                )
                or i + 1 >= stop
            ):
                continue
            second = values[i + 1]
            if byte == 0xCA:
                hit = second == 0xBC
            elif byte == 0xCC:
                hit = second == 0xA9
            elif byte == 0xD9:
                hit = second == 0x80
            elif byte == 0xEF:
                hit = 0xAC <= second <= 0xBB and second != 0xB8
                if second == 0xBC or second == 0xBD:  # of full width; most Chinese text has such punctuation
                    third = values[i + 2]
                    hit = 0x81 <= third <= 0x9A if second == 0xBD else 0x90 <= third <= 0x99 or third >= 0xA1
            elif byte == 0xE2:  # a radical, or a joiner behind a virama
                hit = second >= 0xBC or (
                    second == 0x80 and values[i + 2] == 0x8D and i - start >= 6 and values[i - 1] == 0x8D
                )
            elif byte == 0xF0:
                hit = second == 0x9D and values[i + 2] >= 0x90
            else:
                continue
            if hit:
                flags[row] = True
                break
    return flags


@kernel
def write_code(code: int, out: np.ndarray, end: int) -> int:
    """Write a code point of up to U+FFFF as UTF-8: the new end."""
    if code < 0x80:
        out[end] = code
        return end + 1
    if code < 0x800:
        out[end] = 0xC0 | code >> 6
        out[end + 1] = 0x80 | (code & 0x3F)
        return end + 2
    out[end] = 0xE0 | code >> 12
    out[end + 1] = 0x80 | ((code >> 6) & 0x3F)
    out[end + 2] = 0x80 | (code & 0x3F)
    return end + 3


@kernel
def write_folded(
    values: np.ndarray,
    offsets: np.ndarray,
    changes: np.ndarray,
    tables: tuple[np.ndarray, np.ndarray, np.ndarray],
    out: np.ndarray,
    out_offsets: np.ndarray,
) -> None:
    """Write the texts, those that changes flags with one way of writing each letter.

    tables: expansions() and chillus(). Marks may be out of order afterwards: NFC is for what calls it.
    """
    table, rows, joined = tables
    end = 0
    for row in range(changes.shape[0]):
        i, stop, first = offsets[row], offsets[row + 1], end
        if not changes[row]:
            end = copy_bytes(values, i, stop, out, end)
            i = stop
        while i < stop:
            code, after = decode_utf8(values, i, stop)
            if code == JOINER and end - first >= 6 and out[end - 1] == 0x8D and out[end - 3] == 0xE0:
                consonant = (out[end - 6] & 0x0F) << 12 | (out[end - 5] & 0x3F) << 6 | (out[end - 4] & 0x3F)
                virama = (out[end - 2] & 0x3F) << 6 | 0xD
                own = np.uint32(0)
                for pair in range(joined.shape[0]):
                    same_script = (joined[pair, 0] & 0xF80) == (virama & 0xF80)
                    if joined[pair, 0] == consonant and same_script and out[end - 6] == 0xE0:
                        own = joined[pair, 1]
                if own != 0:
                    end = write_code(int(own), out, end - 6)
                    i = after
                    continue
            entry = table[code] if code < table.shape[0] else 0
            if entry == 0:
                end = copy_bytes(values, i, after, out, end)
            else:
                place = 0
                while rows[entry, place] != 0:
                    end = write_code(int(rows[entry, place]), out, end)
                    place += 1
            i = after
        out_offsets[row + 1] = end
