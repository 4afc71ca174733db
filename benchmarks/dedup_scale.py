"""Cost of both paths of clustering over the number of documents: measured in one go, fitted, drawn.

    python -m benchmarks.dedup_scale run WORK RESULTS.jsonl --direct 1,3,10,30,100 --distributed 1,3,10,30
    python -m benchmarks.dedup_scale draw RESULTS.jsonl docs/dedup_scale.svg

`run` writes synthetic layers of so many millions below WORK, one size after the other, and adds a line
per run to RESULTS; `draw` prints the table and the fits, and draws them.
"""

import json
import math
import shutil
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.dedup_layers import write_layers
from benchmarks.dedup_paths import decide
from benchmarks.lid import svg

PATHS = ("direct", "distributed")
FIGURES = {"cpu_seconds": "CPU-seconds", "seconds": "seconds", "peak_gb": "GB of memory"}
_WIDTH, _HEIGHT, _PANEL, _TOP, _BOTTOM = 900.0, 400.0, 360.0, 70.0, 330.0


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
    """CPU-seconds and memory over documents, both axes logarithmic."""
    shapes = [svg.text(24, 32, "Clustering: cost over documents", size=18, bold=True)]
    for place, name in enumerate(PATHS):
        x = 560 + 150 * place
        shapes += [svg.MARKERS[place](x, 28, svg.PALETTE[place]), svg.text(x + 12, 32, name)]
    for place, figure in enumerate(("cpu_seconds", "peak_gb")):
        shapes += _draw_panel(rows, figure=figure, left=70 + place * (_PANEL + 70))
    said = "; ".join(
        f"{row['path']}, {row['documents'] // 1_000_000} million: {row['cpu_seconds']:,.0f} CPU-seconds, "
        f"{row['peak_gb']} GB"
        for row in rows
    )
    title = "Clustering: cost over documents"
    svg.write(path, shapes, width=_WIDTH, height=_HEIGHT, title=title, alt=f"Two log-log plots. {said}.")


def _draw_panel(rows: Sequence[dict[str, Any]], *, figure: str, left: float) -> list[str]:
    across = _decades([row["documents"] for row in rows])
    up = _decades([row[figure] for row in rows])

    def x_of(value: float) -> float:
        return left + _PANEL * (math.log10(value) - across[0]) / (across[1] - across[0])

    def y_of(value: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * (math.log10(value) - up[0]) / (up[1] - up[0])

    shapes = [svg.text(left + _PANEL / 2, _BOTTOM + 42, f"documents → {FIGURES[figure]}", anchor="middle")]
    for power in range(across[0], across[1] + 1):
        x = x_of(10.0**power)
        shapes += [
            svg.line(x, _TOP, x, _BOTTOM),
            _label(x, _BOTTOM + 18, f"{10 ** (power - 6):,} M", "middle"),
        ]
    for power in range(up[0], up[1] + 1):
        y = y_of(10.0**power)
        shapes += [svg.line(left, y, left + _PANEL, y), _label(left - 8, y + 4, f"{10.0**power:,g}", "end")]
    for place, path in enumerate(PATHS):
        found = sorted((row["documents"], row[figure]) for row in rows if row["path"] == path)
        fixed, slope = fit(found)
        curve = [n for n in np.geomspace(found[0][0], found[-1][0], 30) if fixed + slope * n > 0]
        for one, other in pairwise(curve):
            ends = (x_of(one), y_of(fixed + slope * one), x_of(other), y_of(fixed + slope * other))
            shapes.append(svg.line(*ends, colour=svg.PALETTE[place]))
        shapes += [svg.MARKERS[place](x_of(n), y_of(cost), svg.PALETTE[place]) for n, cost in found]
    return shapes


def _label(x: float, y: float, content: str, anchor: str) -> str:
    return svg.text(x, y, content, size=11, anchor=anchor, colour=svg.GREY)


def _decades(values: Sequence[float]) -> tuple[int, int]:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


if __name__ == "__main__":
    main()
