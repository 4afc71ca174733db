"""What is told of a duplicate beside the verdict: how similar it is to the kept document, and from where.

The similarity is estimated from signatures, never from text. The facts of a part add up over the
parts: sizes of clusters, overlaps of sources and languages, similarities.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from layers.columns import column

SIMILARITY_BINS = 20


class SourceCounts:
    """Members of every cluster of several, by source: 16 bytes for each (cluster, source). A cluster is named
    by any number."""

    def __init__(self, cluster: np.ndarray, *, source: np.ndarray, members: np.ndarray, names: Sequence[str]):
        """m rows of any order, in which a cluster and source may stand more than once."""
        self._names = pa.array(names, pa.string())
        pairs = cluster.astype(np.int64) * len(names) + source
        self._pairs, place = np.unique(pairs, return_inverse=True)
        self._counts = np.bincount(place, weights=members, minlength=len(self._pairs))

    @classmethod
    def of_documents(
        cls, kept: np.ndarray, *, size: np.ndarray, source: np.ndarray, names: Sequence[str]
    ) -> "SourceCounts":
        """kept, size: of n documents, as in Duplicates; source: index into names of each document."""
        rows = np.flatnonzero((kept >= 0) & (size[np.maximum(kept, 0)] > 1))
        pairs, members = np.unique(
            kept[rows].astype(np.int64) * len(names) + source[rows], return_counts=True
        )
        count = len(names)
        return cls(pairs // count, source=pairs % count, members=members, names=names)

    def of_twins(self, cluster: np.ndarray, *, source: np.ndarray) -> pa.ListArray:
        """Sources of the twins of m documents; a document is no twin of itself. A list per document."""
        count = len(self._names)
        low = np.searchsorted(self._pairs, cluster.astype(np.int64) * count)
        high = np.searchsorted(self._pairs, (cluster.astype(np.int64) + 1) * count)
        sizes = high - low
        document = np.repeat(np.arange(len(cluster)), sizes)
        place = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes) + low[document]
        other = self._pairs[place] % count
        keep = (self._counts[place] > 1) | (other != source[document])
        lengths = np.bincount(document[keep], minlength=len(cluster))
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(offsets), self._names.take(pa.array(other[keep])))


def spread(lists: pa.ListArray, *, rows: np.ndarray, n: int) -> pa.ListArray:
    """m lists at rows (ascending) of n, null elsewhere."""
    lengths = np.zeros(n, np.int32)
    lengths[rows] = np.diff(lists.offsets.to_numpy())
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    missing = np.ones(n, bool)
    missing[rows] = False
    return pa.ListArray.from_arrays(pa.array(offsets), lists.flatten(), mask=pa.array(missing))


def count_sizes(sizes: np.ndarray) -> dict[str, int]:
    """Clusters per size, in bins from one power of two to the next: {"2-3": clusters, "4-7": …}."""
    bins = np.bincount(np.frexp(sizes[sizes > 1])[1] - 1)
    return {f"{1 << k}-{(2 << k) - 1}": int(clusters) for k, clusters in enumerate(bins) if clusters}


def count_similarities(table: pa.Table) -> dict[str, list[int] | int]:
    """Dropped near duplicates by similarity to the kept document: 20 bins up to 1, and how many unknown."""
    near = table.filter(_equals(table, "duplicate_method", "minhash"))
    values = near["kept_similarity"].drop_null().to_numpy()
    bins = np.minimum((values * SIMILARITY_BINS).astype(np.int64), SIMILARITY_BINS - 1)
    return {
        "bins": np.bincount(bins, minlength=SIMILARITY_BINS).tolist(),
        "unknown": near["kept_similarity"].null_count,
    }


def count_below(table: pa.Table, *, similarity: float) -> int:
    """Dropped near duplicates whose estimated similarity is below a number."""
    near = table.filter(_equals(table, "duplicate_method", "minhash"))
    return int((near["kept_similarity"].drop_null().to_numpy() < np.float32(similarity)).sum())


def count_overlaps(table: pa.Table, *, kept_lang: pa.StringArray, bytes: np.ndarray) -> list[dict[str, Any]]:
    """Duplicates of a part by (lang, kept_source, kept_lang, method): documents and bytes."""
    rows = table.select(["lang", "kept_source", "duplicate_method"])
    rows = rows.append_column("kept_lang", kept_lang).append_column("bytes", pa.array(bytes))
    rows = rows.filter(pc.is_valid(rows["duplicate_method"]))
    keys = ["lang", "kept_source", "kept_lang", "duplicate_method"]
    groups = rows.group_by(keys).aggregate([("bytes", "count"), ("bytes", "sum")])
    groups = groups.sort_by([(key, "ascending") for key in keys])
    return [
        {**{key: row[key] for key in keys}, "documents": row["bytes_count"], "bytes": row["bytes_sum"]}
        for row in groups.to_pylist()
    ]


def sum_facts(facts: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Facts of parts, each with its source, added up: what the manifest says about duplicates."""
    sizes: Counter[str] = Counter()
    overlaps: dict[tuple[str | None, ...], list[int]] = {}
    bins, unknown, below = np.zeros(SIMILARITY_BINS, np.int64), 0, 0
    uncompared: list[dict[str, Any]] = []
    for source, part in facts:
        sizes.update(part["sizes"])
        bins += np.array(part["similarities"]["bins"], np.int64)
        unknown += part["similarities"]["unknown"]
        below += part["below"]
        uncompared += part["uncompared"]
        for row in part["overlaps"]:
            key = (source, row["lang"], row["kept_source"], row["kept_lang"], row["duplicate_method"])
            total = overlaps.setdefault(key, [0, 0])
            total[0] += row["documents"]
            total[1] += row["bytes"]
    names = ("source", "lang", "kept_source", "kept_lang", "method", "documents", "bytes")
    return {
        "cluster_sizes": dict(sorted(sizes.items(), key=lambda item: int(item[0].split("-")[0]))),
        "near_duplicates": int(bins.sum()) + unknown,
        "near_below": below,
        "near_unknown": unknown,
        "near_similarities": bins.tolist(),
        "uncompared": sorted(uncompared, key=lambda component: component["component_id"]),
        "overlaps": [
            dict(zip(names, (*key, *total), strict=True))
            for key, total in sorted(overlaps.items(), key=lambda item: [part or "" for part in item[0]])
        ],
    }


def _equals(table: pa.Table, name: str, value: str) -> pa.Array:
    return pc.fill_null(pc.equal(column(table, name), value), False)
