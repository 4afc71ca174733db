"""The decisions layer: what it depends on, its entries, and how one part of it is written, on both paths."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from filters import languages, profiles
from layers.columns import Halves, binary, column
from layers.entries import Count, Entry, fingerprint
from layers.index import LayerIndex, gather
from layers.shard_writer import LZ4
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
    IDS,
    Verdicts,
    decision_table,
)
from pipeline.stages.measure.read import read_columns
from pipeline.stages.removals import shared_keys

CONTENT_VERSION = 8
MAX_NAMED_KEYS = 3
"""Of a source, in messages and on cards."""


def decided_index(measured: LayerIndex, *, job: Job) -> LayerIndex:
    """Gather the up-to-date decisions of measured parts; raises MissingEntry naming one that is not."""
    key = decide_fingerprint(measured.inputs, job=job)
    keys = dict.fromkeys(measured.units(), key)
    return gather(job.decisions, keys=keys, index=job.indexes, rows_of="decisions")


def decide_fingerprint(inputs: str, *, job: Job) -> str:
    """Everything that decisions depend on: rules, priorities, and the signals and bands of all parts.

    inputs: their digest, as in the index of measured/.
    """
    config = job.config
    return fingerprint(
        stage="decide",
        version=CONTENT_VERSION,
        config=config.decide.model_dump(mode="json", exclude={"clustering"}),  # how, not what
        **({"licenses": config.publish.licenses} if config.publish.licenses is not None else {}),
        priorities={source.card: source.priority for source in config.sources},
        profiles={source.card: source.profile for source in config.sources},
        languages=[languages.digest(), profiles.digest()],
        inputs=inputs,
        **({"shared_keys": sorted(key.hex() for key in known)} if (known := shared_keys(job)) else {}),
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
    twin_sources: pa.ListArray,
    unevaluated: dict[str, dict[str, int]],
    uncompared: Sequence[Mapping[str, Any]],
    job: Job,
    url_twins: tuple[np.ndarray, Halves] | None = None,
) -> Entry:
    """Commit the decisions of a measured part.

    uncompared: of components that were cut, what `name_uncompared` says; url_twins: rows that are earlier
    captures of a page, and the doc_ids that stay for them.
    """
    sizes = read_columns(entry, file="signals", columns=["text_bytes"], job=job)["text_bytes"].to_numpy()
    table = decision_table(
        verdict,
        lang=lang,
        reasons=reasons,
        kept_source=kept_source,
        twin_sources=twin_sources,
    )
    if url_twins is not None:
        table = name_twins(table, rows=url_twins[0], kept_doc_id=binary(url_twins[1]))
    duplicates: dict[str, Any] = {
        "sizes": count_sizes(verdict.cluster_size[verdict.is_kept]),
        "similarities": count_similarities(table),
        "below": count_below(table, similarity=job.config.decide.min_similarity),
        "overlaps": count_overlaps(table, kept_lang=kept_lang, bytes=sizes),
        "uncompared": list(uncompared),
    }
    facts = {
        "unevaluated": unevaluated,
        "duplicates": duplicates,
        "shared_keys": _count_shared_keys(verdict),
        "langs": _sum_kept(table, sizes=sizes, langs=entry.facts["langs"]),
    }
    with job.decisions.commit(entry.unit, key=key, codec=LZ4) as commit:
        commit.write("decisions", iter(table.to_batches()), schema=DECISION)
        commit.write("ids", iter(table.select(IDS.names).to_batches()), schema=IDS)
        return commit.commit(_count(table, sizes=sizes), facts=facts)


def _count_shared_keys(verdict: Verdicts) -> dict[str, Any]:
    """Documents whose key another text has too, keys that begin in the part, rows of the first of these."""
    firsts = np.flatnonzero(verdict.is_first_of_key)
    return {
        "documents": int(verdict.has_shared_key.sum()),
        "keys": len(firsts),
        "rows": firsts[:MAX_NAMED_KEYS].tolist(),
    }


def name_uncompared(component_id: Halves, *, documents: int, pieces: int, pairs: int) -> dict[str, Any]:
    """What is said of a component that was cut: its id, documents and pieces, and pairs across pieces."""
    name = binary(component_id)[0].as_py().hex()
    return {"component_id": name, "documents": documents, "pieces": pieces, "pairs": pairs}


def _sum_kept(
    table: pa.Table, *, sizes: np.ndarray, langs: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The row range of each language of a part, with the rows and text bytes that are kept of it.

    So publish cuts shards without looking at rows, but for those between which it cuts.
    """
    keep = column(table, "keep").to_numpy(zero_copy_only=False)
    return [
        {
            **run,
            "kept_rows": int(keep[run["start"] : run["stop"]].sum()),
            "kept_bytes": int(sizes[run["start"] : run["stop"]][keep[run["start"] : run["stop"]]].sum()),
        }
        for run in langs
    ]


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
