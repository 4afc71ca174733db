"""Figures of an audit as specifications of Vega-Lite and Vega, in colours that the style sheet resolves."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from governance.pages.audit.colours import COLOURS

Spec = dict[str, Any]
Labels = Mapping[str, str]
"""What a tag or uid is called beside an axis."""

WIDTH = 740
_STEP = 19
"""Height of a row and width of a column, in pixels."""
_FATES = {"released": "c0", "duplicates": "c6", "quality": "c1", "other": "c7"}
_SHARES = (0.0, 0.01, 0.1, 0.25, 0.5, 1.0)
_RATIOS = (0.0, 0.5, 1.0, 2.0, 3.0, math.inf)
_LETTERS = 7.0
"""Pixels of a letter at the size of labels, about."""

_COUNTS = {"labelExpr": "format(datum.value, '~s')", "tickMinStep": 1}
CONFIG = {
    "aria": False,
    "background": "transparent",
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": COLOURS["ink"],
        "titleColor": COLOURS["soft"],
        "domainColor": COLOURS["line"],
        "gridColor": COLOURS["line"],
        "tickColor": COLOURS["line"],
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelLimit": 220,
        "titlePadding": 8,
    },
    "legend": {
        "labelColor": COLOURS["ink"],
        "titleColor": COLOURS["soft"],
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "orient": "top",
        "symbolType": "square",
        "labelLimit": 240,
        "columnPadding": 16,
    },
}


def bars(figure: Mapping[str, Any], *, labels: Labels) -> Spec:
    """Horizontal bars: of several series as shares of each row, with its total beside it."""
    columns, rows = figure["columns"], figure["rows"]
    series = list(dict.fromkeys(str(row[1]) for row in rows))
    totals: dict[str, float] = {}
    for name, _, amount in rows:
        totals[str(name)] = totals.get(str(name), 0) + amount
    names = list(totals)
    stacked = len(series) > 1
    values = [{"y": str(name), "series": str(each), "x": amount} for name, each, amount in rows]
    y = _axis_y(names, labels=labels)
    x: Spec = {
        "field": "x",
        "type": "quantitative",
        "title": f"share of {columns[2]}" if stacked else columns[2],
    }
    x |= {"stack": "normalize", "axis": {"format": ".0%"}} if stacked else {"axis": _COUNTS}
    encoding: Spec = {"y": y, "x": x}
    if stacked:
        colours = [COLOURS[_FATES.get(each, f"c{place % 8}")] for place, each in enumerate(series)]
        encoding["color"] = {
            "field": "series",
            "type": "nominal",
            "sort": series,
            "title": columns[1],
            "scale": {"domain": series, "range": colours},
            "legend": {"columns": _legend_columns(series)},
        }
        encoding["order"] = {"field": "order", "type": "quantitative"}
        values = [{**value, "order": series.index(value["series"])} for value in values]
    mark = {"type": "bar", "height": {"band": 0.72}, **({} if stacked else {"color": COLOURS["c0"]})}
    text = {
        "data": {
            "values": [
                {"y": name, "t": f"{totals[name]:,.0f}", "at": 1 if stacked else totals[name]}
                for name in names
            ]
        },
        "mark": {"type": "text", "align": "left", "dx": 6, "color": COLOURS["soft"], "fontSize": 11},
        "encoding": {
            "y": {"field": "y", "type": "nominal", "sort": names},
            "x": {"field": "at", "type": "quantitative"},
            "text": {"field": "t"},
        },
    }
    layers = [{"data": {"values": values}, "mark": mark, "encoding": encoding}, text]
    return {"width": WIDTH - 220, "height": {"step": _STEP}, "layer": layers, "config": CONFIG}


def heat(figure: Mapping[str, Any], *, labels: Labels) -> Spec:
    """Cells of rows and columns, coloured by class of their value; what has no value stays empty."""
    columns = figure["columns"]
    rows = [row for row in figure["rows"] if row[2] is not None]
    names = list(dict.fromkeys(str(row[0]) for row in rows))
    heads = list(dict.fromkeys(str(row[1]) for row in rows))
    if columns[1] == "identified":  # the order of the rows, so that the diagonal is one
        heads = [*(name for name in names if name in heads), *(head for head in heads if head not in names)]
    bounds, texts = _classes([float(row[2]) for row in rows], unit=figure["unit"])
    values = [
        {"y": str(a), "x": str(b), "class": texts[_class_of(float(value), bounds=bounds)]}
        for a, b, value in rows
    ]
    step = max(min((WIDTH - 160) / max(len(heads), 1), 56), _STEP)
    return {
        "width": {"step": step},
        "height": {"step": _STEP},
        "data": {"values": values},
        "mark": {"type": "rect", "stroke": COLOURS["paper"], "strokeWidth": 1},
        "encoding": {
            "y": _axis_y(names, labels=labels),
            "x": {
                "field": "x",
                "type": "nominal",
                "sort": heads,
                "title": columns[1],
                "axis": {"labelAngle": -60, "orient": "top", "labelLimit": 170},
            },
            "color": {
                "field": "class",
                "type": "nominal",
                "title": columns[2],
                "scale": {
                    "domain": texts,
                    "range": [
                        COLOURS[f"h{round(place * 5 / (len(texts) - 1))}"] for place in range(len(texts))
                    ],
                },
                "legend": {"orient": "bottom", "columns": 3},
            },
        },
        "config": CONFIG,
    }


def columns(figure: Mapping[str, Any], *, labels: Labels) -> Spec:
    """Vertical bars in the order of the rows."""
    names = [str(row[0]) for row in figure["rows"]]
    return {
        "width": {"step": min((WIDTH - 80) // max(len(names), 1), 54)},
        "height": 200,
        "data": {"values": [{"x": str(row[0]), "y": row[1]} for row in figure["rows"]]},
        "mark": {"type": "bar", "color": COLOURS["c0"]},
        "encoding": {
            "x": {
                "field": "x",
                "type": "nominal",
                "sort": names,
                "title": figure["columns"][0],
                "axis": {"labelAngle": -40},
            },
            "y": {
                "field": "y",
                "type": "quantitative",
                "title": figure["columns"][1],
                "axis": {"format": "~s"},
            },
        },
        "config": CONFIG,
    }


def intervals(figure: Mapping[str, Any], *, labels: Labels) -> Spec:
    """A point with its interval for each row."""
    names = [str(row[0]) for row in figure["rows"]]
    values = [
        {"y": str(name), "low": low, "x": middle, "high": high}
        for name, low, middle, high, *_ in figure["rows"]
    ]
    y = _axis_y(names, labels=labels)
    scale = {"domain": [0, 1]}
    return {
        "width": WIDTH - 220,
        "height": {"step": _STEP},
        "data": {"values": values},
        "layer": [
            {
                "mark": {"type": "rule", "color": COLOURS["c0"], "strokeWidth": 2},
                "encoding": {
                    "y": y,
                    "x": {
                        "field": "low",
                        "type": "quantitative",
                        "title": "share",
                        "scale": scale,
                        "axis": {"format": ".0%"},
                    },
                    "x2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 60, "color": COLOURS["c0"], "opacity": 1},
                "encoding": {"y": y, "x": {"field": "x", "type": "quantitative", "scale": scale}},
            },
        ],
        "config": CONFIG,
    }


def _axis_y(names: Sequence[str], *, labels: Labels) -> Spec:
    named = {name: labels[name] for name in names if name in labels}
    axis: Spec = {"minExtent": 60}
    if named:
        axis["labelExpr"] = f"({_expression(named)})[datum.value] || datum.value"
    return {"field": "y", "type": "nominal", "sort": list(names), "title": None, "axis": axis}


def _expression(values: Labels) -> str:
    """A literal of Vega's expressions: JSON without what ends a script or a line."""
    import json

    return json.dumps(values, ensure_ascii=True)


def _legend_columns(texts: Sequence[str]) -> int:
    longest = max((len(text) for text in texts), default=1)
    return max(min(len(texts), int(WIDTH / (_LETTERS * longest + 40))), 1)


def _classes(values: Sequence[float], *, unit: str) -> tuple[list[float], list[str]]:
    """(upper bounds, their words) of at most six classes of values."""
    if unit == "share known":
        words = ["up to a quarter", "up to half", "up to 75 %", "up to 90 %", "under 100 %", "all"]
        return [0.25, 0.5, 0.75, 0.9, 1 - 1e-9, 1.0], words
    if unit == "coverage":
        return [0.0, 0.5, 1.0], ["does not look", "looks, unvalidated", "validated"]
    if unit == "share":
        words = ["none", "up to 1 %", "up to 10 %", "up to 25 %", "up to 50 %", "more"]
        return list(_SHARES), words
    if unit == "times the median":
        return list(_RATIOS), ["none", "up to half", "up to 1", "up to 2", "up to 3", "more"]
    highest = max(values, default=0.0)
    steps = [10**power for power in range(12) if 10**power < highest][:4]
    bounds = [0.0, *map(float, steps), math.inf]
    words = ["0", *(f"up to {step:,}" for step in steps), "more" if steps else "1 or more"]
    return bounds, words


def _class_of(value: float, *, bounds: Sequence[float]) -> int:
    return next((place for place, bound in enumerate(bounds) if value <= bound), len(bounds) - 1)


DRAW = {"bars": bars, "heat": heat, "columns": columns, "intervals": intervals}
