"""Where progress is shown: bars on a terminal, a heartbeat of lines or JSON elsewhere, and the log."""

import logging
import sys
from typing import Protocol

from pipeline.inspect.snapshot import Snapshot
from pipeline.terminal.echo import PROGRESS_LOG, ProgressForm, echo, echo_json
from pipeline.terminal.live import Bar, LiveBars
from pipeline.terminal.tables import make_console

HEARTBEAT_SECONDS = 30.0
"""Between two tellings where nobody looks at a screen; a stage that is complete is told at once."""

MAX_WORKERS = 8
"""Lines about workers, those longest at their task; JSON has all."""

_log = logging.getLogger(PROGRESS_LOG)


class Display(Protocol):
    """What a run's progress is given to."""

    def start(self) -> None: ...

    def show(self, snapshot: Snapshot) -> None: ...

    def end(self, snapshot: Snapshot, *, error: BaseException | None) -> None: ...


class Heartbeat:
    """Says when it is time to tell: every so many seconds, and when a stage has become complete."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._told_at = 0.0
        self._complete: set[str] = set()

    def is_due(self, snapshot: Snapshot) -> bool:
        complete = {stage.stage for stage in snapshot.stages if stage.is_complete}
        if complete <= self._complete and snapshot.seconds - self._told_at < self._seconds:
            return False
        self._complete, self._told_at = complete, snapshot.seconds
        return True


class Lines:
    """A line for each stage that moved, one for the run and some for its workers, now and then."""

    def __init__(self, *, seconds: float = HEARTBEAT_SECONDS) -> None:
        self._heartbeat = Heartbeat(seconds)
        self._said: set[str] = set()

    def start(self) -> None:
        return

    def show(self, snapshot: Snapshot) -> None:
        if self._heartbeat.is_due(snapshot):
            self._tell(snapshot)

    def end(self, snapshot: Snapshot, *, error: BaseException | None) -> None:
        self._tell(snapshot)

    def _tell(self, snapshot: Snapshot) -> None:
        for stage in snapshot.stages:
            line = f"{stage.stage:<8} {stage.describe()}"
            if not stage.is_complete or stage.stage not in self._said:
                self._say(line)
            if stage.is_complete:
                self._said.add(stage.stage)
        for line in snapshot.describe(max_workers=MAX_WORKERS):
            self._say(line)

    def _say(self, line: str) -> None:
        echo(line, err=True)


class Log(Lines):
    """The same lines for --log FILE, whatever is on the screen."""

    def _say(self, line: str) -> None:
        _log.info("%s", line)

    def end(self, snapshot: Snapshot, *, error: BaseException | None) -> None:
        super().end(snapshot, error=error)
        if error is not None:
            _log.error("the run failed", exc_info=error)


class Json:
    """One JSON object a line on standard error: events `start`, `progress` and `end`."""

    def __init__(self, *, seconds: float = HEARTBEAT_SECONDS) -> None:
        self._heartbeat = Heartbeat(seconds)

    def start(self) -> None:
        echo_json({"event": "start"}, err=True)

    def show(self, snapshot: Snapshot) -> None:
        if self._heartbeat.is_due(snapshot):
            echo_json({"event": "progress", **snapshot.to_json()}, err=True)

    def end(self, snapshot: Snapshot, *, error: BaseException | None) -> None:
        message = None if error is None else str(error) or type(error).__name__
        echo_json({"event": "end", **snapshot.to_json(), "error": message}, err=True)


class Bars:
    """A bar a stage, and below them a line a worker."""

    def __init__(self) -> None:
        self._bars = LiveBars(make_console(file=sys.stderr))

    def start(self) -> None:
        self._bars.start()

    def show(self, snapshot: Snapshot) -> None:
        bars = [Bar(stage.stage, stage.share, stage.describe()) for stage in snapshot.stages]
        self._bars.show(bars, lines=[*snapshot.describe(max_workers=MAX_WORKERS)])

    def end(self, snapshot: Snapshot, *, error: BaseException | None) -> None:
        self.show(snapshot)
        self._bars.stop()


class Both:
    """The screen and the log."""

    def __init__(self, *displays: Display) -> None:
        self._displays = displays

    def start(self) -> None:
        for display in self._displays:
            display.start()

    def show(self, snapshot: Snapshot) -> None:
        for display in self._displays:
            display.show(snapshot)

    def end(self, snapshot: Snapshot, *, error: BaseException | None) -> None:
        for display in self._displays:
            display.end(snapshot, error=error)


def make_display(form: ProgressForm) -> Display:
    """The display of that form, and the log; auto is bars on a terminal and lines elsewhere."""
    if form == "auto":
        form = "bars" if sys.stderr.isatty() else "lines"
    screens: dict[str, type[Display]] = {"bars": Bars, "lines": Lines, "json": Json}
    return Both(*([screens[form]()] if form in screens else []), Log())
