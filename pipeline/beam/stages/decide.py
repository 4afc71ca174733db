"""measured/ → decisions/, by one task or in steps of clustering."""

from collections.abc import Iterable, Iterator

import apache_beam as beam

from layers.entries import Entry
from pipeline.beam import metrics
from pipeline.beam.work import JobFn, make_clustering, read_measured
from pipeline.job import Job
from pipeline.stages.decide.direct import decide
from pipeline.stages.decide.distributed.clustering import MAX_STEPS, Clustering, ClusterTask, finish
from pipeline.stages.decide.distributed.steps import run_task
from pipeline.stages.decide.write import decided_index


def add(done: beam.PCollection[int], *, job: Job, distributed: bool) -> beam.PCollection[int]:
    """One task; distributed: steps of tasks, whose number the data decide.

    MAX_STEPS of them are in the pipeline, and those that find nothing left to do list no task.
    """
    if not distributed:
        return done | "Decide" >> beam.ParDo(Decide(job))
    for step in range(MAX_STEPS):
        done = done | f"Cluster {step:02d}" >> _ClusterStep(job)
    return done | "Decide" >> beam.ParDo(FinishDecide(job))


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


class Decide(JobFn):
    stage = "decide"

    def process(self, done: int) -> Iterator[int]:
        entries = self.attempt("all documents", lambda: decide(read_measured(self.job), job=self.job))
        metrics.count_entries(self.stage, entries)
        yield 1


class ClusterTasks(JobFn):
    stage = "decide"

    def process(self, done: int) -> Iterator[ClusterTask]:
        yield ClusterTask.nothing()
        yield from self.attempt("the next step", lambda: make_clustering(self.job).next_tasks())


class Cluster(JobFn):
    stage = "decide"

    def process(self, task: ClusterTask) -> Iterator[tuple[int, int]]:
        self.attempt(str(task), lambda: self._run(task))
        yield 0, 1

    def _run(self, task: ClusterTask) -> None:
        if task != ClusterTask.nothing():
            run_task(Clustering.read(task, job=self.job), task)


class FinishDecide(JobFn):
    stage = "decide"

    def process(self, done: int) -> Iterator[int]:
        metrics.count_entries(self.stage, self.attempt("all documents", self._finish))
        yield 1

    def _finish(self) -> Iterable[Entry]:
        finish(make_clustering(self.job))
        return decided_index(read_measured(self.job), job=self.job).entries()
