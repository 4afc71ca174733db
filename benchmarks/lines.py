"""How fast lines are counted and removed, and the memory of merging the counts.

    python -m benchmarks.lines texts PATH.jsonl.zst…    MB of UTF-8 per CPU-second
    python -m benchmarks.lines merge 10000000           CPU-seconds and peak memory of so many counted lines

Texts are JSON lines with `text`. Compilation is reported apart.
"""

import resource
import tempfile
import time
from pathlib import Path

import click
import numpy as np
import pyarrow as pa

from benchmarks.dedup import read_documents, report_speed
from filters.hashes.lines import hash_lines, remove_lines
from filters.kernels.lines import mix_keys
from layers.commit import UnitCommit
from layers.entries import Entry, Unit
from pipeline.config.lines import LineRule
from pipeline.stages.count.lines import COUNTED, KeyRange, LineTally, merge_range
from pipeline.stages.count.sorted_keys import bucket_offsets

PARTS = 16
REPEATED = 0.7
"""Share of lines that stand elsewhere too, as CCNet found of paragraphs."""


@click.group()
def main() -> None:
    """Benchmarks of repeated lines, on one core."""


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def texts(paths: tuple[Path, ...]) -> None:
    """MB/s of hashing, counting and removing the lines of PATHS: the best of 5 rounds."""
    array = pa.array(
        [document["text"] for path in paths for document in read_documents(path)], pa.large_string()
    )
    size = array.nbytes / 1e6
    batch = pa.record_batch({"text": array, "url": pa.nulls(len(array), pa.string())})
    found = hash_lines(array)
    print(f"{len(array):,} documents, {len(found.keys):,} lines, {size:.0f} MB")
    report_speed("hash_lines", lambda: hash_lines(array), size=size)

    def count() -> None:
        tally = LineTally(LineRule(min_chars=1))
        for start in range(0, len(batch), 4096):
            tally.add(batch.slice(start, 4096), first_row=start)
        tally.tables()

    report_speed("count", count, size=size)
    third = slice(None, None, 3)
    report_speed(
        "remove every third line",
        lambda: remove_lines(array, rows=found.rows[third], spans=found.spans[third]),
        size=size,
    )


@main.command()
@click.argument("n", type=click.IntRange(min=1000))
def merge(n: int) -> None:
    """CPU-seconds and peak memory of merging N counted lines of 16 parts, in one range of keys."""
    generator = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        entries = [_write_counts(folder, part, n=n // PARTS, generator=generator) for part in range(PARTS)]
        size = sum(entry.files["lines"].bytes for entry in entries)
        rows = sum(entry.files["lines"].rows for entry in entries)
        before, start = _peak_bytes(), time.process_time()
        table = merge_range(KeyRange("bench", 0, 1), counted=entries, rule=LineRule(), layer_url=folder)
        seconds, grown = time.process_time() - start, _peak_bytes() - before
    print(
        f"{rows:,} counted lines, {size / rows:.1f} bytes each on disk: {seconds:.1f} CPU-seconds, "
        f"peak {grown / rows:.0f} bytes per line, {len(table):,} lines repeated"
    )


def _write_counts(folder: str, part: int, *, n: int, generator: np.random.Generator) -> Entry:
    size = int(n * REPEATED)
    common = generator.integers(1, n * PARTS // 4, size).astype(np.uint64)
    mixed = mix_keys(common, np.full(size, 1, np.uint64))
    keys = np.unique(np.concatenate([mixed, generator.integers(0, 2**64, n - size, np.uint64)]))
    ones = np.ones(len(keys), np.int64)
    columns = [keys, np.zeros(len(keys), np.uint64), ones, ones, generator.integers(0, 50_000, len(keys))]
    table = pa.Table.from_arrays([pa.array(values) for values in columns], schema=COUNTED)
    with UnitCommit(folder, unit=Unit("bench", "lines", part=part), fingerprint="") as commit:
        commit.write("lines", iter(table.to_batches()), schema=COUNTED)
        return commit.commit([], facts={"offsets": bucket_offsets(keys)})


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
