"""Captures of one page on the distributed path: which stays, and which document of the release that is.

The latest capture may be a duplicate of another document, which is then the one to be named. So the
answer takes three steps: `latest` finds the latest capture of each URL, `members` sends it along to its
cluster, if it is in one, and `choices` answers with the document that the cluster keeps.
"""

from collections.abc import Mapping

import numpy as np

from layers.columns import Halves, take
from pipeline.stages.decide.distributed.clustering import Clustering, ClusterTask
from pipeline.stages.decide.distributed.groups import read_group, read_repeated
from pipeline.stages.decide.distributed.partitions import PartitionedCommit
from pipeline.stages.decide.documents import Measured, read_captures
from pipeline.stages.decide.urls import Captures, find_latest


def write_captures(clustering: Clustering, task: ClusterTask) -> None:
    """Documents of a group that pass all other rules and have a URL, by its hash."""
    known = read_group(clustering, task.index)
    parts = clustering.groups[task.index]
    captures = read_captures([clustering.measured[part] for part in parts], job=clustering.job)
    passes = known.documents.passes & ~read_repeated(clustering, task.index)
    here = np.flatnonzero(captures.valid & passes)
    (high, low), (id_high, id_low) = take(captures.url, here), take(known.documents.doc_id, here)
    columns = {
        "row": clustering.documents(task.index).start + here,
        "high": high,
        "low": low,
        "time": captures.time[here],
        "length": known.documents.length[here],
        "id_high": id_high,
        "id_low": id_low,
    }
    with clustering.commit(task) as commit:
        partition = clustering.partition(high)
        commit.write("captures", columns, partition=partition, count=clustering.partitions)
        commit.commit()


def write_latest(clustering: Clustering, task: ClusterTask) -> None:
    """Earlier captures of the URLs of a partition, to their own groups and to those of the latest ones."""
    found = clustering.read("captures", name="captures", partition=task.index)
    with clustering.commit(task) as commit:
        if found:
            n = len(found["row"])
            latest = find_latest(
                Captures((found["high"], found["low"]), np.ones(n, bool), found["time"]),
                eligible=np.ones(n, bool),
                length=found["length"],
                doc_id=(found["id_high"], found["id_low"]),
            )
            earlier = np.flatnonzero(latest >= 0)
            rows = {"row": found["row"][earlier], "latest": found["row"][latest[earlier]]}
            _write_to_groups(commit, "earlier", {"row": rows["row"]}, to=rows["row"], clustering=clustering)
            _write_to_groups(commit, "latest", rows, to=rows["latest"], clustering=clustering)
        commit.commit()


def drop_earlier(known: Measured, *, group: int, clustering: Clustering) -> Measured:
    """The documents of a group, of which earlier captures fail the rule; unchanged where there is none."""
    found = clustering.read("latest", name="earlier", partition=group)
    if not found:
        return known
    return known.drop_captures(found["row"] - clustering.documents(group).start)


def write_latest_members(
    commit: PartitionedCommit,
    known: Measured,
    *,
    row: np.ndarray,
    cluster: np.ndarray,
    task: ClusterTask,
    clustering: Clustering,
) -> None:
    """Latest captures of a group to their clusters (rows in clusters ascend); answers for the others."""
    found = clustering.read("latest", name="latest", partition=task.index)
    if not found:
        return
    latest, earlier = found["latest"], found["row"]
    place = np.searchsorted(row, latest)
    clustered = np.zeros(len(latest), bool)
    inside = place < len(row)
    clustered[inside] = row[place[inside]] == latest[inside]
    centre = cluster[place[clustered]]
    commit.write(
        "captures",
        {"row": earlier[clustered], "cluster": centre},
        partition=clustering.partition(centre),
        count=clustering.partitions,
    )
    here = latest[~clustered] - clustering.documents(task.index).start
    high, low = take(known.documents.doc_id, here)
    answers = {
        "row": earlier[~clustered],
        "kept_high": high,
        "kept_low": low,
        "source": known.source[here],
        "lang": known.lang[here],
    }
    _write_to_groups(commit, "stays", answers, to=answers["row"], clustering=clustering)


def write_cluster_answers(
    commit: PartitionedCommit,
    members: Mapping[str, np.ndarray],
    kept: np.ndarray,
    *,
    task: ClusterTask,
    clustering: Clustering,
) -> None:
    """What stays for the captures whose latest is in a cluster of this partition.

    members are those of the clusters, in order of their rows; kept is the index of the member that stays,
    at the index of each cluster's first.
    """
    found = clustering.read("members", name="captures", partition=task.index)
    if not found:
        return
    twin = kept[np.searchsorted(members["row"], found["cluster"])]
    answers = {
        "row": found["row"],
        "kept_high": members["doc_id_high"][twin],
        "kept_low": members["doc_id_low"][twin],
        "source": members["source"][twin],
        "lang": members["lang"][twin],
    }
    _write_to_groups(commit, "stays", answers, to=found["row"], clustering=clustering)


def read_answers(clustering: Clustering, group: int) -> dict[str, np.ndarray]:
    """For the earlier captures of a group, in order of their rows: the document that stays; {} for none."""
    found = [clustering.read(step, name="stays", partition=group) for step in ("members", "choices")]
    found = [answers for answers in found if answers]
    if not found:
        return {}
    joined = {name: np.concatenate([answers[name] for answers in found]) for name in found[0]}
    order = np.argsort(joined["row"])
    return {name: values[order] for name, values in joined.items()}


def name_answers(
    answers: Mapping[str, np.ndarray], *, captured: np.ndarray, part: slice
) -> tuple[np.ndarray, Halves] | None:
    """(rows within a part, doc_ids that stay for them) of the captures answered; None without any."""
    if not answers:
        return None
    low, high = np.searchsorted(captured, [part.start, part.stop])
    return captured[low:high] - part.start, take(
        (answers["kept_high"], answers["kept_low"]), slice(low, high)
    )


def _write_to_groups(
    commit: PartitionedCommit,
    name: str,
    columns: Mapping[str, np.ndarray],
    *,
    to: np.ndarray,
    clustering: Clustering,
) -> None:
    """Columns to the groups of the documents `to`."""
    commit.write(name, columns, partition=clustering.group_of(to), count=len(clustering.groups))
