"""From the runs of a comparison to Markdown: fixed seconds, marginal MB/s, ratios, agreement."""

import datetime
import os
import platform
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.settings import render_settings

MEGABYTE = 1e6
SIDES = {
    "rhizotron": "Rhizotron",
    "datatrove-one": "datatrove, one tokenizer for all languages (the faster mode)",
    "datatrove-by-language": "datatrove, a tokenizer per language",
}


@dataclass(frozen=True)
class Line:
    """Seconds as a line over megabytes: through the medians of both sizes."""

    fixed_seconds: float
    seconds_per_mb: float
    lowest_mb_per_second: float
    highest_mb_per_second: float
    """Over all pairs of a small and a large run: how much the machine's noise moves the slope."""

    @property
    def mb_per_second(self) -> float:
        return 1 / self.seconds_per_mb


def fit(small: Iterable[float], large: Iterable[float], *, small_mb: float, large_mb: float) -> Line:
    """Line through the medians; raises ValueError when the larger size was not slower in every pair."""
    smalls, larges = list(small), list(large)
    span = large_mb - small_mb
    slopes = [(second - first) / span for first in smalls for second in larges] if span > 0 else []
    if not slopes or min(slopes) <= 0:
        raise ValueError(
            f"{small_mb:.1f} MB took {smalls} s and {large_mb:.1f} MB {larges} s: the sizes are too close, "
            "or the machine too busy, to tell fixed from marginal cost; use more --copies"
        )
    slope = (statistics.median(larges) - statistics.median(smalls)) / span
    return Line(
        fixed_seconds=statistics.median(smalls) - slope * small_mb,
        seconds_per_mb=slope,
        lowest_mb_per_second=1 / max(slopes),
        highest_mb_per_second=1 / min(slopes),
    )


def fit_side(results: Mapping[str, Any], side: str, measure: str) -> Line:
    """Line of one side's cpu_seconds or wall_seconds over its two sizes."""
    runs = [run for run in results["runs"] if run["side"] == side]
    sampled = any(run["set"] == "sample-small" for run in runs)
    names = ("sample-small", "sample-large") if sampled else ("small", "large")
    values = [[run[measure] for run in runs if run["set"] == name] for name in names]
    sizes = [results["sets"][name]["text_bytes"] / MEGABYTE for name in names]
    return fit(values[0], values[1], small_mb=sizes[0], large_mb=sizes[1])


def describe_machine() -> dict[str, str]:
    """Facts without which a number means nothing."""
    return {
        "date": datetime.date.today().isoformat(),
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.0f} GB",
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: _version(name) for name in ("rhizotron", "apache-beam", "pyarrow", "numba", "numpy")},
    }


def heading() -> str:
    """The machine and what else it does, as the first line of a report; load is of the last minute."""
    machine = describe_machine()
    return (
        f"{machine['date']}, {machine['processor']}, {machine['cores']} cores, {machine['memory']}, "
        f"load {os.getloadavg()[0]:.0f}; Python {machine['python']}, rhizotron {machine['rhizotron']}"
    )


def render(results: Mapping[str, Any]) -> str:
    """The whole report as Markdown, ready for benchmarks/results."""
    machine = results["machine"]
    compared = results["sets"][results["compared"]]
    sides = [side for side in SIDES if any(run["side"] == side for run in results["runs"])]
    parts = [
        f"### {machine['date']}, {machine['processor']}, {machine['cores']} cores, {machine['memory']}",
        ", ".join(f"{name} {value}" for name, value in machine.items() if name not in ("date", "processor")),
        _join_versions(results["datatrove_versions"])
        + f"{results['workers']} workers each; MB are 10⁶ bytes of UTF-8 text.",
        _render_sets(results),
        _render_costs(results, sides=sides),
        "What each side does:\n\n" + render_settings(results["rhizotron"]),
    ]
    for side, found in results["agreement"].items():
        parts.append(
            f"Agreement with {SIDES[side]}, on {compared['documents']:,} documents:\n\n"
            + _render_agreement(found)
        )
    return "\n\n".join(parts) + "\n"


def _join_versions(versions: Mapping[str, str]) -> str:
    """The versions on datatrove's side as the start of a sentence; empty without that side."""
    return f"There: {', '.join(f'{name} {value}' for name, value in versions.items())}. " if versions else ""


def _render_sets(results: Mapping[str, Any]) -> str:
    rows = [
        f"| {name} | {facts['documents']:,} | {facts['text_bytes'] / MEGABYTE:.1f} | {facts['copies']} | "
        f"{facts['files']} |"
        for name, facts in results["sets"].items()
    ]
    return "\n".join(["| set | documents | MB | copies | files |", "|---|---|---|---|---|", *rows])


def _render_costs(results: Mapping[str, Any], *, sides: list[str]) -> str:
    head = (
        "| | runs | fixed CPU-s | marginal MB per CPU-s (lowest–highest) | whole large run, MB per CPU-s | "
        "marginal MB per second | peak memory, MB | × marginal |\n|---|---|---|---|---|---|---|---|"
    )
    ours = fit_side(results, "rhizotron", "cpu_seconds")
    rows = []
    for side in sides:
        cpu, wall = (fit_side(results, side, measure) for measure in ("cpu_seconds", "wall_seconds"))
        large = _large_runs(results, side)
        whole = statistics.median(run["text_bytes"] / MEGABYTE / run["cpu_seconds"] for run in large)
        peak = max(run["peak_pss_bytes"] for run in large) / MEGABYTE
        rows.append(
            f"| {SIDES[side]} | {len(large)} | {cpu.fixed_seconds:.1f} | {cpu.mb_per_second:.3g} "
            f"({cpu.lowest_mb_per_second:.3g}–{cpu.highest_mb_per_second:.3g}) | {whole:.3g} | "
            f"{wall.mb_per_second:.3g} | {peak:.0f} | {cpu.seconds_per_mb / ours.seconds_per_mb:.1f} |"
        )
    same = [_same_documents(results, side) for side in sides if side != "rhizotron"]
    return "\n".join([head, *rows, "", *same])


def _same_documents(results: Mapping[str, Any], side: str) -> str:
    """The ratio with start-up included, of runs over the very same documents."""
    ours, theirs = (
        statistics.median(
            run["cpu_seconds"]
            for run in results["runs"]
            if run["side"] == name and run["set"] == results["compared"]
        )
        for name in ("rhizotron", side)
    )
    mb = results["sets"][results["compared"]]["text_bytes"] / MEGABYTE
    return (
        f"Whole runs over the same {mb:.1f} MB, start-up included: {ours:.1f} CPU-s against {theirs:.1f} "
        f"of {SIDES[side]}: {theirs / ours:.1f} ×."
    )


def _large_runs(results: Mapping[str, Any], side: str) -> list[Mapping[str, Any]]:
    runs = [run for run in results["runs"] if run["side"] == side]
    own = [run for run in runs if run["set"] == "large"]
    return own or [run for run in runs if run["set"] == "sample-large"]


def _render_agreement(found: Mapping[str, Any]) -> str:
    def share(part: float, whole: float) -> str:
        return f"{part / whole:.1%} of {whole:,}" if whole else "no documents"

    def table(question: str, answers: Mapping[str, int]) -> str:
        total = sum(answers.values())
        return (
            f"| {question} | {share(answers['both'] + answers['neither'], total)} | {answers['both']:,} | "
            f"{answers['only_first']:,} | {answers['only_second']:,} | {answers['neither']:,} |"
        )

    pairs = found["duplicate_pairs"]
    ours, theirs = pairs["both"] + pairs["only_first"], pairs["both"] + pairs["only_second"]
    return "\n".join(
        [
            f"Same language: {share(found['same_language'], found['documents'])} documents. The rest is "
            f"asked of the {found['targeted']:,} documents in a target language.",
            "",
            "| | agree | both | only Rhizotron | only datatrove | neither |",
            "|---|---|---|---|---|---|",
            table("kept", found["kept"]),
            table("passes the quality rules", found["passes_quality"]),
            table("dropped as a duplicate, of what passes both sides' rules", found["removed_as_duplicate"]),
            "",
            f"Pairs put in one cluster: {ours:,} here, {theirs:,} there, {pairs['both']:,} in both "
            f"(precision {share(pairs['both'], ours)}, recall {share(pairs['both'], theirs)}).",
            "",
            f"Reasons here: {_render_reasons(found['first_reasons'])}.",
            f"Reasons there: {_render_reasons(found['second_reasons'])}.",
        ]
    )


def _render_reasons(reasons: Mapping[str, int]) -> str:
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count:,}" for name, count in ordered)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
