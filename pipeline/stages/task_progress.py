"""How far the tasks of this process are: counted by the stages, told beside the layers now and then.

A process writes one file of a few hundred bytes at most every INTERVAL_SECONDS, and removes it when it has
nothing to do. Nothing but a progress display reads it: no entry, no fingerprint and no release depends on it,
and what cannot be written is left out. Outputs on object stores get none: there a write costs money.
"""

import json
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import TypeVar

import pyarrow as pa

from layers import storage
from layers.entries import Unit
from layers.shards import text_lengths
from pipeline.job import Job

INTERVAL_SECONDS = 2.0

_T = TypeVar("_T")


@dataclass(frozen=True)
class Reading:
    """How far a reader is: bytes of the file, which may be compressed; bytes that it decoded; documents."""

    position: int | None
    bytes: int
    documents: int


@dataclass(frozen=True)
class TaskReport:
    """A running task, as its process last told it."""

    worker: str
    """Host and process."""
    stage: str
    task: str
    unit: Unit | None
    seconds: float
    documents: int
    bytes: int
    position: int | None
    steps_done: int
    steps: int


@dataclass
class _Task:
    stage: str = ""
    task: str = ""
    unit: Unit | None = None
    started: float = field(default_factory=time.monotonic)
    documents: int = 0
    bytes: int = 0
    steps_done: int = 0
    steps: int = 0
    look: Callable[[], Reading] | None = None

    def describe(self) -> dict[str, object]:
        reading = self.look() if self.look else Reading(None, self.bytes, self.documents)
        return {
            "stage": self.stage,
            "task": self.task,
            "unit": None if self.unit is None else asdict(self.unit),
            "seconds": round(time.monotonic() - self.started, 1),
            **asdict(reading),
            "steps_done": self.steps_done,
            "steps": self.steps,
        }


class _Running(threading.local):
    task: _Task | None = None


_running = _Running()


def _current() -> _Task:
    """The task of this thread; one that nobody watches where a stage's function is called by itself."""
    return _running.task or _Task()


def follow(look: Callable[[], Reading]) -> None:
    """Let a task be asked how far it is, from another thread."""
    _current().look = look


def count_texts(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches as they are; each is counted when the next is asked for."""
    for batch in batches:
        yield batch
        advance(batch.column("text"))


def advance(texts: pa.Array) -> None:
    """Count documents that are done, by their texts."""
    task = _current()
    task.documents += len(texts)
    task.bytes += int(text_lengths(texts).sum())


def count_steps(items: Iterator[_T] | Sequence[_T], *, steps: int) -> Iterator[_T]:
    """The items as they are; each is one of the steps that a task takes, and several loops add theirs."""
    task = _current()
    task.steps += steps
    for item in items:
        yield item
        task.steps_done += 1


class _Reporter:
    """Tells of the tasks of this process that write to one output."""

    def __init__(self, folder: str) -> None:
        node = re.sub(r"[^A-Za-z0-9.-]", "_", os.uname().nodename)
        self._worker = f"{node}-{os.getpid()}"
        self._url = storage.join(folder, f"{self._worker}.json")
        self._lock = threading.Condition()
        self._tasks: list[_Task] = []
        self._thread: threading.Thread | None = None
        self._is_written = False

    def add(self, task: _Task) -> None:
        with self._lock:
            self._tasks.append(task)
            if self._thread is None:
                self._thread = threading.Thread(target=self._tell, daemon=True)
                self._thread.start()

    def remove(self, task: _Task) -> None:
        with self._lock:
            self._tasks.remove(task)
            if not self._tasks and self._is_written:
                self._is_written = False
                with suppress(OSError):  # the driver removes the folder, too
                    storage.remove(self._url)

    def _tell(self) -> None:
        """Write until there is no task at the end of an interval: short tasks do not start a thread each."""
        while True:
            time.sleep(INTERVAL_SECONDS)
            with self._lock:
                if not self._tasks:
                    self._thread = None
                    return
                self._write()

    def _write(self) -> None:
        report = {"worker": self._worker, "tasks": [task.describe() for task in self._tasks]}
        try:
            storage.write_bytes(self._url, json.dumps(report).encode())
            self._is_written = True
        except OSError as error:  # a full disk is the task's to report
            logging.getLogger(__name__).info("progress is not told: %s", error)


_reporters: dict[str, _Reporter] = {}
_reporters_lock = threading.Lock()


def _reporter(folder: str) -> _Reporter:
    with _reporters_lock:
        return _reporters.setdefault(folder, _Reporter(folder))


@contextmanager
def track(stage: str, *, task: str, unit: Unit | None, job: Job) -> Iterator[None]:
    """What the functions above count in the block belongs to this task."""
    before, tracked = _running.task, _Task(stage=stage, task=task, unit=unit)
    reporter = None if storage.is_remote(job.output) else _reporter(job.progress)
    _running.task = tracked
    if reporter is not None:
        reporter.add(tracked)
    try:
        yield
    finally:
        _running.task = before
        if reporter is not None:
            reporter.remove(tracked)


def read_progress(job: Job) -> list[TaskReport]:
    """The running tasks of all processes that told of some, in the order of their names."""
    if storage.is_remote(job.output):
        return []
    reports: list[TaskReport] = []
    for name in storage.list_tree(job.progress):
        if name.endswith(".json"):
            with suppress(FileNotFoundError):  # its tasks ended meanwhile
                report = json.loads(storage.read_bytes(storage.join(job.progress, name)))
                for task in report["tasks"]:
                    unit = task.pop("unit")
                    reports.append(
                        TaskReport(report["worker"], unit=None if unit is None else Unit(**unit), **task)
                    )
    return reports


@contextmanager
def forget_progress(job: Job) -> Iterator[None]:
    """Remove what was told: before the block, where a killed run left it, and after."""
    _clear(job)
    try:
        yield
    finally:
        _clear(job)


def _clear(job: Job) -> None:
    if not storage.is_remote(job.output):
        with suppress(OSError):  # a worker that ends removes its file at the same time
            storage.remove(job.progress)
