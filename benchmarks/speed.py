"""How fast the parts of a run are on one core: reading, edits, signals, hashes, language identification.

    python -m benchmarks.speed text DOCUMENTS --part signals --part hashes
    python -m benchmarks.speed merge 8000000
    python -m benchmarks.speed start

DOCUMENTS is a folder of JSON lines (`*.jsonl`, `*.jsonl.zst`) with `text` and, if they have one, `lang`.
Speeds are of CPU time, of the fastest of several rounds, so that other work on the machine counts little. MB
are 10⁶ bytes of UTF-8 text. What the first call took more (kernels are read or compiled) is told apart.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
import numpy as np
import pyarrow as pa

from benchmarks import perturb, report
from filters import base, text_counts
from filters.hashes.exact import exact_hashes
from filters.hashes.lines import hash_lines, remove_lines
from filters.hashes.minhash import MinHashOptions, band_hashes
from filters.kernels import text as kernels
from filters.kernels.lines import mix_keys
from filters.kernels.script import count_scripts
from filters.language_id import DEFAULT_MODEL, IdentifyOptions, identify, load_model
from filters.language_id.segments import cut, plain_letters
from layers.commit import UnitCommit
from layers.entries import Entry, Unit
from layers.layer import Layer
from layers.shard_writer import MAX_BATCH_BYTES, rebatch
from pipeline.config.lines import LineRule
from pipeline.stages.count.lines import COUNTED, KeyRange, LineTally, merge_range
from pipeline.stages.count.sorted_keys import bucket_offsets
from sources import jsonl
from sources.base import RecordLog, SourceSpec

TEXT = pa.schema(
    [("text", pa.large_string()), *((name, pa.string()) for name in ("lang", "url", "title", "date"))]
)


@dataclass(frozen=True)
class Work:
    """Something to time, done once per call."""

    name: str
    run: Callable[[], object]


def _for_all(batches: list[pa.RecordBatch], work: Callable[[pa.RecordBatch], object]) -> None:
    for batch in batches:
        work(batch)


def parse_works(batches: list[pa.RecordBatch], *, folder: Path) -> Iterator[Work]:
    """JSON lines to document batches: reading, parsing, SHA-256 and doc_id."""
    path = folder / "documents.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for batch in batches:
            file.writelines(json.dumps({"text": text.as_py()}) + "\n" for text in batch["text"])
    spec = SourceSpec("benchmark", "jsonl", str(folder), "NOASSERTION", fields={"text": "text"})

    def read() -> None:
        log = RecordLog(Unit("benchmark", path.name))
        for _ in jsonl.read(log.unit, spec=spec, log=log):
            pass

    yield Work("JSON lines to documents", read)


def edit_works(batches: list[pa.RecordBatch], *, folder: Path) -> Iterator[Work]:
    """Every edit by itself."""

    def edit(batch: pa.RecordBatch, *, name: str) -> None:
        base.load_edit(name).edit(batch["text"], langs=batch["lang"])

    for name in base.names("edits"):
        yield Work(name, partial(_for_all, batches, partial(edit, name=name)))


def signal_works(batches: list[pa.RecordBatch], *, folder: Path) -> Iterator[Work]:
    """All signals from one scan, as in the measure stage; each set; the scan with each group of counts.

    A set that requires options, such as models of one's own, is not timed.
    """
    names = (*base.default_signals(), *base.decide_signals())

    def measure(batch: pa.RecordBatch, *, chosen: list[str]) -> None:
        langs = batch["lang"]
        with text_counts.sharing(batch, langs=langs, groups=base.groups(chosen)):
            for name in chosen:
                base.load_signals(name).measure(batch, langs=langs, options=None)

    def scan(batch: pa.RecordBatch, *, groups: int) -> None:
        text_counts.count(batch, langs=batch["lang"], groups=groups)

    yield Work("all signals", partial(_for_all, batches, partial(measure, chosen=list(names))))
    for name in names:
        yield Work(name, partial(_for_all, batches, partial(measure, chosen=[name])))
    yield Work("decoding and words", partial(_for_all, batches, partial(scan, groups=0)))
    for group in ("ROOTS", "LINES", "RARE", "C4", "GOPHER", "COMPRESSION"):
        counted = partial(scan, groups=getattr(kernels, group))
        yield Work(f"decoding, words and {group}", partial(_for_all, batches, counted))


def language_works(batches: list[pa.RecordBatch], *, folder: Path) -> Iterator[Work]:
    """Steps of language identification; a speed is of whole documents, of which a sample is read."""
    model, options = load_model(DEFAULT_MODEL), IdentifyOptions()
    segments = [cut(batch["text"], options=options.segments).lines for batch in batches]
    letters = [plain_letters(lines) for lines in segments]
    read = letters if model.description.reads_letters_only else segments
    yield Work("cut", lambda: [cut(batch["text"], options=options.segments) for batch in batches])
    least = options.min_candidate_score
    yield Work("scripts", lambda: [count_scripts(lines) for lines in segments])
    yield Work("letters", lambda: [plain_letters(lines) for lines in segments])
    yield Work("model", lambda: [model.predict(lines, min_score=least) for lines in read])
    yield Work(
        "all of identify",
        lambda: [
            identify(batch["text"], declared=pa.nulls(len(batch), pa.string()), model=model, options=options)
            for batch in batches
        ],
    )


def hash_works(batches: list[pa.RecordBatch], *, folder: Path) -> Iterator[Work]:
    """Hashes of whole texts, and MinHash with packed signatures."""
    options = MinHashOptions()
    yield Work("exact hashes", partial(_for_all, batches, lambda batch: exact_hashes(batch["text"])))
    yield Work(
        "MinHash bands",
        partial(
            _for_all, batches, lambda batch: band_hashes(batch["text"], langs=batch["lang"], options=options)
        ),
    )


def line_works(batches: list[pa.RecordBatch], *, folder: Path) -> Iterator[Work]:
    """Lines hashed, counted for one part, and every third one removed."""
    hashed = [hash_lines(batch["text"]) for batch in batches]

    def count() -> None:
        tally, first_row = LineTally(LineRule(min_chars=1)), 0
        for batch in batches:
            tally.add(batch, first_row=first_row)
            first_row += len(batch)
        tally.tables()

    def remove() -> None:
        for batch, lines in zip(batches, hashed, strict=True):
            remove_lines(batch["text"], rows=lines.rows[::3], spans=lines.spans[::3])

    yield Work("hash lines", partial(_for_all, batches, lambda batch: hash_lines(batch["text"])))
    yield Work("hash and count lines", count)
    yield Work("remove every third line", remove)


PARTS = {
    "parse": parse_works,
    "edits": edit_works,
    "signals": signal_works,
    "language": language_works,
    "hashes": hash_works,
    "lines": line_works,
}


@click.group()
def main() -> None:
    """Speed of the parts of a run on one core."""


@main.command()
@click.argument("documents", type=click.Path(exists=True, path_type=Path))
@click.option("--part", "parts", multiple=True, type=click.Choice([*PARTS]), help="All of them unless named.")
@click.option("--max-text-bytes", type=int, default=25_000_000, show_default=True, help="An even sample.")
@click.option("--repeats", type=int, default=5, show_default=True)
def text(documents: Path, parts: tuple[str, ...], max_text_bytes: int, repeats: int) -> None:
    """MB of text per CPU-second of each part over the documents of a folder."""
    batches = list(read_batches(documents, max_text_bytes=max_text_bytes))
    megabytes = sum(len(each.as_buffer()) for batch in batches for each in batch["text"]) / report.MEGABYTE
    rows = sum(map(len, batches))
    click.echo(f"{report.heading()}\n\n{rows:,} documents, {megabytes:.1f} MB, best of {repeats}\n")
    click.echo("| part | work | MB per CPU-second | first call, s more |\n|---|---|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for part in parts or PARTS:
            for work in PARTS[part](batches, folder=Path(folder)):
                first, best = time_rounds(work.run, repeats=repeats)
                click.echo(f"| {part} | {work.name} | {megabytes / best:.1f} | {max(first - best, 0):.1f} |")


def read_batches(documents: Path, *, max_text_bytes: int) -> Iterator[pa.RecordBatch]:
    """The columns of TEXT of an even sample of the documents, in batches as the stages have them."""
    read = perturb.read_documents(documents, max_text_bytes=max_text_bytes)
    columns = {name: [document.get(name) for document in read] for name in TEXT.names}
    batch = pa.RecordBatch.from_pydict(columns, schema=TEXT)
    return rebatch(iter([batch]), schema=TEXT, max_bytes=MAX_BATCH_BYTES)


def time_rounds(work: Callable[[], object], *, repeats: int) -> tuple[float, float]:
    """CPU-seconds of (a first call, the fastest of the others)."""
    rounds = []
    for _ in range(repeats + 1):
        start = time.process_time()
        work()
        rounds.append(time.process_time() - start)
    return rounds[0], max(min(rounds[1:]), 1e-9)


MERGED_PARTS = 16
REPEATED_SHARE = 0.7
"""Share of lines that stand elsewhere too, as CCNet found of paragraphs."""


@main.command()
@click.argument("lines", type=click.IntRange(min=1000))
def merge(lines: int) -> None:
    """CPU-seconds and memory of merging so many counted lines of 16 parts, in one range of keys."""
    generator = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        entries = [
            _write_counts(folder, part, lines=lines // MERGED_PARTS, generator=generator)
            for part in range(MERGED_PARTS)
        ]
        disk_bytes = sum(entry.files["lines"].bytes for entry in entries)
        rows = sum(entry.files["lines"].rows for entry in entries)
        before, start = _peak_bytes(), time.process_time()
        table = merge_range(KeyRange("bench", 0, 1), counted=entries, rule=LineRule(), layer=Layer(folder))
        seconds, grown = time.process_time() - start, _peak_bytes() - before
    click.echo(
        f"{report.heading()}\n\n{rows:,} counted lines, {disk_bytes / rows:.1f} bytes each on disk: "
        f"{seconds:.1f} CPU-seconds, peak {grown / rows:.0f} bytes per line, {len(table):,} lines repeated"
    )


def _write_counts(folder: str, part: int, *, lines: int, generator: np.random.Generator) -> Entry:
    size = int(lines * REPEATED_SHARE)
    common = generator.integers(1, lines * MERGED_PARTS // 4, size).astype(np.uint64)
    mixed = mix_keys(common, np.full(size, 1, np.uint64))
    keys = np.unique(np.concatenate([mixed, generator.integers(0, 2**64, lines - size, np.uint64)]))
    ones = np.ones(len(keys), np.int64)
    columns = [keys, np.zeros(len(keys), np.uint64), ones, ones, generator.integers(0, 50_000, len(keys))]
    table = pa.Table.from_arrays([pa.array(values) for values in columns], schema=COUNTED)
    with UnitCommit(folder, unit=Unit("bench", "lines", part=part), fingerprint="") as commit:
        commit.write("lines", iter(table.to_batches()), schema=COUNTED)
        return commit.commit([], facts={"offsets": bucket_offsets(keys)})


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


START_STEPS = (
    ("Python", "pass"),
    ("Beam", "import apache_beam"),
    ("Beam's worker", "import apache_beam.runners.worker.sdk_worker_main"),
    ("Numba, Arrow", "import numba, pyarrow, pyarrow.compute, pyarrow.ipc"),
    ("this project (at most 0.5)", "import pipeline.beam.work"),
    ("kernels and model of measure", "from benchmarks.first_task import measure_one; measure_one()"),
)


@main.command()
@click.option("--repeats", type=int, default=5, show_default=True)
def start(repeats: int) -> None:
    """CPU-seconds before a worker's first task: medians of fresh processes, rows without those above."""
    click.echo(f"{report.heading()}\n\n| step | CPU-seconds | in all |\n|---|---:|---:|")
    before, code = 0.0, ""
    _process_seconds("\n".join(step for _, step in START_STEPS))  # byte code, kernels and files are there
    for name, step in START_STEPS:
        code += step + "\n"
        now = statistics.median(_process_seconds(code) for _ in range(repeats))
        click.echo(f"| {name} | {now - before:.2f} | {now:.2f} |")
        before = now


def _process_seconds(code: str) -> float:
    root = str(Path(__file__).resolve().parents[1])
    command = [sys.executable, "-c", f"{code}\nimport time; print(time.process_time())"]
    ended = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": root}, capture_output=True, text=True, check=True
    )
    return float(ended.stdout.split()[-1])


if __name__ == "__main__":
    main()
