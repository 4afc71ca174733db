"""Seconds and memory of `rhizotron decide` on synthetic measured layers, directly or distributed.

    python -m benchmarks.dedup_paths write WORK 10000000
    python -m benchmarks.dedup_paths run WORK direct
    python -m benchmarks.dedup_paths run WORK distributed --workers 2
    python -m benchmarks.dedup_paths shuffle WORK

The command is measured whole, its start included: wall seconds, CPU-seconds and the peak of the PSS
of all its processes together. The digest of all decisions is printed: it must not depend on the path.
"""

import hashlib
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks.dedup_layers import make_layers_plan, write_layers
from benchmarks.measure import measure
from layers import storage
from layers.entries import read_entries
from pipeline.beam.work import list_clustering
from pipeline.job import Job
from pipeline.stages.decide.distributed.steps import run_steps


@click.group()
def main() -> None:
    """Benchmarks of the two paths of clustering."""


@main.command()
@click.argument("work", type=click.Path(path_type=Path))
@click.argument("n", type=int)
def write(work: Path, n: int) -> None:
    """Write the layers of N documents below WORK."""
    start = time.perf_counter()
    plan = write_layers(work, n=n)
    size = sum(file.bytes for entry in read_entries(plan.job.measured) for file in entry.files.values())
    click.echo(f"{n:,} documents, {size / 1e9:.2f} GB, {time.perf_counter() - start:.0f} s")


@main.command()
@click.argument("work", type=click.Path(exists=True, path_type=Path))
@click.argument("path", type=click.Choice(["direct", "distributed"]))
@click.option("--workers", type=int, default=2, show_default=True, help="Of the distributed path.")
def run(work: Path, path: str, workers: int) -> None:
    """Decide about the documents below WORK, from nothing."""
    cost = decide(work, path=path, workers=workers)
    n = cost.documents
    click.echo(
        f"{path}: {n:,} documents in {cost.wall_seconds:.1f} s, {cost.cpu_seconds:.1f} CPU-seconds, peak "
        f"{cost.peak_pss_bytes / 1e9:.2f} GB ({cost.peak_pss_bytes / n:.0f} bytes per document); "
        f"{cost.kept:,} kept; decisions {cost.decisions}"
    )


@dataclass(frozen=True)
class DecideCost:
    """What a run of decide took, and a digest of what it decided."""

    documents: int
    kept: int
    wall_seconds: float
    cpu_seconds: float
    peak_pss_bytes: int
    decisions: str


def decide(work: Path, *, path: str, workers: int) -> DecideCost:
    """Run the command over the layers below work, from nothing."""
    plan = make_layers_plan(work, path=path, workers=workers if path == "distributed" else 1)
    storage.remove(plan.job.decisions)
    storage.remove(plan.job.clusters)
    command = [sys.executable, "-m", "pipeline.cli", "decide", str(work / "corpus.yaml"), "--ignore-disk"]
    cost = measure(
        command, log=work / f"{path}.log", env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    )
    entries = read_entries(plan.job.decisions)
    digest = hashlib.sha256("".join(entry.files["decisions"].sha256 for entry in entries).encode())
    counts = [count for entry in entries for count in entry.counts]
    return DecideCost(
        documents=sum(entry.files["decisions"].rows for entry in entries),
        kept=sum(count.documents or 0 for count in counts if count.flow == "kept"),
        wall_seconds=cost.wall_seconds,
        cpu_seconds=cost.cpu_seconds,
        peak_pss_bytes=cost.peak_pss_bytes,
        decisions=digest.hexdigest()[:16],
    )


@main.command()
@click.argument("work", type=click.Path(exists=True, path_type=Path))
@click.option("--documents-per-partition", type=int, default=500_000, show_default=True)
def shuffle(work: Path, documents_per_partition: int) -> None:
    """Bytes per document that the steps of the distributed path leave for one another, without Beam."""
    plan = make_layers_plan(
        work, path="distributed", workers=1, documents_per_partition=documents_per_partition
    )
    found = clustering_bytes(plan.job)
    for step, size in found.items():
        click.echo(f"{step:<10} {size:6.1f} bytes per document")
    partitions = list_clustering(plan.job).partitions
    click.echo(f"{'total':<10} {sum(found.values()):6.1f} bytes per document, {partitions} partitions")


def clustering_bytes(job: Job) -> dict[str, float]:
    """Step of the distributed path → bytes per document that it leaves; what is decided is thrown away."""
    storage.remove(job.decisions)
    storage.remove(job.clusters)
    clustering = list_clustering(job)
    run_steps(clustering)
    n = int(clustering.starts[-1])
    found = {}
    for step in sorted({entry.unit.source for entry in read_entries(job.clusters)}):
        found[step] = (
            sum(file.bytes for entry in clustering.entries(step) for file in entry.files.values()) / n
        )
    storage.remove(job.clusters)
    return found


if __name__ == "__main__":
    main()
