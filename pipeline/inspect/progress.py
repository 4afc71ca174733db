"""How far a run is, from the layers' entries and from what running tasks tell; knows nothing of Beam."""

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from layers import storage
from layers.entries import Unit
from layers.stages import STEPS, writer_of
from pipeline.inspect.displays import Display
from pipeline.inspect.pace import Advance, Pace
from pipeline.inspect.snapshot import Snapshot, StageSnapshot, WorkerSnapshot
from pipeline.inspect.status import StageStatus, Watch
from pipeline.plan.estimate import estimate
from pipeline.plan.make import Plan
from pipeline.stages.task_progress import TaskReport, read_progress

INTERVAL_SECONDS = 0.5

MAX_CPU_SHARE = 0.005
"""Of one core, that watching may take in the driver."""

STALE_SECONDS = 30.0
"""A process that has told nothing new for so long is dead, or stopped."""

_MAX_SHARE = 0.99
"""Of a task that runs, where its size is estimated: it is done when its entry is there."""


@contextmanager
def show_progress(plan: Plan, *, display: Display, stages: Sequence[str]) -> Iterator[None]:
    """Watch the layers while the block runs stages of a plan, and show it."""
    stop = threading.Event()
    watch = RunWatch(plan, stages=stages)
    thread = threading.Thread(target=_show, args=(watch, display, stop), daemon=True)
    error: BaseException | None = None
    display.start()
    thread.start()
    try:
        yield
    except BaseException as raised:
        error = raised
        raise
    finally:
        stop.set()
        thread.join()
        display.end(watch.look(), error=error)


def _show(watch: "RunWatch", display: Display, stop: threading.Event) -> None:
    while not stop.is_set():
        before = time.thread_time()
        display.show(watch.look())
        # looking through a large layer is not free
        stop.wait(max(INTERVAL_SECONDS, (time.thread_time() - before) / MAX_CPU_SHARE))


@dataclass
class _Heard:
    """What was last heard of a worker's task, and when by this process's clock."""

    report: TaskReport
    at: float


class RunWatch:
    """Snapshots of a run of some stages of a plan."""

    def __init__(self, plan: Plan, *, stages: Sequence[str]) -> None:
        self._plan = plan
        self._watch = Watch(plan)
        asked = [step for step, layer in STEPS.items() if writer_of(layer.name) in stages]
        self._stages = [step for step in asked if step in self._watch.stages]
        paced = [step for step in asked if step in self._stages or not STEPS[step].has_entries]
        needs, local = estimate(plan), plan.job.config.local
        self._estimated = needs.text_bytes
        self._pace = Pace(
            paced,
            workers=1 if needs.text_bytes <= local.max_in_process_bytes else local.workers,
            counts_start=not storage.is_remote(plan.job.output),
        )
        self._begun = time.monotonic()
        self._last = Snapshot(0.0, None, (), ())
        self._first: dict[str, int] = {}
        """Bytes of each stage that were there when this run first looked."""
        self._heard: dict[tuple[str, str, str], _Heard] = {}

    def look(self) -> Snapshot:
        """How far the run is now, or was when it could last be told: watching fails no run."""
        try:
            self._last = self._look()
        except Exception:
            logging.getLogger(__name__).warning("how far the run is cannot be told", exc_info=True)
        return self._last

    def _look(self) -> Snapshot:
        seconds = time.monotonic() - self._begun
        reports = self._alive(read_progress(self._plan.job), now=seconds)
        updated = self._watch.update()
        statuses = {name: updated[name] for name in self._stages}
        advances: dict[str, Advance] = {}
        sizes: dict[str, int] = {}
        documents: dict[str, int] = {}
        for name, status in statuses.items():
            if status.total is not None:
                running = [report for report in reports if _is_running(report, status=status)]
                shares = {report.unit: _share(report, status=status) or 0.0 for report in running}
                advances[name] = _advance(status, running=shares, text_bytes=self._text_bytes())
                sizes[name] = status.bytes + sum(report.bytes for report in running)
                documents[name] = status.documents + sum(report.documents for report in running)
                self._first.setdefault(name, status.bytes)
        active = next((name for name, status in statuses.items() if not status.complete), "release")
        has_begun = bool(reports) or any(sizes[name] > self._first[name] for name in sizes)
        self._pace.tell(seconds, running=active if has_begun else None, advances=advances)
        left = self._pace.left(advances, expected=self._expected())
        return Snapshot(
            seconds=seconds,
            seconds_left=sum(left.values()),
            stages=tuple(
                StageSnapshot(
                    stage=name,
                    tasks_done=len(statuses[name].done),
                    tasks=statuses[name].total,
                    share=advance.share,
                    documents=documents[name],
                    bytes=sizes[name],
                    megabytes_per_second=self._speed(name, size=sizes[name]),
                    seconds_left=0.0 if statuses[name].complete else left.get(name),
                )
                for name, advance in advances.items()
            ),
            workers=tuple(self._worker(report, statuses=statuses) for report in reports),
        )

    def _alive(self, reports: Sequence[TaskReport], *, now: float) -> list[TaskReport]:
        """Without those of processes that no longer tell anything."""
        heard: dict[tuple[str, str, str], _Heard] = {}
        for report in reports:
            key = (report.worker, report.stage, report.task)
            before = self._heard.get(key)
            is_news = before is None or before.report != report
            heard[key] = _Heard(report, now) if before is None or is_news else before
        self._heard = heard
        return [each.report for each in heard.values() if now - each.at < STALE_SECONDS]

    def _worker(self, report: TaskReport, *, statuses: Mapping[str, StageStatus]) -> WorkerSnapshot:
        status = next((each for each in statuses.values() if _is_running(report, status=each)), None)
        return WorkerSnapshot(
            worker=report.worker,
            stage=report.stage,
            task=report.task,
            seconds=report.seconds,
            documents=report.documents,
            bytes=report.bytes,
            share=None if status is None else _share(report, status=status),
        )

    def _text_bytes(self) -> int:
        """Of the corpus: what ingest found, or what `plan` estimates."""
        return sum(self._watch.stages["measure"].sizes.values()) or self._estimated

    def _expected(self) -> dict[str, Advance]:
        """What the stages that read parts will read, before ingest has told how many there are."""
        text_bytes = max(self._text_bytes(), 1)
        units, part_bytes = self._plan.units, self._plan.job.config.unit_bytes
        largest = max((item.size_bytes for item in units), default=0) / max(self._plan.input_bytes, 1)
        parts = max(len(units), -(-text_bytes // part_bytes))
        advance = Advance(0.0, text_bytes, min(largest, part_bytes / text_bytes, 1.0), tasks_left=parts)
        return {step: advance for step, layer in STEPS.items() if layer.tasks == "part"}

    def _speed(self, name: str, *, size: int) -> float | None:
        """MB/s of this run; None before it is known, or where a stage reads no documents."""
        seconds, read = self._pace.seconds_of(name), size - self._first[name]
        return read / 1e6 / seconds if seconds and read else None


def _is_running(report: TaskReport, *, status: StageStatus) -> bool:
    """Whether a task is one of a step and not done; a task without a unit is of the stage's first step."""
    stage = writer_of(STEPS[status.stage].name)
    if report.unit is not None:
        return report.stage == stage and report.unit in status.sizes and report.unit not in status.done
    return report.stage == stage == status.stage


def _share(report: TaskReport, *, status: StageStatus) -> float | None:
    """How much of a task is done; None where it does not tell."""
    if report.steps:
        return report.steps_done / report.steps
    size = None if report.unit is None else status.sizes.get(report.unit)
    if report.unit is None or size is None:
        return None
    if report.position is not None:
        done: float = report.position - report.unit.start
    elif STEPS[status.stage].tasks == "unit":
        done = report.bytes / _decoded_per_byte(report.unit.source, status=status)
    else:
        done = report.bytes
    return min(max(done / max(size, 1), 0.0), _MAX_SHARE)


def _decoded_per_byte(source: str, *, status: StageStatus) -> float:
    """Bytes that a source's finished files hold per byte on disk; 1 before one is finished."""
    units = [unit for unit in status.done if unit.source == source]
    decoded = sum(c.bytes for unit in units for c in status.done[unit].counts if c.flow == "read")
    return max(decoded / max(sum(status.sizes[unit] for unit in units), 1), 0.01) if decoded else 1.0


def _advance(status: StageStatus, *, running: Mapping[Unit | None, float], text_bytes: int) -> Advance:
    """text_bytes are those of the corpus, as far as they are known; a shard knows its own."""
    total = sum(status.sizes.values())
    if STEPS[status.stage].tasks == "shard":
        text_bytes = total
    if status.complete or not total:
        return Advance(1.0 if status.complete else 0.0, text_bytes)
    done = sum(status.sizes[unit] for unit in status.done) / total
    own = {unit: share for unit, share in running.items() if unit in status.sizes}
    # a task without a unit works on the whole stage
    whole = max((share for unit, share in running.items() if unit is None), default=0.0)
    share = max(done + sum(status.sizes[unit] * part for unit, part in own.items() if unit) / total, whole)
    unfinished = [status.sizes[unit] * (1 - own.get(unit, 0.0)) for unit in status.missing]
    return Advance(
        min(share, 1.0),
        text_bytes,
        largest_left=0.0 if whole else max(unfinished, default=0.0) / total,
        tasks_left=len(unfinished),
    )
