"""What the steps of the graph do: each lists the tasks of a stage, does one, or checks what was done.

A DoFn knows the job and nothing else. Importing this is all that a worker needs to run any of them.
"""

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import apache_beam as beam

from layers import plugins, storage
from layers.entries import Entry, Unit
from layers.index import LayerIndex
from layers.plugins import PluginError
from pipeline.beam import coders, metrics
from pipeline.beam.lock import has_driver
from pipeline.errors import ConfigError
from pipeline.job import Job
from pipeline.stages import task_progress
from pipeline.stages.count.lines import (
    KeyRange,
    count_part,
    counted_index,
    find_repeated,
    key_ranges,
    read_counted,
    repeated_keys,
)
from pipeline.stages.decide.direct import decide
from pipeline.stages.decide.distributed.clustering import Clustering, ClusterTask, finish
from pipeline.stages.decide.distributed.steps import run_task
from pipeline.stages.decide.write import decided_index
from pipeline.stages.failures import attempt
from pipeline.stages.ingest import (
    PartTask,
    RawPart,
    check_bad_records,
    ingest_unit,
    list_parts,
    raw_index,
)
from pipeline.stages.measure.part import check_filter_errors, measure_unit, measured_index
from pipeline.stages.publish import release
from pipeline.stages.publish.cut import Indexes, ShardTask, plan_shards, read_tasks, write_tasks
from pipeline.stages.publish.shard import publish_shard
from pipeline.stages.units import PlannedUnit, read_units

_R = TypeVar("_R")

coders.register()


class _JobFn(beam.DoFn):
    """A DoFn that knows the job and nothing else; it does nothing once nobody waits for the job."""

    stage = ""

    def __init_subclass__(cls) -> None:
        process = cls.process

        @functools.wraps(process)  # Beam reads the types
        def process_for_driver(self: "_JobFn", element: Any) -> Iterator[Any]:
            # to fail would have a cluster begin anew, as often as it may
            if has_driver(self._job):
                yield from process(self, element)

        cls.process = process_for_driver  # type: ignore[method-assign, assignment]

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job

    def display_data(self) -> dict[str, str]:
        """What a runner's page shows of a step."""
        config = self._job.config
        return {"stage": self.stage, "corpus": f"{config.name} {config.version}", "output": self._job.output}

    def _attempt(self, task: str, work: Callable[[], _R], *, unit: Unit | None = None) -> _R:
        with task_progress.track(self.stage, task=task, unit=unit, job=self._job):
            return attempt(self.stage, task=task, job=self._job, work=lambda: self._with_plugins(work))

    def _with_plugins(self, work: Callable[[], _R]) -> _R:
        use_plugins(self._job)
        return work()


def use_plugins(job: Job) -> None:
    """Make the plugins of a job those of this process; raises ConfigError when its code is not the plan's."""
    try:
        plugins.activate(job.plugins)
    except PluginError as error:
        raise ConfigError("plugins", problems=error.problems) from error


def planned(job: Job) -> list[PlannedUnit]:
    return read_units(job.plan_url)


class UnitsToIngest(_JobFn):
    stage = "ingest"

    def process(self, done: int) -> Iterator[PlannedUnit]:
        # large units first: the local runner deals tasks round-robin
        yield from sorted(planned(self._job), key=lambda item: -item.size_bytes)


class Ingest(_JobFn):
    stage = "ingest"

    def process(self, unit: PlannedUnit) -> Iterator[int]:
        entry = self._attempt(str(unit.unit), lambda: ingest_unit(unit, job=self._job), unit=unit.unit)
        metrics.count_entries(self.stage, [entry])
        yield 1


class CheckBadRecords(_JobFn):
    stage = "ingest"

    def process(self, done: int) -> Iterator[int]:
        self._attempt("the budget of bad records", self._check)
        yield done

    def _check(self) -> None:
        index = raw_index(planned(self._job), job=self._job)
        check_bad_records(index, max_bad_fraction=self._job.config.max_bad_fraction)


def read_parts(job: Job) -> list[RawPart]:
    """The parts of raw/, as last gathered."""
    return list(list_parts(LayerIndex.latest(job.raw, index=job.indexes).entries()))


def _largest_first(parts: Iterable[RawPart]) -> list[PartTask]:
    return [PartTask(part.unit) for part in sorted(parts, key=lambda part: -part.text_bytes)]


class PartsToCount(_JobFn):
    stage = "ingest"

    def process(self, done: int) -> Iterator[PartTask]:
        yield from self._attempt("all units", self._list)

    def _list(self) -> list[PartTask]:
        parts = read_parts(self._job)
        return _largest_first(part for part in parts if self._job.line_rule(part.unit.source))


class CountLines(_JobFn):
    stage = "count"

    def process(self, task: PartTask) -> Iterator[int]:
        entry = self._attempt(str(task.unit), lambda: count_part(task.unit, job=self._job), unit=task.unit)
        metrics.count_entries(self.stage, [entry])
        yield 1


class KeyRanges(_JobFn):
    stage = "count"

    def process(self, done: int) -> Iterator[KeyRange]:
        yield from self._attempt("all parts", self._list)

    def _list(self) -> list[KeyRange]:
        index = counted_index(read_parts(self._job), job=self._job)
        return [
            task
            for source, counted in read_counted(index).items()
            for task in key_ranges(source, counted=counted, index=index.key)
        ]


class FindRepeated(_JobFn):
    stage = "count"

    def process(self, task: KeyRange) -> Iterator[int]:
        self._attempt(str(task), lambda: find_repeated(task, job=self._job), unit=task.unit)
        yield 1


class PartsToMeasure(_JobFn):
    stage = "ingest"

    def process(self, done: int) -> Iterator[PartTask]:
        yield from self._attempt("all units", self._list)

    def _list(self) -> list[PartTask]:
        parts = read_parts(self._job)
        if self._job.counts_lines:
            counted = read_counted(counted_index(parts, job=self._job))
            self._job.lines.require_all(repeated_keys(counted, job=self._job))
        return _largest_first(parts)


class Measure(_JobFn):
    stage = "measure"

    def process(self, task: PartTask) -> Iterator[int]:
        entry = self._attempt(str(task.unit), lambda: measure_unit(task.unit, job=self._job), unit=task.unit)
        metrics.count_entries(self.stage, [entry])
        yield 1


class CheckFilterErrors(_JobFn):
    stage = "measure"

    def process(self, done: int) -> Iterator[int]:
        self._attempt("the budget of filter errors", self._check)
        yield done

    def _check(self) -> None:
        index = measured_index(read_parts(self._job), job=self._job)
        check_filter_errors(index, max_filter_errors=self._job.config.max_filter_errors)


def read_measured(job: Job) -> LayerIndex:
    """The index of measured/, as last gathered."""
    return LayerIndex.latest(job.measured, index=job.indexes)


class Decide(_JobFn):
    stage = "decide"

    def process(self, done: int) -> Iterator[int]:
        entries = self._attempt("all documents", lambda: decide(read_measured(self._job), job=self._job))
        metrics.count_entries(self.stage, entries)
        yield 1


class ClusterTasks(_JobFn):
    stage = "decide"

    def process(self, done: int) -> Iterator[ClusterTask]:
        yield ClusterTask.nothing()
        yield from self._attempt("the next step", lambda: make_clustering(self._job).next_tasks())


class Cluster(_JobFn):
    stage = "decide"

    def process(self, task: ClusterTask) -> Iterator[tuple[int, int]]:
        self._attempt(str(task), lambda: self._run(task))
        yield 0, 1

    def _run(self, task: ClusterTask) -> None:
        if task != ClusterTask.nothing():
            run_task(Clustering.read(task, job=self._job), task)


class FinishDecide(_JobFn):
    stage = "decide"

    def process(self, done: int) -> Iterator[int]:
        metrics.count_entries(self.stage, self._attempt("all documents", self._finish))
        yield 1

    def _finish(self) -> Iterable[Entry]:
        finish(make_clustering(self._job))
        return decided_index(read_measured(self._job), job=self._job).entries()


def make_clustering(job: Job) -> Clustering:
    """The plan of clustering of what was measured last."""
    return Clustering.make(read_measured(job), job=job)


class ShardsToPublish(_JobFn):
    stage = "publish"

    def process(self, done: int) -> Iterator[ShardTask]:
        yield from self._attempt("all shards", self._list)

    def _list(self) -> list[ShardTask]:
        job, measured = self._job, read_measured(self._job)
        indexes = Indexes(measured, decided_index(measured, job=job))
        tasks = plan_shards(indexes, job=job)
        write_tasks(tasks, job=job)
        if release.is_current(release.Layers.latest(job), tasks=tasks, job=job):
            return []
        storage.remove(job.next_key_url)  # of an earlier release that was not put in place
        return sorted(tasks, key=lambda task: -task.text_bytes)


class Publish(_JobFn):
    stage = "publish"

    def process(self, task: ShardTask) -> Iterator[int]:
        entry = self._attempt(task.path, lambda: self._publish(task), unit=task.unit)
        metrics.count_entries(self.stage, [entry])
        yield 1

    def _publish(self, task: ShardTask) -> Entry:
        release.reuse_shard(task, job=self._job)
        return publish_shard(task, job=self._job)


class Release(_JobFn):
    stage = "publish"

    def process(self, done: int) -> Iterator[int]:
        self._attempt("release", self._finish)
        yield 1

    def _finish(self) -> None:
        job = self._job
        with storage.exclusive(job.release_lock):
            if not release.is_current(release.Layers.latest(job), tasks=read_tasks(job), job=job):
                release.finish(job=job)
