"""The release's ledger of removed lines: one row per line of a source, with counts and one example."""

import heapq
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from governance.redaction import redact
from pipeline.columns import column
from pipeline.document import make_field
from pipeline.errors import InputError
from pipeline.job import Job
from pipeline.layers import storage
from pipeline.layers.entries import Entry
from pipeline.layers.shard_writer import write_shard
from pipeline.layers.shards import FileRecord, read_shard
from pipeline.lines.count import MAX_PARTITION_ROWS
from pipeline.lines.repeats import REMOVED
from pipeline.lines.sorted_keys import count_partitions, group_by_key, read_partition

FOLDER = "ledger/lines"
LINES = pa.schema([make_field("source", pa.string(), "uid of the source card.", nullable=False), *REMOVED])


def write_removed_lines(source: str, *, measured: Sequence[Entry], job: Job) -> FileRecord:
    """Write ledger/lines/<source>.arrow to the staging folder, by key; measured are entries in unit order."""
    path = f"{FOLDER}/{source}.arrow"
    own = [entry for entry in measured if entry.unit.source == source]
    with storage.atomic_path(storage.join(job.staging, path)) as local:
        return write_shard(local, _merge(source, entries=own, job=job), schema=LINES, path=path)


def _merge(source: str, *, entries: Sequence[Entry], job: Job) -> Iterator[pa.RecordBatch]:
    """The sums over all parts, one range of keys after the other."""
    rows = sum(entry.files["lines"].rows for entry in entries)
    partitions = count_partitions(rows, max_rows=MAX_PARTITION_ROWS)
    for partition in range(partitions):
        tables = [
            read_partition(
                job.measured,
                entry.files["lines"],
                offsets=entry.facts["line_offsets"],
                partition=partition,
                partitions=partitions,
            )
            for entry in entries
        ]
        stacked = pa.concat_tables([REMOVED.empty_table(), *(table for table in tables if table is not None)])
        found = group_by_key(
            stacked["key"].to_numpy(),
            sums={name: stacked[name].to_numpy() for name in ("lines", "documents", "bytes")},
            firsts={"example": np.arange(len(stacked))},
        )
        examples = column(stacked, "example").take(pa.array(found.pop("example")))
        examples = pa.array([redact(line) for line in examples.to_pylist()], pa.string())
        sources = pa.array([source] * len(examples), pa.string())
        yield pa.RecordBatch.from_arrays([sources, *map(pa.array, found.values()), examples], schema=LINES)


def top_lines(release: str, *, count: int, source: str | None = None) -> list[dict[str, Any]]:
    """The lines that were removed most often, first by lines, then by source and key.

    Raises InputError where release is none, or its ledger lists no removed lines.
    """
    folder = storage.join(release, FOLDER)
    paths = (
        sorted(storage.list_tree(folder)) if storage.exists(storage.join(release, "manifest.json")) else None
    )
    if paths is None:
        raise InputError(f"{release} is no release: it has no manifest.json")
    if source is not None:
        paths = [path for path in paths if path == f"{source}.arrow"]
    if not paths:
        of = "" if source is None else f" of {source}"
        raise InputError(f"no lines{of} were removed in {release}; `lines` of the corpus file says which are")
    top: list[dict[str, Any]] = []
    for path in paths:
        for batch in read_shard(storage.join(folder, path)):
            kept = batch.take(pa.array(np.argsort(-batch.column("lines").to_numpy(), kind="stable")[:count]))
            top = heapq.nsmallest(count, [*top, *kept.to_pylist()], key=_rank)
    return top


def _rank(row: dict[str, Any]) -> tuple[int, str, int]:
    return (-row["lines"], row["source"], row["key"])
