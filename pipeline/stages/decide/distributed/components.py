"""What the documents of a component come to together: how many they are, and how many too many are cut.

A group tells of each component that it has members of how many they are; the partition of the component adds
up. Of components that are too large for one task the groups then count documents by bins of the first band,
and the partition cuts the bins into pieces. Most corpora have no such component, and skip these two steps.
"""

from dataclasses import dataclass

import numpy as np

from layers.columns import Halves, take
from pipeline.stages.decide import clusters
from pipeline.stages.decide.comparison import BINS, Cut, bin_signatures
from pipeline.stages.decide.distributed.clustering import Clustering, ClusterTask
from pipeline.stages.decide.distributed.groups import GroupClusters, read_clusters, read_group, read_packed
from pipeline.stages.decide.duplicates import text_keys
from pipeline.stages.decide.verdicts import Documents

_NONE = np.zeros(0, np.int64)


def write_components(clustering: Clustering, task: ClusterTask) -> None:
    """Of each component that a group has members of: how many, and the smallest id."""
    documents = read_group(clustering, task.index).documents
    own = read_clusters(clustering, task.index)
    ids = take(documents.doc_id, own.rows)
    cluster, first, root = np.unique(own.cluster, return_index=True, return_inverse=True)
    smallest = clusters.choose_first(first[root], doc_id=ids)[first]
    high, low = take(ids, smallest)
    columns = {
        "cluster": cluster,
        "size": np.bincount(root, minlength=len(cluster)),
        "high": high,
        "low": low,
    }
    columns["group"] = np.full(len(cluster), task.index)
    with clustering.commit(task) as commit:
        partition = clustering.partition(cluster)
        commit.write("components", columns, partition=partition, count=clustering.partitions)
        commit.commit()


def write_sizes(clustering: Clustering, task: ClusterTask) -> None:
    """Size and smallest id of each component of a partition, to every group that has members of it."""
    rows = clustering.rows("components", name="components", partition=task.index)
    with clustering.commit(task) as commit:
        oversize = 0
        if rows:
            _, first, root = np.unique(rows["cluster"], return_index=True, return_inverse=True)
            ids = (rows["high"], rows["low"])
            smallest = clusters.choose_first(first[root], doc_id=ids)[first][root]
            size = np.bincount(root, weights=rows["size"]).astype(np.int64)
            high, low = take(ids, smallest)
            columns = {"cluster": rows["cluster"], "size": size[root], "high": high, "low": low}
            commit.write("sizes", columns, partition=rows["group"].astype(np.int32), count=clustering.groups)
            oversize = int((size > clustering.limits.max_cluster_documents).sum())
        commit.commit(changed=oversize if clustering.job.config.decide.near_duplicates else 0)


@dataclass(frozen=True)
class Sizes:
    """Of each member of a component of a group, in the order of GroupClusters: its size and smallest id."""

    size: np.ndarray
    smallest: Halves


def read_sizes(clustering: Clustering, group: int, *, own: GroupClusters) -> Sizes:
    told = clustering.rows("sizes", name="sizes", partition=group)
    if not told:
        none = np.zeros(0, np.uint64)
        return Sizes(_NONE, (none, none))
    order = np.argsort(told["cluster"])
    place = order[np.searchsorted(told["cluster"][order], own.cluster)]
    return Sizes(told["size"][place], (told["high"][place], told["low"][place]))


def write_bins(clustering: Clustering, task: ClusterTask) -> None:
    """Members of a group in each bin of the components that are cut."""
    own = read_clusters(clustering, task.index)
    sizes = read_sizes(clustering, task.index, own=own)
    rows, bins = _read_bins(clustering, task.index, own=own, sizes=sizes)
    pairs, counts = np.unique(own.cluster[rows] * BINS + bins, return_counts=True)
    columns = {"cluster": pairs // BINS, "bin": pairs % BINS, "count": counts}
    columns["group"] = np.full(len(pairs), task.index)
    with clustering.commit(task) as commit:
        partition = clustering.partition(columns["cluster"])
        commit.write("bins", columns, partition=partition, count=clustering.partitions)
        commit.commit()


def _read_bins(
    clustering: Clustering, group: int, *, own: GroupClusters, sizes: Sizes
) -> tuple[np.ndarray, np.ndarray]:
    """(places in own of the members of components that are cut, the bin of each)."""
    rows = np.flatnonzero(sizes.size > clustering.limits.max_cluster_documents)
    packed, _ = read_packed(clustering, group, rows=own.rows[rows])
    return rows, bin_signatures(packed, limits=clustering.limits)


def write_pieces(clustering: Clustering, task: ClusterTask) -> None:
    """How the bins of each component of a partition are cut, to every group that has members in them."""
    rows = clustering.rows("bins", name="bins", partition=task.index)
    with clustering.commit(task) as commit:
        if rows:
            first, pieces = np.empty(len(rows["bin"]), np.int64), np.empty(len(rows["bin"]), np.int64)
            order = np.argsort(rows["cluster"], kind="stable")
            for chosen in np.split(order, np.flatnonzero(np.diff(rows["cluster"][order])) + 1):
                bins = rows["bin"][chosen]
                counts = np.bincount(bins, weights=rows["count"][chosen], minlength=BINS).astype(np.int64)
                cut = Cut.of_bins(counts, max_documents=clustering.limits.max_cluster_documents)
                first[chosen], pieces[chosen] = cut.first[bins], cut.pieces[bins]
            columns = {"cluster": rows["cluster"], "bin": rows["bin"], "first": first, "pieces": pieces}
            commit.write("cuts", columns, partition=rows["group"].astype(np.int32), count=clustering.groups)
        commit.commit()


def read_pieces(
    clustering: Clustering, group: int, *, own: GroupClusters, sizes: Sizes, documents: Documents
) -> np.ndarray:
    """Number of the piece of its component that each member lies in: as in own; 0 where nothing is cut."""
    number = np.zeros(len(own.rows), np.int64)
    if not clustering.is_cut:
        return number
    rows, bins = _read_bins(clustering, group, own=own, sizes=sizes)
    told = clustering.rows("pieces", name="cuts", partition=group)
    if told:
        key = told["cluster"] * BINS + told["bin"]
        order = np.argsort(key)
        place = order[np.searchsorted(key[order], own.cluster[rows] * BINS + bins)]
        cut = Cut(told["first"][place], told["pieces"][place])
        text = text_keys(documents, rows=own.rows[rows])
        number[rows] = cut.place(np.arange(len(rows)), text=text)
    return number
