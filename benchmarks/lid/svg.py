"""A little SVG: shapes, text and a document with a title and a description for those who cannot see it."""

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

INK, GREY, FAINT = "#222222", "#6b6b6b", "#e3e3e3"
PALETTE = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8a7a00")
"""Okabe and Ito's colours that colour-blind readers can tell apart, and one more; the first is ours."""


def _numbers(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def line(x1: float, y1: float, x2: float, y2: float, *, colour: str = FAINT, width: float = 1) -> str:
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width}"/>'


def text(
    x: float,
    y: float,
    content: str,
    *,
    size: float = 12,
    anchor: str = "start",
    colour: str = INK,
    bold: bool = False,
    turned: bool = False,
) -> str:
    """One line of text whose baseline is at y; turned: read from below."""
    place = f'transform="translate({x:.1f} {y:.1f}) rotate(-90)"' if turned else f'x="{x:.1f}" y="{y:.1f}"'
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text {place} font-size="{size}" text-anchor="{anchor}" fill="{colour}"{weight}>'
        f"{escape(content)}</text>"
    )


def circle(x: float, y: float, radius: float, *, colour: str, opacity: float = 1) -> str:
    look = f'fill="{colour}" fill-opacity="{opacity}" stroke="{colour}"'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" {look}/>'


def _polygon(points: Sequence[tuple[float, float]], colour: str) -> str:
    return f'<polygon points="{_numbers(points)}" fill="{colour}"/>'


def _diamond(x: float, y: float, colour: str) -> str:
    return _polygon([(x, y - 6), (x + 6, y), (x, y + 6), (x - 6, y)], colour)


def _disc(x: float, y: float, colour: str) -> str:
    return circle(x, y, 3.6, colour=colour)


def _square(x: float, y: float, colour: str) -> str:
    return _polygon([(x - 3.6, y - 3.6), (x + 3.6, y - 3.6), (x + 3.6, y + 3.6), (x - 3.6, y + 3.6)], colour)


def _up(x: float, y: float, colour: str) -> str:
    return _polygon([(x, y - 4.6), (x + 4.6, y + 3.4), (x - 4.6, y + 3.4)], colour)


def _down(x: float, y: float, colour: str) -> str:
    return _polygon([(x, y + 4.6), (x + 4.6, y - 3.4), (x - 4.6, y - 3.4)], colour)


def _cross(x: float, y: float, colour: str) -> str:
    strokes = ((-3.6, -3.6, 3.6, 3.6), (-3.6, 3.6, 3.6, -3.6))
    return "".join(line(x + a, y + b, x + c, y + d, colour=colour, width=2.2) for a, b, c, d in strokes)


def _plus(x: float, y: float, colour: str) -> str:
    strokes = ((-4.6, 0, 4.6, 0), (0, -4.6, 0, 4.6))
    return "".join(line(x + a, y + b, x + c, y + d, colour=colour, width=2.2) for a, b, c, d in strokes)


def _ring(x: float, y: float, colour: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.6" fill="white" stroke="{colour}" stroke-width="2"/>'


MARKERS: tuple[Callable[[float, float, str], str], ...] = (
    _diamond,
    _disc,
    _square,
    _up,
    _down,
    _cross,
    _plus,
    _ring,
)
"""Shapes that differ without colour, one for each of PALETTE."""


def write(path: Path, shapes: Sequence[str], *, width: float, height: float, title: str, alt: str) -> None:
    """A self-contained file on white, so that it can be read on any page."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img" aria-labelledby="title alt" '
        'font-family="Helvetica, Arial, DejaVu Sans, sans-serif">'
    )
    about = f'<title id="title">{escape(title)}</title><desc id="alt">{escape(alt)}</desc>'
    body = [head, about, '<rect width="100%" height="100%" fill="white"/>', *shapes, "</svg>"]
    path.write_text("\n".join(body) + "\n", encoding="utf-8")
