"""How long `rhizotron explain` takes in a large output: `python -m benchmarks.explain FOLDER`.

Layers of a million short documents are written to FOLDER by the stages themselves, up to decide, but for one
thing: signals are those of a few hundred documents, again and again, for to measure takes an hour. Then a
process of its own is asked each question, its start included.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.rhizotron_side import SOURCE, write_card
from layers.shards import read_table

ROOT = Path(__file__).parents[1]
STAGES = ("ingest", "count", "measure", "decide")
TEMPLATE_ROWS = 256
UNIT_BYTES = 16 << 20


def main() -> None:
    """Print CPU-seconds and seconds of the best of several processes per question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, default=5)
    arguments = parser.parse_args()
    out = arguments.folder / "out"
    if not (out / "decisions").exists():
        write_layers(arguments.folder, documents=arguments.documents)
    files = [path for path in out.rglob("*") if path.is_file()]
    print(f"{len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:.0f} MB of layers")
    for name, question in find_questions(out).items():
        cpu, wall = min(ask(question, out=out) for _ in range(arguments.processes))
        load = os.getloadavg()[0]
        print(f"{name}: {cpu:.2f} CPU-seconds, {wall:.2f} s, load {load:.1f}", flush=True)


def write_layers(folder: Path, *, documents: int) -> None:
    """A corpus of JSON lines, and its layers."""
    from pipeline.beam import runners
    from pipeline.plan.make import make_plan
    from pipeline.stages.measure.measurer import Measurer

    (folder / "data").mkdir(parents=True)
    write_card(folder / "cards")
    with (folder / "data" / "rows.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(make_lines(documents))
    fields = {"text": "text", "id": "id", "lang": "lang"}
    source = {"card": SOURCE, "type": "jsonl", "paths": ["data/rows.jsonl"], "fields": fields}
    config: dict[str, Any] = {"name": "explain", "version": "1.0.0", "cards": "cards", "sources": [source]}
    config |= {"unit_bytes": UNIT_BYTES, "local": {"workers": 1}}
    corpus = folder / "corpus.yaml"
    corpus.write_text(json.dumps(config), encoding="utf-8")
    measure = Measurer.measure
    made: list[pa.RecordBatch] = []

    def repeat(self: Measurer, batch: pa.RecordBatch, **options: Any) -> tuple[pa.RecordBatch, ...]:
        """The signals of the first rows that were measured, under the ids of these."""
        if not made:
            made.extend(measure(self, batch.slice(0, TEMPLATE_ROWS)))
        rows = pa.array(np.arange(len(batch)) % len(made[0]))
        signals, bands = (each.take(rows) for each in made[1:])
        ids, first = batch.column("doc_id"), options.get("first_row", 0)
        numbers = np.arange(first, first + len(batch))
        signals = _replace(signals, doc_id=ids, raw_row=pa.array(numbers), exact_hash=ids)
        random = np.random.default_rng(numbers[0])
        names = [name for name in bands.schema.names if name.startswith("band_")]
        values = {name: pa.array(random.integers(0, 1 << 63, len(batch), np.uint64)) for name in names}
        return batch, signals, _replace(bands, doc_id=ids, **values)

    Measurer.measure = repeat  # type: ignore[method-assign]
    runners.run(make_plan(corpus), stages=STAGES)
    Measurer.measure = measure  # type: ignore[method-assign]


def _replace(batch: pa.RecordBatch, **columns: pa.Array) -> pa.RecordBatch:
    arrays = [columns.get(field.name, batch[field.name]).cast(field.type) for field in batch.schema]
    return pa.RecordBatch.from_arrays(arrays, schema=batch.schema)


def make_lines(documents: int) -> Iterator[str]:
    """Records of a paragraph each, with ids of their own."""
    paragraphs = json.loads((ROOT / "tests/data/small/paragraphs.json").read_text("utf-8"))["en"]
    texts = [json.dumps(text[:300], ensure_ascii=False)[:-1] for text in paragraphs]
    for number in range(documents):
        yield f'{{"id": "doc-{number}", "lang": "en", "text": {texts[number % len(texts)]} {number}"}}\n'


def find_questions(out: Path) -> dict[str, str]:
    """What is asked for: documents in the last part, kept and dropped, by each of their names."""
    path = max((out / "decisions").rglob("*.decisions.arrow"))
    rows = read_table(str(path), columns=["doc_id", "keep"]).to_pylist()
    texts = (
        out
        / "measured"
        / path.relative_to(out / "decisions").with_name(path.name.replace(".decisions.", ".text."))
    )
    keys = read_table(str(texts), columns=["record_id"])["record_id"]
    questions = {
        "source's own id": keys[len(rows) - 1].as_py(),
        "first 12 digits": rows[-1]["doc_id"].hex()[:12],
    }
    for name, keep in (("doc_id of a kept document", True), ("doc_id of a dropped document", False)):
        chosen = [row["doc_id"].hex() for row in rows if row["keep"] == keep]
        questions |= {name: chosen[-1]} if chosen else {}
    return questions


def ask(question: str, *, out: Path) -> tuple[float, float]:
    """(CPU-seconds, seconds) of one process."""
    before, started = os.times(), time.perf_counter()
    program = [sys.executable, "-m", "pipeline.cli", "explain", question, "--out", str(out), "--json"]
    subprocess.run(program, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - started, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return cpu, wall


if __name__ == "__main__":
    main()
