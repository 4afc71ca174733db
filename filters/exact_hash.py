"""Exact duplicates: a 128-bit hash of the text after the normalisation `whitespace_case`."""

import numpy as np
import pyarrow as pa

from filters.kernels import hashing, unicode_tables
from filters.kernels.compiling import text_buffers

CONTENT_VERSION = 1
"""Bumped by hand when the same text hashes differently."""

NORMALISATION = "whitespace_case"
"""Simple lower case; white space, punctuation and invisible format characters removed.

Digits and symbols stay. ROOTS removed digits too, so that pages which differ only in their numbers
became one; here they stay two.
"""

HASH_BYTES = 16
_DROPPED = np.uint32(unicode_tables.SPACE | unicode_tables.PUNCTUATION | unicode_tables.FORMAT)


def exact_hashes(texts: pa.LargeStringArray) -> pa.FixedSizeBinaryArray:
    """Hash of each normalised text: n documents → n values of 16 bytes, null where nothing is left.

    MurmurHash3 x64 128 (seed 0) of the normalised text's UTF-32-LE bytes, stored as h1 then h2,
    little-endian. A text without any letter, mark, number or symbol has no hash, so it is nobody's
    duplicate. Raises ValueError on null texts.
    """
    values, offsets = text_buffers(texts)
    hashes, lengths = hashing.hash_normalised(values, offsets, unicode_tables.packed(), _DROPPED)
    valid = pa.array(lengths > 0).buffers()[1]
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(HASH_BYTES), len(texts), [valid, pa.py_buffer(hashes.astype("<u8").tobytes())]
    )
