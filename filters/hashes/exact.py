"""Exact duplicates: a 128-bit hash of the text after a named normalisation."""

import string
import unicodedata
from functools import cache
from typing import Literal

import numpy as np
import pyarrow as pa

from filters.kernels import hashing, unicode_tables
from filters.kernels.compiling import text_buffers
from filters.kernels.letter_variants import hash_table
from filters.letter_variants import fold_rows

CONTENT_VERSION = 3
"""Bumped by hand when the same text hashes differently."""

Normalisation = Literal["whitespace_case", "whitespace_case_numbers", "roots"]

_ALWAYS = unicode_tables.SPACE | unicode_tables.PUNCTUATION | unicode_tables.FORMAT
_DROPPED: dict[Normalisation, np.uint32] = {
    "whitespace_case": np.uint32(_ALWAYS),
    "whitespace_case_numbers": np.uint32(_ALWAYS | unicode_tables.NUMBER),
    "roots": np.uint32(1),
}
"""Normalisation → classes of characters that are removed.

`whitespace_case` removes white space, punctuation and invisible format characters, and the rest is in
simple lower case, each letter written in one way (filters.kernels.letter_variants). Signs beside digits
count: −5, 1.5 and C# are not 5, 15 and C (filters.kernels.hashing.is_sign). So two pages that differ only in
their numbers stay two; `whitespace_case_numbers` removes the digits and numerals of every script too. `roots`
is what ROOTS (arXiv:2303.03915) hashed: without white space, decimal digits of every script and ASCII
punctuation; case and all else count.
"""

HASH_BYTES = 16


def exact_hashes(
    texts: pa.LargeStringArray, *, normalisation: Normalisation = "whitespace_case"
) -> pa.FixedSizeBinaryArray:
    """Hash of each normalised text: n documents → n values of 16 bytes, null where nothing is left.

    MurmurHash3 x64 128 (seed 0) of the normalised text's UTF-32-LE bytes, stored as h1 then h2,
    little-endian. A text of which nothing is left, not a letter, mark, symbol or number that counts, has
    no hash, so it is nobody's duplicate. Raises ValueError on null texts.
    """
    values, offsets = text_buffers(texts)
    has_numbers = normalisation == "whitespace_case"
    table = _roots_table() if normalisation == "roots" else hash_table(signs=has_numbers)
    hashes, lengths = hashing.hash_normalised(values, offsets, table, _DROPPED[normalisation])
    if normalisation != "roots":
        rows, folded = fold_rows(texts)
        again = hashing.hash_normalised(*text_buffers(folded), table, _DROPPED[normalisation])
        hashes[rows], lengths[rows] = again
    valid = pa.array(lengths > 0).buffers()[1]
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(HASH_BYTES), len(texts), [valid, pa.py_buffer(hashes.astype("<u8").tobytes())]
    )


@cache
def _roots_table() -> np.ndarray:
    """As unicode_tables.packed: every character itself; the only class is that of what is removed."""
    pinned = unicode_tables.packed()
    table = np.arange(len(pinned), dtype=np.uint32) << np.uint32(8)
    # a character is never given or denied the general category Nd later, so any Python's database will do
    numbers = np.flatnonzero(pinned & np.uint32(unicode_tables.NUMBER))
    digits = [number for number in numbers if unicodedata.category(chr(number)) == "Nd"]
    spaces = [space for space in range(len(pinned)) if chr(space).isspace()]  # U+200B is none
    for removed in (digits, spaces, list(string.punctuation.encode())):
        table[removed] |= np.uint32(1)
    table.flags.writeable = False
    return table
