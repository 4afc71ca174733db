"""What the steps of the graph do: each lists the tasks of a stage, does one, or checks what was done.

A DoFn knows the job and nothing else. Importing this is all that a worker needs to run any of them.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import apache_beam as beam

from layers import plugins, storage
from layers.entries import Entry, Unit
from layers.plugins import PluginError
from pipeline.beam import coders
from pipeline.errors import ConfigError
from pipeline.job import Job
from pipeline.stages.count.lines import (
    KeyRange,
    count_part,
    counted_entries,
    find_repeated,
    key_ranges,
    repeated_entries,
)
from pipeline.stages.decide.direct import decide
from pipeline.stages.decide.distributed.clustering import Clustering, ClusterTask, finish
from pipeline.stages.decide.distributed.steps import run_task
from pipeline.stages.failures import attempt
from pipeline.stages.ingest import (
    PartTask,
    check_bad_records,
    ingest_unit,
    list_parts,
    raw_entries,
    raw_parts,
)
from pipeline.stages.measure.part import check_filter_errors, measure_unit, measured_entries
from pipeline.stages.publish import release
from pipeline.stages.publish.cut import ShardTask, plan_shards, read_tasks, write_tasks
from pipeline.stages.publish.shard import publish_shard
from pipeline.stages.units import PlannedUnit, read_units

_R = TypeVar("_R")

coders.register()


class _JobFn(beam.DoFn):
    """A DoFn that knows the job and nothing else."""

    stage = ""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job

    def _attempt(self, task: str, work: Callable[[], _R]) -> _R:
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
        self._attempt(str(unit.unit), lambda: ingest_unit(unit, job=self._job))
        yield 1


class CheckBadRecords(_JobFn):
    stage = "ingest"

    def process(self, done: int) -> Iterator[int]:
        self._attempt("the budget of bad records", self._check)
        yield done

    def _check(self) -> None:
        entries = raw_entries(planned(self._job), job=self._job)
        check_bad_records(entries, max_bad_fraction=self._job.config.max_bad_fraction)


def _largest_first(entries: Sequence[Entry]) -> list[PartTask]:
    """The parts of raw units, large ones first."""
    sizes = {entry.unit: entry.facts["parts"] for entry in entries}

    def text_bytes(unit: Unit) -> int:
        return int(sizes[unit.whole][unit.part or 0]["text_bytes"])

    return [PartTask(unit) for unit in sorted(list_parts(entries), key=lambda unit: -text_bytes(unit))]


class PartsToCount(_JobFn):
    stage = "ingest"

    def process(self, done: int) -> Iterator[PartTask]:
        yield from self._attempt("all units", self._list)

    def _list(self) -> list[PartTask]:
        tasks = _largest_first(raw_entries(planned(self._job), job=self._job))
        return [task for task in tasks if self._job.line_rule(task.unit.source)]


class CountLines(_JobFn):
    stage = "count"

    def process(self, task: PartTask) -> Iterator[int]:
        self._attempt(str(task.unit), lambda: count_part(task.unit, job=self._job))
        yield 1


class KeyRanges(_JobFn):
    stage = "count"

    def process(self, done: int) -> Iterator[KeyRange]:
        yield from self._attempt("all parts", self._list)

    def _list(self) -> list[KeyRange]:
        parts = raw_parts(planned(self._job), job=self._job)
        counted = counted_entries(parts, job=self._job)
        return [task for uid, entries in counted.items() for task in key_ranges(uid, counted=entries)]


class FindRepeated(_JobFn):
    stage = "count"

    def process(self, task: KeyRange) -> Iterator[int]:
        self._attempt(str(task), lambda: self._find(task))
        yield 1

    def _find(self, task: KeyRange) -> None:
        parts = raw_parts(planned(self._job), job=self._job)
        own = [unit for unit in parts if unit.source == task.source]
        counted = counted_entries(own, job=self._job)
        find_repeated(task, counted=counted[task.source], job=self._job)


class PartsToMeasure(_JobFn):
    stage = "ingest"

    def process(self, done: int) -> Iterator[PartTask]:
        yield from self._attempt("all units", self._list)

    def _list(self) -> list[PartTask]:
        entries = raw_entries(planned(self._job), job=self._job)
        repeated_entries(counted_entries(list_parts(entries), job=self._job), job=self._job)
        return _largest_first(entries)


class Measure(_JobFn):
    stage = "measure"

    def process(self, task: PartTask) -> Iterator[int]:
        self._attempt(str(task.unit), lambda: measure_unit(task.unit, job=self._job))
        yield 1


class CheckFilterErrors(_JobFn):
    stage = "measure"

    def process(self, done: int) -> Iterator[int]:
        self._attempt("the budget of filter errors", self._check)
        yield done

    def _check(self) -> None:
        entries = measured_entries(raw_parts(planned(self._job), job=self._job), job=self._job)
        check_filter_errors(entries, max_filter_errors=self._job.config.max_filter_errors)


class Decide(_JobFn):
    stage = "decide"

    def process(self, done: int) -> Iterator[int]:
        self._attempt(
            "all documents", lambda: decide(raw_parts(planned(self._job), job=self._job), job=self._job)
        )
        yield 1


class ClusterTasks(_JobFn):
    stage = "decide"

    def process(self, done: int) -> Iterator[ClusterTask]:
        yield ClusterTask.nothing()
        yield from self._attempt("the next step", lambda: list_clustering(self._job).next_tasks())


class Cluster(_JobFn):
    stage = "decide"

    def process(self, task: ClusterTask) -> Iterator[tuple[int, int]]:
        self._attempt(str(task), lambda: run_task(list_clustering(self._job), task))
        yield 0, 1


class FinishDecide(_JobFn):
    stage = "decide"

    def process(self, done: int) -> Iterator[int]:
        self._attempt("all documents", lambda: finish(list_clustering(self._job)))
        yield 1


def list_clustering(job: Job) -> Clustering:
    return Clustering(raw_parts(planned(job), job=job), job=job)


class ShardsToPublish(_JobFn):
    stage = "publish"

    def process(self, done: int) -> Iterator[ShardTask]:
        yield from self._attempt("all shards", self._list)

    def _list(self) -> list[ShardTask]:
        units = planned(self._job)
        tasks = plan_shards(raw_parts(units, job=self._job), job=self._job)
        write_tasks(tasks, job=self._job)
        if release.is_current(units, tasks=tasks, job=self._job):
            return []
        storage.remove(self._job.next_key_url)  # of an earlier release that was not put in place
        return sorted(tasks, key=lambda task: -task.text_bytes)


class Publish(_JobFn):
    stage = "publish"

    def process(self, task: ShardTask) -> Iterator[int]:
        self._attempt(task.path, lambda: publish_shard(task, job=self._job))
        yield 1


class Release(_JobFn):
    stage = "publish"

    def process(self, done: int) -> Iterator[int]:
        self._attempt("release", self._finish)
        yield 1

    def _finish(self) -> None:
        units = planned(self._job)
        with storage.exclusive(self._job.release_lock):
            if not release.is_current(units, tasks=read_tasks(self._job), job=self._job):
                release.finish(units, job=self._job)
