"""measure: one part of raw/ → measured/: edited text, signals and MinHash bands, in three files.

Rows are stably ordered by language, and the entry lists each language's row range, so that a
release shard is a run of rows; unless the part is small, text and signals of a language that can be released
are batches of their own, so that reading a run decodes no other language. A filter never drops a document
here; a filter that raises is bisected to the document it raises on, which is ledgered.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from filters import languages
from layers import storage
from layers.commit import UnitCommit
from layers.document import DOCUMENT, REJECTED
from layers.entries import Count, Entry, Unit, fingerprint, read_entry
from layers.shard_writer import LZ4
from layers.shards import read_shard
from pipeline.errors import MissingLayer, TooManyFilterErrors
from pipeline.job import Job
from pipeline.stages.count import removal
from pipeline.stages.count.removal import REMOVED, Removals, RepeatedLines
from pipeline.stages.count.sorted_keys import bucket_offsets
from pipeline.stages.ingest import part_name, raw_entry
from pipeline.stages.measure.batch import Measurer, measure_batches

CONTENT_VERSION = 7
MIN_CUT_BYTES = 1 << 16
"""Of text per language, where batches end with languages: ten more batches of 70 columns take 5 ms."""


def measure_unit(unit: Unit, *, job: Job) -> Entry:
    """Measure one raw part; an up-to-date entry is returned as it is."""
    raw = raw_entry(unit, job=job)
    measurer = Measurer.from_job(job, source=unit.source)
    lines = removal.digests(unit.source, job=job)
    key = measure_fingerprint(unit, raw=raw, measurer=measurer, lines=lines)
    entry = read_entry(job.measured, unit=unit)
    if entry is not None and entry.fingerprint == key:
        return entry
    shard = raw.files[part_name(unit.part or 0)]
    errors: list[dict[str, object]] = []
    lost: list[Count] = []
    batches = read_shard(storage.join(job.raw, shard.path))
    rule = measurer.lines
    repeated = None if rule is None else RepeatedLines.read(unit, rule=rule, job=job)
    removals = Removals()
    measured = [
        (_sort_by_language(text, signals["lang"]), signals, bands)
        for text, signals, bands in measure_batches(
            batches, measurer=measurer, errors=errors, lost=lost, repeated=repeated, removals=removals
        )
    ]
    texts, signals, bands = (
        pa.Table.from_batches([rows[index] for rows in measured], schema=schema)
        for index, schema in enumerate((DOCUMENT, measurer.signals_schema, measurer.bands_schema))
    )
    del measured
    codes, ranges = _group_by_language(signals)
    with UnitCommit(job.measured, unit=unit, fingerprint=key, codec=LZ4) as commit:
        ends = language_ends(ranges)
        commit.write("text", _in_order(texts, codes=codes), schema=texts.schema, ends=ends)
        order = pa.array(np.argsort(codes, kind="stable"))
        for name, table, cuts in (("signals", signals, ends), ("bands", bands, [])):
            rows = table.combine_chunks().take(order).to_batches()
            commit.write(name, iter(rows), schema=table.schema, ends=cuts)
        commit.write("errors", iter([pa.RecordBatch.from_pylist(errors, schema=REJECTED)]), schema=REJECTED)
        read = Count("read", documents=shard.rows, bytes=raw.facts["parts"][unit.part or 0]["text_bytes"])
        kept = _count_kept(signals)
        out = sum(count.bytes for count in kept) + sum(count.bytes for count in lost)
        counts = [read, Count("edited", bytes=read.bytes - out - removals.bytes), *kept, *lost]
        facts: dict[str, object] = {"langs": ranges, "raw_rows": shard.rows}
        if repeated is not None:
            removed = removals.table()
            commit.write("lines", iter(removed.to_batches()), schema=REMOVED)
            counts.append(Count("repeated_lines", bytes=removals.bytes))
            facts["line_offsets"] = bucket_offsets(removed["key"].to_numpy())
        return commit.commit(counts, facts=facts)


def measure_fingerprint(unit: Unit, *, raw: Entry, measurer: Measurer, lines: Sequence[object]) -> str:
    """Everything that a measured part's bytes depend on; lines are `repeats.digests` of its source."""
    shard = raw.files[part_name(unit.part or 0)]
    versions = dict(measurer.versions)
    if measurer.lines is not None:
        versions["lines"] = [removal.describe(measurer.lines), lines]
    return fingerprint(stage="measure", version=CONTENT_VERSION, input=shard.sha256, **versions)


def measured_entries(parts: Sequence[Unit], *, job: Job) -> list[Entry]:
    """The up-to-date measured entries of the parts; raises MissingLayer naming a missing or stale one."""
    found = []
    raws: dict[Unit, Entry] = {}
    measurers: dict[str, Measurer] = {}
    lines: dict[str, list[object]] = {}
    for unit in parts:
        if unit.whole not in raws:
            raws[unit.whole] = raw_entry(unit, job=job)
        if unit.source not in measurers:
            measurers[unit.source] = Measurer.from_job(job, source=unit.source)
            lines[unit.source] = removal.digests(unit.source, job=job)
        key = measure_fingerprint(
            unit, raw=raws[unit.whole], measurer=measurers[unit.source], lines=lines[unit.source]
        )
        entry = read_entry(job.measured, unit=unit)
        if entry is None or entry.fingerprint != key:
            raise MissingLayer(
                f"{unit} is not in {job.measured}, or was measured otherwise; run the measure stage first"
            )
        found.append(entry)
    return found


def check_filter_errors(entries: Sequence[Entry], *, max_filter_errors: int) -> None:
    """Raise TooManyFilterErrors naming the filters when more documents than allowed made one raise."""
    errors: Counter[str] = Counter()
    for entry in entries:
        errors.update({c.reason: c.documents or 0 for c in entry.counts if c.flow == "dropped"})
    if errors.total() > max_filter_errors:
        raise TooManyFilterErrors(
            f"{errors.total()} documents made a filter raise "
            f"({', '.join(f'{reason} {n}' for reason, n in errors.most_common())}); "
            f"max_filter_errors is {max_filter_errors}; see them with `rhizotron dropped --stage measure`"
        )


def _group_by_language(signals: pa.Table) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """(rank of each row's language, [{lang, start, stop, bytes}] as rows stand in that order)."""
    langs = signals["lang"].combine_chunks().dictionary_encode()
    if isinstance(langs, pa.ChunkedArray):
        langs = langs.combine_chunks()
    tags = langs.dictionary.to_pylist()
    rank = np.argsort(np.argsort(np.array(tags, dtype=str)))
    codes = rank[langs.indices.to_numpy()] if len(langs) else np.zeros(0, np.int64)
    sizes = signals["text_bytes"].to_numpy()
    ranges: list[dict[str, Any]] = []
    start = 0
    for code, tag in enumerate(sorted(tags)):
        rows = codes == code
        stop = start + int(rows.sum())
        ranges.append({"lang": tag, "start": start, "stop": stop, "bytes": int(sizes[rows].sum())})
        start = stop
    return codes, ranges


def language_ends(ranges: Sequence[dict[str, Any]]) -> list[int]:
    """Where the rows of a language that can be released begin or end, without the first and the last row.

    None where languages have less than MIN_CUT_BYTES on average: batches would cost more than decoding them.
    """
    if sum(run["bytes"] for run in ranges) < MIN_CUT_BYTES * len(ranges):
        return []
    targets = [run for run in ranges if run["lang"] in languages.TAGS]
    ends = {run[name] for run in targets for name in ("start", "stop")}
    return sorted(ends - {0, ranges[-1]["stop"]}) if targets else []


def _sort_by_language(rows: pa.RecordBatch, langs: pa.Array) -> pa.RecordBatch:
    """Rows of one batch, stably by language: texts are ordered once per batch, before batches are joined."""
    order = np.argsort(np.array(langs.to_pylist(), dtype=str), kind="stable")
    return rows.take(pa.array(order))


def _in_order(table: pa.Table, *, codes: np.ndarray) -> Iterator[pa.RecordBatch]:
    """Rows by code, where those of each batch are in order already: slices of all batches follow one another.

    codes are those of the rows before any was ordered.
    """
    batches = table.to_batches()
    starts = np.cumsum([0, *(len(batch) for batch in batches)])
    names = np.arange(codes.max(initial=-1) + 2)
    bounds = [
        np.searchsorted(np.sort(codes[first:stop]), names).tolist()
        for first, stop in pairwise(starts.tolist())
    ]
    for code in names[:-1].tolist():
        for batch, cuts in zip(batches, bounds, strict=True):
            if cuts[code + 1] > cuts[code]:
                yield batch.slice(cuts[code], cuts[code + 1] - cuts[code])


def _count_kept(signals: pa.Table) -> list[Count]:
    """The matrix declared → identified, in documents and bytes."""
    if not len(signals):
        return []
    groups = signals.group_by(["lang_declared", "lang"]).aggregate(
        [("text_bytes", "count"), ("text_bytes", "sum")]
    )
    return [
        Count(
            "kept",
            lang_declared=row["lang_declared"] or "",
            lang=row["lang"],
            documents=row["text_bytes_count"],
            bytes=row["text_bytes_sum"],
        )
        for row in groups.to_pylist()
    ]
