"""The stages as one Beam pipeline: reads like the recipe, computes nothing.

Every stage is tasks → workers → one barrier. A barrier is a count of finished tasks; behind it the entries
of the layer are gathered into its index, from which the next stage lists its tasks, so no text and no entry
travels between stages.
"""

from collections.abc import Iterable, Iterator, Sequence

import apache_beam as beam

from pipeline.beam.work import (
    CheckBadRecords,
    CheckFilterErrors,
    Cluster,
    ClusterTasks,
    CountLines,
    Decide,
    FindRepeated,
    FinishDecide,
    Ingest,
    KeyRanges,
    Measure,
    PartsToCount,
    PartsToMeasure,
    Publish,
    Release,
    ShardsToPublish,
    UnitsToIngest,
)
from pipeline.job import Job
from pipeline.stages import NAMES
from pipeline.stages.decide.distributed.clustering import MAX_STEPS


def build(
    pipeline: beam.Pipeline, *, job: Job, stages: Sequence[str] = NAMES, distributed: bool = False
) -> None:
    """Add the stages to a pipeline, in their fixed order; stages left out must have run before.

    distributed: duplicates are clustered in steps of tasks, whose number the data decide: MAX_STEPS of
    them are in the pipeline, and those that find nothing left to do list no task.
    """
    done = pipeline | "Start" >> beam.Create([0])
    if "ingest" in stages:
        done = done | "Ingest" >> _Stage(UnitsToIngest(job), Ingest(job))
    done = done | "Check records" >> beam.ParDo(CheckBadRecords(job))
    if "count" in stages and job.counts_lines:
        done = done | "Count lines" >> _Stage(PartsToCount(job), CountLines(job))
        done = done | "Find repeated lines" >> _Stage(KeyRanges(job), FindRepeated(job))
    if "measure" in stages:
        done = done | "Measure" >> _Stage(PartsToMeasure(job), Measure(job))
    if {"measure", "decide", "publish"} & {*stages}:
        done = done | "Check filters" >> beam.ParDo(CheckFilterErrors(job))
    if "decide" in stages and distributed:
        for step in range(MAX_STEPS):
            done = done | f"Cluster {step:02d}" >> _ClusterStep(job)
        done = done | "Decide" >> beam.ParDo(FinishDecide(job))
    elif "decide" in stages:
        done = done | "Decide" >> beam.ParDo(Decide(job))
    if "publish" in stages:
        done = done | "Publish" >> _Stage(ShardsToPublish(job), Publish(job))
        done = done | "Release" >> beam.ParDo(Release(job))


class _Stage(beam.PTransform):
    """One number → list tasks → spread them → work → one number when all are done."""

    def __init__(self, tasks: beam.DoFn, work: beam.DoFn) -> None:
        super().__init__()
        self._tasks = tasks
        self._work = work

    def expand(self, done: beam.PCollection[int]) -> beam.PCollection[int]:
        return (
            done
            | "List" >> beam.ParDo(self._tasks)
            | "Spread" >> beam.Reshuffle()
            | "Work" >> beam.ParDo(self._work)
            | "Barrier" >> beam.CombineGlobally(_sum).with_output_types(int)
        )


def _sum(numbers: Iterable[int]) -> int:
    return sum(numbers)


class _ClusterStep(beam.PTransform):
    """A stage that always has a task, and so can do with a lighter barrier: there are many of them."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job

    def expand(self, done: beam.PCollection[int]) -> beam.PCollection[int]:
        return (
            done
            | "List" >> beam.ParDo(ClusterTasks(self._job))
            | "Spread" >> beam.Reshuffle()
            | "Work" >> beam.ParDo(Cluster(self._job))
            | "Barrier" >> beam.GroupByKey()
            | "Count" >> beam.ParDo(_Total())
        )


class _Total(beam.DoFn):
    def process(self, group: tuple[int, Iterable[int]]) -> Iterator[int]:
        yield sum(group[1])
