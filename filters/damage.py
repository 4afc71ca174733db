"""Damage of a batch of texts as sources give them, counted once for all sets of signals that ask."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from filters.kernels import damage as kernels
from filters.kernels.compiling import text_buffers
from filters.kernels.markup import tag_names
from filters.kernels.text_tables import marks


@dataclass
class _Shared:
    batch: pa.RecordBatch
    texts: pa.LargeStringArray
    counts: np.ndarray | None = None


_shared: ContextVar[_Shared | None] = ContextVar("shared_damage", default=None)


@contextmanager
def sharing(batch: pa.RecordBatch, *, texts: pa.LargeStringArray) -> Iterator[None]:
    """Inside, count() of this very batch and count_damage() of texts, its column, count once."""
    token = _shared.set(_Shared(batch, texts))
    try:
        yield
    finally:
        _shared.reset(token)


def count(batch: pa.RecordBatch) -> np.ndarray:
    """`count_damage` of the batch's column `text`, shared where `sharing` says so."""
    shared = _shared.get()
    return count_damage(batch.column("text") if shared is None or shared.batch is not batch else shared.texts)


def count_damage(texts: pa.LargeStringArray) -> np.ndarray:
    """Counts of filters.kernels.damage: n texts → int64 [COUNTS, n]. Raises ValueError for a null text."""
    shared = _shared.get()
    if shared is None or shared.texts is not texts:
        return _count(texts)
    if shared.counts is None:
        shared.counts = _count(texts)
    return shared.counts


def _count(texts: pa.LargeStringArray) -> np.ndarray:
    values, offsets = text_buffers(texts)
    counts = np.zeros((len(texts), kernels.COUNTS), np.int64)
    kernels.count_damage(values, offsets, kernels.byte_actions(), marks(), tag_names(), counts)
    return np.ascontiguousarray(counts.T)
