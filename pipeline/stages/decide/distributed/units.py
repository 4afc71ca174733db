"""Units, which are compared, and what stays for each: the steps of the distributed path that decide.

Of the documents of one text that a group has in a component, the first in rank is a unit; it travels with its
signature to the partition of the component, or of its piece, which compares what it is told by all groups.
So a text that every group has is one row of each. Documents that are connected with no other do not travel.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from filters.hashes.minhash import similarity_of_equal
from layers.columns import take
from pipeline.stages.decide import clusters
from pipeline.stages.decide.comparison import Units, compare
from pipeline.stages.decide.distributed import captures
from pipeline.stages.decide.distributed.clustering import Clustering, ClusterTask
from pipeline.stages.decide.distributed.components import read_pieces, read_sizes
from pipeline.stages.decide.distributed.groups import (
    GroupClusters,
    read_clusters,
    read_group,
    read_packed,
    read_repeated,
)
from pipeline.stages.decide.distributed.partitions import PartitionedCommit
from pipeline.stages.decide.documents import Measured
from pipeline.stages.decide.twins import SourceCounts, spread

_PIECE_BITS = 40
"""A piece is its number and, below, the number of its component's first document."""


def write_units(clustering: Clustering, task: ClusterTask) -> None:
    """The units of a group, which of its documents each stands for, and their sources."""
    measured = captures.drop_earlier(
        read_group(clustering, task.index), group=task.index, clustering=clustering
    )
    own = read_clusters(clustering, task.index)
    sizes = read_sizes(clustering, task.index, own=own)
    number = read_pieces(clustering, task.index, own=own, sizes=sizes, documents=measured.documents)
    piece = own.cluster | number << _PIECE_BITS
    eligible = measured.documents.passes & ~read_repeated(clustering, task.index)
    unit = _choose_units(measured, own=own, piece=piece, eligible=eligible)
    start = clustering.documents(task.index).start
    with clustering.commit(task) as commit:
        is_unit = unit == own.rows
        columns = _unit_columns(
            measured,
            rows=own.rows[is_unit],
            eligible=eligible,
            group=task.index,
            clustering=clustering,
        )
        columns["piece"] = piece[is_unit]
        partition = clustering.partition(columns["piece"])
        commit.write("units", columns, partition=partition, count=clustering.partitions)
        counted = np.flatnonzero(unit >= 0)
        _write_sources(
            commit,
            measured,
            rows=own.rows[counted],
            unit=unit[counted],
            piece=piece[counted],
            start=start,
            clustering=clustering,
        )
        copies = np.flatnonzero(~is_unit)
        commit.write(
            "copies",
            {"row": own.rows[copies], "unit": unit[copies]},
            partition=np.full(len(copies), task.index, np.int32),
            count=clustering.groups,
        )
        if clustering.is_cut:
            _write_piece_sizes(commit, own=own, number=number, size=sizes.size, clustering=clustering)
        captures.write_latest_members(
            commit, measured, own=own, unit=unit, piece=piece, task=task, clustering=clustering
        )
        commit.commit()


def _choose_units(
    measured: Measured, *, own: GroupClusters, piece: np.ndarray, eligible: np.ndarray
) -> np.ndarray:
    """Place in the group of the unit that stands for each member; −1: it is an earlier capture."""
    documents, rows = measured.documents, own.rows
    exact = take(documents.exact, rows)
    valid = measured.exact_valid[rows]
    # a piece is of one scope; copies of one text in it are one unit
    text = clusters.cluster([], n=len(rows), scope=piece, exact=exact, exact_valid=valid)
    considered = None if documents.set_aside is None else ~documents.set_aside[rows]
    first = clusters.choose_first(
        text,
        considered=considered,
        eligible=eligible[rows],
        rank=documents.rank[rows],
        doc_id=take(documents.doc_id, rows),
    )[text]
    unit = np.where(first >= 0, rows[np.maximum(first, 0)], -1) if len(rows) else rows
    return unit if considered is None else np.where(considered, unit, -1)


def _unit_columns(
    measured: Measured, *, rows: np.ndarray, eligible: np.ndarray, group: int, clustering: Clustering
) -> dict[str, Any]:
    """What others must know of the units at rows of a group, beside their pieces."""
    documents = measured.documents
    packed, worded = read_packed(clustering, group, rows=rows)
    if not clustering.job.config.decide.near_duplicates:
        worded[:] = False
    high, low = take(documents.doc_id, rows)
    exact_high, exact_low = take(documents.exact, rows)
    return {
        "row": clustering.documents(group).start + rows,
        "source": measured.source[rows],
        "lang": measured.lang[rows],
        "id_high": high,
        "id_low": low,
        "exact_high": exact_high,
        "exact_low": exact_low,
        "hashed": measured.exact_valid[rows].astype(np.int8),
        "eligible": eligible[rows].astype(np.int8),
        "rank": documents.rank[rows],
        "worded": worded.astype(np.int8),
        "signature": _binary(packed),
    }


def _write_sources(
    commit: PartitionedCommit,
    measured: Measured,
    *,
    rows: np.ndarray,
    unit: np.ndarray,
    piece: np.ndarray,
    start: int,
    clustering: Clustering,
) -> None:
    """Documents of each unit and source of a group."""
    count = len(measured.sources)
    pairs, first, members = np.unique(
        unit * count + measured.source[rows], return_index=True, return_counts=True
    )
    columns = {"unit": start + pairs // count, "source": pairs % count, "members": members}
    partition = clustering.partition(piece[first])
    commit.write("sources", columns, partition=partition, count=clustering.partitions)


def _write_piece_sizes(
    commit: PartitionedCommit,
    *,
    own: GroupClusters,
    number: np.ndarray,
    size: np.ndarray,
    clustering: Clustering,
) -> None:
    """Documents of a group in each piece of the components that are cut."""
    cut = size > clustering.limits.max_cluster_documents
    pairs, counts = np.unique(own.cluster[cut] | number[cut] << _PIECE_BITS, return_counts=True)
    cluster = pairs & (1 << _PIECE_BITS) - 1
    columns = {"cluster": cluster, "number": pairs >> _PIECE_BITS, "documents": counts}
    commit.write("cuts", columns, partition=clustering.partition(cluster), count=clustering.partitions)


def write_choices(clustering: Clustering, task: ClusterTask) -> None:
    """What stays for each unit of a partition, to its group."""
    units = clustering.rows("units", name="units", partition=task.index)
    with clustering.commit(task) as commit:
        if units:
            columns = _choose(units, task=task, clustering=clustering)
            partition = clustering.group_of(units["row"])
            commit.write("choices", columns, partition=partition, count=clustering.groups)
            captures.write_unit_answers(commit, columns, task=task, clustering=clustering)
        if clustering.is_cut:
            cuts = clustering.rows("units", name="cuts", partition=task.index)
            if cuts:  # the component is told of where its first document is
                commit.write(
                    "cuts", cuts, partition=clustering.group_of(cuts["cluster"]), count=clustering.groups
                )
        commit.commit()


def _choose(units: dict[str, np.ndarray], *, task: ClusterTask, clustering: Clustering) -> dict[str, Any]:
    """Columns of what a group is told: a row per unit."""
    n = len(units["row"])
    ids, eligible = (units["id_high"], units["id_low"]), units["eligible"].astype(bool)
    exact, hashed = (units["exact_high"], units["exact_low"]), units["hashed"].astype(bool)
    text = clusters.cluster([], n=n, scope=units["piece"], exact=exact, exact_valid=hashed)
    first = clusters.choose_first(text, eligible=eligible, rank=units["rank"], doc_id=ids)[text]
    rows = np.flatnonzero(first == np.arange(n))
    compared = Units(
        piece=units["piece"][rows],
        eligible=eligible[rows],
        rank=units["rank"][rows],
        doc_id=take(ids, rows),
        packed=units["signature"][rows],
        worded=units["worded"][rows].astype(bool),
    )
    twin, equal = compare(compared, limits=clustering.limits)
    kept = np.where(twin >= 0, rows[twin], np.where(eligible[rows], rows, -1))
    place = np.searchsorted(rows, first)
    kept, goes = kept[place], twin[place] >= 0
    has_kept, target = kept >= 0, np.maximum(kept, 0)
    similarity = similarity_of_equal(equal[place], columns=clustering.limits.minhash.permutations)
    sizes, lists = _count_kept(units, kept=kept, task=task, clustering=clustering)
    return {
        "row": units["row"],
        "has_kept": has_kept.astype(np.int8),
        "kept": units["row"][target],
        "is_copy": (has_kept & ~goes).astype(np.int8),
        "similarity": np.where(goes, similarity, np.float32(1)),
        "kept_size": sizes[target],
        **{name: units[name][target] for name in ("source", "lang", "id_high", "id_low")},
        "twin_sources": lists,
    }


def _count_kept(
    units: dict[str, np.ndarray], *, kept: np.ndarray, task: ClusterTask, clustering: Clustering
) -> tuple[np.ndarray, pa.ListArray]:
    """(per unit that stays the documents that it stays for, itself too; the sources of the others)."""
    counts = clustering.rows("units", name="sources", partition=task.index)
    order = np.argsort(units["row"])
    cluster = kept[order[np.searchsorted(units["row"][order], counts["unit"])]]
    known = cluster >= 0
    members, source = counts["members"][known], counts["source"][known]
    sizes = np.bincount(cluster[known], weights=members, minlength=len(kept)).astype(np.int64)
    uids = [each.card for each in clustering.job.config.sources]
    twins = SourceCounts(cluster[known], source=source, members=members, names=uids)
    chosen = np.flatnonzero((kept == np.arange(len(kept))) & (sizes > 1))
    lists = twins.of_twins(chosen, source=units["source"][chosen])
    return sizes, spread(lists, rows=chosen, n=len(kept))


def _binary(packed: np.ndarray) -> pa.FixedSizeBinaryArray:
    """Rows of bytes as Arrow's binary values of one length."""
    data = pa.py_buffer(np.ascontiguousarray(packed))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(packed.shape[1]), len(packed), [None, data])
