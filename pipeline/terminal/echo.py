"""Lines for standard output and standard error, for the log, and for what nobody caught."""

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import click

from governance.visible import visible, visible_json
from pipeline.errors import InputError

ProgressForm = Literal["auto", "bars", "lines", "json", "none"]
"""Of a run's progress on standard error; auto: bars on a terminal, lines elsewhere."""

PROGRESS_LOG = "rhizotron.progress"
"""Of a run's heartbeat, which is for the log file: on the terminal it stands already."""

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def echo(text: str, *, err: bool = False, newline: bool = True) -> None:
    """Print text with its control characters shown."""
    click.echo(visible(text), err=err, nl=newline)


def echo_json(value: Any, *, err: bool = False, indent: int | None = None) -> None:
    """Print a value as JSON, on one line unless indented."""
    click.echo(visible_json(value, indent=indent), err=err)


def complain(message: str) -> None:
    """Print what went wrong, or what has to be said, on standard error."""
    echo(f"rhizotron: {message}", err=True)


def open_output() -> Callable[[bytes], object]:
    """A function that writes bytes to standard output: as they are, but visible where it is a terminal."""
    if not sys.stdout.isatty():

        def write(data: bytes) -> None:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()

        return write
    return lambda data: echo(data.decode(errors="replace"), newline=False)


class VisibleFormatter(logging.Formatter):
    """Log records, tracebacks included, with their control characters shown."""

    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record))


def start_logging(*, verbose: bool, log: str | None = None) -> None:
    """Beam's log belongs to -v, from its import on: what a user must know is in the report.

    So do the tracebacks of its threads: when a worker is killed or Ctrl-C is pressed, every
    connection ends with one. log is a file that gets all of it, and what a run is doing, in any case.
    Where an application has set up logging, its handlers and level stay, and only log is added. Raises
    InputError where it cannot be written.
    """
    root = logging.getLogger()
    stop_logging()
    is_ours = not root.handlers
    handlers: list[logging.Handler] = []
    if is_ours:
        handlers.append(logging.StreamHandler())
        handlers[0].setLevel(logging.INFO if verbose else logging.CRITICAL)
        handlers[0].addFilter(lambda record: record.name != PROGRESS_LOG)
    if log is not None:
        handlers.append(_open_log(log))
    for handler in handlers:
        handler.setFormatter(VisibleFormatter(LOG_FORMAT))
        root.addHandler(handler)
    if is_ours or log is not None:
        root.setLevel(logging.INFO if verbose or log is not None else logging.CRITICAL)
    threading.excepthook = _log_thread_error


def _open_log(path: str) -> logging.Handler:
    try:
        Path(path).absolute().parent.mkdir(parents=True, exist_ok=True)
        return logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write the log {path}: {error.strerror}") from error


def stop_logging() -> None:
    """Remove and close what `start_logging` added."""
    root = logging.getLogger()
    for handler in [*root.handlers]:
        if isinstance(handler.formatter, VisibleFormatter):
            root.removeHandler(handler)
            handler.close()


def show_uncaught(kind: type[BaseException], error: BaseException, place: TracebackType | None) -> None:
    """sys.excepthook: the traceback as Python prints it, but visible."""
    echo("".join(traceback.format_exception(kind, error, place)), err=True, newline=False)


def _log_thread_error(error: threading.ExceptHookArgs) -> None:
    if error.exc_value is not None:
        raised = (error.exc_type, error.exc_value, error.exc_traceback)
        logging.getLogger(__name__).info("a thread ended with an error", exc_info=raised)
