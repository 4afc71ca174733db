"""What a task costs as the number of parts grows: synthetic entries, real indexes.

    python -m benchmarks.many_parts --parts 75000 --parts 150000

Prints one line of JSON per number of parts: CPU per part of gathering an index, and of reading its columns;
CPU and bytes read of what a clustering task and a shard task know before their own rows.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from layers.entries import Count, Entry, Unit
from layers.index import LayerIndex, gather
from layers.layer import Layer
from layers.shards import FileRecord
from pipeline.config.read import load_config
from pipeline.job import Job
from pipeline.plan.make import make_plan
from pipeline.stages.decide.distributed.clustering import Clustering
from pipeline.stages.publish.cut import Indexes, plan_shards

LANGS = ("am", "en", "fr", "ha", "pt", "sw", "und", "yo")
ROWS_PER_LANG = 500
BYTES_PER_ROW = 4096
FILES = {"measured": ("text", "signals", "bands", "errors"), "decisions": ("decisions",)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=int, action="append", required=True)
    for parts in parser.parse_args().parts:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measure(parts, folder=Path(folder))), flush=True)


def measure(parts: int, *, folder: Path) -> dict[str, Any]:
    """Costs with so many parts, in µs of CPU, bytes and seconds."""
    job = make_job(folder)
    keys = {name: write_entries(layer, parts=parts) for name, layer in _layers(job).items()}
    gathering, indexes = timed(lambda: _gather(keys, job=job))
    reading, _ = timed(lambda: [indexes.measured.numbers(name) for name in ("rows", "raw_rows")])
    plan = Clustering.make(indexes.measured, job=job)
    task = plan.next_tasks()[0]
    clustering, _ = timed(lambda: Clustering.read(task, job=job).parts(0))
    planning, tasks = timed(lambda: plan_shards(indexes, job=job))
    shard, _ = timed(lambda: _open_shard(indexes, first=tasks[0].first_part, last=tasks[0].last_part))
    return {
        "parts": parts,
        "gather_us_per_part_and_layer": round(gathering["cpu"] / parts / 2 * 1e6, 1),
        "read_columns_us_per_part": round(reading["cpu"] / parts * 1e6, 2),
        "clustering_task": clustering,
        "groups": plan.groups,
        "plan_shards_us_per_part": round(planning["cpu"] / parts * 1e6, 1),
        "shards": len(tasks),
        "shard_task": shard,
    }


def make_job(folder: Path) -> Job:
    """A job of one source without files: its layers are written by hand."""
    (folder / "cards").mkdir()
    (folder / "data.jsonl").write_text("", encoding="utf-8")
    root = Path(__file__).parents[1]
    card = (root / "data_cards" / "sources" / "tico19.md").read_text(encoding="utf-8")
    (folder / "cards" / "tico19.md").write_text(card, encoding="utf-8")
    corpus = folder / "corpus.yaml"
    source = {"card": "tico19", "type": "jsonl", "paths": ["data.jsonl"], "fields": {"text": "text"}}
    corpus.write_text(
        json.dumps(
            {
                "name": "many-parts",
                "version": "1.0.0",
                "cards": "cards",
                "publish": {"allow_unreviewed": True},
                "sources": [source],
            }
        ),
        encoding="utf-8",
    )
    load_config(corpus)
    return make_plan(corpus).job


def _layers(job: Job) -> dict[str, Layer]:
    return {"measured": job.measured, "decisions": job.decisions}


def write_entries(layer: Layer, *, parts: int) -> dict[Unit, str]:
    """Entries of parts of about the size that real ones have; the same shards stand behind all of them."""
    langs, start = [], 0
    for lang in LANGS:
        size = ROWS_PER_LANG * BYTES_PER_ROW
        kept = {"kept_rows": ROWS_PER_LANG, "kept_bytes": size}
        langs.append({"lang": lang, "start": start, "stop": start + ROWS_PER_LANG, "bytes": size, **kept})
        start += ROWS_PER_LANG
    counts = tuple(
        Count(flow, lang=lang, documents=ROWS_PER_LANG, bytes=size)
        for lang in LANGS
        for flow in ("read", "kept")
    )
    files = write_shards(layer, rows=start)
    keys: dict[Unit, str] = {}
    for number in range(parts):
        unit = Unit("tico19", f"file-{number:07d}.jsonl", part=0)
        facts = {"langs": langs, "raw_rows": start}
        entry = Entry(layer.name, unit, f"{number:064x}", files, counts, facts)
        Path(layer.url, "tico19", f"{unit.name}.json").write_bytes(entry.to_json())
        keys[unit] = entry.fingerprint
    return keys


def write_shards(layer: Layer, *, rows: int) -> dict[str, FileRecord]:
    """One shard of each file of a part, in batches as real ones have them."""
    columns = {"keep": pa.array([True] * rows), "text_bytes": pa.array([BYTES_PER_ROW] * rows, pa.int64())}
    ends = range(256, rows, 256)
    with layer.commit(Unit("tico19", "all parts"), key="") as commit:
        for name in FILES[layer.name]:
            table = pa.table(columns)
            commit.write(name, iter(table.to_batches()), schema=table.schema, ends=ends)
        return dict(commit.commit([]).files)


def _gather(keys: dict[str, dict[Unit, str]], *, job: Job) -> Indexes:
    measured, decided = (
        gather(layer, keys=keys[name], index=job.indexes, rows_of=rows, inputs=inputs)
        for (name, layer), rows, inputs in zip(
            _layers(job).items(), ("signals", "decisions"), (("signals", "bands"), ()), strict=True
        )
    )
    return Indexes(measured, decided)


def _open_shard(indexes: Indexes, *, first: int, last: int) -> None:
    """What a shard task reads before its rows."""
    for index in (indexes.measured, indexes.decided):
        fresh = LayerIndex(index.index, layer=index.layer, key=index.key)
        fresh.runs("unit", "lang", "start", "stop", start=first, stop=last + 1)
        list(fresh.entries(start=first, stop=last + 1))


def timed(work: Callable[[], Any]) -> tuple[dict[str, float], Any]:
    """(CPU-seconds and bytes read, the result)."""
    read, before = _read_bytes(), time.process_time()
    result = work()
    return {
        "cpu": round(time.process_time() - before, 4),
        "read_bytes": _read_bytes() - read,
    }, result


def _read_bytes() -> int:
    """Bytes that this process has read, and pages that it has mapped in."""
    with open("/proc/self/io", encoding="ascii") as stream:
        called = int(stream.readline().split()[1])
    faults = os.sysconf("SC_PAGE_SIZE") * _faults()
    return called + faults


def _faults() -> int:
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_majflt


if __name__ == "__main__":
    main()
