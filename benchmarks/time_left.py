"""How right "time left" is: runs are watched, and what was said halfway is compared with what came.

    python -m benchmarks.time_left record DOCUMENTS.jsonl.zst --results time_left.jsonl --copies 40
    python -m benchmarks.time_left report time_left.jsonl

DOCUMENTS are those of the demo (examples/demo/data/tico19). `record` runs perturbed copies of them
(`benchmarks.perturb`) in ten shapes: few or many files, plain or compressed, one worker or several. Each run
is a line of the results with all that was said, asked every second. `report` prints what was said halfway,
what came, the larger of the two over the smaller one, and the median of that; runs shorter than a minute are
left out. It also prints seconds of workers by stage, from which `pipeline.inspect.pace.COSTS` is set.
"""

import gzip
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import click
import zstandard

from benchmarks import perturb, rhizotron_side
from layers.stages import NAMES
from pipeline.beam import runners
from pipeline.inspect.progress import show_progress
from pipeline.inspect.snapshot import Snapshot
from pipeline.plan.make import make_plan

MIN_SECONDS = 60.0


@dataclass(frozen=True)
class Shape:
    """How the same text is laid out, and who reads it."""

    files: int
    is_compressed: bool
    workers: int


SHAPES = tuple(
    Shape(files, is_compressed, workers)
    for files, is_compressed, workers in (
        (1, False, 2),
        (1, True, 2),
        (2, True, 2),
        (3, False, 2),
        (8, False, 2),
        (8, True, 2),
        (40, False, 2),
        (40, True, 2),
        (8, False, 1),
        (2, True, 1),
    )
)


class _Recorder:
    """A display that keeps everything."""

    def __init__(self) -> None:
        self.said: list[dict[str, object]] = []

    def start(self) -> None:
        return

    def show(self, snapshot: Snapshot) -> None:
        if not self.said or snapshot.seconds - float(str(self.said[-1]["seconds"])) >= 1:
            self.said.append(snapshot.to_json())

    def end(self, snapshot: Snapshot, *, error: BaseException | None) -> None:
        self.said.append(snapshot.to_json())


@click.group()
def main() -> None:
    """Benchmark of the estimate of the time left."""


@main.command()
@click.argument("documents", type=click.Path(exists=True, path_type=Path))
@click.option("--results", type=click.Path(path_type=Path), required=True, help="A line is appended a run.")
@click.option("--work", type=click.Path(path_type=Path), default=Path("out/time_left"), show_default=True)
@click.option("--copies", type=click.IntRange(min=1), default=40, show_default=True)
@click.option("--first", type=click.IntRange(0, len(SHAPES) - 1), default=0, help="Shape to begin with.")
@click.option("--runs", type=click.IntRange(1, len(SHAPES)), default=len(SHAPES), show_default=True)
def record(documents: Path, results: Path, work: Path, copies: int, first: int, runs: int) -> None:
    """Run DOCUMENTS in several shapes and note what was said of the time left."""
    read = _read_documents(documents)
    for number in range(first, min(first + runs, len(SHAPES))):
        shape = SHAPES[number]
        shutil.rmtree(work, ignore_errors=True)
        facts = perturb.write_corpus(read, work / "inputs", copies=copies, files=shape.files)
        corpus = rhizotron_side.write_corpus_file(work / "inputs", work)
        if shape.is_compressed:
            _compress(work / "inputs", corpus=corpus)
        plan = make_plan(corpus, workers=shape.workers)
        recorder = _Recorder()
        with show_progress(plan, display=recorder, stages=NAMES):
            runners.run(plan)
        line = {"shape": vars(shape), "text_bytes": facts.text_bytes, "said": recorder.said}
        with results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        click.echo(describe(line))


@main.command()
@click.argument("results", type=click.Path(exists=True, path_type=Path))
def report(results: Path) -> None:
    """Print each run of RESULTS, and the median error of those of a minute or more."""
    runs = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
    for run in runs:
        click.echo(describe(run))
    long_enough = [run for run in runs if duration(run) >= MIN_SECONDS]
    errors = [error for error in map(halfway_error, long_enough) if error is not None]
    if errors:
        click.echo(f"median error halfway of {len(errors)} runs: {median(errors):.2f} ×")
    for stage, seconds in stage_seconds(runs).items():
        click.echo(f"{stage}: {seconds:.1f} s per GB of text")


def duration(run: dict[str, Any]) -> float:
    """Seconds of a run."""
    return float(run["said"][-1]["seconds"])


def halfway(run: dict[str, Any]) -> tuple[float | None, float]:
    """(what was said at half of the run's time, what came)."""
    whole = duration(run)
    asked = max((each for each in run["said"] if each["seconds"] <= whole / 2), key=lambda e: e["seconds"])
    return asked["seconds_left"], whole - asked["seconds"]


def halfway_error(run: dict[str, Any]) -> float | None:
    """The larger of both over the smaller one; None where nothing was said."""
    said, came = halfway(run)
    return None if not said else max(said / came, came / said)


def stage_seconds(runs: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Stage → its seconds per GB of text times the workers that did it, the median over runs."""
    by_stage: dict[str, list[float]] = {}
    for run in runs:
        for stage, seconds in _stages(run):
            workers = 1 if stage in ("decide", "release") else run["shape"]["workers"]
            by_stage.setdefault(stage, []).append(seconds * workers / run["text_bytes"] * 1e9)
    return {stage: median(values) for stage, values in by_stage.items()}


def _stages(run: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """(stage, seconds from when the one before was complete); ingest from when anything was read."""
    ends = {
        stage: min(
            each["seconds"]
            for each in run["said"]
            for told in each["stages"]
            if told["stage"] == stage and told["tasks_done"] == told["tasks"]
        )
        for stage in [told["stage"] for told in run["said"][-1]["stages"]]
    }
    begun = min(
        each["seconds"] for each in run["said"] if each["workers"] or any(s["share"] for s in each["stages"])
    )
    for stage, end in [*ends.items(), ("release", duration(run))]:
        yield stage, end - begun
        begun = end


def describe(run: dict[str, Any]) -> str:
    """A run in one line."""
    said, came = halfway(run)
    shape = run["shape"]
    error = halfway_error(run)
    layout = f"{shape['files']} {'compressed' if shape['is_compressed'] else 'plain'} file(s)"
    return (
        f"{layout}, {shape['workers']} worker(s), {run['text_bytes'] / 1e6:.0f} MB, {duration(run):.0f} s: "
        f"said {'nothing' if said is None else f'{said:.0f} s'} halfway, {came:.0f} s came"
        + ("" if error is None else f", {error:.2f} ×")
    )


def _read_documents(path: Path) -> list[dict[str, Any]]:
    """The records of a zstd file of JSON lines that have a text; the demo's dirt is left out."""
    with zstandard.open(path, "rb") as stream:
        lines = stream.read().split(b"\n")
    documents = []
    for number, line in enumerate(lines):
        with suppress(ValueError):
            record = json.loads(line)
            if isinstance(record.get("text"), str) and isinstance(record.get("lang"), str):
                documents.append({**record, "id": f"{path.stem}/{number:06d}"})
    return documents


def _compress(folder: Path, *, corpus: Path) -> None:
    """Make every file a gzip, and let the corpus file name them."""
    for path in folder.glob("*.jsonl"):
        with path.open("rb") as source, gzip.open(f"{path}.gz", "wb", compresslevel=3) as target:
            shutil.copyfileobj(source, target)
        path.unlink()
    corpus.write_text(corpus.read_text("utf-8").replace("*.jsonl", "*.jsonl.gz"), "utf-8")


if __name__ == "__main__":
    main()
