"""The few pieces of Markdown that generated pages consist of."""

import re
from collections.abc import Sequence
from urllib.parse import quote as percent_encode

from governance.visible import visible_line

_MARKUP = re.compile(r"([\\`*_\[\]<>|#~$&])")
_BLOCK = re.compile(r"^([-+=]|\d{1,9}(?=[.)]))")
"""What begins a list, a heading or a line across at the start of a line."""
_LINKED = re.compile(r"(https?|ftp)://", re.IGNORECASE)
_URL_CHARACTERS = "!#$%&'*+,-./:;=?@_~"
"""Stay as they are in a URL; brackets, quotes, backslashes, controls and letters beyond ASCII are encoded."""


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table; whole numbers are right-aligned and grouped in thousands; cells are Markdown."""
    numeric = [bool(rows) and all(isinstance(row[i], int | None) for row in rows) for i in range(len(header))]
    lines = [
        "| " + " | ".join(map(_cell, header)) + " |",
        "|" + "|".join("---:" if number else "---" for number in numeric) + "|",
        *("| " + " | ".join(_cell(value) for value in row) + " |" for row in rows),
    ]
    return "\n".join(lines)


def quote(text: str) -> str:
    """Someone else's words, as a block; their Markdown cannot leave it."""
    return "\n".join(f"> {escape(line)}".rstrip() for line in text.strip().splitlines())


def escape(text: str) -> str:
    """One line of text that shows as it is: no markup, HTML, table cells or control characters.

    An address of a web page is left alone: where it becomes a link, it is one to what it says.
    """
    line = _MARKUP.sub(r"\\\1", visible_line(" ".join(text.split())))
    return _BLOCK.sub(lambda begin: begin[0] + "\\" if begin[0].isdigit() else "\\" + begin[0], line)


def code(text: object) -> str:
    """Text as code, whatever backticks it holds."""
    line = visible_line(" ".join(str(text).split())) or " "
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{space}{line}{space}{fence}"


def link(url: str, *, text: str | None = None) -> str:
    """A link to a web page, under Markdown text or the address itself; any other URL is shown, not linked."""
    if not _LINKED.match(url):
        return code(url) if text is None else f"{text} ({code(url)})"
    encoded = percent_encode(url, safe=_URL_CHARACTERS, errors="replace")
    return f"<{encoded}>" if text is None else f"[{text}]({encoded})"


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
    # a cell is Markdown, but never two cells: code has no other way to say |
    return re.sub(r"(?<!\\)\|", r"\|", " ".join(str(value).split()))
