"""decide: signals and bands → decisions/: keep, or every failed rule, the first one named.

Text is never read. Documents are connected once, independent of thresholds; a document goes as a duplicate
only if it is similar enough to one that passes every other rule and stays, so nothing vanishes because its
representative failed. This is the direct path: it reads the band files of the layer, band by band, then the
signatures of what bands connect, block by block, in one task, with `direct_bytes` of memory and no Python
object per document.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from layers import storage
from layers.columns import take
from layers.entries import Entry
from layers.index import LayerIndex
from pipeline.errors import RunError
from pipeline.job import Job
from pipeline.stages import task_progress
from pipeline.stages.decide import clusters
from pipeline.stages.decide.documents import Measured, read_captures, read_measured
from pipeline.stages.decide.duplicates import Duplicates, find_duplicates, make_verdicts
from pipeline.stages.decide.path import direct_bytes
from pipeline.stages.decide.twins import SourceCounts, spread
from pipeline.stages.decide.urls import find_latest
from pipeline.stages.decide.verdicts import Documents
from pipeline.stages.decide.write import decide_fingerprint, name_uncompared, write_decisions
from pipeline.stages.measure.read import read_bands, read_signature_rows
from pipeline.stages.removals import shared_keys


def decide(index: LayerIndex, *, job: Job) -> list[Entry]:
    """Decide about every document of a measured layer; up-to-date decisions are returned as they are.

    Raises DamagedFile naming signal or band files that are not what was measured.
    """
    key = decide_fingerprint(index.inputs, job=job)
    decided = [job.decisions.current(unit, key=key) for unit in index.units()]
    if all(entry is not None for entry in decided):
        return [entry for entry in decided if entry is not None]
    n, clustering = int(index.numbers("rows").sum()), job.config.decide.clustering
    if clustering.path == "auto" and n > clustering.max_direct_documents:
        raise RunError(
            f"{n:,} documents are more than decide.clustering.max_direct_documents, and were estimated to be "
            "fewer; set decide.clustering.path to distributed, or to direct if "
            f"{direct_bytes(job.config, documents=n) / 1e9:.0f} GB of memory are free, and run again"
        )
    storage.remove(job.shards_url)  # a plan of shards is of the decisions that it was made from
    measured = list(index.entries())
    job.measured.check(measured, files=("signals", "bands"))
    known, latest = read_measured(measured, job=job).separate_keys(shared_keys(job)), None
    if job.config.decide.url_duplicates:
        captures, documents = read_captures(measured, job=job), known.documents
        passes = documents.passes & ~clusters.duplicate_keys(documents.doc_id, order=documents.locator)
        latest = find_latest(captures, eligible=passes, doc_id=documents.doc_id)
        known = known.drop_captures(np.flatnonzero(latest >= 0))
        del captures
    found = _find(known, measured=measured, job=job)
    twins = SourceCounts.of_documents(
        found.kept, size=found.kept_size, source=known.source, names=known.sources
    )
    return [
        _write_part(
            index, entry=entry, key=key, known=known, latest=latest, found=found, twins=twins, job=job
        )
        for index, entry in enumerate(task_progress.count_steps(measured, steps=len(measured)))
    ]


def _find(known: Measured, *, measured: Sequence[Entry], job: Job) -> Duplicates:
    limits = job.config.decide.to_limits(job.config.measure.minhash.to_options())
    bands = limits.minhash.bands if job.config.decide.near_duplicates else 0
    read = task_progress.count_steps(read_bands(measured, bands=bands, job=job), steps=bands)

    def signatures(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return read_signature_rows(measured, parts=known.parts, rows=rows, job=job)

    return find_duplicates(
        known.documents, bands=read, signatures=signatures if bands else None, limits=limits
    )


def _write_part(
    index: int,
    *,
    entry: Entry,
    key: str,
    known: Measured,
    latest: np.ndarray | None,
    found: Duplicates,
    twins: SourceCounts,
    job: Job,
) -> Entry:
    part = known.parts[index]
    columns = job.config.measure.minhash.to_options().permutations
    verdict = make_verdicts(found, documents=known.documents, part=part, columns=columns)
    chosen = np.flatnonzero(verdict.is_kept & (verdict.cluster_size > 1))
    lists = twins.of_twins(part.start + chosen, source=known.source[part][chosen])
    has_kept, kept = verdict.has_kept, np.maximum(found.kept[part], 0)
    url_twins = None
    if latest is not None:
        captured = np.flatnonzero(latest[part] >= 0)
        # the latest capture may itself be another document's duplicate: that one is in the release
        twin = found.kept[latest[part][captured]]
        url_twins = (captured, take(known.documents.doc_id, twin))
        has_kept, kept = has_kept.copy(), kept.copy()
        has_kept[captured], kept[captured] = True, twin
    return write_decisions(
        entry,
        key=key,
        verdict=verdict,
        lang=known.name_langs(known.lang[part]),
        reasons=known.codes.decode(known.reasons[part]),
        kept_source=known.name_sources(known.source[kept], valid=has_kept),
        kept_lang=known.name_langs(known.lang[kept], valid=has_kept),
        twin_sources=spread(lists, rows=chosen, n=len(kept)),
        unevaluated=known.unevaluated[index],
        uncompared=_uncompared(found, documents=known.documents, part=part),
        url_twins=url_twins,
        job=job,
    )


def _uncompared(found: Duplicates, *, documents: Documents, part: slice) -> list[dict[str, Any]]:
    """What was not compared of the components whose first document is in a part."""
    return [
        name_uncompared(
            take(documents.doc_id, found.smallest[root : root + 1]),
            documents=int(found.size[root]),
            pieces=pieces,
            pairs=pairs,
        )
        for root, pieces, pairs in found.uncompared
        if part.start <= root < part.stop
    ]
