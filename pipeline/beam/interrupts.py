"""Signals that end a run become an exception, so that locks, workers and temporary files are put away."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from pipeline.errors import Interrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption:
    """Whether a signal has come: some code makes another exception of the one that is raised."""

    def __init__(self, *, first: Callable[[], None], numbers: list[signal.Signals]) -> None:
        self.error: Interrupted | None = None
        self._first = first
        self._numbers = numbers

    def handle_signals(self) -> None:
        """Do so from now on; again after code that has put its own handler in front."""
        for number in self._numbers:
            signal.signal(number, self._interrupt)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self.error is not None and number != signal.SIGINT:
            return  # of several at once one is enough, but Ctrl-C counts each time
        self.error = Interrupted(number)
        self._first()
        raise self.error


@contextmanager
def interrupt_on_signals(first: Callable[[], None] = lambda: None) -> Iterator[Interruption]:
    """In the block, a signal calls first and raises Interrupted in the main thread.

    A signal that somebody else handles, or that is ignored (nohup), stays theirs.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    defaults = (signal.SIG_DFL, signal.default_int_handler)
    before = {number: signal.getsignal(number) for number in SIGNALS}
    ours = [number for number in SIGNALS if in_main_thread and before[number] in defaults]
    interruption = Interruption(first=first, numbers=ours)
    interruption.handle_signals()
    try:
        yield interruption
    finally:
        for number in ours:
            signal.signal(number, before[number])
