"""Spans by SHA-256 and length: every stretch of so many bytes from the edge of a word to another is hashed.

A word is a run of letters, digits and underscores; a character of three or more bytes, as most scripts
without spaces have, is one of its own. So a text in spaced words has some 4 stretches per 100 bytes.
"""

import hashlib
from collections.abc import Collection, Iterator

import numpy as np
import pyarrow as pa

MIN_BYTES, MAX_BYTES = 4, 1024
"""Of a span. All stretches are hashed, so a longer one costs more; ask for long ones by their text."""
_WORD_CHARS = np.array([chr(code).isalnum() or code == 0x5F for code in range(0x800)])
"""Of the characters of one and two bytes, which are of words."""


def find_digests(texts: pa.Array, *, length: int, wanted: Collection[str]) -> Iterator[tuple[int, int, str]]:
    """(text, first byte in it, SHA-256) of the stretches of a length in n texts whose digest is wanted."""
    whole = texts.cast(pa.large_string())
    if not len(whole):
        return
    offsets = np.frombuffer(whole.buffers()[1], np.int64)[whole.offset : whole.offset + len(whole) + 1]
    buffer = whole.buffers()[2]
    data = np.frombuffer(buffer, np.uint8)[offsets[0] : offsets[-1]] if buffer else np.zeros(0, np.uint8)
    offsets = offsets - offsets[0]
    starts = _find_windows(data, offsets=offsets, length=length)
    rows = np.searchsorted(offsets, starts, side="right") - 1
    is_inside = starts + length <= offsets[rows + 1]
    digests = {bytes.fromhex(each) for each in wanted}
    view = data.data
    sha256 = hashlib.sha256
    for row, start in zip(rows[is_inside].tolist(), starts[is_inside].tolist(), strict=True):
        digest = sha256(view[start : start + length]).digest()
        if digest in digests:
            yield row, start - int(offsets[row]), digest.hex()


def _find_windows(data: np.ndarray, *, offsets: np.ndarray, length: int) -> np.ndarray:
    """First bytes of the stretches between edges of words, without white space at either end."""
    if len(data) < length:
        return np.zeros(0, np.int64)
    is_first = (data & 0xC0) != 0x80
    is_pair = (data >= 0xC2) & (data < 0xE0)
    codes = data.astype(np.int32)
    codes[:-1][is_pair[:-1]] = ((data[:-1] & 0x1F).astype(np.int32) << 6 | data[1:] & 0x3F)[is_pair[:-1]]
    is_word = (is_pair | (data < 0x80)) & _WORD_CHARS[np.minimum(codes, 0x7FF)]
    is_word[1:] |= is_pair[:-1] & is_word[:-1]  # the second byte of a character, as its first
    edges = np.ones(len(data) + 1, bool)
    edges[1:-1] = is_first[1:] & ~(is_word[:-1] & is_word[1:])
    edges[offsets] = True
    is_space = (data == 0x20) | ((data >= 0x09) & (data <= 0x0D))
    begins = edges[:-1] & ~is_space
    ends = edges[1:] & ~is_space
    return np.flatnonzero(begins[: len(data) - length + 1] & ends[length - 1 :])
