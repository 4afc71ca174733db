"""Captures of one page on the distributed path: which stays, and which document of the release that is.

The latest capture may be a duplicate of another document, which is then the one to be named. So the
answer takes three steps: `latest` finds the latest capture of each URL, `units` sends it along to the
partition that compares it, if there is one, and `choices` answers with the document that stays for it.
"""

from collections.abc import Mapping

import numpy as np

from layers.columns import Halves, take
from pipeline.stages.decide.distributed.clustering import Clustering, ClusterTask
from pipeline.stages.decide.distributed.groups import GroupClusters, read_group, read_repeated
from pipeline.stages.decide.distributed.partitions import PartitionedCommit
from pipeline.stages.decide.documents import Measured, read_captures
from pipeline.stages.decide.urls import Captures, find_latest

_KEPT = ("id_high", "id_low", "source", "lang")
"""What is told of a document that stays for an earlier capture."""


def write_captures(clustering: Clustering, task: ClusterTask) -> None:
    """The latest capture of each URL among the documents of a group that pass all other rules, by URL."""
    documents = read_group(clustering, task.index).documents
    captures = read_captures(clustering.parts(task.index), job=clustering.job)
    eligible = captures.valid & documents.passes & ~read_repeated(clustering, task.index)
    latest = find_latest(captures, eligible=eligible, doc_id=documents.doc_id)
    rows = np.flatnonzero(eligible & (latest < 0))
    first = clustering.documents(task.index).start
    (high, low), (id_high, id_low) = take(captures.url, rows), take(documents.doc_id, rows)
    columns = {
        "row": first + rows,
        "high": high,
        "low": low,
        "time": captures.time[rows],
        "length": captures.length[rows],
        "id_high": id_high,
        "id_low": id_low,
    }
    earlier = np.flatnonzero(latest >= 0)
    own = np.full(len(earlier), task.index, np.int32)
    with clustering.commit(task) as commit:
        partition = clustering.partition(high)
        commit.write("captures", columns, partition=partition, count=clustering.partitions)
        # the latest of the group may turn out to be an earlier one itself
        commit.write(
            "earlier",
            {"row": first + earlier, "latest": first + latest[earlier]},
            partition=own,
            count=clustering.groups,
        )
        commit.commit()


def write_latest(clustering: Clustering, task: ClusterTask) -> None:
    """Earlier captures of the URLs of a partition, to their own groups and to those of the latest ones."""
    rows = clustering.rows("captures", name="captures", partition=task.index)
    with clustering.commit(task) as commit:
        if rows:
            n = len(rows["row"])
            latest = find_latest(
                Captures((rows["high"], rows["low"]), np.ones(n, bool), rows["time"], rows["length"]),
                eligible=np.ones(n, bool),
                doc_id=(rows["id_high"], rows["id_low"]),
            )
            earlier = np.flatnonzero(latest >= 0)
            pairs = {"row": rows["row"][earlier], "latest": rows["row"][latest[earlier]]}
            _write_to_groups(commit, "earlier", pairs, to=pairs["row"], clustering=clustering)
            asks = {"latest": pairs["latest"], "asker": clustering.group_of(pairs["row"])}
            _write_to_groups(commit, "asks", asks, to=asks["latest"], clustering=clustering)
        commit.commit()


def read_earlier(clustering: Clustering, group: int) -> dict[str, np.ndarray]:
    """Earlier captures of a group and the latest of each, by number; empty arrays where there are none."""
    none = np.zeros(0, np.int64)
    pairs = {"row": none, "latest": none}
    if not clustering.job.config.decide.url_duplicates:
        return pairs
    own = clustering.rows("captures", name="earlier", partition=group) or pairs
    elsewhere = clustering.rows("latest", name="earlier", partition=group) or pairs
    # what was the latest of the group, and is an earlier one of another's
    order = np.argsort(elsewhere["row"])
    moved, target = elsewhere["row"][order], elsewhere["latest"][order]
    place = np.minimum(np.searchsorted(moved, own["latest"]), max(len(moved) - 1, 0))
    latest = own["latest"]
    if len(moved):
        latest = np.where(moved[place] == latest, target[place], latest)
    return {
        "row": np.concatenate([own["row"], elsewhere["row"]]),
        "latest": np.concatenate([latest, elsewhere["latest"]]),
    }


def drop_earlier(measured: Measured, *, group: int, clustering: Clustering) -> Measured:
    """The documents of a group, of which earlier captures fail the rule; unchanged where there is none."""
    earlier = read_earlier(clustering, group)["row"]
    return measured.drop_captures(earlier - clustering.documents(group).start) if len(earlier) else measured


def write_latest_members(
    commit: PartitionedCommit,
    measured: Measured,
    *,
    own: GroupClusters,
    unit: np.ndarray,
    piece: np.ndarray,
    task: ClusterTask,
    clustering: Clustering,
) -> None:
    """What stays for the captures whose latest is in a group: told, or asked of the unit that it is in.

    unit, piece: of each member of own.

    Each group asks once for a latest capture, however many earlier ones it has.
    """
    if not clustering.job.config.decide.url_duplicates:
        return
    first = clustering.documents(task.index).start
    latest, asker = _read_asks(clustering, task.index)
    rows = latest - first
    place = np.minimum(np.searchsorted(own.rows, rows), max(len(own.rows) - 1, 0))
    clustered = own.rows[place] == rows if len(own.rows) else np.zeros(len(rows), bool)
    inside = place[clustered]
    asked = first + unit[inside] if len(own.rows) else latest[:0]
    commit.write(
        "asks",
        {"latest": latest[clustered], "asker": asker[clustered], "unit": asked},
        partition=clustering.partition(piece[inside] if len(own.rows) else asked),
        count=clustering.partitions,
    )
    alone = rows[~clustered]
    high, low = take(measured.documents.doc_id, alone)
    kept = {
        "id_high": high,
        "id_low": low,
        "source": measured.source[alone],
        "lang": measured.lang[alone],
    }
    _write_answers(
        commit, {"latest": latest[~clustered], **kept}, asker=asker[~clustered], clustering=clustering
    )


def _read_asks(clustering: Clustering, group: int) -> tuple[np.ndarray, np.ndarray]:
    """(latest captures in a group that somebody asks for, the group that asks)."""
    numbers = clustering.documents(group)
    asked = clustering.rows("latest", name="asks", partition=group)
    latest = np.unique(read_earlier(clustering, group)["latest"])
    latest = latest[(latest >= numbers.start) & (latest < numbers.stop)]
    asker = np.full(len(latest), group)
    if asked:
        return np.concatenate([asked["latest"], latest]), np.concatenate([asked["asker"], asker])
    return latest, asker


def write_unit_answers(
    commit: PartitionedCommit,
    kept: Mapping[str, np.ndarray],
    *,
    task: ClusterTask,
    clustering: Clustering,
) -> None:
    """What stays for the captures whose latest is in a unit of this partition.

    kept: of units, in any order, the document that stays; for a latest capture there is one.
    """
    if not clustering.job.config.decide.url_duplicates:
        return
    asks = clustering.rows("units", name="asks", partition=task.index)
    if not asks:
        return
    order = np.argsort(kept["row"])
    place = order[np.searchsorted(kept["row"][order], asks["unit"])]
    answers = {name: kept[name][place] for name in _KEPT}
    _write_answers(commit, {"latest": asks["latest"], **answers}, asker=asks["asker"], clustering=clustering)


def _write_answers(
    commit: PartitionedCommit,
    answers: Mapping[str, np.ndarray],
    *,
    asker: np.ndarray,
    clustering: Clustering,
) -> None:
    commit.write("stays", answers, partition=asker.astype(np.int32), count=clustering.groups)


def read_answers(clustering: Clustering, group: int) -> dict[str, np.ndarray]:
    """For the earlier captures of a group, in order of their rows: the document that stays; {} for none."""
    earlier = read_earlier(clustering, group)
    if not len(earlier["row"]):
        return {}
    told = [clustering.rows(step, name="stays", partition=group) for step in ("units", "choices")]
    told = [answers for answers in told if answers]
    joined = {name: np.concatenate([answers[name] for answers in told]) for name in ("latest", *_KEPT)}
    order = np.argsort(joined["latest"])
    rows = np.argsort(earlier["row"])
    place = order[np.searchsorted(joined["latest"][order], earlier["latest"][rows])]
    kept = {name: joined[name][place] for name in _KEPT}
    return {
        "row": earlier["row"][rows],
        "kept_high": kept["id_high"],
        "kept_low": kept["id_low"],
        "source": kept["source"],
        "lang": kept["lang"],
    }


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
    commit.write(name, columns, partition=clustering.group_of(to), count=clustering.groups)
