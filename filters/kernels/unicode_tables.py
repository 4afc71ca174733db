"""Class and simple lower case of every code point, as flat tables that kernels index directly.

The tables are data shipped beside this file, made from one pinned version of the Unicode Character
Database, so that the same text gives the same words and hashes under every Python. Written anew by
`python -m filters.kernels.unicode_tables`.
"""

import unicodedata
from functools import cache
from pathlib import Path

import numpy as np

UNICODE_VERSION = "14.0.0"
CODE_POINTS = 0x110000

LETTER = 1
"""Categories Lu, Ll, Lt, Lm, Lo."""
MARK = 2
"""Categories Mn, Mc, Me: vowel signs and accents belong to the word they stand in."""
NUMBER = 4
"""Categories Nd, Nl, No, in every script."""
SPACE = 8
"""The property White_Space, and U+200B, which is invisible but separates words."""
PUNCTUATION = 16
"""Categories Pc, Pd, Ps, Pe, Pi, Pf, Po."""
SYMBOL = 32
"""Categories Sm, Sc, Sk, So."""
FORMAT = 64
"""Category Cf but U+200B: joiners, direction marks, soft hyphens; invisible and inside words."""
HAN_KANA = 128
"""Set beside LETTER or NUMBER: Han ideographs, hiragana, katakana, their repeat and length marks."""
WORD = LETTER | MARK | NUMBER
"""What a word is made of. Classes with no bit: controls, surrogates, private use, unassigned."""

_DATA = Path(__file__).with_name("unicode_tables.npz")
_GENERAL = {"L": LETTER, "M": MARK, "N": NUMBER, "P": PUNCTUATION, "S": SYMBOL}
_WHITE_SPACE = frozenset(
    {0x20, 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, *range(0x09, 0x0E)}
    | set(range(0x2000, 0x200C))
)
HAN_KANA_RANGES = (
    (0x3005, 0x3007),  # iteration mark, closing mark, ideographic zero
    (0x3021, 0x3029),  # Hangzhou numerals
    (0x3031, 0x3035),  # kana repeat marks
    (0x3038, 0x303C),
    (0x3041, 0x30FF),  # hiragana, katakana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),  # half-width katakana
    (0x1AFF0, 0x1B16F),  # kana extensions
    (0x20000, 0x3FFFD),  # the two ideographic planes
)


@cache
def classes() -> np.ndarray:
    """Class bits of each code point: uint8 [CODE_POINTS], read-only."""
    with np.load(_DATA) as data:
        table = np.repeat(data["run_classes"], data["run_lengths"])
    table.flags.writeable = False
    return table


@cache
def simple_lower() -> np.ndarray:
    """Simple lower-case mapping of each code point: uint32 [CODE_POINTS], read-only.

    One code point to one code point (UnicodeData.txt, field 13): İ becomes i, and Σ is always σ.
    """
    table = np.arange(CODE_POINTS, dtype=np.uint32)
    with np.load(_DATA) as data:
        table[data["upper"]] = data["lower"]
    table.flags.writeable = False
    return table


@cache
def packed() -> np.ndarray:
    """simple_lower << 8 | classes, one load per character: uint32 [CODE_POINTS], read-only."""
    table: np.ndarray = (simple_lower() << np.uint32(8)) | classes()
    table.flags.writeable = False
    return table


def classify(code_point: int) -> int:
    """Class bits from this Python's own character database; slow, what the data is made with."""
    character = chr(code_point)
    category = unicodedata.category(character)
    if code_point in _WHITE_SPACE:
        return SPACE
    if category == "Cf":
        return FORMAT
    bits = _GENERAL.get(category[0], 0)
    if bits & (LETTER | NUMBER) and any(first <= code_point <= last for first, last in HAN_KANA_RANGES):
        bits |= HAN_KANA
    return bits


def lower(code_point: int) -> int:
    """Simple lower case from this Python's own character database."""
    full = chr(code_point).lower()
    return ord(full[0])  # İ alone has a longer full mapping, and its first code point is the simple one


def write_data() -> None:
    """Write the data file; raises RuntimeError under a Python with another Unicode version."""
    if unicodedata.unidata_version != UNICODE_VERSION:
        raise RuntimeError(
            f"this Python has Unicode {unicodedata.unidata_version}, the tables are pinned to "
            f"{UNICODE_VERSION}: run it under Python 3.11"
        )
    table = np.array([classify(code_point) for code_point in range(CODE_POINTS)], np.uint8)
    starts = np.flatnonzero(np.concatenate([[True], table[1:] != table[:-1]]))
    mapped = np.array([lower(code_point) for code_point in range(CODE_POINTS)], np.uint32)
    upper = np.flatnonzero(mapped != np.arange(CODE_POINTS)).astype(np.uint32)
    np.savez_compressed(
        _DATA,
        run_classes=table[starts],
        run_lengths=np.diff(starts, append=CODE_POINTS).astype(np.uint32),
        upper=upper,
        lower=mapped[upper],
    )


if __name__ == "__main__":
    write_data()
