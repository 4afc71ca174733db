"""The two plots of a comparison: F1 per language, and accuracy against speed and size."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from benchmarks import plot
from benchmarks.lid.labels import name_class, to_classes
from benchmarks.lid.report import can_name, order
from benchmarks.lid.results import OURS
from benchmarks.report import MEGABYTE
from filters import languages

DEFAULT_PEERS = 5
_UNNAMED = -0.15
"""Where markers of languages stand that an identifier cannot name: left of the axis of F1."""
_LANE = 0.11
"""Identifiers of a row stand at heights of their own, this much of a row apart."""


def write_plots(results: Mapping[str, Any], *, folder: Path, chosen: Sequence[str] | None = None) -> None:
    """languages.svg and speed.svg in folder, each with its alternative text inside.

    chosen are the identifiers beside ours in the first, at most as many as there are markers; None for the
    best by mean F1. Raises ValueError naming those that have no results.
    """
    names = list(chosen) if chosen else [name for name in order(results) if name != OURS][:DEFAULT_PEERS]
    if strange := sorted(set(names) - set(results["identifiers"])):
        raise ValueError(f"--plot {', '.join(strange)}: no results; there are {', '.join(order(results))}")
    if len(names) >= len(plot.MARKERS):
        raise ValueError(f"--plot has {len(names)} identifiers; {len(plot.MARKERS) - 1} are told apart")
    draw_languages(results, path=folder / "languages.svg", names=[OURS, *names])
    draw_speed(results, path=folder / "speed.svg")


def draw_languages(results: Mapping[str, Any], *, path: Path, names: Sequence[str]) -> None:
    """A row per language, a marker per identifier: F1 on the axis, or left of it what cannot be named."""
    identifiers = [results["identifiers"][name] for name in names]
    ours = identifiers[0]["strict"]["classes"]
    rows = sorted(ours, key=lambda each: (-ours[each]["f1"], name_class(each)))
    figure = Figure(figsize=(9, 2 + 0.22 * len(rows)))
    axes = figure.subplots()
    for place, identifier in reversed([*enumerate(identifiers)]):
        scores = identifier["strict"]["classes"]
        shift = _LANE * (place - (len(names) - 1) / 2)
        axes.scatter(
            [scores[row]["f1"] if can_name(identifier, row) else _UNNAMED + shift / 10 for row in rows],
            [height + (shift if place else 0) for height in range(len(rows))],
            color=plot.PALETTE[place],
            marker=plot.MARKERS[place],
            s=28 if place == 0 else 16,
            label=f"{identifier['title']}: mean {identifier['strict']['mean_f1']:.3f}",
            zorder=3,
        )
    labels = [f"{name_class(row)} ({row})" if row != "ak" else f"{name_class(row)} (ak, tw)" for row in rows]
    axes.set_yticks(range(len(rows)), labels)
    axes.invert_yaxis()
    ticks = [tick / 10 for tick in range(11)]
    axes.set_xticks([_UNNAMED, *ticks], ["cannot\nname", *(f"{tick:.1f}" for tick in ticks)])
    axes.set(xlabel="F1", xlim=(_UNNAMED - 0.1, 1.03))
    axes.grid(alpha=0.3)
    handles, titles = axes.get_legend_handles_labels()
    figure.legend(handles[::-1], titles[::-1], loc="lower center", bbox_to_anchor=(0.5, 0.89), ncols=3)
    means = ", ".join(f"{each['title']} {each['strict']['mean_f1']:.2f}" for each in identifiers)
    weakest = ", ".join(f"{name_class(row)} {ours[row]['f1']:.2f}" for row in rows[:-6:-1])
    alt = (
        f"Dot plot of F1 for {len(rows)} languages, best of ours first. Mean F1: {means}. "
        f"Our five weakest: {weakest}. Languages that an identifier cannot name are left of the axis; "
        f"the numbers are in the table of the report."
    )
    plot.save(figure, path, title="F1 per language on held-out sources", alt=alt)


def draw_speed(results: Mapping[str, Any], *, path: Path) -> None:
    """Mean F1 against MB/s of one core on a logarithmic axis; the area of a disc is the size on disk."""
    identifiers = results["identifiers"]
    figure = Figure(figsize=(9, 6))
    axes = figure.subplots()
    free = 1.0
    for name in order(results):  # from the top: a label stands below those above it
        each = identifiers[name]
        rate, f1 = each["mb_per_second"], each["merged"]["mean_f1"]
        megabytes = each["model_bytes"] / MEGABYTE
        colour = plot.PALETTE[0 if name == OURS else 1]
        axes.scatter(rate, f1, s=20 + 8 * megabytes, color=colour, alpha=0.2)
        axes.scatter(rate, f1, s=12, color=colour)
        axes.annotate(
            f"{each['title']}, {megabytes:.3g} MB",
            (rate, f1),
            xytext=(rate * 1.15, min(f1, free)),
            verticalalignment="center",
            weight="bold" if name == OURS else "normal",
            arrowprops={"arrowstyle": "-", "color": "#6b6b6b", "linewidth": 0.5},
        )
        free = min(f1, free) - 0.03
    classes = len(to_classes(languages.TAGS, scheme="merged"))
    axes.set(xscale="log", ylim=(0, 1), xlabel="MB/s of one core", ylabel=f"mean F1 of {classes} languages")
    axes.set_title("Accuracy, speed and size (area of a disc: size of the model on disk)")
    axes.grid(alpha=0.3)
    each_in_words = "; ".join(
        f"{identifiers[name]['title']}: F1 {identifiers[name]['merged']['mean_f1']:.2f}, "
        f"{identifiers[name]['mb_per_second']:.3g} MB/s, "
        f"{identifiers[name]['model_bytes'] / MEGABYTE:.3g} MB"
        for name in order(results)
    )
    alt = f"Scatter plot of mean F1 against speed; disc area is model size. {each_in_words}."
    plot.save(figure, path, title="Accuracy, speed and size", alt=alt)
