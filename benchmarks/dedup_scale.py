"""Cost of both paths of clustering over the number of documents: measured in one go, fitted, drawn.

    python -m benchmarks.dedup_scale run WORK RESULTS.jsonl --direct 1,3,10,30,100 --distributed 1,3,10,30
    python -m benchmarks.dedup_scale draw RESULTS.jsonl docs/dedup_scale.svg
    python -m benchmarks.dedup_scale exchange WORK --millions 1
    python -m benchmarks.dedup_scale hard WORK --millions 1

`run` writes synthetic layers of so many millions below WORK, one size after the other, and adds a line
per run to RESULTS; `draw` prints the table and the fits, and draws them; `exchange` counts the bytes that
the steps of the distributed path leave for one another; `hard` decides about single components of so many
documents: identical ones, a chain, a band that all share. The command `rhizotron decide` is measured whole,
its start included: seconds, CPU-seconds and the peak of the PSS of all its processes together. What is
decided must not depend on the path.
"""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from matplotlib.figure import Figure

from benchmarks import plot
from benchmarks.dedup_layers import SHAPES, clustering_bytes, make_layers_plan, write_layers
from benchmarks.measure import measure
from layers import storage
from pipeline.beam.work import make_clustering

PATHS = ("direct", "distributed")
FIGURES = {"cpu_seconds": "CPU-seconds", "seconds": "seconds", "peak_gb": "GB of memory"}


@click.group()
def main() -> None:
    """Cost of clustering over the number of documents."""


@main.command()
@click.argument("work", type=click.Path(path_type=Path))
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--direct", default="1,3,10,30", show_default=True, help="Millions of documents.")
@click.option("--distributed", default="1,3,10", show_default=True, help="Millions of documents.")
@click.option("--workers", type=int, default=2, show_default=True, help="Of the distributed path.")
def run(work: Path, results: Path, direct: str, distributed: str, workers: int) -> None:
    """Decide about layers of each size below WORK, which is emptied between sizes."""
    wanted = {
        path: {int(part) for part in sizes.split(",") if part}
        for path, sizes in zip(PATHS, (direct, distributed), strict=True)
    }
    for millions in sorted(set.union(*wanted.values())):
        folder = work / f"{millions}m"
        write_layers(folder, n=millions * 1_000_000)
        digests = set()
        for path in (path for path in PATHS if millions in wanted[path]):
            cost = decide(folder, path=path, workers=workers)
            digests.add(cost.decisions)
            row = {
                "path": path,
                "documents": millions * 1_000_000,
                "seconds": round(cost.wall_seconds, 1),
                "cpu_seconds": round(cost.cpu_seconds, 1),
                "peak_gb": round(cost.peak_pss_bytes / 1e9, 2),
            }
            click.echo(json.dumps(row))
            with results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
        if len(digests) > 1:
            raise click.ClickException(f"the paths do not agree about {millions} million documents")
        shutil.rmtree(folder)


@dataclass(frozen=True)
class DecideCost:
    """What a run of decide took, and a digest of what it decided."""

    wall_seconds: float
    cpu_seconds: float
    peak_pss_bytes: int
    decisions: str
    kept: int
    uncompared_pairs: int


def decide(work: Path, *, path: str, workers: int) -> DecideCost:
    """Run the command over the layers below work, from nothing."""
    plan = make_layers_plan(work, path=path, workers=workers if path == "distributed" else 1)
    storage.remove(plan.job.decisions.url)
    storage.remove(plan.job.clusters.url)
    command = [sys.executable, "-m", "pipeline.cli", "decide", str(work / "corpus.yaml"), "--ignore-disk"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    cost = measure(command, log=work / f"{path}.log", env=environment)
    entries = list(plan.job.decisions.entries())
    digest = hashlib.sha256(
        "".join(entry.files["decisions"].sha256 for entry in entries).encode()
    ).hexdigest()
    kept = sum(count.documents or 0 for entry in entries for count in entry.counts if count.flow == "kept")
    pairs = sum(cut["pairs"] for entry in entries for cut in entry.facts["duplicates"]["uncompared"])
    return DecideCost(cost.wall_seconds, cost.cpu_seconds, cost.peak_pss_bytes, digest, kept, pairs)


@main.command()
@click.argument("work", type=click.Path(path_type=Path))
@click.option("--millions", type=int, default=1, show_default=True, help="Of documents.")
@click.option("--workers", type=int, default=2, show_default=True, help="Of the distributed path.")
def hard(work: Path, millions: int, workers: int) -> None:
    """Decide about a component of so many documents of each shape."""
    click.echo("| component | path | kept | pairs not compared | s | CPU-s | memory |\n|" + "---|" * 7)
    for shape in SHAPES[1:]:
        folder = work / shape
        write_layers(folder, n=millions * 1_000_000, shape=shape)
        costs = {path: decide(folder, path=path, workers=workers) for path in PATHS}
        for path, cost in costs.items():
            figures = f"{cost.kept:,} | {cost.uncompared_pairs:,} | {cost.wall_seconds:.0f}"
            memory = f"{cost.peak_pss_bytes / 1e9:.2f} GB"
            click.echo(f"| {shape} | {path} | {figures} | {cost.cpu_seconds:.0f} | {memory} |")
        if len({cost.decisions for cost in costs.values()}) > 1:
            raise click.ClickException(f"the paths do not agree about the shape {shape}")
        shutil.rmtree(folder)


@main.command()
@click.argument("work", type=click.Path(path_type=Path))
@click.option("--millions", type=int, default=1, show_default=True, help="Of documents.")
@click.option("--documents-per-partition", type=int, default=500_000, show_default=True)
def exchange(work: Path, millions: int, documents_per_partition: int) -> None:
    """Bytes per document that the steps of the distributed path leave for one another, without Beam."""
    write_layers(work, n=millions * 1_000_000)
    plan = make_layers_plan(
        work, path="distributed", workers=1, documents_per_partition=documents_per_partition
    )
    by_step = clustering_bytes(plan.job)
    for step, size in by_step.items():
        click.echo(f"{step:<10} {size:6.1f} bytes per document")
    partitions = make_clustering(plan.job).partitions
    click.echo(f"{'total':<10} {sum(by_step.values()):6.1f} bytes per document, {partitions} partitions")


@main.command()
@click.argument("results", type=click.Path(exists=True, path_type=Path))
@click.argument("image", type=click.Path(path_type=Path))
def draw(results: Path, image: Path) -> None:
    """Table and fits of RESULTS to standard output, and their drawing to IMAGE."""
    rows = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
    click.echo(make_table(rows))
    for path in PATHS:
        found = [row for row in rows if row["path"] == path]
        fixed, seconds = fit([(row["documents"], row["cpu_seconds"]) for row in found])
        base, size = fit([(row["documents"], row["peak_gb"]) for row in found])
        click.echo(
            f"{path}: {fixed:.0f} CPU-seconds and {seconds * 1e6:.1f} µs per document; "
            f"{base:.2f} GB and {size * 1e9:.0f} bytes per document"
        )
    draw_rows(rows, path=image)


def fit(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """(fixed, per document) of a line through (documents, cost), relative errors weighed alike."""
    documents, costs = (np.array(values, np.float64) for values in zip(*points, strict=True))
    slope, fixed = np.polyfit(documents, costs, 1, w=1 / costs)
    return float(fixed), float(slope)


def make_table(rows: Sequence[dict[str, Any]]) -> str:
    """Markdown: one line per number of documents, both paths side by side; – for what was not run."""
    found = {(row["documents"], row["path"]): row for row in rows}
    heads = " | ".join(f"{path}: s | CPU-s | memory" for path in PATHS)
    lines = [f"| documents | {heads} |", "|---" * (1 + 3 * len(PATHS)) + "|"]
    for documents in sorted({row["documents"] for row in rows}):
        cells = [f"{documents // 1_000_000} million"]
        for path in PATHS:
            row = found.get((documents, path))
            cells += (
                [f"{row['seconds']:,.0f}", f"{row['cpu_seconds']:,.0f}", f"{row['peak_gb']:.2f} GB"]
                if row
                else ["–"] * 3
            )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def draw_rows(rows: Sequence[dict[str, Any]], *, path: Path) -> None:
    """CPU-seconds and memory over documents, both axes logarithmic, with the fitted lines."""
    figure = Figure(figsize=(9, 4))
    for axes, figure_name in zip(figure.subplots(1, 2), ("cpu_seconds", "peak_gb"), strict=True):
        for place, name in enumerate(PATHS):
            points = sorted((row["documents"], row[figure_name]) for row in rows if row["path"] == name)
            fixed, slope = fit(points)
            curve = np.geomspace(points[0][0], points[-1][0], 30)
            look: dict[str, Any] = {"color": plot.PALETTE[place]}
            axes.plot(curve, fixed + slope * curve, **look)
            axes.plot(*zip(*points, strict=True), plot.MARKERS[place], label=name, **look)
        axes.set(xscale="log", yscale="log", xlabel="documents", ylabel=FIGURES[figure_name])
        axes.grid(alpha=0.3)
        axes.legend()
    said = "; ".join(
        f"{row['path']}, {row['documents'] // 1_000_000} million: {row['cpu_seconds']:,.0f} CPU-seconds, "
        f"{row['peak_gb']} GB"
        for row in rows
    )
    title = "Clustering: cost over documents"
    figure.suptitle(title)
    plot.save(figure, path, title=title, alt=f"Two log-log plots. {said}.")


if __name__ == "__main__":
    main()
