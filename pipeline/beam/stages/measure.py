"""Parts of raw/ → measured/."""

from collections.abc import Iterator

import apache_beam as beam

from pipeline.beam import metrics
from pipeline.beam.work import JobFn, Spread, largest_first, read_parts
from pipeline.job import Job
from pipeline.stages.count.lines import counted_index, read_counted, repeated_keys
from pipeline.stages.measure.part import check_filter_errors, measure_unit, measured_index
from pipeline.stages.raw_parts import PartTask


def add(done: beam.PCollection[int], *, job: Job, distributed: bool) -> beam.PCollection[int]:
    """Every part is a task."""
    return done | "Measure" >> Spread(PartsToMeasure(job), Measure(job))


def check(done: beam.PCollection[int], *, job: Job) -> beam.PCollection[int]:
    """The budget of filter errors, of all that was measured."""
    return done | "Check filters" >> beam.ParDo(CheckFilterErrors(job))


class PartsToMeasure(JobFn):
    stage = "ingest"

    def process(self, done: int) -> Iterator[PartTask]:
        yield from self.attempt("all units", self._list)

    def _list(self) -> list[PartTask]:
        parts = read_parts(self.job)
        if self.job.counts_lines:
            counted = read_counted(counted_index(parts, job=self.job))
            self.job.lines.require_all(repeated_keys(counted, job=self.job))
        return largest_first(parts)


class Measure(JobFn):
    stage = "measure"

    def process(self, task: PartTask) -> Iterator[int]:
        entry = self.attempt(str(task.unit), lambda: measure_unit(task.unit, job=self.job), unit=task.unit)
        metrics.count_entries(self.stage, [entry])
        yield 1


class CheckFilterErrors(JobFn):
    stage = "measure"

    def process(self, done: int) -> Iterator[int]:
        self.attempt("the budget of filter errors", self._check)
        yield done

    def _check(self) -> None:
        index = measured_index(read_parts(self.job), job=self.job)
        check_filter_errors(index, max_filter_errors=self.job.config.max_filter_errors)
