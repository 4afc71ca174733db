"""decide: signals and bands → decisions/: keep, or every failed rule, the first one named.

Text is never read. All documents are clustered once, independent of thresholds; the kept document of
a cluster is chosen among those that pass every other rule, so a cluster never vanishes because its
representative failed. This is the direct path: it reads the band files of the layer, band by band,
in one task, with BYTES_PER_DOCUMENT in memory and no Python object per document.
"""

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
from pipeline.stages.decide.path import BYTES_PER_DOCUMENT
from pipeline.stages.decide.twins import (
    KeptSignatures,
    SourceCounts,
    spread,
)
from pipeline.stages.decide.urls import find_latest
from pipeline.stages.decide.verdicts import (
    Duplicates,
    find_duplicates,
    verdicts,
)
from pipeline.stages.decide.write import decide_fingerprint, write_decisions
from pipeline.stages.measure.read import read_bands


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
            f"{n * BYTES_PER_DOCUMENT / 1e9:.0f} GB of memory are free, and run again"
        )
    storage.remove(job.shards_url)  # a plan of shards is of the decisions that it was made from
    measured = list(index.entries())
    job.measured.check(measured, files=("signals", "bands"))
    known, latest = read_measured(measured, job=job), None
    if job.config.decide.url_duplicates:
        captures, documents = read_captures(measured, job=job), known.documents
        passes = documents.passes & ~clusters.duplicate_keys(documents.doc_id, order=documents.locator)
        latest = find_latest(captures, eligible=passes, length=documents.length, doc_id=documents.doc_id)
        known = known.drop_captures(np.flatnonzero(latest >= 0))
        del captures
    bands = job.config.measure.minhash.to_options().bands if job.config.decide.near_duplicates else 0
    read = task_progress.count_steps(read_bands(measured, bands=bands, job=job), steps=bands)
    found = find_duplicates(known.documents, bands=read)
    twins = SourceCounts.of_documents(found.root, size=found.size, source=known.source, names=known.sources)
    signatures = KeptSignatures(found, parts=known.parts, measured=measured, job=job)
    return [
        _write_part(
            index,
            entry=entry,
            key=key,
            known=known,
            latest=latest,
            found=found,
            twins=twins,
            signatures=signatures,
            job=job,
        )
        for index, entry in enumerate(task_progress.count_steps(measured, steps=len(measured)))
    ]


def _write_part(
    index: int,
    *,
    entry: Entry,
    key: str,
    known: Measured,
    latest: np.ndarray | None,
    found: Duplicates,
    twins: SourceCounts,
    signatures: KeptSignatures,
    job: Job,
) -> Entry:
    part = known.parts[index]
    verdict = verdicts(found, documents=known.documents, part=part)
    root = found.root[part]
    kept = found.kept[root]
    n = len(root)
    compared = np.flatnonzero(verdict.has_kept & ~verdict.is_kept)
    similarity = np.full(n, np.nan, np.float32)
    similarity[compared] = signatures.compare(compared, kept=kept[compared], entry=entry)
    chosen = np.flatnonzero(verdict.is_kept & (verdict.cluster_size > 1))
    lists = twins.of_twins(root[chosen], source=known.source[part][chosen])
    has_kept, safe = verdict.has_kept, np.maximum(kept, 0)
    url_twins = None
    if latest is not None:
        captured = np.flatnonzero(latest[part] >= 0)
        # the latest capture may itself be another document's duplicate: that one is in the release
        twin = found.kept[found.root[latest[part][captured]]]
        url_twins = (captured, take(known.documents.doc_id, twin))
        has_kept, safe = has_kept.copy(), safe.copy()
        has_kept[captured], safe[captured] = True, twin
    is_root = root == np.arange(part.start, part.stop)
    return write_decisions(
        entry,
        key=key,
        verdict=verdict,
        lang=known.name_langs(known.lang[part]),
        reasons=known.codes.decode(known.reasons[part]),
        kept_source=known.name_sources(known.source[safe], valid=has_kept),
        kept_lang=known.name_langs(known.lang[safe], valid=has_kept),
        similarity=similarity,
        twin_sources=spread(lists, rows=chosen, n=n),
        text_bytes=known.documents.length[part],
        cluster_sizes=verdict.cluster_size[is_root],
        unevaluated=known.unevaluated[index],
        url_twins=url_twins,
        job=job,
    )
