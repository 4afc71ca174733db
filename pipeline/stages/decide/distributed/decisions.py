"""The last step of the distributed path: decisions about the documents of a group."""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from layers.columns import take
from pipeline.stages.decide.comparison import count_uncompared
from pipeline.stages.decide.distributed import captures
from pipeline.stages.decide.distributed.clustering import Clustering, ClusterTask
from pipeline.stages.decide.distributed.components import read_sizes
from pipeline.stages.decide.distributed.groups import GroupClusters, read_clusters, read_group, read_repeated
from pipeline.stages.decide.documents import Measured
from pipeline.stages.decide.twins import spread
from pipeline.stages.decide.verdicts import Verdicts
from pipeline.stages.decide.write import name_uncompared, write_decisions


def write_group(clustering: Clustering, task: ClusterTask) -> None:
    """Decisions about all documents of a group, part by part."""
    measured = captures.drop_earlier(
        read_group(clustering, task.index), group=task.index, clustering=clustering
    )
    judged = _judge(measured, task=task, clustering=clustering)
    first = clustering.documents(task.index).start
    has_kept = judged.verdict.has_kept.copy()
    answers = captures.read_answers(clustering, task.index)
    captured = answers["row"] - first if answers else np.zeros(0, np.int64)
    if answers:
        has_kept[captured] = True
        judged.kept_source[captured], judged.kept_lang[captured] = answers["source"], answers["lang"]
    uncompared = _read_uncompared(measured, judged=judged, task=task, clustering=clustering)
    for place, (entry, part) in enumerate(zip(clustering.parts(task.index), measured.parts, strict=True)):
        write_decisions(
            entry,
            key=clustering.key,
            verdict=judged.verdict.slice(part),
            lang=measured.name_langs(measured.lang[part]),
            reasons=measured.codes.decode(measured.reasons[part]),
            kept_source=measured.name_sources(judged.kept_source[part], valid=has_kept[part]),
            kept_lang=measured.name_langs(judged.kept_lang[part], valid=has_kept[part]),
            twin_sources=judged.twin_sources[part],
            unevaluated=measured.unevaluated[place],
            uncompared=[said for row, said in uncompared if part.start <= row < part.stop],
            url_twins=captures.name_answers(answers, captured=captured, part=part),
            job=clustering.job,
        )


@dataclass(frozen=True)
class _Judged:
    """What is decided about the documents of a group, beside the rules that they fail."""

    verdict: Verdicts
    kept_source: np.ndarray
    kept_lang: np.ndarray
    twin_sources: pa.ListArray


def _judge(measured: Measured, *, task: ClusterTask, clustering: Clustering) -> _Judged:
    documents, repeated = measured.documents, read_repeated(clustering, task.index)
    n, stays = len(repeated), documents.passes & ~repeated
    key_id, has_shared_key, is_first_of_key = documents.shared.spread(slice(0, n))
    verdict = Verdicts(
        doc_id=documents.doc_id,
        key_id=key_id,
        has_shared_key=has_shared_key,
        is_first_of_key=is_first_of_key,
        repeated=repeated,
        component_id=(documents.doc_id[0].copy(), documents.doc_id[1].copy()),
        component_size=np.ones(n, np.int64),
        cluster_size=stays.astype(np.int64),
        kept_doc_id=(documents.doc_id[0].copy(), documents.doc_id[1].copy()),
        has_kept=stays.copy(),
        is_kept=stays.copy(),
        is_copy=stays.copy(),
        similarity=np.full(n, np.nan, np.float32),
    )
    none = pa.nulls(n, pa.list_(pa.string()))
    judged = _Judged(verdict, measured.source.copy(), measured.lang.copy(), none)
    own = read_clusters(clustering, task.index)
    return _fill(judged, own=own, task=task, clustering=clustering) if len(own.rows) else judged


def _fill(judged: _Judged, *, own: GroupClusters, task: ClusterTask, clustering: Clustering) -> _Judged:
    """Write what was told of the components and units of a group to their members."""
    rows, verdict = own.rows, judged.verdict
    sizes = read_sizes(clustering, task.index, own=own)
    for halves, values in zip(verdict.component_id, sizes.smallest, strict=True):
        halves[rows] = values
    verdict.component_size[rows] = sizes.size
    for values in (verdict.has_kept, verdict.is_kept, verdict.is_copy, verdict.cluster_size):
        values[rows] = 0
    told = clustering.rows("choices", name="choices", partition=task.index)
    if not told:
        return judged
    first = clustering.documents(task.index).start
    unit = np.arange(len(verdict.repeated))
    copies = clustering.rows("units", name="copies", partition=task.index)
    if copies:
        unit[copies["row"]] = copies["unit"]
    rows = rows[unit[rows] >= 0]
    order = np.argsort(told["row"])
    answer = order[np.searchsorted(told["row"][order], first + unit[rows])]
    has_kept = told["has_kept"][answer].astype(bool)
    rows, answer = rows[has_kept], answer[has_kept]
    verdict.has_kept[rows] = True
    verdict.is_kept[rows] = told["kept"][answer] == first + rows
    verdict.is_copy[rows] = told["is_copy"][answer].astype(bool)
    verdict.cluster_size[rows] = told["kept_size"][answer]
    verdict.kept_doc_id[0][rows], verdict.kept_doc_id[1][rows] = (
        told["id_high"][answer],
        told["id_low"][answer],
    )
    goes = ~verdict.is_kept[rows]
    verdict.similarity[rows[goes]] = told["similarity"][answer[goes]]
    judged.kept_source[rows], judged.kept_lang[rows] = told["source"][answer], told["lang"][answer]
    kept = np.flatnonzero(verdict.is_kept[rows])
    lists = told["twin_sources"].take(pa.array(answer[kept]))
    return replace(judged, twin_sources=_spread(lists, rows=rows[kept], n=len(unit)))


def _spread(lists: pa.ListArray, *, rows: np.ndarray, n: int) -> pa.ListArray:
    """`spread` of lists of which some are null."""
    valid = lists.is_valid().to_numpy(zero_copy_only=False)
    return spread(lists.filter(pa.array(valid)), rows=rows[valid], n=n)


def _read_uncompared(
    measured: Measured, *, judged: _Judged, task: ClusterTask, clustering: Clustering
) -> list[tuple[int, dict[str, Any]]]:
    """(place of its first document, what was not compared) of each component that was cut and begins here."""
    if not clustering.is_cut:
        return []
    cuts = clustering.rows("choices", name="cuts", partition=task.index)
    pieces: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    if cuts:
        for cluster, number, documents in zip(
            *(cuts[name].tolist() for name in ("cluster", "number", "documents")), strict=True
        ):
            pieces[cluster][number] += documents
    first, told = clustering.documents(task.index).start, []
    for cluster, sizes in sorted(pieces.items()):
        if len(sizes) == 1:  # it is of one text
            continue
        row = cluster - first
        said = name_uncompared(
            take(judged.verdict.component_id, slice(row, row + 1)),
            documents=sum(sizes.values()),
            pieces=len(sizes),
            pairs=count_uncompared([*sizes.values()]),
        )
        told.append((row, said))
    return told
