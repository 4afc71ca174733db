"""One live line per stage, from the layers' entries; knows nothing of Beam."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from pipeline.inspect.status import StageStatus, Watch
from pipeline.plan.make import Plan

INTERVAL_SECONDS = 0.5
PLAIN_INTERVAL_SECONDS = 10.0
"""Without a terminal, a line per stage at most this often, and one when it completes."""


@contextmanager
def show_progress(plan: Plan, *, console: Console | None = None) -> Iterator[None]:
    """Watch the layers while the block runs: bars on a terminal, plain lines elsewhere."""
    console = console or Console(file=sys.stderr)
    stop = threading.Event()
    display = _Bars(console) if console.is_terminal else _Lines(console)
    thread = threading.Thread(target=_watch, args=(plan, display, stop), daemon=True)
    with display:
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def _watch(plan: Plan, display: "_Bars | _Lines", stop: threading.Event) -> None:
    watch = Watch(plan)
    started: dict[str, tuple[float, int]] = {}
    complete: set[str] = set()
    last = False
    while not last:
        last = stop.is_set()
        before = time.monotonic()
        for name, status in watch.update().items():
            if status.total is not None and name not in complete:
                # what an earlier run had done is not this run's speed
                begin, done = started.setdefault(name, (before, status.bytes))
                display.show(
                    status, megabytes_per_second=(status.bytes - done) / 1e6 / max(before - begin, 1e-3)
                )
                if status.complete:
                    complete.add(name)
        if not last:
            # listing a large layer is not free: spend a twentieth of the time on it
            stop.wait(max(INTERVAL_SECONDS, 20 * (time.monotonic() - before)))


def describe(status: StageStatus, *, megabytes_per_second: float) -> str:
    """`12,345 documents · 56.7 MB/s`."""
    speed = f" · {megabytes_per_second:.1f} MB/s" if megabytes_per_second >= 0.05 else ""
    return f"{status.documents:,} documents{speed}" if status.documents else ""


class _Bars:
    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<8}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[detail]}"),
            TimeRemainingColumn(),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "_Bars":
        self._progress.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._progress.stop()

    def show(self, status: StageStatus, *, megabytes_per_second: float) -> None:
        if status.stage not in self._tasks:
            self._tasks[status.stage] = self._progress.add_task(status.stage, total=None, detail="")
        self._progress.update(
            self._tasks[status.stage],
            total=status.total,
            completed=len(status.done),
            detail=describe(status, megabytes_per_second=megabytes_per_second),
        )


class _Lines:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._last: dict[str, tuple[float, int]] = {}

    def __enter__(self) -> "_Lines":
        return self

    def __exit__(self, *exc: object) -> None:
        return

    def show(self, status: StageStatus, *, megabytes_per_second: float) -> None:
        now = time.monotonic()
        shown_at, shown_done = self._last.get(status.stage, (now, -1))
        done = len(status.done)
        if done == shown_done or not (
            status.complete or now - shown_at >= PLAIN_INTERVAL_SECONDS or shown_done < 0
        ):
            return
        self._last[status.stage] = (now, done)
        detail = describe(status, megabytes_per_second=megabytes_per_second)
        self._console.print(
            f"{status.stage:<8} {done}/{status.total} units  {detail}".rstrip(), highlight=False
        )
