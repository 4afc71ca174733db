"""Tables and paragraphs: rich's, where every cell is somebody's text and none of it is markup."""

import sys
from typing import IO, Any

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from governance.visible import visible

MAX_COLUMNS = 80
"""Of a summary, which people paste into letters and issues."""


class Table(RichTable):
    """A table whose cells, headers and title are plain text with their control characters shown."""

    def __init__(self, *headers: str, title: str | None = None, **options: Any) -> None:
        super().__init__(title=None if title is None else to_text(title), **options)
        for header in headers:
            self.add_column(header)

    def add_column(self, header: str | Text = "", **options: Any) -> None:  # type: ignore[override]
        super().add_column(to_text(header), **options)

    def add_row(self, *cells: str | Text) -> None:  # type: ignore[override]
        super().add_row(*map(to_text, cells))


def make_narrow_table() -> Table:
    """A table that spends no column on lines."""
    return Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)


def to_text(value: str | Text) -> Text:
    """Plain text with its control characters shown; what `styled` made stays as it is."""
    return Text(visible(value)) if isinstance(value, str) else value


def styled(*pieces: str | tuple[str, str]) -> Text:
    """Pieces of plain text, some with a style: ("word", "bold")."""
    return Text.assemble(
        *(visible(piece) if isinstance(piece, str) else (visible(piece[0]), piece[1]) for piece in pieces)
    )


def make_console(*, file: IO[str] | None = None, columns: int = 140) -> Console:
    """A console that is as wide as the terminal; a file or a pipe has no width: there it is columns wide."""
    stream = file or sys.stdout
    return Console(file=stream, width=None if stream.isatty() else columns, highlight=False, markup=False)


def print_text(text: str, *, console: Console | None = None) -> None:
    """A paragraph, never wrapped: the terminal does it, and a pipe gets one line."""
    (console or make_console()).print(to_text(text), soft_wrap=True)


def print_table(table: RichTable, *, console: Console | None = None) -> None:
    (console or make_console()).print(table)


def print_rule(title: str, *, console: Console | None = None) -> None:
    """A line across the console with a title in it."""
    (console or make_console()).rule(to_text(title))
