"""Exact duplicates: a 128-bit hash of the text after a named normalisation."""

from typing import Literal

import numpy as np
import pyarrow as pa

from filters.kernels import hashing, unicode_tables
from filters.kernels.compiling import text_buffers

CONTENT_VERSION = 1
"""Bumped by hand when the same text hashes differently."""

Normalisation = Literal["whitespace_case", "whitespace_case_numbers"]

_ALWAYS = unicode_tables.SPACE | unicode_tables.PUNCTUATION | unicode_tables.FORMAT
_DROPPED: dict[Normalisation, np.uint32] = {
    "whitespace_case": np.uint32(_ALWAYS),
    "whitespace_case_numbers": np.uint32(_ALWAYS | unicode_tables.NUMBER),
}
"""Normalisation → classes of characters that are removed; the rest is in simple lower case.

`whitespace_case` removes white space, punctuation and invisible format characters. So two pages that
differ only in their numbers stay two; ROOTS (arXiv:2303.03915) removed digits too, so that they
became one, and `whitespace_case_numbers` does that with the digits and numerals of every script.
"""
NORMALISATIONS: tuple[Normalisation, ...] = tuple(_DROPPED)

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
    hashes, lengths = hashing.hash_normalised(
        values, offsets, unicode_tables.packed(), _DROPPED[normalisation]
    )
    valid = pa.array(lengths > 0).buffers()[1]
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(HASH_BYTES), len(texts), [valid, pa.py_buffer(hashes.astype("<u8").tobytes())]
    )
