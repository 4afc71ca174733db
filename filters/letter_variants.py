"""Texts with one way of writing each letter (filters.kernels.letter_variants), made once for all hashes."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.kernels import letter_variants as kernels
from filters.kernels.compiling import text_buffers
from filters.kernels.text_edits import apply_edit, replace_texts
from filters.nfc import normalise

Folded = tuple[np.ndarray, pa.LargeStringArray]
"""Ascending rows that folding changes, and their texts."""
_shared: ContextVar[tuple[pa.LargeStringArray, Folded] | None] = ContextVar("shared_folding", default=None)


@contextmanager
def sharing(texts: pa.LargeStringArray) -> Iterator[None]:
    """Inside, fold_rows() of this very array is made once."""
    token = _shared.set((texts, fold_rows(texts)))
    try:
        yield
    finally:
        _shared.reset(token)


def fold(texts: pa.LargeStringArray) -> pa.LargeStringArray:
    """n texts → n texts: one way of writing each letter, changed texts in NFC; the same array where none is.

    What takes one character for one (ALIKE) is left to the tables of those that hash. Raises ValueError for a
    null text.
    """
    rows, folded = fold_rows(texts)
    return replace_texts(texts, rows=rows, values=folded) if len(rows) else texts


def fold_rows(texts: pa.LargeStringArray) -> Folded:
    """What `fold` changes of n texts, for those that need not copy the others."""
    shared = _shared.get()
    if shared is not None and shared[0] is texts:
        return shared[1]
    rows = np.flatnonzero(kernels.find_variants(*text_buffers(texts)))
    part = texts.take(pa.array(rows))
    if not len(rows):
        return rows, part
    written = apply_edit(part, find=_all, write=_write, max_growth=kernels.MAX_GROWTH)
    changed = pc.not_equal(written, part)
    rows = rows[changed.to_numpy(zero_copy_only=False)]
    return rows, normalise(written.filter(changed))


def _all(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    return np.ones(len(offsets) - 1, bool)


def _write(
    values: np.ndarray, offsets: np.ndarray, changes: np.ndarray, out: np.ndarray, out_offsets: np.ndarray
) -> None:
    tables = (*kernels.expansions(), kernels.chillus())
    kernels.write_folded(values, offsets, changes, tables, out, out_offsets)
