"""From verdicts to decisions: what documents are compared by, what is said about each, and the table of it.

Plain functions over arrays; `decide` reads them from the layers, the `Deduplicate` transform from
a collection.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from layers.columns import Halves, binary, take
from layers.document import DOC_ID_BYTES, DOCUMENT, make_field
from pipeline.stages.decide.keys import SharedKeys, find_shared, text_ids

DUPLICATE_RULES = ("duplicate_key", "exact_duplicate", "near_duplicate")
METHODS = ("key", "exact_hash", "minhash")
"""How each of DUPLICATE_RULES is found."""

_DOC_ID = make_field(
    "doc_id",
    pa.binary(DOC_ID_BYTES),
    "The document: its id by source and key; where the key has several texts, by source, key and text.",
    nullable=False,
)
_KEY_ID = make_field(
    "key_id",
    pa.binary(DOC_ID_BYTES),
    "Id by source and key of a document whose source gives the key to different texts; null: doc_id is it.",
)
_KEEP = make_field("keep", pa.bool_(), "True: the document is in the release.", nullable=False)
_SIMILARITY = make_field(
    "kept_similarity",
    pa.float32(),
    "Jaccard similarity of the shingles with those of kept_doc_id, estimated from the signatures: of exact "
    "copies 1, of their copies that of the text; null for what is no duplicate by its text.",
)
_CLUSTER = [
    make_field(
        "component_id",
        pa.binary(DOC_ID_BYTES),
        "Smallest doc_id of the documents that bands and exact hashes connect.",
        nullable=False,
    ),
    make_field(
        "component_size",
        pa.int64(),
        "Documents that they connect, most of them no duplicates.",
        nullable=False,
    ),
    make_field(
        "cluster_size",
        pa.int64(),
        "The kept document and those that are its duplicates; 1: it has none, 0: no document is kept here.",
        nullable=False,
    ),
    make_field(
        "kept_doc_id",
        pa.binary(DOC_ID_BYTES),
        "The document that stays: itself, or the one that it is a duplicate of; null: neither.",
    ),
]
_TWIN = [
    make_field("kept_source", pa.string(), "uid of the source card of kept_doc_id."),
    make_field(
        "duplicate_method",
        pa.string(),
        "What found the duplicate: key, url, exact_hash or minhash; null for what is no duplicate.",
    ),
    _SIMILARITY,
    make_field(
        "twin_sources",
        pa.list_(pa.string()),
        "Of a kept document: uids of the sources of its duplicates; null without any.",
    ),
]
DECISION = pa.schema(
    [
        _DOC_ID,
        _KEY_ID,
        make_field("lang", pa.string(), "Assigned language.", nullable=False),
        _KEEP,
        make_field("reason", pa.string(), "First failed rule in the fixed order; null for kept documents."),
        make_field(
            "reasons",
            pa.list_(pa.string()),
            "All failed rules: governance, language, quality, duplicates.",
            nullable=False,
        ),
        *_CLUSTER,
        *_TWIN,
    ]
)
IDS = pa.schema([_DOC_ID, _KEY_ID])
"""A file of their own, 16 bytes a document: who asks for one reads no decisions of others."""
DUPLICATES = pa.schema(
    [
        _DOC_ID,
        make_field(
            "key_id",
            pa.binary(DOC_ID_BYTES),
            "doc_id that the row came with: of source and key.",
            nullable=False,
        ),
        DOCUMENT.field("container"),
        DOCUMENT.field("offset"),
        _KEEP,
        make_field("reason", pa.string(), "Duplicate rule that the document fails, or null."),
        *_CLUSTER,
        _SIMILARITY,
    ]
)


@dataclass(frozen=True)
class Documents:
    """What n documents are compared by, in any fixed order."""

    doc_id: Halves
    exact: Halves
    exact_valid: np.ndarray | None
    """False: no exact duplicates of that document; None: all have a hash."""
    scope: np.ndarray | None
    """Documents of one code are compared; None: all are."""
    rank: np.ndarray
    """Of documents the smaller stays (`rank`)."""
    locator: np.ndarray
    """Ranks documents by place: of equal doc_ids the smallest stays."""
    passes: np.ndarray
    """The document fails no other rule."""
    set_aside: np.ndarray | None = None
    """True: an earlier capture of a page, which is no other document's duplicate; None: there is none."""
    shared: SharedKeys = field(default_factory=SharedKeys.none)
    """Keys that several texts have, whose documents have ids of key and text."""

    def separate_keys(self, known: frozenset[bytes] = frozenset()) -> "Documents":
        """The same documents, told apart where several texts have one key; of all documents at once.

        known: keys that several texts had before some were removed.
        """
        rows, is_first = find_shared(self.doc_id, exact=self.exact, known=known)
        return self.identify_by_text(rows, is_first=is_first)

    def identify_by_text(self, rows: np.ndarray, *, is_first: np.ndarray) -> "Documents":
        """The same documents, of which those at ascending rows share their key with another text."""
        if not len(rows):
            return self
        key, ids = take(self.doc_id, rows), (self.doc_id[0].copy(), self.doc_id[1].copy())
        ids[0][rows], ids[1][rows] = text_ids(key, exact=take(self.exact, rows))
        return replace(self, doc_id=ids, shared=SharedKeys(rows, key, is_first))


@dataclass(frozen=True)
class Verdicts:
    """What is said about n documents, each beside the document that stays for it."""

    doc_id: Halves
    key_id: Halves
    has_shared_key: np.ndarray
    """Its source gives its key to another text too; key_id means something there."""
    is_first_of_key: np.ndarray
    """Of the documents of such a key the first."""
    repeated: np.ndarray
    """An earlier document has the same doc_id."""
    component_id: Halves
    component_size: np.ndarray
    cluster_size: np.ndarray
    kept_doc_id: Halves
    has_kept: np.ndarray
    is_kept: np.ndarray
    """The document itself stays."""
    is_copy: np.ndarray
    """Its exact hash is that of the kept document."""
    similarity: np.ndarray
    """float32, to the kept document; NaN: it is that one, or there is none."""

    def slice(self, part: slice) -> "Verdicts":
        """The verdicts on documents part."""
        parts: dict[str, Any] = {}
        for each in fields(self):
            values = getattr(self, each.name)
            parts[each.name] = take(values, part) if isinstance(values, tuple) else values[part]
        return Verdicts(**parts)

    def flags(self) -> dict[str, np.ndarray]:
        """The duplicate rules that each document fails."""
        duplicate = self.has_kept & ~self.is_kept & ~self.repeated
        found = (self.repeated, duplicate & self.is_copy, duplicate & ~self.is_copy)
        return dict(zip(DUPLICATE_RULES, found, strict=True))


def decision_table(
    verdicts: Verdicts,
    *,
    lang: pa.StringArray,
    reasons: pa.ListArray,
    kept_source: pa.StringArray,
    twin_sources: pa.ListArray,
) -> pa.Table:
    """The DECISION rows of the same n documents."""
    flags = verdicts.flags()
    all_reasons = _append(reasons, flags)
    keep = pc.equal(pc.list_value_length(all_reasons), 0)
    method = np.select(list(flags.values()), [0, 1, 2], -1)
    methods = pa.array(METHODS, pa.string()).take(pa.array(method, mask=method < 0))
    columns = {
        "doc_id": binary(verdicts.doc_id),
        "key_id": binary(verdicts.key_id, valid=verdicts.has_shared_key),
        "lang": lang,
        "keep": keep,
        "reason": _first(all_reasons),
        "reasons": all_reasons,
        "component_id": binary(verdicts.component_id),
        "component_size": pa.array(verdicts.component_size),
        "cluster_size": pa.array(verdicts.cluster_size),
        "kept_doc_id": binary(verdicts.kept_doc_id, valid=verdicts.has_kept),
        "kept_source": kept_source,
        "duplicate_method": methods,
        "kept_similarity": pa.array(verdicts.similarity, pa.float32(), mask=np.isnan(verdicts.similarity)),
        # taken, so that nothing of a larger array lies behind it: what is written must not vary
        "twin_sources": twin_sources.take(pa.array(np.arange(len(lang)))),
    }
    return pa.table(columns).select(DECISION.names).cast(DECISION)


def duplicates_batch(found: Verdicts, *, place: Sequence[pa.Array], passes: np.ndarray) -> pa.RecordBatch:
    """The DUPLICATES rows of all documents; place is their container and offset."""
    n = len(found.repeated)
    none = pa.ListArray.from_arrays(pa.array(np.zeros(n + 1, np.int32)), pa.array([], pa.string()))
    reasons = _append(none, found.flags())
    keep = pc.and_(pa.array(passes), pc.equal(pc.list_value_length(reasons), 0))
    key_high, key_low = (
        np.where(found.has_shared_key, *halves) for halves in zip(found.key_id, found.doc_id, strict=True)
    )
    columns = [
        binary(found.doc_id),
        binary((key_high, key_low)),
        *place,
        keep,
        _first(reasons),
        binary(found.component_id),
        pa.array(found.component_size),
        pa.array(found.cluster_size),
        binary(found.kept_doc_id, valid=found.has_kept),
        pa.array(found.similarity, pa.float32(), mask=np.isnan(found.similarity)),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=DUPLICATES)


def _append(reasons: pa.ListArray, flags: Mapping[str, np.ndarray]) -> pa.ListArray:
    """Each document's reasons followed by the names of its flags, in order."""
    flat, parents = reasons.flatten(), pc.list_parent_indices(reasons).to_numpy()
    values, rows, ranks = [flat], [parents], [np.zeros(len(flat), np.int64)]
    for place, (name, flag) in enumerate(flags.items(), start=1):
        hit = np.flatnonzero(flag)
        values.append(pa.array([name] * len(hit), pa.string()))
        rows.append(hit)
        ranks.append(np.full(len(hit), place, np.int64))
    row, rank = np.concatenate(rows), np.concatenate(ranks)
    order = np.lexsort((rank, row))  # stable: the rules of one document keep their order
    offsets = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(reasons)))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.concat_arrays(values).take(pa.array(order)))


def _first(reasons: pa.ListArray) -> pa.StringArray:
    """First reason of each document, null where there is none."""
    starts = reasons.offsets.to_numpy()[:-1]
    empty = pc.list_value_length(reasons).to_numpy() == 0
    return reasons.values.take(pa.array(np.where(empty, 0, starts), mask=empty))
