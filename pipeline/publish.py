"""publish: text and decisions → shards of the release, each with its provenance sidecar."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters import wiki_titles
from pipeline.document import DOCUMENT, SCHEMA_VERSION, make_field
from pipeline.duplicates.decisions import DECISION
from pipeline.errors import MissingLayer
from pipeline.job import Job
from pipeline.layers import storage
from pipeline.layers.commit import UnitCommit
from pipeline.layers.entries import Count, Entry, entry_url, fingerprint, read_entry
from pipeline.layers.shards import FileRecord, read_shard, text_lengths
from pipeline.measurer import Measurer
from pipeline.shard_plan import Run, ShardTask

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
    "url_hash",
    "capture_time",
    *wiki_titles.SCHEMA.names,
)


def release_schema(job: Job) -> pa.Schema:
    """Columns of the release's data shards: text, rights, language, cluster size and every signal."""
    signals = _signals_schema(job)
    document = [DOCUMENT.field(name) for name in ("title", "url", "date", "license")]
    language = [signals.field(name) for name in _LANGUAGE]
    cluster = [DECISION.field("cluster_size")]
    rest = [field for field in signals if field.name not in (*_NOT_PUBLISHED, *_LANGUAGE)]
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
        data = tally.count(_kept_rows(task, job=job, schema=schemas["data"]))
        commit.write("data", data, schema=schemas["data"], path=f"data/{task.path}")
        sidecar = _kept_rows(task, job=job, schema=schemas["provenance"])
        commit.write("provenance", sidecar, schema=schemas["provenance"], path=f"provenance/{task.path}")
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

    def count(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            sizes = pa.array(text_lengths(batch.column("text")))
            self.documents += len(batch)
            self.bytes += pc.sum(sizes).as_py() or 0
            rows = pa.table(
                [batch["license"], batch["lang_status"], sizes], names=["license", "status", "bytes"]
            )
            for row in rows.group_by("license").aggregate([("bytes", "count"), ("bytes", "sum")]).to_pylist():
                amount = self.licenses.setdefault(row["license"], {"documents": 0, "bytes": 0})
                amount["documents"] += row["bytes_count"]
                amount["bytes"] += row["bytes_sum"]
            for row in rows.group_by("status").aggregate([("bytes", "count")]).to_pylist():
                self.lang_status[row["status"]] = self.lang_status.get(row["status"], 0) + row["bytes_count"]
            yield batch


def _kept_rows(task: ShardTask, *, job: Job, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for run in task.runs:
        for batch in _run_columns(run, job=job, wanted=schema.names):
            arrays = [_release_column(field.name, batch=batch, source=task.source) for field in schema]
            yield pa.RecordBatch.from_arrays(
                [a.cast(f.type) for a, f in zip(arrays, schema, strict=True)], schema=schema
            )


def _release_column(name: str, *, batch: dict[str, pa.Array], source: str) -> pa.Array:
    if name == "source":
        return pa.array([source] * len(batch["doc_id"]), pa.string())
    if name in ("doc_id", "cluster_id"):
        return hex_ids(batch[name])
    return batch[name]


def _run_columns(run: Run, *, job: Job, wanted: Sequence[str]) -> Iterator[dict[str, pa.Array]]:
    """Kept rows of a run, column by name, from its text, signals and decisions files side by side."""
    measured = _read_entry(entry_url(job.measured, unit=run.unit))
    decided = _read_entry(entry_url(job.decisions, unit=run.unit))
    if measured is None or decided is None:
        raise MissingLayer(f"{run.unit} lost its entry in {job.measured} or {job.decisions}; run again")
    text = measured.files["text"]
    rows = {"start": run.start, "stop": run.stop}
    names = [name for name in DOCUMENT.names if name in wanted]
    of_signals = [name for name in _signals_schema(job).names if name in wanted and name not in names]
    of_decisions = [name for name in DECISION.names if name == "keep" or name in wanted]
    signals = _rows(job.measured, file=measured.files["signals"], columns=of_signals, **rows)
    decisions = _rows(job.decisions, file=decided.files["decisions"], columns=of_decisions, **rows)
    first = 0
    for batch in read_shard(
        storage.join(job.measured, text.path), columns=names, batch_rows=text.batch_rows, **rows
    ):
        part = slice(first, first + len(batch))
        first += len(batch)
        keep = decisions["keep"][part.start : part.stop].combine_chunks()
        found: dict[str, pa.Array] = {}
        for table in (signals, decisions):
            beside = table.slice(part.start, len(batch)).combine_chunks()
            for name in table.schema.names:
                column = beside[name]
                found[name] = column.chunk(0) if column.num_chunks else column.combine_chunks()
        found.update(zip(batch.schema.names, batch.columns, strict=True))
        mask = keep.chunk(0) if isinstance(keep, pa.ChunkedArray) else keep
        yield {name: column.filter(mask) for name, column in found.items()}


def _rows(layer_url: str, *, file: FileRecord, columns: Sequence[str], start: int, stop: int) -> pa.Table:
    url = storage.join(layer_url, file.path)
    rows = {"start": start, "stop": stop}
    return pa.Table.from_batches(read_shard(url, columns=columns, batch_rows=file.batch_rows, **rows))


def _read_entry(url: str) -> Entry | None:
    try:
        return _parse_entry(storage.read_bytes(url))
    except FileNotFoundError:
        return None


@lru_cache(maxsize=128)
def _parse_entry(data: bytes) -> Entry:
    """Parsed once per process: the shards of all languages ask for the entries of the same parts."""
    return Entry.from_json(data)


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
