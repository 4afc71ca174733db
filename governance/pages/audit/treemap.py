"""The treemap of an audit: Vega has its layout, Vega-Lite has not."""

from collections.abc import Mapping
from typing import Any

from governance.pages.audit.colours import COLOURS

Spec = dict[str, Any]
WIDTH, HEIGHT = 740, 430
_LETTERS = 7.0
"""Pixels of a letter at the size of labels, about."""
_LEAF: Spec = {
    "type": "rect",
    "from": {"data": "leaves"},
    "encode": {
        "update": {
            "x": {"field": "x0"},
            "x2": {"field": "x1"},
            "y": {"field": "y0"},
            "y2": {"field": "y1"},
            "fill": {"scale": "tint", "field": "family"},
            "stroke": {"value": COLOURS["paper"]},
        }
    },
}


def treemap(figure: Mapping[str, Any], *, labels: Mapping[str, str]) -> Spec:
    """A Vega specification: families as areas of one tint, languages within, named where there is room."""
    families = list(dict.fromkeys(str(row[0]) for row in figure["rows"]))
    nodes: list[Spec] = [{"id": "root", "name": ""}]
    nodes += [
        {"id": f"f {family}", "parent": "root", "name": family, "family": family} for family in families
    ]
    nodes += [
        {
            "id": f"l {lang}",
            "parent": f"f {family}",
            "name": labels.get(str(lang), str(lang)),
            "tag": str(lang),
            "family": str(family),
            "size": size,
        }
        for family, lang, size in figure["rows"]
    ]
    tints = [COLOURS[f"t{place % 8}"] for place in range(len(families))]
    leaf = "datum.x1 - datum.x0"
    room = f"{leaf} > {_LETTERS} * length(datum.name) + 6"
    return {
        "$schema": "https://vega.github.io/schema/vega/v5.json",
        "width": WIDTH,
        "height": HEIGHT,
        "background": "transparent",
        "config": {"aria": False},
        "data": _tree(nodes),
        "scales": [{"name": "tint", "type": "ordinal", "domain": families, "range": tints}],
        "marks": [
            _tree_text(
                "families",
                y="y0",
                dy=13,
                text="datum.name",
                room=f"{leaf} > 30",
                style={"fontWeight": "bold"},
            ),
            _LEAF,
            _tree_text(
                "leaves",
                y="y0",
                dy=15,
                text=f"{room} ? datum.name : datum.tag",
                room=f"{leaf} > {_LETTERS} * length(datum.tag) + 6 && datum.y1 - datum.y0 > 17",
                style={},
            ),
        ],
    }


def _tree_text(source: str, *, y: str, dy: int, text: str, room: str, style: Spec) -> Spec:
    return {
        "type": "text",
        "from": {"data": source},
        "encode": {
            "update": {
                "x": {"field": "x0", "offset": 4},
                "y": {"field": y, "offset": dy},
                "text": {"signal": f"{room} ? ({text}) : ''"},
                "limit": {"signal": "datum.x1 - datum.x0 - 6"},
                "fill": {"value": COLOURS["ink"]},
                "fontSize": {"value": 12},
                **{name: {"value": value} for name, value in style.items()},
            }
        },
    }


def _tree(nodes: list[Spec]) -> list[Spec]:
    """Data sets: the tree with its layout, families and languages."""
    return [
        {
            "name": "tree",
            "values": nodes,
            "transform": [
                {"type": "stratify", "key": "id", "parentKey": "parent"},
                {
                    "type": "treemap",
                    "field": "size",
                    "sort": {"field": "value", "order": "descending"},
                    "round": True,
                    "method": "squarify",
                    "ratio": 1.6,
                    "paddingInner": 1,
                    "paddingTop": 17,
                    "paddingOuter": 2,
                    "size": [{"signal": "width"}, {"signal": "height"}],
                },
            ],
        },
        {
            "name": "families",
            "source": "tree",
            "transform": [{"type": "filter", "expr": "datum.depth == 1"}],
        },
        {
            "name": "leaves",
            "source": "tree",
            "transform": [{"type": "filter", "expr": "datum.depth == 2"}],
        },
    ]
