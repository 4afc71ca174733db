"""The sidecar of the ledger: every signal of every document that decide dropped, without text and hashes."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from layers import storage
from layers.columns import column
from layers.document import make_field
from layers.shard_writer import write_shard
from layers.shards import FileRecord
from pipeline.job import Job
from pipeline.stages.measure.measurer import Measurer
from pipeline.stages.publish.cut import Indexes
from pipeline.stages.publish.dropped import read_dropped_places

FOLDER = "ledger/signals"
_ID = make_field("doc_id", pa.string(), "The document, as in `ledger/` with the same rows.", nullable=False)
_LEFT_OUT = ("doc_id", "raw_row", "exact_hash", "carriers", "personal_data")
"""Who has a hash of a text can try what the text may be, as a telephone number; of a text that is not
published there is none. Spans of personal data would tell how long values are that a twin has masked."""


def signals_schema(job: Job) -> pa.Schema:
    """The id and all signals, in the order of the measured layer."""
    measured = Measurer.from_job(job, source=job.config.sources[0].card).signals_schema
    return pa.schema([_ID, *(field for field in measured if field.name not in _LEFT_OUT)])


def write_dropped_signals(source: str, *, indexes: Indexes, job: Job) -> FileRecord:
    """Write ledger/signals/<source>.* to the staging folder: what decide dropped, in locator order."""
    path = f"{FOLDER}/{source}.{job.config.publish.format}"
    schema = signals_schema(job)
    rows = _rows(source, indexes=indexes, schema=schema, job=job)
    with storage.atomic_path(storage.join(job.staging, path)) as local:
        return write_shard(local, rows, schema=schema, path=path)


def _rows(source: str, *, indexes: Indexes, schema: pa.Schema, job: Job) -> Iterator[pa.RecordBatch]:
    for measured, decided in indexes.source_entries(source):
        dropped = pc.invert(job.decisions.table(decided, "decisions", columns=["keep"])["keep"])
        signals = job.measured.table(measured, "signals", columns=schema.names[1:]).filter(dropped)
        ids = read_dropped_places(decided, measured=measured, job=job)["doc_id"]
        arrays = [ids, *(column(signals, name) for name in schema.names[1:])]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)
