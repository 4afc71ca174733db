"""The last steps of the distributed path: of each cluster the document that stays, and the decisions.

A group tells of each cluster that it has members of its best document, how many members there are and of
which sources; the partition of the cluster chooses among the best ones and tells each group what stays.
Documents that are in no cluster of several do not travel: each is its own cluster, and stays if it passes.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from filters.hashes.minhash import estimate_similarity
from layers.columns import take
from pipeline.stages.decide import clusters
from pipeline.stages.decide.distributed import captures
from pipeline.stages.decide.distributed.clustering import Clustering, ClusterTask
from pipeline.stages.decide.distributed.groups import GroupClusters, read_clusters, read_group, read_repeated
from pipeline.stages.decide.distributed.partitions import PartitionedCommit
from pipeline.stages.decide.documents import Measured
from pipeline.stages.decide.twins import SourceCounts, spread
from pipeline.stages.decide.verdicts import Verdicts
from pipeline.stages.decide.write import write_decisions
from pipeline.stages.measure.read import read_part_signatures

_BEST = ("row", "source", "lang", "id_high", "id_low", "exact_high", "exact_low", "hashed", "worded")
"""What is told of a best document, beside its signature: enough to compare others with it."""


def write_members(clustering: Clustering, task: ClusterTask) -> None:
    """Of each cluster that a group has members of: its best document, its members and their sources."""
    documents = captures.drop_earlier(
        read_group(clustering, task.index), group=task.index, clustering=clustering
    )
    repeated = read_repeated(clustering, task.index)
    own = read_clusters(clustering, task.index)
    with clustering.commit(task) as commit:
        if len(own.rows):
            bests = _choose_in_group(documents, own=own, repeated=repeated, task=task, clustering=clustering)
            partition = clustering.partition(bests["cluster"])
            commit.write("members", bests, partition=partition, count=clustering.partitions)
            _write_sources(commit, documents, own=own, clustering=clustering)
        captures.write_latest_members(commit, documents, own=own, task=task, clustering=clustering)
        commit.commit()


def _choose_in_group(
    measured: Measured,
    *,
    own: GroupClusters,
    repeated: np.ndarray,
    task: ClusterTask,
    clustering: Clustering,
) -> dict[str, Any]:
    """Columns of one row per cluster, by cluster: n members → the best of each, and counts."""
    documents, rows = measured.documents, own.rows
    cluster, first, root = np.unique(own.cluster, return_index=True, return_inverse=True)
    at_first = first[root]
    passes = (documents.passes & ~repeated)[rows]
    ids = take(documents.doc_id, rows)
    best = clusters.choose_kept(
        at_first,
        eligible=passes,
        priority=documents.priority[rows],
        length=documents.length[rows],
        doc_id=ids,
    )[first]
    smallest = clusters.choose_kept(at_first, eligible=None, priority=None, length=None, doc_id=ids)[first]
    chosen = rows[np.maximum(best, 0)]
    start = clustering.documents(task.index).start
    packed, worded = _read_signatures(clustering, task.index, rows=chosen)
    exact = take(documents.exact, chosen)
    return {
        "cluster": cluster,
        "first": start + rows[first],
        "size": np.bincount(root),
        "smallest_high": ids[0][smallest],
        "smallest_low": ids[1][smallest],
        "passes": (best >= 0).astype(np.int8),
        "priority": documents.priority[chosen],
        "length": documents.length[chosen],
        "row": start + chosen,
        "source": measured.source[chosen],
        "lang": measured.lang[chosen],
        "id_high": documents.doc_id[0][chosen],
        "id_low": documents.doc_id[1][chosen],
        "exact_high": exact[0],
        "exact_low": exact[1],
        "hashed": measured.exact_valid[chosen].astype(np.int8),
        "worded": worded.astype(np.int8),
        "signature": _binary(packed),
    }


def _write_sources(
    commit: PartitionedCommit, measured: Measured, *, own: GroupClusters, clustering: Clustering
) -> None:
    """Members of each cluster and source of a group."""
    count = len(measured.sources)
    pairs, members = np.unique(own.cluster * count + measured.source[own.rows], return_counts=True)
    columns = {"cluster": pairs // count, "source": pairs % count, "members": members}
    partition = clustering.partition(columns["cluster"])
    commit.write("sources", columns, partition=partition, count=clustering.partitions)


def write_choices(clustering: Clustering, task: ClusterTask) -> None:
    """What stays of each cluster of a partition, to every group that has members of it."""
    members = clustering.rows("members", name="members", partition=task.index)
    with clustering.commit(task) as commit:
        if members:
            choice = _choose(members)
            counts = clustering.rows("members", name="sources", partition=task.index)
            columns = _answers(members, choice=choice, counts=counts, clustering=clustering)
            partition = clustering.group_of(members["first"])
            commit.write("choices", columns, partition=partition, count=clustering.groups)
            kept = {name: members[name][choice.kept] for name in ("id_high", "id_low", "source", "lang")}
            captures.write_cluster_answers(
                commit, kept | {"cluster": members["cluster"]}, task=task, clustering=clustering
            )
        commit.commit()


@dataclass(frozen=True)
class _Choice:
    """Of each of m rows of members, what its cluster comes to."""

    kept: np.ndarray
    """The row of members whose document stays; any where none does."""
    has_kept: np.ndarray
    smallest: np.ndarray
    """The row of members whose smallest doc_id names the cluster."""
    size: np.ndarray
    first: np.ndarray
    """Number of the first document."""


def _choose(members: dict[str, np.ndarray]) -> _Choice:
    """The best of the bests of all groups."""
    _, first, root = np.unique(members["cluster"], return_index=True, return_inverse=True)
    at_first = first[root]
    best = clusters.choose_kept(
        at_first,
        eligible=members["passes"].astype(bool),
        priority=members["priority"],
        length=members["length"],
        doc_id=(members["id_high"], members["id_low"]),
    )[at_first]
    ids = (members["smallest_high"], members["smallest_low"])
    smallest = clusters.choose_kept(at_first, eligible=None, priority=None, length=None, doc_id=ids)
    firsts = np.full(len(first), np.iinfo(np.int64).max)
    np.minimum.at(firsts, root, members["first"])
    return _Choice(
        kept=np.maximum(best, 0),
        has_kept=best >= 0,
        smallest=smallest[at_first],
        size=np.bincount(root, weights=members["size"]).astype(np.int64)[root],
        first=firsts[root],
    )


def _answers(
    members: dict[str, np.ndarray],
    *,
    choice: _Choice,
    counts: dict[str, np.ndarray],
    clustering: Clustering,
) -> dict[str, object]:
    """Columns of what a group is told: one row per cluster and group, as members."""
    kept = choice.kept
    stays_here = np.flatnonzero(choice.has_kept & (members["row"] == members["row"][kept]))
    uids = [source.card for source in clustering.job.config.sources]
    twins = SourceCounts(counts["cluster"], source=counts["source"], members=counts["members"], names=uids)
    lists = twins.of_twins(members["cluster"][stays_here], source=members["source"][stays_here])
    columns: dict[str, object] = {
        "cluster": members["cluster"],
        "first": choice.first,
        "size": choice.size,
        "cluster_high": members["smallest_high"][choice.smallest],
        "cluster_low": members["smallest_low"][choice.smallest],
        "has_kept": choice.has_kept.astype(np.int8),
        **{name: members[name][kept] for name in _BEST},
        "signature": _binary(members["signature"][kept]),
        "twin_sources": spread(lists, rows=stays_here, n=len(kept)),
    }
    return columns


def write_group(clustering: Clustering, task: ClusterTask) -> None:
    """Decisions about all documents of a group, part by part."""
    measured = captures.drop_earlier(
        read_group(clustering, task.index), group=task.index, clustering=clustering
    )
    repeated = read_repeated(clustering, task.index)
    judged = _judge(measured, repeated=repeated, task=task, clustering=clustering)
    first = clustering.documents(task.index).start
    has_kept = judged.verdict.has_kept.copy()
    answers = captures.read_answers(clustering, task.index)
    captured = answers["row"] - first if answers else np.zeros(0, np.int64)
    if answers:
        has_kept[captured] = True
        judged.kept_source[captured], judged.kept_lang[captured] = answers["source"], answers["lang"]
    for place, (entry, part) in enumerate(zip(clustering.parts(task.index), measured.parts, strict=True)):
        verdict = judged.verdict.slice(part)
        write_decisions(
            entry,
            key=clustering.key,
            verdict=verdict,
            lang=measured.name_langs(measured.lang[part]),
            reasons=measured.codes.decode(measured.reasons[part]),
            kept_source=measured.name_sources(judged.kept_source[part], valid=has_kept[part]),
            kept_lang=measured.name_langs(judged.kept_lang[part], valid=has_kept[part]),
            similarity=judged.similarity[part],
            twin_sources=judged.twin_sources[part],
            text_bytes=measured.documents.length[part],
            cluster_sizes=verdict.cluster_size[judged.is_first[part]],
            unevaluated=measured.unevaluated[place],
            url_twins=captures.name_answers(answers, captured=captured, part=part),
            job=clustering.job,
        )


@dataclass(frozen=True)
class _Judged:
    """What is decided about the documents of a group, beside the rules that they fail."""

    verdict: Verdicts
    similarity: np.ndarray
    kept_source: np.ndarray
    kept_lang: np.ndarray
    twin_sources: pa.ListArray
    is_first: np.ndarray
    """The document is the first of its cluster, where the cluster is counted."""


def _judge(measured: Measured, *, repeated: np.ndarray, task: ClusterTask, clustering: Clustering) -> _Judged:
    documents, n = measured.documents, len(repeated)
    stays = documents.passes & ~repeated
    verdict = Verdicts(
        doc_id=documents.doc_id,
        repeated=repeated,
        cluster_id=(documents.doc_id[0].copy(), documents.doc_id[1].copy()),
        cluster_size=np.ones(n, np.int64),
        kept_doc_id=(documents.doc_id[0].copy(), documents.doc_id[1].copy()),
        has_kept=stays.copy(),
        is_kept=stays.copy(),
        same_hash=np.zeros(n, bool),
    )
    judged = _Judged(
        verdict,
        similarity=np.full(n, np.nan, np.float32),
        kept_source=measured.source.copy(),
        kept_lang=measured.lang.copy(),
        twin_sources=pa.nulls(n, pa.list_(pa.string())),
        is_first=np.ones(n, bool),
    )
    told = clustering.rows("choices", name="choices", partition=task.index)
    if not told:
        return judged
    own = read_clusters(clustering, task.index)
    order = np.argsort(told["cluster"])
    answer = order[np.searchsorted(told["cluster"][order], own.cluster)]
    return _fill(judged, measured, own=own, told=told, answer=answer, task=task, clustering=clustering)


def _fill(
    judged: _Judged,
    measured: Measured,
    *,
    own: GroupClusters,
    told: dict[str, np.ndarray],
    answer: np.ndarray,
    task: ClusterTask,
    clustering: Clustering,
) -> _Judged:
    """Write what was told of the clusters of a group to their members; answer: of each, the row of told."""
    rows, verdict, documents = own.rows, judged.verdict, measured.documents
    number = clustering.documents(task.index).start + rows
    has_kept = told["has_kept"][answer].astype(bool)
    is_kept = has_kept & (told["row"][answer] == number)
    for halves, name in ((verdict.cluster_id, "cluster"), (verdict.kept_doc_id, "id")):
        halves[0][rows], halves[1][rows] = told[f"{name}_high"][answer], told[f"{name}_low"][answer]
    verdict.cluster_size[rows] = told["size"][answer]
    verdict.has_kept[rows], verdict.is_kept[rows] = has_kept, is_kept
    exact = take(documents.exact, rows)
    same = (exact[0] == told["exact_high"][answer]) & (exact[1] == told["exact_low"][answer])
    both = measured.exact_valid[rows] & told["hashed"][answer].astype(bool)
    verdict.same_hash[rows] = has_kept & same & both
    judged.kept_source[rows], judged.kept_lang[rows] = told["source"][answer], told["lang"][answer]
    judged.is_first[rows] = told["first"][answer] == number
    compared = np.flatnonzero(has_kept & ~is_kept & told["worded"][answer].astype(bool))
    packed, worded = _read_signatures(clustering, task.index, rows=rows[compared])
    similarity = estimate_similarity(packed, told["signature"][answer[compared]])
    judged.similarity[rows[compared]] = np.where(worded, similarity, np.float32(np.nan))
    kept = np.flatnonzero(is_kept)
    lists = told["twin_sources"].take(pa.array(answer[kept]))
    twin_sources = spread(lists, rows=rows[kept], n=len(judged.is_first))
    return replace(judged, twin_sources=twin_sources)


def _read_signatures(
    clustering: Clustering, group: int, *, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(packed minima, whether there are any) of some rows of a group, in their order."""
    width = clustering.job.config.measure.minhash.to_options().permutations
    packed, worded = np.zeros((len(rows), width), np.uint8), np.zeros(len(rows), bool)
    start = 0
    for entry in clustering.parts(group):
        stop = start + entry.files["signals"].rows
        inside = np.flatnonzero((rows >= start) & (rows < stop))
        if len(inside):
            read = read_part_signatures(entry, rows=rows[inside] - start, job=clustering.job)
            packed[inside], worded[inside] = read
        start = stop
    return packed, worded


def _binary(packed: np.ndarray) -> pa.FixedSizeBinaryArray:
    """Rows of bytes as Arrow's binary values of one length."""
    data = pa.py_buffer(np.ascontiguousarray(packed))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(packed.shape[1]), len(packed), [None, data])
