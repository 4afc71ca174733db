"""decide: signals and bands → decisions/: keep, or every failed rule, the first one named.

Text is never read. All documents are clustered once, by language, independent of thresholds;
the kept document of a cluster is chosen among those that pass every other rule, so a cluster
never vanishes because its representative failed. This is the direct path: it reads the band
files of the layer, band by band, in one task.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters import languages
from filters.rules import Rule, count_unevaluated, evaluate
from pipeline import clusters
from pipeline.config import language_rules
from pipeline.decisions import DECISION, Duplicates, column, decision_table, find_duplicates
from pipeline.document import DOC_ID_BYTES
from pipeline.errors import MissingLayer
from pipeline.job import Job
from pipeline.layers import storage
from pipeline.layers.commit import UnitCommit
from pipeline.layers.entries import Count, Entry, Unit, fingerprint, read_entry
from pipeline.layers.shards import read_table
from pipeline.measure import measured_entries

CONTENT_VERSION = 1

BYTES_PER_DOCUMENT = 128 + clusters.bytes_per_document(14)
"""Memory of the direct path: ids, hashes, lengths, reasons and one band at a time."""


_NO_LANGUAGE = {"und": "language_undetermined", "mul": "language_multilingual"}
"""Tags of documents in no one language, and why they are dropped."""


@dataclass(frozen=True)
class _Part:
    """What decide keeps of one measured part."""

    doc_id: pa.Array
    exact_hash: pa.Array
    lang: pa.Array
    length: np.ndarray
    raw_row: np.ndarray
    reasons: pa.ListArray
    unevaluated: dict[str, dict[str, int]]


def decide(units: Sequence[Unit], *, job: Job) -> list[Entry]:
    """Decide about every document of the parts; up-to-date decisions are returned as they are."""
    measured = measured_entries(units, job=job)
    key = decide_fingerprint(measured, job=job)
    done = [read_entry(job.decisions, unit=entry.unit) for entry in measured]
    if all(entry is not None and entry.fingerprint == key for entry in done):
        return [entry for entry in done if entry is not None]
    storage.remove(job.shards_url)  # a plan of shards is of the decisions that it was made from
    parts = [_read_part(entry, job=job) for entry in measured]
    found = _find_duplicates(parts, measured=measured, job=job)
    entries = []
    start = 0
    for entry, part in zip(measured, parts, strict=True):
        rows = slice(start, start + len(part.doc_id))
        start = rows.stop
        table = decision_table(found, part=rows, lang=part.lang, reasons=part.reasons)
        with UnitCommit(job.decisions, unit=entry.unit, fingerprint=key) as commit:
            commit.write("decisions", iter(table.to_batches()), schema=DECISION)
            entries.append(
                commit.commit(_count(table, sizes=part.length), facts={"unevaluated": part.unevaluated})
            )
    return entries


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
        config=config.decide.model_dump(mode="json"),
        priorities={source.card: source.priority for source in config.sources},
        languages=languages.digest(),
        inputs=[[entry.unit.name, entry.digests["signals"], entry.digests["bands"]] for entry in measured],
    )


def rules_for(lang: str, *, job: Job) -> tuple[Rule, ...]:
    """The quality rules by which this job decides about a language."""
    return language_rules(lang, decide=job.config.decide)


def _read_part(entry: Entry, *, job: Job) -> _Part:
    table = read_table(storage.join(job.measured, entry.files["signals"].path))
    reasons, unevaluated = _apply_rules(table, entry=entry, job=job)
    return _Part(
        doc_id=column(table, "doc_id"),
        exact_hash=column(table, "exact_hash"),
        lang=column(table, "lang"),
        length=table["text_bytes"].to_numpy(),
        raw_row=table["raw_row"].to_numpy(),
        reasons=reasons,
        unevaluated=unevaluated,
    )


def _apply_rules(
    table: pa.Table, *, entry: Entry, job: Job
) -> tuple[pa.ListArray, dict[str, dict[str, int]]]:
    """(language and quality rules that each document fails, per language the rules not evaluated).

    Rows come in one run per language.
    """
    runs: list[pa.Array] = [pa.array([], pa.list_(pa.string()))]
    unevaluated: dict[str, dict[str, int]] = {}
    for run in entry.facts["langs"]:
        lang, size = run["lang"], run["stop"] - run["start"]
        if lang in _NO_LANGUAGE:
            runs.append(_always(_NO_LANGUAGE[lang], size=size))
        elif lang not in job.config.decide.languages:
            runs.append(_always("language_not_targeted", size=size))
        else:
            rows = table.slice(run["start"], size)
            batch = pa.RecordBatch.from_arrays(
                [column(rows, name) for name in rows.schema.names], schema=rows.schema
            )
            rules = rules_for(lang, job=job)
            runs.append(evaluate(batch, rules=rules))
            nulls = {signal: n for signal, n in count_unevaluated(batch, rules=rules).items() if n}
            if nulls:
                unevaluated[lang] = nulls
    return pa.concat_arrays(runs), unevaluated


def _always(reason: str, *, size: int) -> pa.ListArray:
    offsets = pa.array(np.arange(size + 1, dtype=np.int32))
    return pa.ListArray.from_arrays(offsets, pa.array([reason] * size, pa.string()))


def _find_duplicates(parts: Sequence[_Part], *, measured: Sequence[Entry], job: Job) -> Duplicates:
    config = job.config.decide
    ids = _concatenate([part.doc_id for part in parts], dtype=pa.binary(DOC_ID_BYTES))
    exact = _concatenate([part.exact_hash for part in parts], dtype=pa.binary(DOC_ID_BYTES))
    priority_of = {source.card: source.priority for source in job.config.sources}
    first = np.cumsum([0, *(entry.facts["raw_rows"] for entry in measured)])
    return find_duplicates(
        doc_id=ids,
        exact=exact if config.exact_duplicates else pa.nulls(len(ids), pa.binary(DOC_ID_BYTES)),
        lang=_concatenate([part.lang for part in parts], dtype=pa.string()),
        length=_stack([part.length for part in parts]),
        # measured rows are in language order; their locators are in raw order
        locator=_stack([first[index] + part.raw_row for index, part in enumerate(parts)]),
        priority=_stack(
            [np.full(len(p.doc_id), priority_of[e.unit.source]) for e, p in zip(measured, parts, strict=True)]
        ),
        passes=_stack([pc.list_value_length(part.reasons).to_numpy() == 0 for part in parts]).astype(bool),
        bands=_bands(measured, job=job) if config.near_duplicates else iter(()),
    )


def _bands(measured: Sequence[Entry], *, job: Job) -> Iterator[pa.UInt64Array]:
    """One band of all documents at a time: 8 bytes per document in memory."""
    for band in range(job.config.measure.minhash.bands):
        name = f"band_{band:02d}"
        urls = [storage.join(job.measured, entry.files["bands"].path) for entry in measured]
        yield _concatenate([column(read_table(url, columns=[name]), name) for url in urls], dtype=pa.uint64())


def _concatenate(arrays: Sequence[pa.Array], *, dtype: pa.DataType) -> pa.Array:
    return pa.concat_arrays([pa.array([], dtype), *arrays])


def _stack(arrays: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.zeros(0, np.int64), *arrays]).astype(np.int64)


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
