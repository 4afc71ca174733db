"""The two plots of a comparison: F1 per language, and accuracy against speed and size."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.lid import svg
from benchmarks.lid.labels import name_class, to_classes
from benchmarks.lid.report import can_name, format_rate, order
from benchmarks.lid.results import OURS
from benchmarks.report import MEGABYTE
from filters import languages

DEFAULT_PEERS = 5
_ROW, _LEFT, _UNNAMED, _AXIS, _TOP = 21.0, 190.0, 96.0, 560.0, 118.0


def write_plots(results: Mapping[str, Any], *, folder: Path, chosen: Sequence[str] | None = None) -> None:
    """languages.svg and speed.svg in folder, each with its alternative text inside and in a file beside it.

    chosen are the identifiers beside ours in the first, at most as many as there are markers; None for the
    best by mean F1. Raises ValueError naming those that have no results.
    """
    names = list(chosen) if chosen else [name for name in order(results) if name != OURS][:DEFAULT_PEERS]
    if strange := sorted(set(names) - set(results["identifiers"])):
        raise ValueError(f"--plot {', '.join(strange)}: no results; there are {', '.join(order(results))}")
    if len(names) >= len(svg.MARKERS):
        raise ValueError(f"--plot has {len(names)} identifiers; {len(svg.MARKERS) - 1} are told apart")
    draw_languages(results, path=folder / "languages.svg", names=[OURS, *names])
    draw_speed(results, path=folder / "speed.svg")


def draw_languages(results: Mapping[str, Any], *, path: Path, names: Sequence[str]) -> None:
    """A row per language, a marker per identifier: F1 on the axis, or left of it what cannot be named."""
    found = [results["identifiers"][name] for name in names]
    ours = found[0]["strict"]["classes"]
    rows = sorted(ours, key=lambda each: (-ours[each]["f1"], name_class(each)))
    start = _LEFT + _UNNAMED
    bottom = _TOP + _ROW * len(rows)
    shapes = [svg.text(24, 32, "F1 per language on held-out sources", size=18, bold=True)]
    for place, (name, each) in enumerate(zip(names, found, strict=True)):
        x, y = 30.0 + 290 * (place % 3), 56.0 + 20 * (place // 3)
        shapes.append(svg.MARKERS[place](x, y - 4, svg.PALETTE[place]))
        mean = f"{each['title']}: mean {each['strict']['mean_f1']:.3f}"
        shapes.append(svg.text(x + 12, y, mean, size=12, bold=name == OURS))
    shapes.append(svg.text(start - 14, _TOP - 10, "cannot name", size=11, anchor="end", colour=svg.GREY))
    for tick in range(11):
        x = start + _AXIS * tick / 10
        shapes.append(svg.line(x, _TOP, x, bottom, colour="#bdbdbd" if tick in (0, 9) else svg.FAINT))
        for base in (_TOP - 10, bottom + 18):
            shapes.append(svg.text(x, base, f"{tick / 10:.1f}", size=11, anchor="middle", colour=svg.GREY))
    shapes.append(svg.text(start + _AXIS / 2, bottom + 36, "F1", size=12, anchor="middle"))
    for place, row in enumerate(rows):
        shapes += _draw_row(row, found, y=_TOP + _ROW * (place + 0.5), start=start)
    means = ", ".join(f"{each['title']} {each['strict']['mean_f1']:.2f}" for each in found)
    weakest = ", ".join(f"{name_class(row)} {ours[row]['f1']:.2f}" for row in rows[:-6:-1])
    alt = (
        f"Dot plot of F1 for {len(rows)} languages, best of ours first. Mean F1: {means}. "
        f"Our five weakest: {weakest}. Languages that an identifier cannot name are left of the axis; "
        f"the numbers are in the table of the report."
    )
    svg.write(path, shapes, width=start + _AXIS + 40, height=bottom + 50, title="F1 per language", alt=alt)


def _draw_row(row: str, found: Sequence[Mapping[str, Any]], *, y: float, start: float) -> list[str]:
    """One language: faint line, name, markers with ours on top; each identifier keeps its height."""
    name = f"{name_class(row)} ({row})" if row != "ak" else f"{name_class(row)} (ak, tw)"
    shapes = [
        svg.line(start, y, start + _AXIS, y),
        svg.text(_LEFT - 10, y + 4, name, size=12, anchor="end"),
    ]
    spread = 2.2
    for place in reversed(range(len(found))):
        if can_name(found[place], row):
            x = start + _AXIS * found[place]["strict"]["classes"][row]["f1"]
            lane = y + spread * (place - (len(found) - 1) / 2)
            shapes.append(svg.MARKERS[place](x, y if place == 0 else lane, svg.PALETTE[place]))
        else:
            x = _LEFT + (_UNNAMED - 22) * (place + 0.5) / len(found)
            shapes.append(svg.MARKERS[place](x, y, svg.PALETTE[place]))
    return shapes


_WIDTH, _HEIGHT, _MARGIN = 900.0, 620.0, 76.0


def draw_speed(results: Mapping[str, Any], *, path: Path) -> None:
    """Mean F1 against MB/s of one core on a logarithmic axis; the area of a disc is the size on disk."""
    found = results["identifiers"]
    rates = [each["mb_per_second"] for each in found.values()]
    low, high = math.floor(math.log10(min(rates))), math.ceil(math.log10(max(rates)))
    inner = _WIDTH - _MARGIN - 40, _HEIGHT - 70 - _MARGIN

    def place(each: Mapping[str, Any]) -> tuple[float, float]:
        along = (math.log10(each["mb_per_second"]) - low) / (high - low)
        return _MARGIN + inner[0] * along, 70 + inner[1] * (1 - each["merged"]["mean_f1"])

    shapes = [svg.text(24, 32, "Accuracy, speed and size", size=18, bold=True)]
    shapes.append(svg.text(24, 52, "Area of a disc: size of the model on disk", size=12, colour=svg.GREY))
    for power in range(low, high + 1):
        x = _MARGIN + inner[0] * (power - low) / (high - low)
        shapes.append(svg.line(x, 70, x, 70 + inner[1]))
        label = f"{10.0**power:g}"
        shapes.append(svg.text(x, 88 + inner[1], label, size=11, anchor="middle", colour=svg.GREY))
    for tick in range(0, 11, 2):
        y = 70 + inner[1] * (1 - tick / 10)
        shapes.append(svg.line(_MARGIN, y, _MARGIN + inner[0], y))
        shapes.append(
            svg.text(_MARGIN - 8, y + 4, f"{tick / 10:.1f}", size=11, anchor="end", colour=svg.GREY)
        )
    middle = _MARGIN + inner[0] / 2
    shapes.append(svg.text(middle, _HEIGHT - 22, "MB/s of one core (log)", size=12, anchor="middle"))
    classes = len(to_classes(languages.TAGS, scheme="merged"))
    axis = f"mean F1 of {classes} languages"
    shapes.append(svg.text(24, 70 + inner[1] / 2, axis, size=12, anchor="middle", turned=True))
    points = {name: place(each) for name, each in found.items()}
    for name, each in sorted(found.items(), key=lambda item: -item[1]["model_bytes"]):
        colour = svg.PALETTE[0 if name == OURS else 1]
        radius = 3 + 2.6 * math.sqrt(each["model_bytes"] / MEGABYTE)
        shapes.append(svg.circle(*points[name], radius, colour=colour, opacity=0.18))
        shapes.append(svg.circle(*points[name], 3, colour=colour))
    shapes += _draw_labels(points, found)
    each_in_words = "; ".join(
        f"{found[name]['title']}: F1 {found[name]['merged']['mean_f1']:.2f}, "
        f"{format_rate(found[name]['mb_per_second'])} MB/s, {found[name]['model_bytes'] / MEGABYTE:.3g} MB"
        for name in order(results)
    )
    alt = f"Scatter plot of mean F1 against speed; disc area is model size. {each_in_words}."
    svg.write(path, shapes, width=_WIDTH, height=_HEIGHT, title="Accuracy, speed and size", alt=alt)


def _draw_labels(points: Mapping[str, tuple[float, float]], found: Mapping[str, Any]) -> list[str]:
    """Name and size beside each point, moved up or down until no two labels overlap."""
    shapes: list[str] = []
    taken: list[tuple[float, float, float, float]] = []
    for name in sorted(points, key=lambda each: points[each][1]):
        x, y = points[name]
        label = f"{found[name]['title']}, {found[name]['model_bytes'] / MEGABYTE:.3g} MB"
        width = 6.3 * len(label)
        left = x + 8 if x + 8 + width < _WIDTH - 4 else x - 8 - width
        shift = min(
            (step for step in range(-120, 121, 3) if _is_free(left, y + step, width, taken)),
            key=abs,
            default=0,
        )
        taken.append((left, y + shift - 7, left + width, y + shift + 7))
        if abs(shift) > 8:
            end = left - 2 if left > x else left + width + 2
            shapes.append(svg.line(x, y, end, y + shift, colour=svg.GREY, width=0.8))
        bold = name == OURS
        colour = svg.PALETTE[0] if bold else svg.INK
        shapes.append(svg.text(left, y + shift + 4, label, size=12, bold=bold, colour=colour))
    return shapes


def _is_free(left: float, y: float, width: float, taken: Sequence[tuple[float, float, float, float]]) -> bool:
    inside = 72 < y < _HEIGHT - _MARGIN - 4
    return inside and all(
        left + width < x1 or left > x2 or y + 7 < y1 or y - 7 > y2 for x1, y1, x2, y2 in taken
    )
