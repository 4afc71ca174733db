"""Ids of documents with personal data: of their place, since a digest of the text would tell of it."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.personal_data.fields import FIELD_KINDS, mask_fields
from layers.document import DOC_ID_BYTES, DOCUMENT, has_digest_key, make_place_id


def has_spans(spans: pa.ListArray) -> np.ndarray:
    """Whether each of n documents has any SPANS: bool [n]."""
    lengths = pc.fill_null(pc.list_value_length(spans), 0)
    return lengths.to_numpy(zero_copy_only=False) > 0


def identify_by_place(
    batch: pa.RecordBatch,
    *,
    has_any: np.ndarray,
    langs: pa.StringArray,
    kinds: Sequence[str],
    source: str,
) -> pa.RecordBatch:
    """A DOCUMENT batch in which documents with personal data and a digest as key have ids of their places.

    has_any: bool [n], of the texts; kinds: those that are looked for, in columns beside the text, too.
    """
    own_key = has_digest_key(batch.column("record_id"))
    if kinds and pc.any(own_key).as_py():
        columns = {name: batch.column(name) for name in FIELD_KINDS}
        beside = mask_fields(columns, languages=langs.to_pylist(), kinds=kinds).rows
        has_any = np.logical_or.reduce([has_any, *beside.values()])
    rows = pc.indices_nonzero(pc.and_(pa.array(has_any), own_key)).to_pylist()
    if not rows:
        return batch
    ids = batch.column("doc_id").to_pylist()
    places = batch.select(["container", "offset"]).take(pa.array(rows)).to_pylist()
    for row, place in zip(rows, places, strict=True):
        ids[row] = make_place_id(source, **place)
    index = batch.schema.get_field_index("doc_id")
    return batch.set_column(index, DOCUMENT.field("doc_id"), pa.array(ids, pa.binary(DOC_ID_BYTES)))
