"""Lines at the bottom of a terminal that are written again and again while a run goes on."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn
from rich.progress_bar import ProgressBar
from rich.table import Table as RichTable

from pipeline.terminal.tables import to_text

_BAR_COLUMNS = 20


@dataclass(frozen=True)
class Bar:
    """A name, how much of it is done (None: not known), and what there is to say."""

    name: str
    share: float | None
    detail: str


class LiveBars:
    """Bars and lines below them; what is shown last stays on the screen."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False, transient=False)

    def start(self) -> None:
        self._live.start()

    def stop(self) -> None:
        self._live.stop()

    def show(self, bars: Sequence[Bar], *, lines: Sequence[str]) -> None:
        grid = RichTable.grid(padding=(0, 1))
        grid.add_column(no_wrap=True)
        grid.add_column(width=_BAR_COLUMNS)
        grid.add_column(no_wrap=True, overflow="ellipsis")
        for bar in bars:
            share = 0.0 if bar.share is None else bar.share
            drawn = ProgressBar(total=1.0, completed=share, width=_BAR_COLUMNS)
            grid.add_row(to_text(bar.name), drawn, to_text(bar.detail))
        texts = [to_text(line) for line in lines]
        for text in texts:
            text.no_wrap, text.overflow = True, "ellipsis"
        self._live.update(Group(grid, *texts), refresh=True)


@contextmanager
def show_bytes(task: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal's standard error, nothing elsewhere; called with bytes done and in total."""
    console = Console(stderr=True)
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        name = bar.add_task(task, total=None)
        yield lambda done, total: bar.update(name, completed=done, total=total)
