"""Throughput of all signals together, of every signals module and edit on one core, per language.

python benchmarks/signals.py documents.jsonl.zst …   (JSON lines with `text` and `lang`)
"""

import argparse
import io
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import zstandard

from filters import base, text_counts
from filters.kernels import text as kernels
from layers.shard_writer import MAX_BATCH_BYTES, rebatch

SCHEMA = pa.schema([("text", pa.large_string()), ("lang", pa.string())])


def read_documents(paths: list[Path]) -> pa.RecordBatch:
    """All documents of the files as one batch of text and lang, stably ordered by lang."""
    rows: list[tuple[str, str]] = []
    for path in paths:
        with path.open("rb") as file:
            for line in io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), "utf-8"):
                record = json.loads(line)
                rows.append((record["text"], record.get("lang") or ""))
    rows.sort(key=lambda row: row[1])
    texts, langs = zip(*rows, strict=True)
    return pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string()), pa.array(langs)], schema=SCHEMA)


def edit(work: Callable[..., object], batch: pa.RecordBatch) -> object:
    return work(batch["text"], langs=batch["lang"])


def measure(work: Callable[..., object], batch: pa.RecordBatch) -> object:
    return work(batch, langs=batch["lang"], options=None)


def measure_all(batch: pa.RecordBatch) -> None:
    """Every set of signals from one scan, as the measure stage does."""
    langs, sets = batch["lang"], base.default_signals()
    with text_counts.sharing(batch, langs=langs, groups=base.groups(sets)):
        for name in sets:
            base.load_signals(name).measure(batch, langs=langs, options=None)


def count_groups(batch: pa.RecordBatch, *, groups: int) -> None:
    text_counts.count(batch, langs=batch["lang"], groups=groups)


def seconds(
    work: Callable[[pa.RecordBatch], object], batches: list[pa.RecordBatch], *, repeats: int
) -> float:
    """CPU seconds of the fastest of `repeats` rounds."""
    rounds = []
    for _ in range(repeats):
        start = time.process_time()
        for batch in batches:
            work(batch)
        rounds.append(time.process_time() - start)
    return min(rounds)


def profile(batches: list[pa.RecordBatch], repeats: int) -> None:
    """Print what each group of counts adds to decoding and words, in nanoseconds per byte."""
    names = ("ROOTS", "LINES", "RARE", "C4", "GOPHER", "COMPRESSION")
    size = sum(batch["text"].nbytes for batch in batches)
    scan = seconds(partial(count_groups, groups=0), batches, repeats=repeats)
    print(f"\nns per byte, mixed languages: decoding and words {1e9 * scan / size:.2f}")
    for name in names:
        group = partial(count_groups, groups=getattr(kernels, name))
        print(f"  {name:12} {1e9 * (seconds(group, batches, repeats=repeats) - scan) / size:6.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--min-megabytes", type=float, default=0.3, help="languages with less are not printed"
    )
    arguments = parser.parse_args()

    documents = read_documents(arguments.paths)
    shuffled = documents.take(np.random.default_rng(0).permutation(len(documents)))
    groups = {"(all, mixed)": shuffled}
    starts = np.flatnonzero(np.array(documents["lang"]) != np.roll(np.array(documents["lang"]), 1)).tolist()
    for start, stop in zip(starts, [*starts[1:], len(documents)], strict=True):
        groups[documents["lang"][start].as_py()] = documents.slice(start, stop - start)

    works: dict[str, Callable[[pa.RecordBatch], object]] = {"all signals": measure_all}
    for name in base.default_signals():
        works[name] = partial(measure, base.load_signals(name).measure)
    for name in base.names("edits"):
        works[name] = partial(edit, base.load_edit(name).edit)

    print("cold start, seconds:")
    for name, work in works.items():
        start_time = time.perf_counter()
        work(shuffled.slice(0, 100))
        print(f"  {name:24} {time.perf_counter() - start_time:6.2f}")
    profile(list(rebatch(iter([shuffled]), schema=SCHEMA, max_bytes=MAX_BATCH_BYTES)), arguments.repeats)
    print(f"\nMB/s   {'':14}{'MB':>7} " + " ".join(f"{name:>18}" for name in works))
    for group, rows in groups.items():
        size = sum(len(text) for text in rows["text"].cast(pa.large_binary()).to_pylist()) / 1e6
        if size < arguments.min_megabytes:
            continue
        batches = list(rebatch(iter([rows]), schema=SCHEMA, max_bytes=MAX_BATCH_BYTES))
        speeds = [size / seconds(work, batches, repeats=arguments.repeats) for work in works.values()]
        print(f"       {group:14}{size:7.1f} " + " ".join(f"{speed:18.1f}" for speed in speeds))


if __name__ == "__main__":
    main()
