"""What a run's progress is at one moment: the numbers of every display, and of `--progress json`."""

from collections.abc import Iterator
from dataclasses import dataclass

from governance.visible import visible_line
from pipeline.terminal.numbers import format_seconds


@dataclass(frozen=True)
class StageSnapshot:
    """One stage: tasks, documents and bytes, those of running tasks included."""

    stage: str
    tasks_done: int
    tasks: int | None
    share: float
    documents: int
    bytes: int
    megabytes_per_second: float | None
    seconds_left: float | None

    @property
    def is_complete(self) -> bool:
        return self.tasks_done == self.tasks

    def describe(self) -> str:
        """`3/12 tasks · 45 % · 12,345 documents · 5.6 MB/s · 2 min left`."""
        parts = [f"{self.tasks_done}/{self.tasks}"]
        if not self.is_complete:
            parts.append(f"{self.share:.0%}")
        if self.documents:
            parts.append(f"{self.documents:,} documents")
        if self.megabytes_per_second is not None and self.megabytes_per_second >= 0.05:
            parts.append(f"{self.megabytes_per_second:.1f} MB/s")
        if not self.is_complete and self.seconds_left is not None:
            parts.append(f"{format_seconds(self.seconds_left)} left")
        return " · ".join(parts)


@dataclass(frozen=True)
class WorkerSnapshot:
    """What one worker process is at."""

    worker: str
    stage: str
    task: str
    seconds: float
    documents: int
    bytes: int
    share: float | None

    def describe(self) -> str:
        """`host-123 measure news: a.jsonl part 0 · 45 % · 12 s`."""
        share = "" if self.share is None else f" · {self.share:.0%}"
        task = visible_line(self.task)
        return f"{self.worker} {self.stage} {task}{share} · {format_seconds(self.seconds)}"


@dataclass(frozen=True)
class Snapshot:
    """A whole run."""

    seconds: float
    seconds_left: float | None
    stages: tuple[StageSnapshot, ...]
    workers: tuple[WorkerSnapshot, ...]

    def to_json(self) -> dict[str, object]:
        """The object of `--progress json`, without its event (docs/watching.md)."""
        return {
            "seconds": round(self.seconds, 1),
            "seconds_left": _rounded(self.seconds_left),
            "stages": [
                {
                    "stage": stage.stage,
                    "tasks_done": stage.tasks_done,
                    "tasks": stage.tasks,
                    "share": round(stage.share, 4),
                    "documents": stage.documents,
                    "bytes": stage.bytes,
                    "megabytes_per_second": _rounded(stage.megabytes_per_second),
                    "seconds_left": _rounded(stage.seconds_left),
                }
                for stage in self.stages
            ],
            "workers": [
                {
                    "worker": worker.worker,
                    "stage": worker.stage,
                    "task": worker.task,
                    "seconds": worker.seconds,
                    "documents": worker.documents,
                    "bytes": worker.bytes,
                    "share": None if worker.share is None else round(worker.share, 4),
                }
                for worker in self.workers
            ],
        }

    def describe(self, *, max_workers: int) -> Iterator[str]:
        """The run in a line, then a line for each of the workers that have been longest at their task."""
        left = "" if self.seconds_left is None else f", about {format_seconds(self.seconds_left)} left"
        yield f"{format_seconds(self.seconds)} gone{left}"
        longest = sorted(self.workers, key=lambda worker: -worker.seconds)
        yield from (f"  {worker.describe()}" for worker in longest[:max_workers])
        if len(longest) > max_workers:
            yield f"  and {len(longest) - max_workers} more workers"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
