"""The edits of a batch, one after the other, and what each changed."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters import base
from layers.shards import text_lengths
from pipeline.stages.count import removal
from pipeline.stages.measure.errors import named


def apply_edits(
    texts: pa.Array, *, edits: Sequence[str], langs: pa.Array, cut_rows: np.ndarray | None, before: pa.Array
) -> tuple[pa.Array, pa.Array, pa.Array]:
    """(edited texts, per document the names of the edits that changed it, the bytes that each removed).

    before: the texts from which repeated lines were removed.
    """
    names = [removal.EDIT, *edits]
    lengths = text_lengths(texts)
    changed, removed = [np.zeros(len(texts), bool)], [np.zeros(len(texts), np.int64)]
    if cut_rows is not None:
        changed[0][cut_rows] = True
        removed[0] = text_lengths(before) - lengths
    for name in edits:
        given = texts
        texts = named(name, base.load_edit(name).edit, given, langs=langs)
        same = texts is given or pc.equal(texts, given)
        changed.append(np.zeros(len(texts), bool) if same is True else ~same.to_numpy(zero_copy_only=False))
        before_edit, lengths = lengths, lengths if same is True else text_lengths(texts)
        removed.append(before_edit - lengths)
    flags = np.array(changed).T
    offsets = pa.array(np.concatenate([[0], np.cumsum(flags.sum(axis=1))]).astype(np.int32))
    changes = pa.array(names, pa.string()).take(pa.array(np.nonzero(flags)[1]))
    sizes = pa.array(np.array(removed, np.int64).T[flags])
    return (
        texts,
        pa.ListArray.from_arrays(offsets, changes),
        pa.ListArray.from_arrays(offsets, sizes),
    )
