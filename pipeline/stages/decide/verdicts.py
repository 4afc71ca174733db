"""From hashes and verdicts to decisions: who duplicates whom, who stays, and the table of it.

Plain functions over arrays; `decide` reads them from the layers, the `Deduplicate` transform from
a collection.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from layers.columns import Halves, binary, take
from layers.document import DOC_ID_BYTES, DOCUMENT, make_field
from pipeline.stages.decide import clusters

DUPLICATE_RULES = ("duplicate_key", "exact_duplicate", "near_duplicate")
METHODS = ("key", "exact_hash", "minhash")
"""How each of DUPLICATE_RULES is found."""

_DOC_ID = make_field("doc_id", pa.binary(DOC_ID_BYTES), "The document.", nullable=False)
_KEEP = make_field("keep", pa.bool_(), "True: the document is in the release.", nullable=False)
_CLUSTER = [
    make_field(
        "cluster_id", pa.binary(DOC_ID_BYTES), "Smallest doc_id of the duplicate cluster.", nullable=False
    ),
    make_field("cluster_size", pa.int64(), "Documents in the duplicate cluster; 1: unique.", nullable=False),
    make_field(
        "kept_doc_id", pa.binary(DOC_ID_BYTES), "The kept document of the cluster; null when none passes."
    ),
]
_TWIN = [
    make_field("kept_source", pa.string(), "uid of the source card of kept_doc_id."),
    make_field(
        "duplicate_method",
        pa.string(),
        "What found the duplicate: key, url, exact_hash or minhash; null for what is no duplicate.",
    ),
    make_field(
        "kept_similarity",
        pa.float32(),
        "Jaccard similarity of the shingles with those of kept_doc_id, estimated from the signatures; null "
        "for the kept document itself and for texts without words.",
    ),
    make_field(
        "twin_sources",
        pa.list_(pa.string()),
        "Of a kept document: uids of the sources of the other members of its cluster; else null.",
    ),
]
DECISION = pa.schema(
    [
        _DOC_ID,
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
DUPLICATES = pa.schema(
    [
        _DOC_ID,
        DOCUMENT.field("container"),
        DOCUMENT.field("offset"),
        _KEEP,
        make_field("reason", pa.string(), "Duplicate rule that the document fails, or null."),
        *_CLUSTER,
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
    length: np.ndarray
    locator: np.ndarray
    """Ranks documents by place: of equal doc_ids the smallest stays."""
    priority: np.ndarray
    passes: np.ndarray
    """The document fails no other rule."""


@dataclass(frozen=True)
class Duplicates:
    """Clusters of n documents. size, kept and smallest stand at the root, the first member."""

    root: np.ndarray
    size: np.ndarray
    kept: np.ndarray
    """Index of the document that stays; −1 where no member passes."""
    smallest: np.ndarray
    """Index of the member whose doc_id names the cluster."""
    repeated: np.ndarray
    """An earlier document has the same doc_id."""


@dataclass(frozen=True)
class Verdicts:
    """What clustering says about n documents, each beside its cluster's kept document."""

    doc_id: Halves
    repeated: np.ndarray
    cluster_id: Halves
    cluster_size: np.ndarray
    kept_doc_id: Halves
    has_kept: np.ndarray
    is_kept: np.ndarray
    """The document is the one that stays."""
    same_hash: np.ndarray
    """Its exact hash is that of the kept document."""

    def slice(self, part: slice) -> "Verdicts":
        """The verdicts on documents part."""
        return Verdicts(
            take(self.doc_id, part),
            self.repeated[part],
            take(self.cluster_id, part),
            self.cluster_size[part],
            take(self.kept_doc_id, part),
            self.has_kept[part],
            self.is_kept[part],
            self.same_hash[part],
        )

    def flags(self, similar: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """The duplicate rules that each document fails; near duplicates only where similar, if given."""
        duplicate = self.has_kept & ~self.is_kept & ~self.repeated
        near = duplicate & ~self.same_hash
        found = (self.repeated, duplicate & self.same_hash, near if similar is None else near & similar)
        return dict(zip(DUPLICATE_RULES, found, strict=True))


def find_duplicates(documents: Documents, *, bands: Iterable[pa.UInt64Array | np.ndarray]) -> Duplicates:
    """Cluster documents within their scope, and choose the one that stays of each cluster."""
    repeated = clusters.duplicate_keys(documents.doc_id, order=documents.locator)
    root = clusters.cluster(
        bands,
        n=len(repeated),
        scope=documents.scope,
        exact=documents.exact,
        exact_valid=documents.exact_valid,
    )
    kept = clusters.choose_kept(
        root,
        eligible=documents.passes & ~repeated,
        priority=documents.priority,
        length=documents.length,
        doc_id=documents.doc_id,
    )
    smallest = clusters.choose_kept(root, eligible=None, priority=None, length=None, doc_id=documents.doc_id)
    return Duplicates(root, clusters.cluster_sizes(root), kept, smallest, repeated)


def verdicts(found: Duplicates, *, documents: Documents, part: slice) -> Verdicts:
    """What the clusters say about documents part."""
    root = found.root[part]
    kept = found.kept[root]
    has_kept = kept >= 0
    safe = np.where(has_kept, kept, 0) if len(found.root) else kept
    valid = documents.exact_valid
    same = (documents.exact[0][part] == documents.exact[0][safe]) & (
        documents.exact[1][part] == documents.exact[1][safe]
    )
    return Verdicts(
        doc_id=take(documents.doc_id, part),
        repeated=found.repeated[part],
        cluster_id=take(documents.doc_id, found.smallest[root]),
        cluster_size=found.size[root].astype(np.int64),
        kept_doc_id=take(documents.doc_id, safe),
        has_kept=has_kept,
        is_kept=kept == np.arange(part.start, part.stop),
        same_hash=has_kept & same & (True if valid is None else valid[part] & valid[safe]),
    )


def decision_table(
    verdicts: Verdicts,
    *,
    lang: pa.StringArray,
    reasons: pa.ListArray,
    kept_source: pa.StringArray,
    similarity: np.ndarray,
    twin_sources: pa.ListArray,
    min_similarity: float | None = None,
) -> pa.Table:
    """The DECISION rows of the same n documents; similarity NaN: not known.

    A near duplicate whose similarity is below min_similarity is none, and stays.
    """
    # what is not known cannot acquit a document
    similar = None if min_similarity is None else ~(similarity < np.float32(min_similarity))
    flags = verdicts.flags(similar)
    all_reasons = _append(reasons, flags)
    keep = pc.equal(pc.list_value_length(all_reasons), 0)
    method = np.select(list(flags.values()), [0, 1, 2], -1)
    methods = pa.array(METHODS, pa.string()).take(pa.array(method, mask=method < 0))
    columns = {
        "doc_id": binary(verdicts.doc_id),
        "lang": lang,
        "keep": keep,
        "reason": _first(all_reasons),
        "reasons": all_reasons,
        "cluster_id": binary(verdicts.cluster_id),
        "cluster_size": pa.array(verdicts.cluster_size),
        "kept_doc_id": binary(verdicts.kept_doc_id, valid=verdicts.has_kept),
        "kept_source": kept_source,
        "duplicate_method": methods,
        "kept_similarity": pa.array(similarity, pa.float32(), mask=np.isnan(similarity)),
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
    columns = [
        binary(found.doc_id),
        *place,
        keep,
        _first(reasons),
        binary(found.cluster_id),
        pa.array(found.cluster_size),
        binary(found.kept_doc_id, valid=found.has_kept),
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
