"""What a second worker brings: marginal speed-up of a stage, and how busy workers are with uneven input.

    python -m benchmarks.workers scale DOCUMENTS --copies 2 --copies 6 --workers 1 --workers 2
    python -m benchmarks.workers skew DOCUMENTS --copies 4 --small-files 1000

DOCUMENTS is a folder of JSON lines, as in `compare_datatrove`. `scale` runs measure over two sizes: the
marginal seconds are the difference, so start-up cancels out. `skew` runs all stages over one file of most
of the bytes beside many small ones, nearly all of one language, and tells the share of the workers' time
in which they worked: CPU-seconds over (seconds × workers), fixed costs of an empty run taken off both.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import click

from benchmarks import perturb, rhizotron_side
from benchmarks.measure import Cost, measure

FILE_BYTES = 16 << 20
STAGES = ("ingest", "measure", "decide", "publish")
_TIMES = ("wall_seconds", "cpu_seconds")


@click.group()
def main() -> None:
    """Benchmarks of worker processes."""


@main.command()
@click.argument("documents", type=click.Path(exists=True, path_type=Path))
@click.option("--work", type=click.Path(path_type=Path), default=Path("out/workers"), show_default=True)
@click.option("--copies", multiple=True, type=int, default=(2, 6), show_default=True, help="Two sizes.")
@click.option("--workers", multiple=True, type=int, default=(1, 2), show_default=True)
@click.option("--runs", type=int, default=2, show_default=True, help="Of each; the medians are compared.")
def scale(documents: Path, work: Path, copies: tuple[int, int], workers: Sequence[int], runs: int) -> None:
    """Seconds of measure over two sizes with each number of workers."""
    read = perturb.read_documents(documents)
    sizes: list[float] = []
    seconds: dict[int, list[float]] = {count: [] for count in workers}
    for number in sorted(copies):
        folder = work / f"{number}-copies"
        shutil.rmtree(folder, ignore_errors=True)
        text_bytes = sum(len(document["text"].encode()) for document in read) * number
        facts = perturb.write_corpus(
            read, folder / "inputs", copies=number, files=max(8, -(-text_bytes // FILE_BYTES))
        )
        sizes.append(facts.text_bytes / 1e6)
        corpus = rhizotron_side.write_corpus_file(folder / "inputs", folder)
        _run("ingest", corpus, workers=max(workers))
        costs: dict[int, list[Cost]] = {count: [] for count in workers}
        for count in [*workers] * runs:  # in turn: a shared machine gets slower and faster
            shutil.rmtree(folder / "out" / "measured", ignore_errors=True)
            costs[count].append(_run("measure", corpus, workers=count))
        for count, found in costs.items():
            seconds[count].append(median(cost.wall_seconds for cost in found))
            walls, cpus = ([round(getattr(cost, name), 1) for cost in found] for name in _TIMES)
            click.echo(f"{sizes[-1]:,.0f} MB, {count} workers: {walls} s, {cpus} CPU-s")
    marginal = {count: large - small for count, (small, large) in seconds.items()}
    extra, first = sizes[1] - sizes[0], min(workers)
    for count in workers:
        fixed = seconds[count][0] - marginal[count] * sizes[0] / extra
        click.echo(
            f"{count} workers: {extra / marginal[count]:.1f} MB/s marginal, {fixed:.1f} s fixed, "
            f"{marginal[first] / marginal[count]:.2f} × {first}"
        )


@main.command()
@click.argument("documents", type=click.Path(exists=True, path_type=Path))
@click.option("--work", type=click.Path(path_type=Path), default=Path("out/skew"), show_default=True)
@click.option("--copies", type=int, default=4, show_default=True)
@click.option("--small-files", type=int, default=1000, show_default=True)
@click.option("--lang", default="en", show_default=True, help="Language of nine tenths of the bytes.")
@click.option("--workers", type=int, default=2, show_default=True)
@click.option("--reuse", is_flag=True, help="Take the files that an earlier call has left below WORK.")
def skew(
    documents: Path, work: Path, copies: int, small_files: int, lang: str, workers: int, reuse: bool
) -> None:
    """How busy workers are with one large file among SMALL_FILES, most of it in one language."""
    inputs, empty = work / "inputs", work / "empty"
    if not reuse:
        shutil.rmtree(work, ignore_errors=True)
        _write_uneven(documents, inputs, copies=copies, small_files=small_files, lang=lang)
        perturb.write_corpus(perturb.read_documents(documents)[:50], empty / "inputs", copies=1, files=1)
    for folder in (work, empty):
        shutil.rmtree(folder / "out", ignore_errors=True)
    large = (inputs / "large.jsonl").stat().st_size
    small = [path.stat().st_size for path in inputs.glob("small-*.jsonl")]
    click.echo(f"one file of {large / 1e6:,.0f} MB, {len(small)} of {sum(small) / 1e6:,.0f} MB together")
    corpus = rhizotron_side.write_corpus_file(inputs, work)
    nothing = rhizotron_side.write_corpus_file(empty / "inputs", empty)
    costs = {
        stage: (_run(stage, corpus, workers=workers), _run(stage, nothing, workers=workers))
        for stage in STAGES
    }
    cores = min(workers, os.cpu_count() or 1)
    whole = [
        sum(getattr(cost, name) - getattr(fixed, name) for cost, fixed in costs.values()) for name in _TIMES
    ]
    for stage, (cost, fixed) in costs.items():
        wall, cpu = (getattr(cost, name) - getattr(fixed, name) for name in _TIMES)
        click.echo(
            f"{stage}: {wall:.1f} s, {cpu:.1f} CPU-s, workers busy {cpu / wall / cores:.0%} of the time"
        )
    click.echo(f"all: {whole[0]:.1f} s, {whole[1]:.1f} CPU-s, busy {whole[1] / whole[0] / cores:.0%}")


def _write_uneven(documents: Path, folder: Path, *, copies: int, small_files: int, lang: str) -> None:
    """large.jsonl, all in lang and nine tenths of the bytes, and small-*.jsonl of all documents."""
    read = perturb.read_documents(documents)
    most = [document for document in read if document["lang"] == lang]
    if not most:
        raise click.ClickException(f"no document of {documents} has lang {lang}")
    repeats = _copies_for(most, text_bytes=9 * _text_bytes(read) * copies)
    perturb.write_corpus(most, folder, copies=repeats, files=1)
    (folder / "part-000.jsonl").rename(folder / "large.jsonl")
    perturb.write_corpus(read, folder, copies=copies, files=small_files, seed=1)
    for path in folder.glob("part-*.jsonl"):
        path.rename(folder / f"small-{path.name}")


def _text_bytes(documents: Sequence[dict[str, Any]]) -> int:
    return sum(len(document["text"].encode()) for document in documents)


def _copies_for(documents: Sequence[dict[str, Any]], *, text_bytes: int) -> int:
    """Copies that make about so many bytes."""
    return max(1, round(text_bytes / _text_bytes(documents)))


def _run(stage: str, corpus: Path, *, workers: int) -> Cost:
    command = [sys.executable, "-m", "pipeline.cli", stage, str(corpus), "--workers", str(workers)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return measure([*command, "--ignore-disk"], log=corpus.parent / f"{stage}.log", env=environment)


if __name__ == "__main__":
    main()
