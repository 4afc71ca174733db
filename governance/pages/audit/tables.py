"""Tables of the page of an audit, and text that is fit to stand in it."""

from collections.abc import Mapping, Sequence
from html import escape as escape_html
from typing import Any

from governance.visible import visible

MAX_ROWS = 1_000
"""Of a table on the page; its CSV has all."""
_EMPTY = '<span class="unseen">group</span>'


def escape(text: object) -> str:
    """Text for an element or attribute, its control characters shown."""
    return escape_html(visible(str(text)))


def render_numbers(figure: Mapping[str, Any]) -> str:
    """The numbers of a figure, or the first of them."""
    rows = figure["rows"]
    numeric = [
        any(isinstance(row[place], int | float) for row in rows) for place in range(len(figure["columns"]))
    ]
    heads = [
        f"#{name}" if is_number else name for name, is_number in zip(figure["columns"], numeric, strict=True)
    ]
    shown = [
        "<tr>"
        + "".join(
            _cell(cell, is_first=place == 0, unit=figure["unit"] if place == len(row) - 1 else "")
            for place, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows[:MAX_ROWS]
    ]
    title = figure["title"]
    if len(rows) > MAX_ROWS:
        title += f" (the first {MAX_ROWS:,} of {len(rows):,} rows; the CSV has all)"
    return render_table(title, heads, shown)


def _cell(cell: object, *, is_first: bool, unit: str) -> str:
    if is_first:
        return f'<th scope="row">{escape(cell)}</th>'
    if isinstance(cell, int | float):
        return f'<td class="number">{_number(cell, unit=unit)}</td>'
    return f"<td>{escape('–' if cell is None else cell)}</td>"


def _number(value: float, *, unit: str) -> str:
    if unit == "share":
        return f"{100 * value:.1f} %"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def render_table(caption: str, heads: Sequence[str], rows: Sequence[str], *, kind: str = "") -> str:
    """A table that scrolls by itself where a screen is narrow; heads of numbers begin with #."""
    cells = "".join(
        f'<th scope="col"{" class=number" if head.startswith("#") else ""}>'
        f"{escape(head.lstrip('#')) or _EMPTY}</th>"
        for head in heads
    )
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}">'
        f'<table class="{kind}"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{cells}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
