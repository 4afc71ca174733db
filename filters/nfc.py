"""Unicode Normalization Form C (UAX #15) of whole columns."""

import numpy as np
import pyarrow as pa

from filters.kernels.compiling import text_buffers
from filters.kernels.text_edits import apply_edit
from filters.kernels.text_nfc import MAX_CODES, MAX_GROWTH, find_denormalized, write_normalized
from filters.kernels.text_tables import normalization
from filters.long_texts import cut_texts


def normalise(texts: pa.LargeStringArray, *, suspected: np.ndarray | None = None) -> pa.LargeStringArray:
    """n texts → n texts in NFC; the same array where all are. suspected bool [n]: others are in NFC."""
    if suspected is None:
        return apply_edit(texts, find=_find, write=_write, max_growth=MAX_GROWTH)
    rows = np.flatnonzero(suspected)
    changes = np.zeros(len(texts), np.bool_)
    if len(rows) > 0:
        changes[rows] = _find(*text_buffers(texts.take(pa.array(rows))))
    return apply_edit(texts, find=lambda *_: changes, write=_write, max_growth=MAX_GROWTH)


def _find(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    characters, _, pairs, composed = normalization()
    return find_denormalized(values, offsets, characters, pairs, composed)


def _write(
    values: np.ndarray, offsets: np.ndarray, changes: np.ndarray, out: np.ndarray, out_offsets: np.ndarray
) -> None:
    # a newline or a space composes with nothing, so what stands before and after it is normalised alone
    pieces, first_pieces = cut_texts(values, offsets)
    changing = np.repeat(changes, np.diff(first_pieces))
    longest = int(np.diff(pieces)[changing].max())
    codes, spare = np.empty((2, MAX_CODES * longest), np.uint32)
    piece_offsets = np.zeros(len(pieces), np.int64)
    write_normalized(values, pieces, changing, normalization(), out, piece_offsets, codes, spare)
    out_offsets[:] = piece_offsets[first_pieces]
