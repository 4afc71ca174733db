"""The last steps of the distributed path: of each cluster the kept document, and the decisions.

Only documents that are in a cluster of several travel here. Verdicts of the others are known where
they stand: each is its own cluster, and stays if it passes.
"""

import numpy as np
import pyarrow as pa

from filters.hashes.minhash import estimate_similarity
from layers.columns import take
from pipeline.stages.decide import clusters
from pipeline.stages.decide.distributed import captures
from pipeline.stages.decide.distributed.clustering import Clustering, ClusterTask
from pipeline.stages.decide.distributed.groups import read_group, read_repeated
from pipeline.stages.decide.twins import TwinSources, spread
from pipeline.stages.decide.verdicts import Documents, Duplicates, Verdicts, verdicts
from pipeline.stages.decide.write import write_decisions
from pipeline.stages.measure.read import read_part_signatures

_IDS = ("doc_id", "exact")


def write_members(clustering: Clustering, task: ClusterTask) -> None:
    """Documents of a group that are in clusters, by cluster, with what a kept one is chosen by."""
    labels = clustering.read("labels", name="labels", partition=task.index)
    known = read_group(clustering, task.index)
    known = captures.drop_earlier(known, group=task.index, clustering=clustering)
    first = clustering.documents(task.index).start
    order = np.argsort(labels["row"]) if labels else np.zeros(0, np.int64)
    row = labels["row"][order] if labels else order
    cluster = labels["cluster"][order] if labels else order
    here = row - first
    documents, valid = known.documents, known.exact_valid
    columns = {
        "row": row,
        "cluster": cluster,
        "length": documents.length[here],
        "source": known.source[here],
        "lang": known.lang[here],
        "passes": documents.passes[here].astype(np.int8),
        "repeated": read_repeated(clustering, task.index)[here].astype(np.int8),
        "hashed": valid[here].astype(np.int8),
    }
    for name, halves in zip(_IDS, (documents.doc_id, documents.exact), strict=True):
        columns[f"{name}_high"], columns[f"{name}_low"] = take(halves, here)
    packed, worded = _read_signatures(clustering, task.index, here=here)
    columns["worded"] = worded.astype(np.int8)
    signature = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(packed.shape[1]), len(packed), [None, pa.py_buffer(np.ascontiguousarray(packed))]
    )
    with clustering.commit(task) as commit:
        partition = clustering.partition(cluster)
        commit.write(
            "members", {**columns, "signature": signature}, partition=partition, count=clustering.partitions
        )
        captures.write_latest_members(
            commit, known, row=row, cluster=cluster, task=task, clustering=clustering
        )
        commit.commit()


def write_choices(clustering: Clustering, task: ClusterTask) -> None:
    """Verdicts on the documents of a partition of clusters, by group."""
    found = clustering.read("members", name="members", partition=task.index)
    with clustering.commit(task) as commit:
        if found:
            columns, kept = _choose(found, clustering=clustering)
            partition = clustering.group_of(found["row"])
            commit.write("verdicts", columns, partition=partition, count=len(clustering.groups))
            captures.write_cluster_answers(commit, found, kept, task=task, clustering=clustering)
        commit.commit()


def _choose(found: dict[str, np.ndarray], *, clustering: Clustering) -> tuple[dict[str, object], np.ndarray]:
    """(verdicts on n members, index of the member that stays at the index of each cluster's first)."""
    n = len(found["row"])
    sources = clustering.job.config.sources
    priority = np.array([source.priority for source in sources], np.int32)
    documents = Documents(
        doc_id=(found["doc_id_high"], found["doc_id_low"]),
        exact=(found["exact_high"], found["exact_low"]),
        exact_valid=found["hashed"].astype(bool),
        scope=None,
        length=found["length"],
        locator=found["row"],
        priority=priority[found["source"]],
        passes=found["passes"].astype(bool),
    )
    # rows ascend, for groups follow one another: the centre of a star is its first member
    root = np.searchsorted(found["row"], found["cluster"])
    repeated = found["repeated"].astype(bool)
    doc_id = documents.doc_id
    kept = clusters.choose_kept(
        root,
        eligible=documents.passes & ~repeated,
        priority=documents.priority,
        length=documents.length,
        doc_id=doc_id,
    )
    smallest = clusters.choose_kept(root, eligible=None, priority=None, length=None, doc_id=doc_id)
    duplicates = Duplicates(root, clusters.cluster_sizes(root), kept, smallest, repeated)
    verdict = verdicts(duplicates, documents=documents, part=slice(0, n))
    twin = np.maximum(kept[root], 0)
    compared = verdict.has_kept & ~verdict.is_kept & (found["worded"] & found["worded"][twin]).astype(bool)
    similarity = np.full(n, np.nan, np.float32)
    rows = np.flatnonzero(compared)
    similarity[rows] = estimate_similarity(found["signature"][rows], found["signature"][twin[rows]])
    uids = [source.card for source in sources]
    twins = TwinSources(root, size=duplicates.size, source=found["source"], names=uids)
    chosen = np.flatnonzero(verdict.is_kept)
    lists = twins.of(root[chosen], source=found["source"][chosen])
    columns = {
        "row": found["row"],
        "is_root": root == np.arange(n),
        "cluster_high": verdict.cluster_id[0],
        "cluster_low": verdict.cluster_id[1],
        "size": verdict.cluster_size,
        "kept_high": verdict.kept_doc_id[0],
        "kept_low": verdict.kept_doc_id[1],
        "has_kept": verdict.has_kept,
        "is_kept": verdict.is_kept,
        "same_hash": verdict.same_hash,
        "similarity": similarity,
        "kept_source": found["source"][twin],
        "kept_lang": found["lang"][twin],
        "twin_sources": spread(lists, rows=chosen, n=n),
    }
    return columns, kept


def write_group(clustering: Clustering, task: ClusterTask) -> None:
    """Decisions about all documents of a group, part by part."""
    known = read_group(clustering, task.index)
    known = captures.drop_earlier(known, group=task.index, clustering=clustering)
    documents, first = known.documents, clustering.documents(task.index).start
    repeated = read_repeated(clustering, task.index)
    stays = documents.passes & ~repeated
    verdict = Verdicts(
        doc_id=documents.doc_id,
        repeated=repeated,
        cluster_id=(documents.doc_id[0].copy(), documents.doc_id[1].copy()),
        cluster_size=np.ones(len(stays), np.int64),
        kept_doc_id=(documents.doc_id[0].copy(), documents.doc_id[1].copy()),
        has_kept=stays.copy(),
        is_kept=stays.copy(),
        same_hash=np.zeros(len(stays), bool),
    )
    similarity = np.full(len(stays), np.nan, np.float32)
    kept_source, kept_lang = known.source.copy(), known.lang.copy()
    is_root = np.ones(len(stays), bool)
    twin_sources = pa.nulls(len(stays), pa.list_(pa.string()))
    found = clustering.read("choices", name="verdicts", partition=task.index)
    if found:
        here = found["row"] - first
        for halves, name in ((verdict.cluster_id, "cluster"), (verdict.kept_doc_id, "kept")):
            halves[0][here], halves[1][here] = found[f"{name}_high"], found[f"{name}_low"]
        verdict.cluster_size[here] = found["size"]
        verdict.has_kept[here], verdict.is_kept[here] = found["has_kept"], found["is_kept"]
        verdict.same_hash[here] = found["same_hash"]
        similarity[here], is_root[here] = found["similarity"], found["is_root"]
        kept_source[here], kept_lang[here] = found["kept_source"], found["kept_lang"]
        twin_sources = _place(found["twin_sources"], here=here, n=len(stays))
    has_kept = verdict.has_kept.copy()
    answers = captures.read_answers(clustering, task.index)
    captured = answers["row"] - first if answers else np.zeros(0, np.int64)
    if answers:
        has_kept[captured] = True
        kept_source[captured], kept_lang[captured] = answers["source"], answers["lang"]
    for index, part in zip(clustering.groups[task.index], known.parts, strict=True):
        rows = verdict.slice(part)
        write_decisions(
            clustering.measured[index],
            key=clustering.key,
            verdict=rows,
            lang=known.name_langs(known.lang[part]),
            reasons=known.codes.decode(known.reasons[part]),
            kept_source=known.name_sources(kept_source[part], valid=has_kept[part]),
            kept_lang=known.name_langs(kept_lang[part], valid=has_kept[part]),
            similarity=similarity[part],
            twin_sources=twin_sources[part],
            text_bytes=documents.length[part],
            cluster_sizes=rows.cluster_size[is_root[part]],
            unevaluated=known.unevaluated[index - clustering.groups[task.index][0]],
            url_twins=captures.name_answers(answers, captured=captured, part=part),
            job=clustering.job,
        )


def _read_signatures(
    clustering: Clustering, group: int, *, here: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(packed minima, whether there are any) of some rows of a group, which ascend."""
    width = clustering.job.config.measure.minhash.to_options().permutations
    packed, worded = [np.zeros((0, width), np.uint8)], [np.zeros(0, bool)]
    start = 0
    for part in clustering.groups[group]:
        stop = start + clustering.rows[part]
        low, high = np.searchsorted(here, [start, stop])
        if low < high:
            rows = here[low:high] - start
            read = read_part_signatures(clustering.measured[part], rows=rows, job=clustering.job)
            packed.append(read[0])
            worded.append(read[1])
        start = stop
    return np.concatenate(packed), np.concatenate(worded)


def _place(lists: pa.ListArray, *, here: np.ndarray, n: int) -> pa.ListArray:
    """Lists at places here, in any order, of n; null lists and other places are null."""
    order = np.argsort(here)
    lists = lists.take(pa.array(order))
    valid = lists.is_valid().to_numpy(zero_copy_only=False)
    return spread(lists.drop_null(), rows=here[order][valid], n=n)
