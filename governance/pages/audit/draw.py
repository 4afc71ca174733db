"""Drawings as inline SVG: no font, no script, no network; named for whoever does not see them."""

import re
from collections.abc import Mapping
from html import escape as escape_html
from typing import Any

from governance.pages.audit.colours import COLOURS
from governance.pages.audit.specs import DRAW, Labels
from governance.pages.audit.treemap import treemap
from governance.visible import visible_line

_VARIABLES = {colour: f"var(--{name})" for name, colour in COLOURS.items()}
_COLOUR = re.compile("|".join(_VARIABLES))
_NOISE = re.compile(
    r" (?:class|role|aria-[a-z]+|font-family|pointer-events|stroke-miterlimit|xmlns(?::xlink)?|version)"
    r'="[^"]*"'
)
_MARGIN = 30
"""Pixels on either side: a reader's font may be wider than the one that the library measures with."""
_ROOT = re.compile(r"<svg[^>]*?\bwidth=\"(\d+(?:\.\d+)?)\"[^>]*?\bheight=\"(\d+(?:\.\d+)?)\"[^>]*>")
_EMPTY_GROUP = re.compile(
    r"<g></g>|<path[^>]* d=\"(?:M0,0h0v0h0Z)?\"[^>]*></path>|<path[^>]* d=\"(?:M0,0h0v0h0Z)?\"[^>]*/>"
)


def draw(figure: Mapping[str, Any], *, labels: Labels) -> str:
    """The SVG of a figure; labels are what tags are called beside an axis. Takes about 0.1 s."""
    import vl_convert  # 0.2 s, and 2 s for its first drawing

    cleaned = {
        **figure,
        "rows": [[_clean(cell) for cell in row] for row in figure["rows"]],
        "columns": [visible_line(str(name)) for name in figure["columns"]],
    }
    names = {tag: visible_line(name) for tag, name in labels.items()}
    if figure["kind"] == "treemap":
        svg = vl_convert.vega_to_svg(treemap(cleaned, labels=names))
    else:
        svg = vl_convert.vegalite_to_svg(DRAW[figure["kind"]](cleaned, labels=names))
    return _finish(svg, figure=figure)


def _clean(cell: object) -> object:
    return visible_line(cell) if isinstance(cell, str) else cell


def _finish(svg: str, *, figure: Mapping[str, Any]) -> str:
    root = _ROOT.match(svg)
    if root is None:
        raise ValueError(f"figure {figure['name']}: the library drew no SVG")
    width, height = (float(size) for size in root.groups())
    body = _NOISE.sub("", svg[root.end() : svg.rindex("</svg>")])
    while (shorter := _EMPTY_GROUP.sub("", body)) != body:
        body = shorter
    body = _COLOUR.sub(lambda match: _VARIABLES[match[0]], body)
    name, margin = escape_html(figure["name"]), 0 if figure["kind"] == "treemap" else _MARGIN
    return (
        f'<svg viewBox="{-margin} 0 {width + 2 * margin:g} {height:g}" width="{width + 2 * margin:g}" '
        f'height="{height:g}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{_text(figure["title"])}</title>'
        f'<desc id="{name}-desc">{_text(figure["description"])}</desc>{body}</svg>'
    )


def _text(value: str) -> str:
    return escape_html(visible_line(value))
