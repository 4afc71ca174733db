"""The steps of the distributed path up to the label of each document: keys, links, stars, labels."""

from collections.abc import Callable, Mapping

import numpy as np

from layers import storage
from pipeline.stages.decide import clusters
from pipeline.stages.decide.distributed import captures, choices
from pipeline.stages.decide.distributed.clustering import Clustering, ClusterTask
from pipeline.stages.decide.distributed.partitions import PartitionedCommit
from pipeline.stages.decide.distributed.stars import Edges, large_star, small_star, star_centres
from pipeline.stages.decide.documents import read_measured
from pipeline.stages.measure.read import check_files, read_bands

_NONE = np.zeros(0, np.int64)


def run_task(clustering: Clustering, task: ClusterTask) -> None:
    """Do a task of any step; one that is done already is left alone."""
    if task != ClusterTask.nothing() and not clustering.is_done(task):
        _STEPS[task.step.partition("-")[0]](clustering, task)


def run_steps(clustering: Clustering) -> None:
    """Do every task of every step in this process, without Beam."""
    while tasks := clustering.next_tasks():
        for task in tasks:
            run_task(clustering, task)


def _write_keys(clustering: Clustering, task: ClusterTask) -> None:
    """Hashes of a group's documents, by hash: bands and exact hashes to link by, ids to find repeats."""
    job, config = clustering.job, clustering.job.config
    storage.remove(job.shards_url)  # a plan of shards is of the decisions that it was made from
    parts = clustering.groups[task.index]
    group = [clustering.measured[part] for part in parts]
    check_files(group, names=("signals", "bands"), job=job)
    first = int(clustering.first_locators[parts[0]])
    known = read_measured(group, langs=clustering.langs, first_locator=first, job=job)
    rows = clustering.documents(task.index)
    row = np.arange(rows.start, rows.stop)
    documents = known.documents
    places = {"row": row}
    if documents.scope is not None:
        places["scope"] = documents.scope
    with clustering.commit(task) as commit:

        def write(name: str, columns: Mapping[str, np.ndarray], valid: np.ndarray | None = None) -> None:
            chosen = columns
            if valid is not None:
                chosen = {part: values[valid] for part, values in columns.items()}
            partition = clustering.partition(chosen["high"])
            commit.write(name, chosen, partition=partition, count=clustering.partitions)

        high, low = documents.doc_id
        write("ids", {"high": high, "low": low, "row": row, "order": documents.locator})
        high, low = documents.exact
        write("exact", {"high": high, "low": low, **places}, documents.exact_valid)
        names = _bands(clustering) if config.decide.near_duplicates else []
        for name, band in zip(names, read_bands(group, bands=len(names), job=job), strict=True):
            if isinstance(band, np.ndarray):
                write(name, {"high": band, **places})
            else:
                valid = band.is_valid().to_numpy(zero_copy_only=False)
                write(name, {"high": band.fill_null(0).to_numpy(), **places}, valid)
        commit.commit()


def _bands(clustering: Clustering) -> list[str]:
    return [f"band_{band:02d}" for band in range(clustering.job.config.measure.minhash.bands)]


def _write_links(clustering: Clustering, task: ClusterTask) -> None:
    """Documents that share a hash of this partition, each linked to the first of those it is joined with.

    What the bands of one partition join is joined here already, so edges are no more than documents.
    """
    ones, others = [_NONE], [_NONE]
    for name in ("exact", *_bands(clustering)):
        found = clustering.read("keys", name=name, partition=task.index)
        if found:
            hashes = (found["high"], found.get("low", found["high"]))
            root = clusters.cluster([], n=len(found["row"]), scope=found.get("scope"), exact=hashes)
            linked = np.flatnonzero(root != np.arange(len(root)))
            ones.append(found["row"][linked])
            others.append(found["row"][root[linked]])
    members, smallest = clusters.join_pairs(np.concatenate(ones), np.concatenate(others))
    linked = np.flatnonzero(members != smallest)
    ids = clustering.read("keys", name="ids", partition=task.index)
    repeated = _NONE
    if ids:
        repeated = ids["row"][clusters.duplicate_keys((ids["high"], ids["low"]), order=ids["order"])]
    with clustering.commit(task) as commit:
        _write_edges(commit, Edges(members[linked], smallest[linked]).both_ways(), clustering=clustering)
        partition = clustering.group_of(repeated)
        commit.write("repeated", {"row": repeated}, partition=partition, count=len(clustering.groups))
        commit.commit()


def _write_large(clustering: Clustering, task: ClusterTask) -> None:
    number = int(task.step.partition("-")[2])
    before = f"small-{number - 1:02d}" if number else "links"
    edges, unsettled = large_star(_read_edges(before, partition=task.index, clustering=clustering))
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
    edges = _read_edges(clustering.last_edges(), partition=task.index, clustering=clustering)
    document, centre = star_centres(edges)
    with clustering.commit(task) as commit:
        commit.write(
            "labels",
            {"row": document, "cluster": centre},
            partition=clustering.group_of(document),
            count=len(clustering.groups),
        )
        commit.commit()


def _write_edges(commit: PartitionedCommit, edges: Edges, *, clustering: Clustering) -> None:
    """Edges to the partition of the document that they go out from."""
    partition = clustering.partition(edges.one)
    columns = {"one": edges.one, "other": edges.other}
    commit.write("edges", columns, partition=partition, count=clustering.partitions)


def _read_edges(step: str, *, partition: int, clustering: Clustering) -> Edges:
    found = clustering.read(step, name="edges", partition=partition)
    return Edges(found.get("one", _NONE), found.get("other", _NONE))


_STEPS: dict[str, Callable[[Clustering, ClusterTask], None]] = {
    "keys": _write_keys,
    "links": _write_links,
    "large": _write_large,
    "small": _write_small,
    "labels": _write_labels,
    "captures": captures.write_captures,
    "latest": captures.write_latest,
    "members": choices.write_members,
    "choices": choices.write_choices,
    "decisions": choices.write_group,
}
