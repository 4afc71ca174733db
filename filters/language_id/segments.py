"""A bounded, evenly spaced, deterministic sample of each document, as segments on a line each."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from filters.kernels.compiling import text_buffers
from filters.kernels.letter_forms import letter_forms
from filters.kernels.links import ENDING, ENTITY, LINKING, OF_CODE, SYMBOL, blank_links
from filters.kernels.plain_letters import keep_plain_letters
from filters.kernels.prose import count_prose
from filters.kernels.segments import copy_segments, cut_segments
from filters.kernels.text_tables import characters, marks
from filters.kernels.unicode_tables import classes, simple_lower
from filters.kernels.without_prose import SIGNS, count_signs
from filters.nfc import normalise

MIN_BYTES = 16
"""Of a window; below that no language can be told."""


SYMBOLS = b'{}[]()<>=;_$\\|&#@^~*+/"`'
"""Characters of ASCII that code and markup are full of, and prose is not.

A text whose symbols are all quotes is dialogue, however many they are.
"""
_KINDS = np.isin(np.arange(256), list(SYMBOLS)).astype(np.uint8) * np.uint8(SYMBOL | OF_CODE)
_KINDS[ord('"')] = SYMBOL
_KINDS[list(b"#./@")] |= LINKING
_KINDS[ord("&")] |= ENTITY
_KINDS[: ord(" ") + 1] |= ENDING


@dataclass(frozen=True)
class SegmentOptions:
    """How documents are cut; every number is part of what the result means."""

    max_sample_bytes: int = 1536
    """UTF-8 bytes of a document that the model reads; of a mixed one more, see IdentifyOptions."""
    windows: int = 8
    """Segments of a longer document, evenly spaced, the first at its start and the last at its end."""
    min_bytes: int = 64
    """A line end closes a segment from this size on, so that short lines join."""
    max_bytes: int = 512
    """A longer line is cut at a space where one is near, at a character otherwise."""
    cuts_windows: bool = False
    """Whether windows are cut at line ends, too."""

    def __post_init__(self) -> None:
        least = self.windows * MIN_BYTES
        if self.windows < 2:
            raise ValueError(f"windows must be at least 2, not {self.windows}")
        if self.max_sample_bytes < least:
            raise ValueError(f"max_sample_bytes must be at least {least}, not {self.max_sample_bytes}")
        if not MIN_BYTES <= self.min_bytes <= self.max_bytes:
            raise ValueError(f"{MIN_BYTES} ≤ min_bytes ≤ max_bytes: {self.min_bytes}, {self.max_bytes}")


@dataclass(frozen=True)
class Segments:
    """m segments of n documents, in order; an empty document has none."""

    lines: pa.LargeStringArray
    """The segments' bytes, NUL and ASCII white space as spaces."""
    documents: np.ndarray
    """int64 [n + 1]: segments of document i are [documents[i], documents[i + 1])."""
    bytes: np.ndarray
    """int64 [m]"""

    def rows_of(self, documents: np.ndarray, *, count: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Segments of some documents, in the order given: all, or count of each, evenly spaced; their ends.

        The documents have at least count segments. int64 [k], [documents + 1].
        """
        sizes = np.diff(self.documents)[documents]
        taken = sizes if count is None else np.full(len(documents), count)
        ends = np.concatenate([[0], np.cumsum(taken)])
        place = np.arange(ends[-1]) - np.repeat(ends[:-1], taken)
        if count is not None:
            place = place * np.repeat(sizes - 1, taken) // (count - 1)
        return np.repeat(self.documents[:-1][documents], taken) + place, ends


def cut(texts: pa.LargeStringArray, *, options: SegmentOptions) -> Segments:
    """n documents → their segments.

    A document of up to max_sample_bytes is cut completely: at line ends from min_bytes on, at max_bytes at
    the latest. A longer one gives evenly spaced windows, which cuts_windows cuts likewise. Whatever the
    bytes, nothing is read beyond a text.
    """
    values, offsets = text_buffers(texts)
    document, starts, ends = cut_segments(
        values,
        offsets,
        options.max_sample_bytes,
        options.windows,
        options.min_bytes,
        options.max_bytes,
        options.cuts_windows,
    )
    sizes = ends - starts
    out = np.empty(int(sizes.sum()), np.uint8)
    line_offsets = np.zeros(len(starts) + 1, np.int64)
    copy_segments(values, starts, ends, out, line_offsets)
    documents = np.searchsorted(document, np.arange(len(texts) + 1))
    return Segments(_texts(out, line_offsets), documents, sizes)


def without_links(lines: pa.LargeStringArray) -> tuple[pa.LargeStringArray, np.ndarray, np.ndarray]:
    """n lines → the same with spaces for web and mail addresses, handles, hashtags and markup; two counts.

    Counts int64 [n] of what is left: bytes that are no spaces, and how many of these are SYMBOLS; none where
    all are quotes.
    """
    values, offsets = text_buffers(lines)
    out = np.empty(int(offsets[-1] - offsets[0]), np.uint8)
    counts = np.zeros((len(lines), 2), np.int64)
    blank_links(values, offsets, _KINDS, out, counts)
    return _texts(out, offsets - offsets[0]), counts[:, 0], counts[:, 1]


def count_signs_of(lines: pa.LargeStringArray, *, min_separators: int) -> np.ndarray:
    """n lines → what tells lists, tables and wrongly decoded text: int64 [n, SIGNS] of without_prose.

    What only a list has is not counted in a line of fewer than min_separators.
    """
    values, offsets = text_buffers(lines)
    counts = np.empty((len(lines), SIGNS), np.int64)
    count_signs(values, offsets, (classes(), simple_lower(), marks()), min_separators, counts)
    return counts


def measure_prose(texts: pa.LargeStringArray, *, rows: np.ndarray) -> np.ndarray:
    """n texts, places of some → the share of their letters in lines of prose: int64 [k] → float64 [k]."""
    values, offsets = text_buffers(texts)
    counts = np.empty((len(rows), 2), np.int64)
    count_prose(values, offsets, rows, (characters(), marks()), counts)
    share: np.ndarray = counts[:, 0] / np.maximum(counts[:, 1], 1)
    return share


def plain_letters(lines: pa.LargeStringArray) -> pa.LargeStringArray:
    """n lines → their letters and marks in plain lower case and NFC, words separated by one space.

    Digits, punctuation, symbols and bytes that are no UTF-8 separate words; format characters, tatweel and
    vowel signs of Arabic vanish; characters of scripts without spaces are words. What a model reads that was
    trained on such lines.
    """
    values, offsets = text_buffers(lines)
    out = np.empty(int(offsets[-1] - offsets[0]) * 3, np.uint8)
    out_offsets = np.zeros(len(offsets), np.int64)
    unstable = np.zeros(len(lines), np.bool_)
    keep_plain_letters(values, offsets, letter_forms(), out, out_offsets, unstable)
    return normalise(_texts(out[: out_offsets[-1]], out_offsets), suspected=unstable)


def _texts(values: np.ndarray, offsets: np.ndarray) -> pa.LargeStringArray:
    return pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(values))
