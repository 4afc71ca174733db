"""The release's ledger of what is not in it: one row per dropped document or record, without text."""

from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from filters.personal_data.mask import hide
from layers import storage
from layers.columns import column, hex_ids
from layers.document import REJECTED, make_field
from layers.entries import Entry
from layers.index import LayerIndex
from layers.shard_writer import write_shard
from layers.shards import FileRecord
from pipeline.job import Job
from pipeline.stages import removals
from pipeline.stages.decide.verdicts import DECISION
from pipeline.stages.publish.cut import Indexes
from pipeline.stages.publish.failed_rules import FAILED, failed_columns, find_failed
from pipeline.stages.publish.masking import has_kinds, has_place_ids, mask_keys, replace_ids, withhold

_PLACE = ("container", "offset", "length", "record_id")
_TWIN = ("kept_source", "duplicate_method", "kept_similarity")

DROPPED = pa.schema(
    [
        make_field("doc_id", pa.string(), "Id of the document; null for a record that never became one."),
        make_field(
            "key_id", pa.string(), "Id by source and key where several texts have the key; else null."
        ),
        make_field("source", pa.string(), "uid of the source card.", nullable=False),
        make_field("stage", pa.string(), "ingest, measure or decide.", nullable=False),
        make_field(
            "reason", pa.string(), "First failed rule, or why the record could not be read.", nullable=False
        ),
        make_field("reasons", pa.list_(pa.string()), "All failed rules in the fixed order.", nullable=False),
        FAILED,
        make_field("lang", pa.string(), "Assigned language; null before measure."),
        *(REJECTED.field(name) for name in ("container", "offset", "length")),
        make_field(
            "record_id",
            pa.string(),
            "Natural key, where it could be read; null where it is a digest of a record with personal data.",
        ),
        make_field("records", pa.int64(), "Records this row stands for; null: an unreadable tail."),
        make_field("detail", pa.string(), "What exactly was wrong; null for a failed rule."),
        DECISION.field("cluster_size").with_nullable(True),
        make_field("kept_doc_id", pa.string(), "The kept twin of a duplicate."),
        *(DECISION.field(name) for name in _TWIN),
    ]
)


def write_all_dropped(
    *, raw: LayerIndex, indexes: Indexes, place_ids: Mapping[str, str], job: Job
) -> list[FileRecord]:
    """Write ledger/<source>.* of every source to the staging folder, in order of uid.

    place_ids: of `read_place_ids`.
    """
    return [
        _write_dropped(uid, raw=raw, indexes=indexes, place_ids=place_ids, job=job)
        for uid in sorted(job.specs)
    ]


def _write_dropped(
    source: str, *, raw: LayerIndex, indexes: Indexes, place_ids: Mapping[str, str], job: Job
) -> FileRecord:
    """Rows of ingest, measure and decide, in locator order."""
    path = f"ledger/{source}.{job.config.publish.format}"
    rows = _rows(source, raw=raw, indexes=indexes, place_ids=place_ids, job=job)
    with storage.atomic_path(storage.join(job.staging, path)) as local:
        return write_shard(local, rows, schema=DROPPED, path=path)


def _rows(
    source: str, *, raw: LayerIndex, indexes: Indexes, place_ids: Mapping[str, str], job: Job
) -> Iterator[pa.RecordBatch]:
    files = (
        ("ingest", raw, "rejected"),
        ("ingest", raw, removals.FILE),
        ("measure", indexes.measured, "errors"),
    )
    for stage, index, file in files:
        for entry in index.source_entries(source):
            for batch in index.layer.batches(entry, file) if file in entry.files else ():
                columns = {name: batch[name] for name in batch.schema.names}
                columns["reasons"] = _singletons(columns["reason"])
                columns["record_id"] = mask_keys(columns["record_id"], job=job)
                details = columns["detail"].to_pylist()
                columns["detail"] = pa.array(hide(details, languages=[None] * len(details)), pa.string())
                yield _batch(columns, source=source, stage=stage, rows=len(batch))
    for measured, decided in indexes.source_entries(source):
        yield _dropped_by_rules(decided, measured=measured, place_ids=place_ids, job=job)


def read_dropped_places(entry: Entry, *, measured: Entry, job: Job) -> dict[str, pa.Array]:
    """Ids, place and key of the documents that decide dropped of a part, in order.

    What is made of a text with personal data is not said: a twin of it may be published, masked.
    """
    decisions = job.decisions.table(entry, "decisions", columns=["keep", "doc_id", "key_id"])
    places = job.measured.table(measured, "text", columns=list(_PLACE))
    spans = job.measured.table(measured, "signals", columns=["personal_data"])
    dropped = pc.invert(decisions["keep"])
    decisions, places, spans = (table.filter(dropped) for table in (decisions, places, spans))
    columns = {name: column(places, name) for name in _PLACE}
    columns |= {name: hex_ids(column(decisions, name)) for name in ("doc_id", "key_id")}
    kinds = job.config.kinds_masked_anywhere
    is_told = has_kinds(column(spans, "personal_data"), kinds=kinds)
    if kinds:
        is_told |= has_place_ids(columns, source=entry.unit.source)
    columns |= withhold(columns, is_masked=is_told, source=entry.unit.source)
    return columns | {"record_id": mask_keys(columns["record_id"], job=job)}


def _dropped_by_rules(
    entry: Entry, *, measured: Entry, place_ids: Mapping[str, str], job: Job
) -> pa.RecordBatch:
    decisions = job.decisions.table(entry, "decisions")
    dropped = pc.invert(decisions["keep"])
    decisions = decisions.filter(dropped)
    columns = read_dropped_places(entry, measured=measured, job=job)
    columns |= {
        name: column(decisions, name) for name in ("lang", "reason", "reasons", "cluster_size", *_TWIN)
    }
    columns["kept_doc_id"] = replace_ids(hex_ids(column(decisions, "kept_doc_id")), place_ids)
    signals = job.measured.table(measured, "signals", columns=failed_columns(measured, job=job))
    columns["failed"] = find_failed(
        columns["reasons"],
        lang=columns["lang"],
        similarity=columns["kept_similarity"],
        signals=signals.filter(dropped),
        source=entry.unit.source,
        job=job,
    )
    columns["records"] = pa.array([1] * len(decisions), pa.int64())
    return _batch(columns, source=entry.unit.source, stage="decide", rows=len(decisions))


def _batch(columns: Mapping[str, pa.Array], *, source: str, stage: str, rows: int) -> pa.RecordBatch:
    constant = {"source": source, "stage": stage}
    arrays = [
        pa.array([constant[field.name]] * rows, field.type)
        if field.name in constant
        else columns.get(field.name, pa.nulls(rows, field.type))
        for field in DROPPED
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=DROPPED)


def _singletons(values: pa.StringArray) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(range(len(values) + 1), pa.int32()), values)
