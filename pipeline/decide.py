"""decide: signals and bands → decisions/: keep, or every failed rule, the first one named.

Text is never read. All documents are clustered once, independent of thresholds; the kept document of
a cluster is chosen among those that pass every other rule, so a cluster never vanishes because its
representative failed. This is the direct path: it reads the band files of the layer, band by band,
in one task, with BYTES_PER_DOCUMENT in memory and no Python object per document.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from filters import languages
from pipeline.columns import Halves, binary, take
from pipeline.duplicates import clusters
from pipeline.duplicates.decisions import (
    DECISION,
    Duplicates,
    Verdicts,
    decision_table,
    find_duplicates,
    verdicts,
)
from pipeline.duplicates.measured import Measured, read_captures, read_measured
from pipeline.duplicates.twins import (
    KeptSignatures,
    TwinSources,
    count_below,
    count_overlaps,
    count_similarities,
    count_sizes,
    spread,
)
from pipeline.duplicates.urls import find_latest, name_twins
from pipeline.errors import MissingLayer, RunError
from pipeline.job import Job
from pipeline.layers import storage
from pipeline.layers.commit import UnitCommit
from pipeline.layers.entries import Count, Entry, Unit, fingerprint, read_entry
from pipeline.layers.shard_writer import LZ4
from pipeline.measure import measured_entries
from pipeline.measured_files import check_files, read_bands

CONTENT_VERSION = 3

BYTES_PER_DOCUMENT = 68 + clusters.bytes_per_document(14)
"""Memory of the direct path, 100 bytes; 97 measured. Ids and exact hashes (32), length (8), place,
reasons, priority (12), language, source, flags (7) and copies of flags; then what `clusters` needs,
which is more than what comes after it: sizes, kept and smallest members (12), for a document with
twins 24 bytes of sources while they are sorted, and the signature (112) of one document per cluster."""
URL_BYTES_PER_DOCUMENT = 90
"""More of it while URLs are compared: hashes, times and validity (25), the latest capture (8), the order of
a sort and sorted copies (56)."""


def decide(units: Sequence[Unit], *, job: Job) -> list[Entry]:
    """Decide about every document of the parts; up-to-date decisions are returned as they are.

    Raises CorruptShard naming signal or band files that are not what was measured.
    """
    measured = measured_entries(units, job=job)
    key = decide_fingerprint(measured, job=job)
    done = [read_entry(job.decisions, unit=entry.unit) for entry in measured]
    if all(entry is not None and entry.fingerprint == key for entry in done):
        return [entry for entry in done if entry is not None]
    n, clustering = sum(entry.files["signals"].rows for entry in measured), job.config.decide.clustering
    if clustering.path == "auto" and n > clustering.max_direct_documents:
        raise RunError(
            f"{n:,} documents are more than decide.clustering.max_direct_documents, and were estimated to be "
            "fewer; set decide.clustering.path to distributed, or to direct if "
            f"{n * BYTES_PER_DOCUMENT / 1e9:.0f} GB of memory are free, and run again"
        )
    storage.remove(job.shards_url)  # a plan of shards is of the decisions that it was made from
    check_files(measured, names=("signals", "bands"), job=job)
    known, latest = read_measured(measured, job=job), None
    if job.config.decide.url_duplicates:
        captures, documents = read_captures(measured, job=job), known.documents
        passes = documents.passes & ~clusters.duplicate_keys(documents.doc_id, order=documents.locator)
        latest = find_latest(captures, eligible=passes, length=documents.length, doc_id=documents.doc_id)
        known = known.drop_captures(np.flatnonzero(latest >= 0))
        del captures
    bands = job.config.measure.minhash.to_options().bands if job.config.decide.near_duplicates else 0
    found = find_duplicates(known.documents, bands=read_bands(measured, bands=bands, job=job))
    twins = TwinSources(found.root, size=found.size, source=known.source, names=known.sources)
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
        for index, entry in enumerate(measured)
    ]


def decided_entries(measured: Sequence[Entry], *, job: Job) -> list[Entry]:
    """The up-to-date decisions of measured parts; raises MissingLayer naming one that is missing or stale."""
    key = decide_fingerprint(measured, job=job)
    found = []
    for part in measured:
        entry = read_entry(job.decisions, unit=part.unit)
        if entry is None or entry.fingerprint != key:
            raise MissingLayer(
                f"{part.unit} is not in {job.decisions}, or was decided by other rules; "
                "run the decide stage first"
            )
        found.append(entry)
    return found


def decide_fingerprint(measured: Sequence[Entry], *, job: Job) -> str:
    """Everything that decisions depend on: rules, priorities, and the signals and bands of all parts."""
    config = job.config
    return fingerprint(
        stage="decide",
        version=CONTENT_VERSION,
        config=config.decide.model_dump(mode="json", exclude={"clustering"}),  # how, not what
        priorities={source.card: source.priority for source in config.sources},
        languages=languages.digest(),
        inputs=[[entry.unit.name, entry.digests["signals"], entry.digests["bands"]] for entry in measured],
    )


def _write_part(
    index: int,
    *,
    entry: Entry,
    key: str,
    known: Measured,
    latest: np.ndarray | None,
    found: Duplicates,
    twins: TwinSources,
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
    lists = twins.of(root[chosen], source=known.source[part][chosen])
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


def write_decisions(
    entry: Entry,
    *,
    key: str,
    verdict: Verdicts,
    lang: pa.StringArray,
    reasons: pa.ListArray,
    kept_source: pa.StringArray,
    kept_lang: pa.StringArray,
    similarity: np.ndarray,
    twin_sources: pa.ListArray,
    text_bytes: np.ndarray,
    cluster_sizes: np.ndarray,
    unevaluated: dict[str, dict[str, int]],
    job: Job,
    url_twins: tuple[np.ndarray, Halves] | None = None,
) -> Entry:
    """Commit the decisions of a measured part; cluster_sizes are of the clusters counted here.

    url_twins: rows that are earlier captures of a page, and the doc_ids that stay for them.
    """
    config = job.config
    table = decision_table(
        verdict,
        lang=lang,
        reasons=reasons,
        kept_source=kept_source,
        similarity=similarity,
        twin_sources=twin_sources,
        min_similarity=config.decide.min_similarity,
    )
    if url_twins is not None:
        table = name_twins(table, rows=url_twins[0], kept_doc_id=binary(url_twins[1]))
    duplicates: dict[str, Any] = {
        "sizes": count_sizes(cluster_sizes),
        "similarities": count_similarities(table),
        "below": count_below(table, similarity=config.measure.minhash.to_options().threshold),
        "overlaps": count_overlaps(table, kept_lang=kept_lang, bytes=text_bytes),
    }
    with UnitCommit(job.decisions, unit=entry.unit, fingerprint=key, codec=LZ4) as commit:
        commit.write("decisions", iter(table.to_batches()), schema=DECISION)
        return commit.commit(
            _count(table, sizes=text_bytes), facts={"unevaluated": unevaluated, "duplicates": duplicates}
        )


def _count(table: pa.Table, *, sizes: np.ndarray) -> list[Count]:
    sized = table.select(["lang", "reason"]).append_column("bytes", pa.array(sizes))
    groups = sized.group_by(["lang", "reason"]).aggregate([("bytes", "count"), ("bytes", "sum")])
    counts = []
    for row in groups.to_pylist():
        documents, size = row["bytes_count"], row["bytes_sum"]
        counts.append(Count("read", lang=row["lang"], documents=documents, bytes=size))
        flow = "kept" if row["reason"] is None else "dropped"
        counts.append(
            Count(flow, lang=row["lang"], reason=row["reason"] or "", documents=documents, bytes=size)
        )
    return counts
