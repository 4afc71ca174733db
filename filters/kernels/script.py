"""Letters per script, and Han characters that only one of the two Chinese orthographies writes.

Ranges follow the Script property of Unicode 14.0 for letters (general category L); marks, digits,
punctuation and modifier letters that all scripts share are not counted.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from filters.kernels.compiling import text_buffers
from filters.kernels.unicode_tables import LETTER, classes
from layers.compiling import inlined_kernel, kernel_without_references, load_word

_ONES = np.uint64(0x0101010101010101)
_HIGH = _ONES * np.uint64(128)
_TABLE_SIZE = 0x40000  # planes 0 to 3; no letter lies above
_SIMPLIFIED = 64
_TRADITIONAL = 128
_HAN_VARIANTS = Path(__file__).with_name("han_variants.txt")

RANGES: dict[str, tuple[tuple[int, int], ...]] = {
    "Latn": (
        (0x41, 0xAA),
        (0xBA, 0x2B8),
        (0x2E0, 0x2E4),
        (0x1D00, 0x1D25),
        (0x1D2C, 0x1D65),
        (0x1D6B, 0x1D77),
        (0x1D79, 0x1EFF),
        (0x2071, 0x209C),
        (0x212A, 0x212B),
        (0x2132, 0x2132),
        (0x214E, 0x214E),
        (0x2183, 0x2184),
        (0x2C60, 0x2C7F),
        (0xA722, 0xA76F),
        (0xA771, 0xA787),
        (0xA78B, 0xA7FF),
        (0xAB30, 0xAB64),
        (0xAB66, 0xAB69),
        (0xFB00, 0xFB06),
        (0xFF21, 0xFF5A),
        (0x10780, 0x107BA),
        (0x1DF00, 0x1DF1E),
    ),
    "Arab": ((0x620, 0x6FF), (0x750, 0x77F), (0x870, 0x8C9), (0xFB50, 0xFEFC), (0x1EE00, 0x1EEBB)),
    "Hani": ((0x3005, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAD9), (0x20000, 0x3134A)),
    "Deva": ((0x904, 0x97F), (0xA8F2, 0xA8FE)),
    "Beng": ((0x980, 0x9FC),),
    "Guru": ((0xA05, 0xA74),),
    "Gujr": ((0xA85, 0xAF9),),
    "Orya": ((0xB05, 0xB71),),
    "Taml": ((0xB83, 0xBD0),),
    "Telu": ((0xC05, 0xC61),),
    "Knda": ((0xC80, 0xCF2),),
    "Mlym": ((0xD04, 0xD7F),),
    "Cyrl": ((0x400, 0x52F), (0x1C80, 0x1C88), (0x1D2B, 0x1D2B), (0x1D78, 0x1D78), (0xA640, 0xA69D)),
    "Grek": (
        (0x370, 0x3E1),
        (0x3F0, 0x3FF),
        (0x1D26, 0x1D2A),
        (0x1D66, 0x1D6A),
        (0x1F00, 0x1FFC),
        (0x2126, 0x2126),
        (0xAB65, 0xAB65),
    ),
    "Hebr": ((0x5D0, 0x5F2), (0xFB1D, 0xFB4F)),
    "Thai": ((0xE01, 0xE46),),
    "Ethi": ((0x1200, 0x138F), (0x2D80, 0x2DDE), (0xAB01, 0xAB2E), (0x1E7E0, 0x1E7FE)),
    "Hang": ((0x1100, 0x11FF), (0x3131, 0x318E), (0xA960, 0xA97C), (0xAC00, 0xD7FB), (0xFFA0, 0xFFDC)),
    "Kana": ((0x3041, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9F), (0x1AFF0, 0x1B167)),
    "Armn": ((0x531, 0x588), (0xFB13, 0xFB17)),
    "Geor": ((0x10A0, 0x10FA), (0x10FC, 0x10FF), (0x1C90, 0x1CBF), (0x2D00, 0x2D2D)),
    "Khmr": ((0x1780, 0x17DC),),
    "Laoo": ((0xE81, 0xEDF),),
    "Mymr": ((0x1000, 0x108E), (0xA9E0, 0xA9FE), (0xAA60, 0xAA7F)),
    "Sinh": ((0xD85, 0xDC6),),
    "Tibt": ((0xF00, 0xF8C),),
    "Nkoo": ((0x7CA, 0x7FA),),
    "Tfng": ((0x2D30, 0x2D6F),),
    "Adlm": ((0x1E900, 0x1E94B),),
    "Vaii": ((0xA500, 0xA62B),),
    "Olck": ((0x1C5A, 0x1C7D),),
    "Mtei": ((0xAAE0, 0xAAF4), (0xABC0, 0xABE2)),
}
"""ISO 15924 code → inclusive code point ranges; only the letters in them count."""

COMMON_LETTERS: tuple[tuple[int, int], ...] = (
    (0x2B9, 0x2DF),
    (0x2E5, 0x2EE),
    (0xA717, 0xA721),
    (0xA788, 0xA78A),
)
"""Modifier letters of Script=Common (ʼ, ː, tone letters): letters of no script, not counted."""

OTHER_SCRIPTS = "Zzzz"

SCRIPTS: tuple[str, ...] = (*RANGES, OTHER_SCRIPTS)
"""Columns of the counts; Zzzz is every other script's letters. Ties go to the earlier one."""

NO_SCRIPT = "Zyyy"
"""ISO 15924 for text without any letter."""


@cache
def table() -> np.ndarray:
    """Per code point below 0x40000: 0 if no letter, else 1 + index in SCRIPTS, with the two Han bits: uint8.

    Han variants: OpenCC's STCharacters and TSCharacters, see han_variants.txt.
    """
    codes = np.zeros(_TABLE_SIZE, np.uint8)
    codes[(classes()[:_TABLE_SIZE] & LETTER) != 0] = len(SCRIPTS)
    for index, ranges in enumerate(RANGES.values(), start=1):
        for first, last in ranges:
            part = codes[first : last + 1]
            part[part != 0] = index
    for first, last in COMMON_LETTERS:
        codes[first : last + 1] = 0
    simplified, traditional = han_variants()
    codes[[ord(character) for character in simplified]] |= _SIMPLIFIED
    codes[[ord(character) for character in traditional]] |= _TRADITIONAL
    codes.flags.writeable = False
    return codes


@cache
def han_variants() -> tuple[str, str]:
    """Characters written only in simplified, and only in traditional, Chinese."""
    simplified, traditional, _ = _read_variants()
    return simplified, traditional


@cache
def han_folds() -> dict[int, int]:
    """Code point of each character written only in traditional Chinese → of the simplified one."""
    _, traditional, folded = _read_variants()
    return dict(zip(map(ord, traditional), map(ord, folded), strict=True))


def _read_variants() -> list[str]:
    lines = _HAN_VARIANTS.read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@inlined_kernel
def _skip_ascii(values: np.ndarray, i: int, end: int) -> tuple[int, np.int64]:
    """(the first byte from i on that is not of ASCII, or end; how many letters are before it)."""
    found = np.int64(0)
    while i < end and values[i] < 0x80:
        while i + 8 < end and load_word(values, np.int64(i)) & _HIGH == 0:
            lower = load_word(values, np.int64(i)) | _ONES * np.uint64(32)
            marks = (lower + _ONES * np.uint64(0x80 - 97)) & ~(lower + _ONES * np.uint64(0x80 - 123))
            found += np.int64((((marks & _HIGH) >> np.uint64(7)) * _ONES) >> np.uint64(56))
            i += 8
        byte = np.int64(values[i])
        if byte >= 0x80:
            break
        found += ((byte | 32) - 97) & 0xFFFF < 26
        i += 1
    return i, found


@inlined_kernel
def _read_point(values: np.ndarray, i: int, end: int) -> tuple[np.int64, int]:
    """(code point of the character of several bytes at i, how many); (-1, 1): no character."""
    byte = np.int64(values[i])
    if byte < 0xE0:
        width = 2
        least = 0x80
        point = byte - 0xC0  # negative for a lone continuation byte
    elif byte < 0xF0:
        width = 3
        least = 0x800
        point = byte & 0x0F
    else:
        width = 4
        least = 0x10000
        point = byte & 0x0F  # from 0xF8 on beyond all of Unicode
    wrong = np.int64(i + width > end) << 6
    if wrong == 0:
        for k in range(1, width):
            following = np.int64(values[i + k])
            wrong |= following ^ 0x80
            point = (point << 6) | (following & 0x3F)
    # A byte that should continue and does not, or an overlong form.
    if (wrong & 0xC0) != 0 or point < least:
        point, width = np.int64(-1), 1
    return point, width


@kernel_without_references
def _count(
    values: np.ndarray, offsets: np.ndarray, codes: np.ndarray, letters: np.ndarray, han: np.ndarray
) -> None:
    for document in range(len(offsets) - 1):
        i = offsets[document]
        end = offsets[document + 1]
        row = letters[document]
        ascii_letters = np.int64(0)
        simplified = np.int64(0)
        traditional = np.int64(0)
        while True:
            i, found = _skip_ascii(values, i, end)
            ascii_letters += found
            if i == end:
                break
            point, width = _read_point(values, i, end)
            i += width
            if point < 0 or point >= len(codes):  # beyond every letter
                continue
            code = np.int64(codes[point])
            script = code & 63
            if script != 0:
                row[script - 1] += 1
                simplified += (code >> 6) & 1
                traditional += code >> 7
        row[0] += ascii_letters  # all are Latn, the first column
        han[document, 0] = simplified
        han[document, 1] = traditional


def count_scripts(texts: pa.LargeStringArray) -> tuple[np.ndarray, np.ndarray]:
    """n documents → letters per script int64 [n, len(SCRIPTS)], Han variants int64 [n, 2].

    The second holds (simplified-only, traditional-only) characters. Bytes that are not UTF-8
    count as nothing.
    """
    values, offsets = text_buffers(texts)
    letters = np.zeros((len(texts), len(SCRIPTS)), np.int64)
    han = np.zeros((len(texts), 2), np.int64)
    _count(values, offsets, table(), letters, han)
    return letters, han


def dominant(letters: np.ndarray) -> np.ndarray:
    """Script with most letters, ties to the earlier: counts [n, scripts] → int64 [n], -1 where no letters."""
    best: np.ndarray = letters.argmax(axis=1)
    best[letters.sum(axis=1) == 0] = -1
    return best
