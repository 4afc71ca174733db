"""measure: one part of raw/ → measured/: edited text, signals and MinHash bands, in three files.

Rows are stably ordered by language, and the entry lists each language's row range, so that a
release shard is a run of rows; unless the part is small, text and signals of a language that can be released
are batches of their own, so that reading a run decodes no other language. A filter never drops a document
here; a filter that raises is bisected to the document it raises on, which is ledgered.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters import languages
from filters.extra import count_mistyped
from layers.columns import column
from layers.document import DOCUMENT, REJECTED
from layers.entries import Count, Entry, Unit, fingerprint
from layers.index import LayerIndex, gather
from layers.shard_writer import LZ4
from pipeline.errors import TooManyFilterErrors
from pipeline.job import Job
from pipeline.stages import task_progress
from pipeline.stages.count import removal
from pipeline.stages.count.removal import REMOVED, Removals, RepeatedLines
from pipeline.stages.count.sorted_keys import bucket_offsets
from pipeline.stages.measure.batch import measure_batches
from pipeline.stages.measure.measurer import Measurer
from pipeline.stages.measure.prune import prune_part
from pipeline.stages.raw_parts import RawPart, part_name

CONTENT_VERSION = 18
DECIDED_BY = ("signals", "bands")
"""Files of a part that decisions depend on."""
MIN_CUT_BYTES = 1 << 16
"""Of text per language, where batches end with languages: ten more batches of 70 columns take 5 ms."""


def measure_unit(unit: Unit, *, job: Job) -> Entry:
    """Measure one raw part; an up-to-date entry is returned as it is."""
    raw, name = job.raw.require(unit.whole), part_name(unit.part or 0)
    shard = raw.files[name]
    key = MeasureKeys(job).fingerprint(unit.source, raw_sha256=shard.sha256)
    entry = job.measured.current(unit, key=key)
    if entry is not None:
        return entry
    measurer = Measurer.from_job(job, source=unit.source)
    errors: list[dict[str, object]] = []
    lost: list[Count] = []
    rule = measurer.lines
    repeated = None if rule is None else RepeatedLines.read(unit, rule=rule, job=job)
    removals = Removals()
    pruned = prune_part(unit, raw_sha256=shard.sha256, key_of=MeasureKeys(job).fingerprint, job=job)
    if pruned is not None and repeated is None:
        texts, signals, bands = pruned
    else:
        batches = task_progress.count_texts(job.raw.batches(raw, name))
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
    with job.measured.commit(unit, key=key, codec=LZ4) as commit:
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
        found = pc.greater(pc.list_value_length(signals["personal_data"]), 0)
        facts: dict[str, object] = {
            "langs": ranges,
            "raw_rows": shard.rows,
            "edits": _count_edits(signals),
            "personal_data": pc.sum(found).as_py() or 0,
        }
        if measurer.extra:
            facts["lost_values"] = count_mistyped(texts["extra"], signals, types=measurer.extra)
        if repeated is not None:
            removed = removals.table()
            commit.write("lines", iter(removed.to_batches()), schema=REMOVED)
            counts.append(Count("repeated_lines", bytes=removals.bytes))
            facts["line_offsets"] = bucket_offsets(removed["key"].to_numpy())
        return commit.commit(counts, facts=facts)


class MeasureKeys:
    """Fingerprints of measured parts; what those of a source have in common is digested once."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._versions: dict[str, str] = {}

    def fingerprint(self, source: str, *, raw_sha256: str) -> str:
        """Everything that a measured part's bytes depend on; raw_sha256: of its documents."""
        return fingerprint(
            stage="measure", version=CONTENT_VERSION, input=raw_sha256, measurer=self._version(source)
        )

    def _version(self, source: str) -> str:
        if source not in self._versions:
            measurer = Measurer.from_job(self._job, source=source)
            versions = dict(measurer.versions)
            if measurer.lines is not None:
                lines = removal.digests(source, job=self._job)
                versions["lines"] = [removal.describe(measurer.lines), lines]
            self._versions[source] = fingerprint(**versions)
        return self._versions[source]


def measure_keys(parts: Iterable[RawPart], *, job: Job) -> dict[Unit, str]:
    """Raw part → fingerprint of its measured part."""
    keys = MeasureKeys(job)
    return {part.unit: keys.fingerprint(part.unit.source, raw_sha256=part.sha256) for part in parts}


def measured_index(parts: Iterable[RawPart], *, job: Job) -> LayerIndex:
    """Gather the up-to-date measured entries of raw parts; raises MissingEntry naming one that is not."""
    return gather(
        job.measured,
        keys=measure_keys(parts, job=job),
        index=job.indexes,
        rows_of="signals",
        inputs=DECIDED_BY,
    )


def check_filter_errors(index: LayerIndex, *, max_filter_errors: int) -> None:
    """Raise TooManyFilterErrors naming the filters when more documents than allowed made one raise."""
    errors: Counter[str] = Counter()
    for row in index.counts().to_pylist():
        if row["flow"] == "dropped":
            errors[row["reason"]] += row["documents"]
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
    targets = [run for run in ranges if run["lang"] in languages.tags()]
    ends = {run[name] for run in targets for name in ("start", "stop")}
    return sorted(ends - {0, ranges[-1]["stop"]}) if targets else []


def _sort_by_language(rows: pa.RecordBatch, langs: pa.Array) -> pa.RecordBatch:
    """Rows of one batch, stably by language: texts are ordered once per batch, before batches are joined."""
    order = np.argsort(np.array(langs.to_pylist(), dtype=str), kind="stable")
    return rows if (np.diff(order) == 1).all() else rows.take(pa.array(order))


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


def _count_edits(signals: pa.Table) -> list[dict[str, Any]]:
    """Per assigned language and edit the documents that it changed, and the bytes that it removed."""
    rows = signals.select(["lang", "edits", "edit_bytes"]).combine_chunks()
    edits = column(rows, "edits")
    parents = pc.list_parent_indices(edits)
    flat = pa.table(
        {
            "lang": column(rows, "lang").take(parents),
            "edit": edits.flatten(),
            "bytes": column(rows, "edit_bytes").flatten(),
        }
    )
    sums = flat.group_by(["lang", "edit"]).aggregate([("bytes", "count"), ("bytes", "sum")])
    sums = sums.rename_columns(["lang", "edit", "documents", "bytes"])
    return sums.sort_by([("lang", "ascending"), ("edit", "ascending")]).to_pylist()


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
