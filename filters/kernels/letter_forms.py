"""What each code point is to a language model: a letter, its plain form, a word by itself, or nothing.

Compatibility forms (Arabic presentation forms and ligatures, full and half width, mathematical alphabets)
become the letters that they stand for; vowel signs of Arabic and tatweel vanish, since most text is written
without them. Arabic letters beside letters of Urdu are those that an Urdu keyboard has. A character of a
script without spaces is a word of its own.
"""

import unicodedata
from functools import cache

import numpy as np

from filters.kernels.letter_variants import URDU
from filters.kernels.text_tables import NFC_MAYBE, NFC_NO, normalization
from filters.kernels.unicode_tables import FORMAT, HAN_KANA, LETTER, MARK, classes, simple_lower

KEPT = 1
"""A letter or mark; its code point is the entry's."""
VANISHING = 2
"""As if it were not there: joiners, direction marks, tatweel, vowel signs of Arabic."""
OPENING = 4
"""A word begins before it."""
CLOSING = 8
"""A word ends behind it."""
LIGATURE = 16
"""Several letters: the entry's number is a row of the ligatures."""
UNSTABLE = 32
"""A text without such letters is in NFC."""
OF_URDU = 64
"""A letter that Urdu and its neighbours have, and Arabic and Persian have not."""
TYPED_IN_ARABIC = 128
"""A letter of Arabic that stands for one of Urdu's in a text with letters of Urdu."""

_ARABIC_SIGNS = (
    (0x610, 0x61A),
    (0x640, 0x640),
    (0x64B, 0x652),
    (0x670, 0x670),
    (0x6D6, 0x6DC),
    (0x6DF, 0x6E4),
    (0x6E7, 0x6E8),
    (0x6EA, 0x6ED),
)
"""What vowelled text and the Quran write above the letters. Signs of Ajami and Kashmiri stay."""
_URDU_LETTERS = "ٹڈڑےں"
"""98 % of 6,492 lines in Urdu have one, 3 % of 10,684 in Pashto, none in Arabic, Persian or Uyghur."""
_COMPATIBLE = ((0xFB00, 0xFB06), (0xFB50, 0xFDFB), (0xFE70, 0xFEFC), (0xFF21, 0xFFDC), (0x1D400, 0x1D7CB))
_WITHOUT_SPACES = ((0xE01, 0xE46), (0xE81, 0xEDF), (0x1000, 0x109F), (0x1780, 0x17B3), (0xAA60, 0xAA7F))
"""Thai, Lao, Burmese and Khmer; Tibetan separates its syllables. Han and kana have a class."""
MAX_LIGATURE = 4
"""Letters; U+FDFA and U+FDFB are whole phrases and separate words."""


@cache
def letter_forms() -> tuple[np.ndarray, np.ndarray]:
    """Code point of the plain lower-case form << 8 | KEPT … : uint32 [n]; ligatures uint32 [k, 4].

    A ligature's row ends with zeros. Both are read-only.
    """
    bits = classes()
    kept = (bits & (LETTER | MARK)) != 0
    flags = np.where(kept, KEPT, 0) | np.where((bits & FORMAT) != 0, VANISHING, 0)
    flags[kept & ((bits & HAN_KANA) != 0)] |= OPENING | CLOSING
    for first, last in _WITHOUT_SPACES:
        part = flags[first : last + 1]
        part[(bits[first : last + 1] & LETTER) != 0] |= OPENING
    for first, last in _ARABIC_SIGNS:
        flags[first : last + 1] = VANISHING
    lower = simple_lower()
    points = lower.copy()
    ligatures: list[list[int]] = []
    for first, last in _COMPATIBLE:
        for point in range(first, last + 1):
            forms = [
                int(lower[ord(c)]) for c in unicodedata.normalize("NFKC", chr(point)) if flags[ord(c)] & KEPT
            ]
            if not kept[point] or forms == [point]:
                continue
            if len(forms) == 1:
                points[point], flags[point] = forms[0], flags[forms[0]]
            elif 1 < len(forms) <= MAX_LIGATURE:
                points[point], flags[point] = len(ligatures), LIGATURE
                ligatures.append([*forms, *[0] * (MAX_LIGATURE - len(forms))])
            else:
                flags[point] = 0
    composing = (normalization()[0] & np.uint32(0xFF | NFC_MAYBE | NFC_NO)) != 0
    for letter in _URDU_LETTERS:
        flags[ord(letter)] |= OF_URDU
    for letter in URDU:
        flags[ord(letter)] |= TYPED_IN_ARABIC
    flags[composing[np.minimum(points, len(composing) - 1)] | (flags == LIGATURE)] |= UNSTABLE
    table = (points << np.uint32(8)) | flags.astype(np.uint32)
    rows = np.array(ligatures, np.uint32)
    table.flags.writeable = rows.flags.writeable = False
    return table, rows
