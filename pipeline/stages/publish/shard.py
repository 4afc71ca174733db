"""publish: text and decisions → shards of the release, each with its provenance sidecar."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters import base
from layers import storage
from layers.commit import UnitCommit
from layers.document import DOCUMENT, SCHEMA_VERSION, make_field
from layers.entries import Count, Entry, Unit, fingerprint, read_entry
from layers.shard_writer import MAX_BATCH_BYTES, MAX_BATCH_ROWS
from layers.shards import FileRecord, read_shard, text_lengths
from pipeline.errors import MissingLayer
from pipeline.job import Job
from pipeline.stages.decide.verdicts import DECISION
from pipeline.stages.measure.batch import Measurer
from pipeline.stages.publish.cut import ShardTask

CONTENT_VERSION = 4

_ID = make_field(
    "doc_id",
    pa.string(),
    "Intrinsic id, 32 hexadecimal digits; stable across releases.",
    nullable=False,
)
_SOURCE = make_field("source", pa.string(), "uid of the source card.", nullable=False)
_PROVENANCE = (
    "record_id",
    "container",
    "offset",
    "length",
    "raw_sha256",
    "license_evidence",
    "lang_declared",
)
_LANGUAGE = ("lang", "lang_status", "lang_score", "lang_share", "script")
_NOT_PUBLISHED = (
    "doc_id",
    "raw_row",
    "lang_declared",
    "lang_segments",
    "lang_candidates",
    "edits",
    "signals_lang",
    "exact_hash",
)


def release_schema(job: Job) -> pa.Schema:
    """Columns of the release's data shards: text, rights, language, cluster size and every signal."""
    signals = _signals_schema(job)
    document = [DOCUMENT.field(name) for name in ("title", "url", "date", "license")]
    language = [signals.field(name) for name in _LANGUAGE]
    cluster = [DECISION.field("cluster_size")]
    decide = [name for each in base.decide_signals() for name in base.load_signals(each).SCHEMA.names]
    rest = [field for field in signals if field.name not in (*_NOT_PUBLISHED, *decide, *_LANGUAGE)]
    return pa.schema([_ID, DOCUMENT.field("text"), _SOURCE, *document, *language, *cluster, *rest])


def provenance_schema(job: Job) -> pa.Schema:
    """Columns of the sidecar: same rows, same order as the data shard."""
    signals = _signals_schema(job)
    fields = [DOCUMENT.field(name) for name in _PROVENANCE]
    names = ("lang_segments", "lang_candidates", "edits", "signals_lang", "exact_hash")
    fields += [signals.field(name) for name in names]
    cluster = pa.field("cluster_id", pa.string(), metadata=DECISION.field("cluster_id").metadata)
    return pa.schema([_ID, *fields, cluster, DECISION.field("twin_sources")])


def _signals_schema(job: Job) -> pa.Schema:
    return Measurer.from_job(job, source=job.config.sources[0].card).signals_schema


def publish_shard(task: ShardTask, *, job: Job) -> Entry:
    """Write one shard and its sidecar to the staging folder; an up-to-date one is left alone."""
    schemas = {"data": release_schema(job), "provenance": provenance_schema(job)}
    key = publish_fingerprint(task, job=job)
    entry = read_entry(job.published, unit=task.unit)
    if entry is not None and entry.fingerprint == key and staged(entry, job=job):
        return entry
    tally = _Tally()
    with UnitCommit(job.published, unit=task.unit, fingerprint=key, files_url=job.staging) as commit:
        with ExitStack() as stack:
            writers = {
                name: stack.enter_context(commit.open(name, schema=schema, path=f"{name}/{task.path}"))
                for name, schema in schemas.items()
            }
            for columns in _kept_rows(task, job=job, schemas=[*schemas.values()]):
                tally.add(columns)
                for name, schema in schemas.items():
                    arrays = [columns[field.name].cast(field.type) for field in schema]
                    writers[name].write(pa.RecordBatch.from_arrays(arrays, schema=schema))
        kept = Count("kept", lang=task.lang, documents=tally.documents, bytes=tally.bytes)
        return commit.commit([kept], facts={"licenses": tally.licenses, "lang_status": tally.lang_status})


def publish_fingerprint(task: ShardTask, *, job: Job) -> str:
    """Everything that a shard's bytes depend on."""
    schemas = {"data": release_schema(job), "provenance": provenance_schema(job)}
    return fingerprint(
        stage="publish",
        version=[CONTENT_VERSION, SCHEMA_VERSION],
        inputs=task.inputs,
        path=task.path,
        schemas={name: schema.to_string() for name, schema in schemas.items()},
    )


def staged(entry: Entry, *, job: Job) -> bool:
    """True when the entry's files are in the staging folder with the recorded size."""
    for record in entry.files.values():
        url = storage.join(job.staging, record.path)
        if not storage.exists(url) or storage.size_bytes(url) != record.bytes:
            return False
    return True


class _Tally:
    """What a shard holds: documents and bytes, in all, per licence and per language status."""

    def __init__(self) -> None:
        self.documents = self.bytes = 0
        self.licenses: dict[str, dict[str, int]] = {}
        self.lang_status: dict[str, int] = {}

    def add(self, columns: Mapping[str, pa.Array]) -> None:
        sizes = text_lengths(columns["text"])
        self.documents += len(sizes)
        self.bytes += int(sizes.sum())
        for license, rows in _rows_by_value(columns["license"]):
            amount = self.licenses.setdefault(license, {"documents": 0, "bytes": 0})
            amount["documents"] += int(rows.sum())
            amount["bytes"] += int(sizes[rows].sum())
        for status, rows in _rows_by_value(columns["lang_status"]):
            self.lang_status[status] = self.lang_status.get(status, 0) + int(rows.sum())


def _rows_by_value(column: pa.Array) -> Iterator[tuple[Any, np.ndarray]]:
    """Each value of a column, in order of appearance, and the mask of its rows."""
    encoded = column.dictionary_encode(null_encoding="encode")
    codes = encoded.indices.to_numpy()
    for code, value in enumerate(encoded.dictionary.to_pylist()):
        yield value, codes == code


def _kept_rows(task: ShardTask, *, job: Job, schemas: Sequence[pa.Schema]) -> Iterator[dict[str, pa.Array]]:
    """Kept rows of each run: what the release and its sidecar have, column by name."""
    wanted = {"keep", *(name for schema in schemas for name in schema.names)}
    text = [name for name in DOCUMENT.names if name in wanted]
    decisions = [name for name in DECISION.names if name in wanted.difference(text)]
    signals_schema = _signals_schema(job)
    columns = _Columns(
        text=text,
        signals=[name for name in signals_schema.names if name in wanted.difference(text, decisions)],
        decisions=decisions,
        signals_schema=signals_schema,
    )
    for rows in _in_batches(_rows(task, columns=columns, job=job)):
        table = rows.filter(rows["keep"])
        found = {name: _only_chunk(table[name]) for name in table.schema.names}
        found["source"] = pa.array([task.source] * len(table), pa.string())
        for name in ("doc_id", "cluster_id"):
            found[name] = hex_ids(found[name])
        yield found


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
    signals_schema: pa.Schema


@dataclass(frozen=True)
class _Files:
    """A part's files."""

    text: FileRecord
    signals: FileRecord
    decisions: FileRecord


@lru_cache(maxsize=8192)
def _files(unit: Unit, *, plan: str, measured_url: str, decisions_url: str) -> _Files:
    """Files of a part in a plan of shards, kept: the shards of all languages ask for them.

    Entries are not: they have the counts of every language, too many to keep or to parse again.
    """
    measured = read_entry(measured_url, unit=unit)
    decided = read_entry(decisions_url, unit=unit)
    if measured is None or decided is None:
        raise MissingLayer(f"{unit} lost its entry in {measured_url} or {decisions_url}; run again")
    return _Files(measured.files["text"], measured.files["signals"], decided.files["decisions"])


def _rows(task: ShardTask, *, columns: _Columns, job: Job) -> Iterator[pa.Table]:
    """Rows of each run, from its text, signals and decisions files side by side."""
    for run in task.runs:
        files = _files(run.unit, plan=task.plan, measured_url=job.measured, decisions_url=job.decisions)
        rows = {"start": run.start, "stop": run.stop}
        signals, decisions = (
            pa.Table.from_batches(
                read_shard(
                    storage.join(layer_url, file.path),
                    columns=names,
                    schema=schema,
                    batch_rows=file.batch_rows,
                    **rows,
                )
            )
            for layer_url, file, names, schema in (
                (job.measured, files.signals, columns.signals, columns.signals_schema),
                (job.decisions, files.decisions, columns.decisions, DECISION),
            )
        )
        url = storage.join(job.measured, files.text.path)
        first = 0
        for texts in read_shard(
            url, columns=columns.text, schema=DOCUMENT, batch_rows=files.text.batch_rows, **rows
        ):
            parts = [table.slice(first, len(texts)) for table in (signals, decisions)]
            first += len(texts)
            found = [pa.Table.from_batches([texts]), *parts]
            yield pa.table(
                [column for table in found for column in table.columns],
                names=[name for table in found for name in table.schema.names],
            )


def _only_chunk(column: pa.ChunkedArray) -> pa.Array:
    joined = column.combine_chunks()
    return joined.chunk(0) if isinstance(joined, pa.ChunkedArray) else joined


def hex_ids(ids: pa.FixedSizeBinaryArray) -> pa.StringArray:
    """n binary ids → n lower-case hexadecimal strings; null stays null."""
    width = ids.type.byte_width
    if not len(ids):
        return pa.array([], pa.string())
    raw = np.frombuffer(ids.buffers()[1], np.uint8)[ids.offset * width : (ids.offset + len(ids)) * width]
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    text = np.empty((len(raw), 2), np.uint8)
    text[:, 0], text[:, 1] = digits[raw >> 4], digits[raw & 15]
    offsets = np.arange(len(ids) + 1, dtype=np.int32) * (2 * width)
    values = pa.StringArray.from_buffers(len(ids), pa.py_buffer(offsets), pa.py_buffer(text))
    return values if not ids.null_count else pc.if_else(ids.is_valid(), values, pa.scalar(None, pa.string()))
