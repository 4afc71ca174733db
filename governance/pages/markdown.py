"""The few pieces of Markdown that generated pages consist of."""

import re
from collections.abc import Sequence


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table; whole numbers are right-aligned and grouped in thousands; cells are Markdown."""
    numeric = [bool(rows) and all(isinstance(row[i], int | None) for row in rows) for i in range(len(header))]
    lines = [
        "| " + " | ".join(header) + " |",
        "|" + "|".join("---:" if number else "---" for number in numeric) + "|",
        *("| " + " | ".join(_cell(value) for value in row) + " |" for row in rows),
    ]
    return "\n".join(lines)


def quote(text: str) -> str:
    """Someone else's words, as a block; their Markdown cannot leave it."""
    return "\n".join(f"> {escape(line)}".rstrip() for line in text.strip().splitlines())


def escape(text: str) -> str:
    """Text that shows as it is: no markup, no HTML, no table cells."""
    return re.sub(r"([\\`*_\[\]<>|#~$])", r"\\\1", text)


def share(part: int, *, total: int) -> str:
    """Percentage with one decimal, never 0.0 % of something nor 100.0 % of less than all; `–` of nothing."""
    if not total:
        return "–"
    if 0 < part * 2000 < total:
        return "< 0.1 %"
    if part < total and (total - part) * 2000 <= total:
        return "> 99.9 %"
    return f"{(2000 * part + total) // (2 * total) / 10:.1f} %"


def number(value: int) -> str:
    return f"{value:,}"


def page(*blocks: str) -> str:
    """Non-empty blocks, an empty line between them, a newline at the end."""
    return "\n\n".join(block for block in blocks if block) + "\n"


def _cell(value: object) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, int):
        return number(value)
    return " ".join(str(value).split())
