"""The steps of the distributed path up to the label of each document: keys, links, stars, labels."""

from collections.abc import Callable
from typing import Any

import numpy as np

from layers import storage
from layers.columns import Halves, take
from pipeline.stages.decide import clusters
from pipeline.stages.decide.distributed import captures, components, decisions, units
from pipeline.stages.decide.distributed.clustering import Clustering, ClusterTask
from pipeline.stages.decide.distributed.groups import first_of_each, join_group, read_keyed_group
from pipeline.stages.decide.distributed.partitions import PartitionedCommit
from pipeline.stages.decide.distributed.stars import Edges, large_star, small_star, star_centres
from pipeline.stages.decide.keys import find_shared, find_witnesses, pair_key_and_text
from pipeline.stages.decide.verdicts import Documents
from pipeline.stages.measure.read import read_bands
from pipeline.stages.removals import shared_keys

_NONE = np.zeros(0, np.int64)


def run_task(clustering: Clustering, task: ClusterTask) -> None:
    """Do a task of any step; one that is done already is left alone."""
    if not clustering.is_done(task):
        _STEPS[task.step.partition("-")[0]](clustering, task)


def run_steps(clustering: Clustering) -> None:
    """Do every task of every step in this process, without Beam."""
    while tasks := clustering.next_tasks():
        for task in tasks:
            run_task(clustering, task)


def _write_keys(clustering: Clustering, task: ClusterTask) -> None:
    """What a group joins by itself, and its hashes and keys, each once, by hash.

    A hash stands for the first document of what it is joined with, so that one that many documents of the
    group share is exchanged once.
    """
    job, config = clustering.job, clustering.job.config
    storage.remove(job.shards_url)  # a plan of shards is of the decisions that it was made from
    documents = read_keyed_group(clustering, task.index).documents
    root = join_group(clustering, task.index, documents=documents)
    first = clustering.documents(task.index).start
    with clustering.commit(task) as commit:

        def write(name: str, high: np.ndarray, low: np.ndarray | None, valid: np.ndarray | None) -> None:
            rows = first_of_each((high, high if low is None else low), scope=documents.scope, valid=valid)
            columns = {"high": high[rows], "row": first + root[rows].astype(np.int64)}
            if low is not None:
                columns["low"] = low[rows]
            if documents.scope is not None:
                columns["scope"] = documents.scope[rows]
            partition = clustering.partition(columns["high"])
            commit.write(name, columns, partition=partition, count=clustering.partitions)

        pairs = pair_key_and_text(documents.doc_id, exact=documents.exact)
        repeated = clusters.duplicate_keys(pairs, order=documents.locator)
        _write_ids(commit, documents, pairs=pairs, repeated=repeated, first=first, clustering=clustering)
        write("exact", *documents.exact, documents.exact_valid)
        names = _bands(clustering) if config.decide.near_duplicates else []
        parts = clustering.parts(task.index)
        for name, band in zip(names, read_bands(parts, bands=len(names), job=job), strict=True):
            if isinstance(band, np.ndarray):
                write(name, band, None, None)
            else:
                valid = band.is_valid().to_numpy(zero_copy_only=False)
                write(name, band.fill_null(0).to_numpy(), None, valid)
        _write_own(commit, root=root, repeated=repeated, task=task, clustering=clustering)
        commit.commit()


def _write_ids(
    commit: PartitionedCommit,
    documents: Documents,
    *,
    pairs: Halves,
    repeated: np.ndarray,
    first: int,
    clustering: Clustering,
) -> None:
    """The pairs of key and text of a group, each with its first document, and two texts of each key."""
    rows = np.flatnonzero(~repeated)
    high, low = take(pairs, rows)
    columns = {"high": high, "low": low, "row": first + rows, "order": documents.locator[rows]}
    commit.write("ids", columns, partition=clustering.partition(high), count=clustering.partitions)
    rows = find_witnesses(documents.doc_id, exact=documents.exact)
    (high, low), (exact_high, exact_low) = take(documents.doc_id, rows), take(documents.exact, rows)
    columns = {
        "high": high,
        "low": low,
        "exact_high": exact_high,
        "exact_low": exact_low,
        "row": first + rows,
    }
    commit.write("keys", columns, partition=clustering.partition(high), count=clustering.partitions)


def _write_own(
    commit: PartitionedCommit,
    *,
    root: np.ndarray,
    repeated: np.ndarray,
    task: ClusterTask,
    clustering: Clustering,
) -> None:
    """What a group knows by itself, for its own later tasks."""
    joined = np.flatnonzero(root != np.arange(len(root)))
    own = {"joined": {"row": joined, "root": root[joined]}, "repeated": {"row": np.flatnonzero(repeated)}}
    for name, columns in own.items():
        partition = np.full(len(columns["row"]), task.index, np.int32)
        commit.write(name, columns, partition=partition, count=clustering.groups)


def _bands(clustering: Clustering) -> list[str]:
    return [f"band_{band:02d}" for band in range(clustering.job.config.measure.minhash.bands)]


def _write_links(clustering: Clustering, task: ClusterTask) -> None:
    """Documents that share a hash of this partition, each linked to the first of those it is joined with.

    What the bands of one partition join is joined here already, so edges are no more than documents.
    """
    keys = clustering.index("keys")
    ones, others = [_NONE], [_NONE]
    for name in ("exact", *_bands(clustering)):
        rows = keys.read(name, partition=task.index)
        if rows:
            hashes = (rows["high"], rows.get("low", rows["high"]))
            root = clusters.cluster([], n=len(rows["row"]), scope=rows.get("scope"), exact=hashes)
            linked = np.flatnonzero(root != np.arange(len(root)))
            ones.append(rows["row"][linked])
            others.append(rows["row"][root[linked]])
    members, smallest = clusters.join_pairs(np.concatenate(ones), np.concatenate(others))
    linked = np.flatnonzero(members != smallest)
    ids = keys.read("ids", partition=task.index)
    repeated = _NONE
    if ids:
        repeated = ids["row"][clusters.duplicate_keys((ids["high"], ids["low"]), order=ids["order"])]
    with clustering.commit(task) as commit:
        _write_edges(commit, Edges(members[linked], smallest[linked]).both_ways(), clustering=clustering)
        partition = clustering.group_of(repeated)
        commit.write("repeated", {"row": repeated}, partition=partition, count=clustering.groups)
        _write_shared(commit, keys.read("keys", partition=task.index), clustering=clustering)
        commit.commit()


def _write_shared(commit: PartitionedCommit, rows: dict[str, Any], *, clustering: Clustering) -> None:
    """Which keys of a partition have several texts, to every group that has documents of them."""
    if not rows:
        return
    order = np.argsort(rows["row"])  # the first of a key is the first of all its documents
    sorted_rows = {name: values[order] for name, values in rows.items()}
    key, exact = ((sorted_rows[f"{name}high"], sorted_rows[f"{name}low"]) for name in ("", "exact_"))
    shared, is_first = find_shared(key, exact=exact, known=shared_keys(clustering.job))
    columns = {"row": sorted_rows["row"][shared], "is_first": is_first.astype(np.int8)}
    commit.write("shared", columns, partition=clustering.group_of(columns["row"]), count=clustering.groups)


def _write_large(clustering: Clustering, task: ClusterTask) -> None:
    edges, unsettled = large_star(_read_edges(task.before, partition=task.index, clustering=clustering))
    with clustering.commit(task) as commit:
        _write_edges(commit, edges, clustering=clustering)
        commit.commit(changed=unsettled)


def _write_small(clustering: Clustering, task: ClusterTask) -> None:
    before = task.step.replace("small", "large")
    edges = small_star(_read_edges(before, partition=task.index, clustering=clustering))
    with clustering.commit(task) as commit:
        _write_edges(commit, edges.both_ways(), clustering=clustering)
        commit.commit()


def _write_labels(clustering: Clustering, task: ClusterTask) -> None:
    edges = _read_edges(task.before, partition=task.index, clustering=clustering)
    document, centre = star_centres(edges)
    with clustering.commit(task) as commit:
        commit.write(
            "labels",
            {"row": document, "cluster": centre},
            partition=clustering.group_of(document),
            count=clustering.groups,
        )
        commit.commit()


def _write_edges(commit: PartitionedCommit, edges: Edges, *, clustering: Clustering) -> None:
    """Edges to the partition of the document that they go out from."""
    partition = clustering.partition(edges.one)
    columns = {"one": edges.one, "other": edges.other}
    commit.write("edges", columns, partition=partition, count=clustering.partitions)


def _read_edges(step: str, *, partition: int, clustering: Clustering) -> Edges:
    rows = clustering.rows(step, name="edges", partition=partition)
    return Edges(rows.get("one", _NONE), rows.get("other", _NONE))


_STEPS: dict[str, Callable[[Clustering, ClusterTask], None]] = {
    "keys": _write_keys,
    "links": _write_links,
    "large": _write_large,
    "small": _write_small,
    "labels": _write_labels,
    "captures": captures.write_captures,
    "latest": captures.write_latest,
    "components": components.write_components,
    "sizes": components.write_sizes,
    "bins": components.write_bins,
    "pieces": components.write_pieces,
    "units": units.write_units,
    "choices": units.write_choices,
    "decisions": decisions.write_group,
}
