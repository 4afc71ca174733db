"""The decisions layer: what it depends on, its entries, and how one part of it is written, on both paths."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from filters import languages
from layers.columns import Halves, binary
from layers.commit import UnitCommit
from layers.entries import Count, Entry, fingerprint, read_entry
from layers.shard_writer import LZ4
from pipeline.errors import MissingLayer
from pipeline.job import Job
from pipeline.stages.decide.twins import (
    count_below,
    count_overlaps,
    count_similarities,
    count_sizes,
)
from pipeline.stages.decide.urls import name_twins
from pipeline.stages.decide.verdicts import (
    DECISION,
    Verdicts,
    decision_table,
)

CONTENT_VERSION = 3


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
