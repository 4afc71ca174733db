"""The release's ledger of removed lines: one row per line of a source, with counts and one example."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from governance.redaction import redact
from layers import storage
from layers.columns import column
from layers.document import make_field
from layers.entries import Entry
from layers.index import LayerIndex
from layers.shard_writer import write_shard
from layers.shards import FileRecord
from pipeline.job import Job
from pipeline.stages.count.lines import MAX_PARTITION_ROWS
from pipeline.stages.count.removal import REMOVED
from pipeline.stages.count.sorted_keys import count_partitions, group_by_key, read_partition

FOLDER = "ledger/lines"
LINES = pa.schema([make_field("source", pa.string(), "uid of the source card.", nullable=False), *REMOVED])


def write_removed_lines(source: str, *, measured: LayerIndex, job: Job) -> FileRecord:
    """Write ledger/lines/<source>.arrow (or .parquet) to the staging folder, by key."""
    path = f"{FOLDER}/{source}.{job.config.publish.format}"
    start, stop = measured.source_units(source)
    own = list(measured.entries(start=start, stop=stop))
    with storage.atomic_path(storage.join(job.staging, path)) as local:
        return write_shard(local, _merge(source, entries=own, job=job), schema=LINES, path=path)


def _merge(source: str, *, entries: Sequence[Entry], job: Job) -> Iterator[pa.RecordBatch]:
    """The sums over all parts, one range of keys after the other."""
    rows = sum(entry.files["lines"].rows for entry in entries)
    partitions = count_partitions(rows, max_rows=MAX_PARTITION_ROWS)
    for partition in range(partitions):
        tables = [
            read_partition(
                job.measured.open(entry, "lines"),
                offsets=entry.facts["line_offsets"],
                partition=partition,
                partitions=partitions,
            )
            for entry in entries
        ]
        stacked = pa.concat_tables([REMOVED.empty_table(), *(table for table in tables if table is not None)])
        lines = group_by_key(
            stacked["key"].to_numpy(),
            sums={name: stacked[name].to_numpy() for name in ("lines", "documents", "bytes")},
            firsts={"example": np.arange(len(stacked))},
        )
        examples = column(stacked, "example").take(pa.array(lines.pop("example")))
        examples = pa.array([redact(line) for line in examples.to_pylist()], pa.string())
        sources = pa.array([source] * len(examples), pa.string())
        yield pa.RecordBatch.from_arrays([sources, *map(pa.array, lines.values()), examples], schema=LINES)
