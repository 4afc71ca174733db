"""The release's ledger of what is not in it: one row per dropped document or record, without text."""

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from layers import storage
from layers.columns import column
from layers.document import REJECTED, make_field
from layers.entries import Entry
from layers.shard_writer import write_shard
from layers.shards import FileRecord, read_table
from pipeline.job import Job
from pipeline.stages.decide.verdicts import DECISION
from pipeline.stages.publish.shard import hex_ids

_TWIN = ("kept_source", "duplicate_method", "kept_similarity")

DROPPED = pa.schema(
    [
        make_field("doc_id", pa.string(), "Id of the document; null for a record that never became one."),
        make_field("source", pa.string(), "uid of the source card.", nullable=False),
        make_field("stage", pa.string(), "ingest, measure or decide.", nullable=False),
        make_field(
            "reason", pa.string(), "First failed rule, or why the record could not be read.", nullable=False
        ),
        make_field("reasons", pa.list_(pa.string()), "All failed rules in the fixed order.", nullable=False),
        make_field("lang", pa.string(), "Assigned language; null before measure."),
        *(REJECTED.field(name) for name in ("container", "offset", "length", "record_id")),
        make_field("records", pa.int64(), "Records this row stands for; null: an unreadable tail."),
        make_field("detail", pa.string(), "What exactly was wrong; null for a failed rule."),
        DECISION.field("cluster_size").with_nullable(True),
        make_field("kept_doc_id", pa.string(), "The kept twin of a duplicate."),
        *(DECISION.field(name) for name in _TWIN),
    ]
)


def write_dropped(source: str, *, entries: Mapping[str, Sequence[Entry]], job: Job) -> FileRecord:
    """Write ledger/<source>.arrow to the staging folder: ingest, measure, decide, in locator order."""
    path = f"ledger/{source}.arrow"
    with storage.atomic_path(storage.join(job.staging, path)) as local:
        return write_shard(local, _rows(source, entries=entries, job=job), schema=DROPPED, path=path)


def _rows(source: str, *, entries: Mapping[str, Sequence[Entry]], job: Job) -> Iterator[pa.RecordBatch]:
    for stage, layer_url, file in (("ingest", job.raw, "rejected"), ("measure", job.measured, "errors")):
        for entry in entries[stage]:
            if entry.unit.source == source:
                table = read_table(storage.join(layer_url, entry.files[file].path))
                found = {name: column(table, name) for name in table.schema.names}
                found["reasons"] = _singletons(found["reason"])
                yield _batch(found, source=source, stage=stage, rows=len(table))
    measured = {entry.unit: entry for entry in entries["measure"]}
    for entry in entries["decide"]:
        if entry.unit.source == source:
            yield _dropped_by_rules(entry, measured=measured[entry.unit], job=job)


def _dropped_by_rules(entry: Entry, *, measured: Entry, job: Job) -> pa.RecordBatch:
    decisions = read_table(storage.join(job.decisions, entry.files["decisions"].path))
    names = ["container", "offset", "length", "record_id"]
    places = read_table(storage.join(job.measured, measured.files["text"].path), columns=names)
    dropped = pc.invert(decisions["keep"])
    decisions, places = decisions.filter(dropped), places.filter(dropped)
    found = {name: column(decisions, name) for name in ("lang", "reason", "reasons", "cluster_size", *_TWIN)}
    found |= {name: column(places, name) for name in names}
    found |= {name: hex_ids(column(decisions, name)) for name in ("doc_id", "kept_doc_id")}
    found["records"] = pa.array([1] * len(decisions), pa.int64())
    return _batch(found, source=entry.unit.source, stage="decide", rows=len(decisions))


def _batch(found: Mapping[str, pa.Array], *, source: str, stage: str, rows: int) -> pa.RecordBatch:
    constant = {"source": source, "stage": stage}
    arrays = [
        pa.array([constant[field.name]] * rows, field.type)
        if field.name in constant
        else found.get(field.name, pa.nulls(rows, field.type))
        for field in DROPPED
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=DROPPED)


def _singletons(values: pa.StringArray) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(range(len(values) + 1), pa.int32()), values)
