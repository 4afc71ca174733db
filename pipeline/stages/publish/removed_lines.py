"""The release's ledger of removed lines: one row per line of a source, with counts and one example."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.personal_data.mask import hide_in_any
from layers import storage
from layers.columns import column
from layers.document import make_field
from layers.entries import Entry
from layers.index import LayerIndex
from layers.shard_writer import write_shard
from layers.shards import FileRecord
from pipeline.job import Job
from pipeline.stages.count.lines import MAX_PARTITION_ROWS
from pipeline.stages.count.removal import MAX_EXAMPLE_CHARS, REMOVED
from pipeline.stages.count.sorted_keys import count_partitions, group_by_key, read_partition

FOLDER = "ledger/lines"
LINES = pa.schema(
    [
        make_field("source", pa.string(), "uid of the source card.", nullable=False),
        make_field(
            "key",
            pa.uint64(),
            "64-bit hash of the line; null where the example, or what it was cut off from, may hold personal "
            "data, which a hash would tell to whoever tries.",
        ),
        *(field for field in REMOVED if field.name not in ("key", "example")),
        make_field(
            "example",
            pa.string(),
            f"{REMOVED.field('example').metadata[b'meaning'].decode().rstrip('.')}; placeholders stand for "
            "personal data.",
            nullable=False,
        ),
    ]
)


def write_removed_lines(source: str, *, measured: LayerIndex, job: Job) -> FileRecord:
    """Write ledger/lines/<source>.* to the staging folder, by key; lines without one come last."""
    path = f"{FOLDER}/{source}.{job.config.publish.format}"
    own = list(measured.source_entries(source))
    with storage.atomic_path(storage.join(job.staging, path)) as local:
        return write_shard(local, _merge(source, entries=own, job=job), schema=LINES, path=path)


def _merge(source: str, *, entries: Sequence[Entry], job: Job) -> Iterator[pa.RecordBatch]:
    """The sums over all parts, one range of keys after the other, then the lines that have no key.

    Their place among the others would tell the first bits of it.
    """
    langs = sorted({run["lang"] for entry in entries for run in entry.facts["langs"]})
    hidden = []
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
        shown = pa.array(hide_in_any(examples.to_pylist(), languages=langs), pa.string())
        sources = pa.array([source] * len(examples), pa.string())
        batch = pa.RecordBatch.from_arrays([sources, *map(pa.array, lines.values()), shown], schema=LINES)
        # of a line that was cut off nobody knows what the rest holds
        is_cut = pc.greater_equal(pc.utf8_length(examples), MAX_EXAMPLE_CHARS)
        is_hidden = pc.or_(pc.not_equal(shown, examples), is_cut)
        hidden.append(batch.filter(is_hidden))
        yield batch.filter(pc.invert(is_hidden))
    yield _without_keys(hidden)


def _without_keys(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """The rows without their keys, in an order that the keys have no part in."""
    table = pa.Table.from_batches(batches, schema=LINES)
    order = [(name, "descending") for name in ("lines", "documents", "bytes")]
    table = table.sort_by([*order, ("example", "ascending")])
    table = table.set_column(1, LINES.field("key"), pa.nulls(len(table), pa.uint64()))
    return pa.RecordBatch.from_arrays([column(table, name) for name in LINES.names], schema=LINES)
