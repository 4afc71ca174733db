"""publish: text and decisions → shards of the release, each with its provenance sidecar."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from filters.personal_data import mask
from filters.personal_data.find import DETECTORS_VERSION
from layers import storage
from layers.columns import column, hex_ids
from layers.document import DOCUMENT, SCHEMA_VERSION
from layers.entries import Entry, fingerprint
from layers.index import SLICE_ROWS, LayerIndex
from layers.shard_writer import MAX_BATCH_BYTES, MAX_BATCH_ROWS
from pipeline.job import Job
from pipeline.stages import task_progress
from pipeline.stages.decide.verdicts import DECISION
from pipeline.stages.publish.classes import CONTENT_VERSION as CLASSES_VERSION
from pipeline.stages.publish.classes import find_class
from pipeline.stages.publish.cut import Indexes, ShardTask
from pipeline.stages.publish.masking import mask_columns
from pipeline.stages.publish.schemas import measured_signals, table_schemas
from pipeline.stages.publish.tally import Tally

CONTENT_VERSION = 17


def publish_shard(task: ShardTask, *, job: Job) -> Entry:
    """Write one shard and its sidecar to the staging folder; an up-to-date one is left alone."""
    job = job.of_class(task.release_class)
    schemas = table_schemas(job)
    key = publish_fingerprint(task, job=job)
    entry = job.published.current(task.unit, key=key)
    if entry is not None and job.published.has_files(entry):
        return entry
    kinds = job.config.masked_kinds(task.source, lang=task.lang)
    tally = Tally()
    with job.published.commit(task.unit, key=key) as commit:
        with ExitStack() as stack:
            writers = {
                name: stack.enter_context(commit.open(name, schema=schema, path=f"{name}/{task.path}"))
                for name, schema in schemas.items()
            }
            for columns in _kept_rows(task, job=job, schemas=[*schemas.values()]):
                task_progress.advance(columns["text"])
                masked, fields = mask_columns(columns, kinds=kinds, source=task.source, lang=task.lang)
                tally.add(masked, before=columns, fields=fields)
                columns = masked
                for name, schema in schemas.items():
                    arrays = [columns[field.name].cast(field.type) for field in schema]
                    writers[name].write(pa.RecordBatch.from_arrays(arrays, schema=schema))
        return commit.commit(tally.counts(task.lang), facts=tally.facts())


def publish_fingerprint(task: ShardTask, *, job: Job) -> str:
    """Everything that a shard's bytes depend on."""
    schemas, tier = table_schemas(job), job.tiers.get(task.source)
    return fingerprint(
        stage="publish",
        version=[CONTENT_VERSION, SCHEMA_VERSION],
        inputs=task.inputs,
        path=task.path,
        schemas={name: schema.to_string() for name, schema in schemas.items()},
        masked=[
            job.config.masked_kinds(task.source, lang=task.lang),
            mask.CONTENT_VERSION,
            DETECTORS_VERSION,
        ],
        **({"of_class": [task.release_class, tier, CLASSES_VERSION]} if task.release_class else {}),
    )


def is_staged(entry: Entry, *, job: Job) -> bool:
    """True when the entry's files are in the staging folder with the recorded size."""
    for record in entry.files.values():
        url = job.published.join(record.path)
        if not storage.exists(url) or storage.size_bytes(url) != record.bytes:
            return False
    return True


def _kept_rows(task: ShardTask, *, job: Job, schemas: Sequence[pa.Schema]) -> Iterator[dict[str, pa.Array]]:
    """Kept rows of each run: what the release and its sidecar have, column by name."""
    wanted = {"keep", *(name for schema in schemas for name in schema.names)}
    text = [name for name in DOCUMENT.names if name in wanted.difference({"doc_id"})]
    decisions = [name for name in DECISION.names if name in wanted.difference(text)]
    names = measured_signals(job).names
    signals = [name for name in names if name in wanted.difference(text, decisions)]
    columns = _Columns(text=text, signals=signals, decisions=decisions)
    for rows in _in_batches(_rows(task, columns=columns, job=job)):
        keep = column(rows, "keep")
        if task.release_class:
            tier = job.tiers[task.source]
            is_own = find_class(column(rows, "license"), name=task.release_class, tier=tier)
            keep = pc.and_(keep, pa.array(is_own))
        table = rows.drop_columns("text").filter(keep)
        arrays = {name: _only_chunk(table[name]) for name in table.schema.names}
        whole = len(table) == len(rows)  # most batches: their texts need no copy
        arrays["text"] = _only_chunk(rows["text"] if whole else rows["text"].filter(keep))
        arrays["source"] = pa.array([task.source] * len(table), pa.string())
        arrays |= {name: hex_ids(arrays[name]) for name in ("doc_id", "key_id")}
        yield arrays


def _in_batches(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Tables joined up to the rows or text bytes of a batch.

    A run may be a handful of rows, and each of 90 columns costs as much to filter as a thousand rows.
    """
    pending: list[pa.Table] = []
    rows = size = 0
    for table in tables:
        pending.append(table)
        rows += len(table)
        size += table["text"].nbytes
        if rows >= MAX_BATCH_ROWS or size >= MAX_BATCH_BYTES:
            yield pa.concat_tables(pending)
            pending, rows, size = [], 0, 0
    if pending:
        yield pa.concat_tables(pending)


@dataclass(frozen=True)
class _Columns:
    """What is read of a part's files."""

    text: Sequence[str]
    signals: Sequence[str]
    decisions: Sequence[str]


@dataclass(frozen=True)
class _Run:
    """Rows start to stop of one measured part."""

    part: int
    start: int
    stop: int


def _runs(task: ShardTask, *, index: LayerIndex) -> Iterator[_Run]:
    """The runs of a task, in order of parts."""
    runs = index.runs("unit", "lang", "start", "stop", start=task.first_part, stop=task.last_part + 1)
    for row in runs.filter(pc.equal(runs["lang"], task.lang)).to_pylist():
        start = max(row["start"], task.first_row) if row["unit"] == task.first_part else row["start"]
        stop = min(row["stop"], task.last_row) if row["unit"] == task.last_part else row["stop"]
        if start < stop:
            yield _Run(row["unit"], start, stop)


@lru_cache(maxsize=16)
def _entries(part_slice: int, index: LayerIndex) -> list[Entry]:
    """Entries of a slice of parts, kept: the shards of all languages ask for them."""
    return index.slice_of(part_slice * SLICE_ROWS)


def _entry(part: int, *, index: LayerIndex) -> Entry:
    return _entries(part // SLICE_ROWS, index)[part % SLICE_ROWS]


def _rows(task: ShardTask, *, columns: _Columns, job: Job) -> Iterator[pa.Table]:
    """Rows of each run, from its text, signals and decisions files side by side."""
    indexes = Indexes.of_task(task, job=job)
    for run in _runs(task, index=indexes.measured):
        measured, decided = (_entry(run.part, index=index) for index in (indexes.measured, indexes.decided))
        rows = {"start": run.start, "stop": run.stop}
        signals = job.measured.table(measured, "signals", columns=columns.signals, **rows)
        decisions = job.decisions.table(decided, "decisions", columns=columns.decisions, **rows)
        first = 0
        for texts in job.measured.batches(measured, "text", columns=columns.text, **rows):
            parts = [table.slice(first, len(texts)) for table in (signals, decisions)]
            first += len(texts)
            tables = [pa.Table.from_batches([texts]), *parts]
            yield pa.table(
                [column for table in tables for column in table.columns],
                names=[name for table in tables for name in table.schema.names],
            )


def _only_chunk(column: pa.ChunkedArray) -> pa.Array:
    joined = column.combine_chunks()
    return joined.chunk(0) if isinstance(joined, pa.ChunkedArray) else joined
