"""From hashes and verdicts to decisions: who duplicates whom, who stays, and the table of it.

Plain functions over arrays of all documents; `decide` reads them from the layers, the
`Deduplicate` transform from a collection.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import clusters
from pipeline.document import DOC_ID_BYTES, DOCUMENT, make_field

DUPLICATE_RULES = ("duplicate_key", "exact_duplicate", "near_duplicate")


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
class Duplicates:
    """n documents: index of the document that stands for the cluster, of the one that stays, and flags."""

    doc_id: tuple[np.ndarray, np.ndarray]
    keep: np.ndarray
    cluster: np.ndarray
    size: np.ndarray
    kept: np.ndarray
    """−1 where no member passes."""
    flags: Mapping[str, np.ndarray]


def find_duplicates(
    *,
    doc_id: pa.FixedSizeBinaryArray,
    exact: pa.FixedSizeBinaryArray,
    lang: pa.StringArray,
    length: np.ndarray,
    locator: np.ndarray,
    priority: np.ndarray,
    passes: np.ndarray,
    bands: Iterable[pa.UInt64Array],
) -> Duplicates:
    """Cluster n documents by language and choose the one that stays; arrays are in any fixed order.

    exact null: no exact duplicates of that document. locator ranks documents by place: of
    equal doc_ids the smallest stays. passes: the document fails no other rule.
    """
    n = len(doc_id)
    ids, hashes = halves(doc_id), halves(exact)
    has_hash = exact.is_valid().to_numpy(zero_copy_only=False)
    scope = lang.dictionary_encode().indices.to_numpy().astype(np.int32)
    repeated_key = clusters.duplicate_keys(ids, order=locator)
    cluster = clusters.cluster(bands, n=n, scope=scope, exact=hashes, exact_valid=has_hash)
    kept = clusters.choose_kept(
        cluster, eligible=passes & ~repeated_key, priority=priority, length=length, doc_id=ids
    )
    smallest = clusters.choose_kept(
        cluster,
        eligible=np.ones(n, bool),
        priority=np.zeros(n, np.int32),
        length=np.zeros(n, np.int64),
        doc_id=ids,
    )
    duplicate = (kept >= 0) & (kept != np.arange(n)) & ~repeated_key
    same_hash = has_hash & has_hash[kept] & (hashes[0] == hashes[0][kept]) & (hashes[1] == hashes[1][kept])
    return Duplicates(
        doc_id=ids,
        keep=passes & ~repeated_key & ~duplicate,
        cluster=smallest,
        size=clusters.cluster_sizes(cluster),
        kept=kept,
        flags={
            "duplicate_key": repeated_key,
            "exact_duplicate": duplicate & same_hash,
            "near_duplicate": duplicate & ~same_hash,
        },
    )


def decision_table(
    found: Duplicates, *, part: slice, lang: pa.StringArray, reasons: pa.ListArray
) -> pa.Table:
    """The DECISION rows of documents part; lang and reasons are those of the same documents."""
    all_reasons = _append(reasons, {name: flag[part] for name, flag in found.flags.items()})
    names = ["doc_id", "lang", "keep", "reason", "reasons", "cluster_id", "cluster_size", "kept_doc_id"]
    columns = [*_identity(found, part=part)]
    columns[1:1] = [lang]
    columns[3:3] = [_first(all_reasons), all_reasons]
    return pa.Table.from_arrays(columns, names=names).cast(DECISION)


def duplicates_batch(found: Duplicates, *, place: Sequence[pa.Array]) -> pa.RecordBatch:
    """The DUPLICATES rows of all documents; place is their container and offset."""
    n = len(found.keep)
    none = pa.ListArray.from_arrays(pa.array(np.zeros(n + 1, np.int32)), pa.array([], pa.string()))
    columns = [*_identity(found, part=slice(0, n))]
    columns[2:2] = [_first(_append(none, found.flags))]
    columns[1:1] = place
    return pa.RecordBatch.from_arrays(columns, schema=DUPLICATES)


def _identity(found: Duplicates, *, part: slice) -> list[pa.Array]:
    """doc_id, keep, cluster_id, cluster_size, kept_doc_id of documents part."""
    high, low = found.doc_id

    def ids(index: slice | np.ndarray) -> np.ndarray:
        return np.stack([high[index], low[index]], axis=1)

    kept = found.kept[part]
    return [
        _binary(ids(part)),
        pa.array(found.keep[part]),
        _binary(ids(found.cluster[part])),
        pa.array(found.size[part].astype(np.int64)),
        _binary(ids(np.maximum(kept, 0)), valid=kept >= 0),
    ]


def _binary(ids: np.ndarray, *, valid: np.ndarray | None = None) -> pa.FixedSizeBinaryArray:
    if valid is not None:
        ids = np.where(valid[:, None], ids, 0)  # what lies under a null must not vary
    # byte order last: NumPy returns native order from stack and where
    data = pa.py_buffer(np.ascontiguousarray(ids, dtype=">u8"))
    mask = None if valid is None else pa.array(valid).buffers()[1]
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(DOC_ID_BYTES), len(ids), [mask, data])


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


def column(table: pa.Table, name: str) -> pa.Array:
    """A column as one array."""
    chunked = table[name]
    return (
        chunked.chunk(0)
        if chunked.num_chunks == 1
        else pa.concat_arrays([pa.array([], chunked.type), *chunked.chunks])
    )


def halves(ids: pa.FixedSizeBinaryArray) -> tuple[np.ndarray, np.ndarray]:
    """128-bit values as two big-endian uint64 arrays, so that numeric order is byte order; null is 0."""
    data = ids.buffers()[1]
    if data is None or not len(ids):
        return np.zeros(0, np.uint64), np.zeros(0, np.uint64)
    pairs = np.frombuffer(data, dtype=">u8").reshape(-1, 2)[ids.offset : ids.offset + len(ids)]
    high, low = pairs[:, 0].astype(np.uint64), pairs[:, 1].astype(np.uint64)
    if ids.null_count:
        valid = ids.is_valid().to_numpy(zero_copy_only=False)
        high, low = np.where(valid, high, np.uint64(0)), np.where(valid, low, np.uint64(0))
    return high, low
