"""raw/ → line_counts/ → lines/: the lines that a source or site repeats."""

from collections.abc import Iterator

import apache_beam as beam

from pipeline.beam import metrics
from pipeline.beam.work import JobFn, Spread, largest_first, read_parts
from pipeline.job import Job
from pipeline.stages.count.lines import (
    KeyRange,
    count_part,
    counted_index,
    find_repeated,
    key_ranges,
    read_counted,
)
from pipeline.stages.raw_parts import PartTask


def add(done: beam.PCollection[int], *, job: Job, distributed: bool) -> beam.PCollection[int]:
    """Every part that a rule is for is a task, then every range of keys of a source."""
    done = done | "Count lines" >> Spread(PartsToCount(job), CountLines(job))
    return done | "Find repeated lines" >> Spread(KeyRanges(job), FindRepeated(job))


class PartsToCount(JobFn):
    stage = "ingest"

    def process(self, done: int) -> Iterator[PartTask]:
        yield from self.attempt("all units", self._list)

    def _list(self) -> list[PartTask]:
        parts = read_parts(self.job)
        return largest_first(part for part in parts if self.job.line_rule(part.unit.source))


class CountLines(JobFn):
    stage = "count"

    def process(self, task: PartTask) -> Iterator[int]:
        entry = self.attempt(str(task.unit), lambda: count_part(task.unit, job=self.job), unit=task.unit)
        metrics.count_entries(self.stage, [entry])
        yield 1


class KeyRanges(JobFn):
    stage = "count"

    def process(self, done: int) -> Iterator[KeyRange]:
        yield from self.attempt("all parts", self._list)

    def _list(self) -> list[KeyRange]:
        index = counted_index(read_parts(self.job), job=self.job)
        return [
            task
            for source, counted in read_counted(index).items()
            for task in key_ranges(source, counted=counted, index=index.key)
        ]


class FindRepeated(JobFn):
    stage = "count"

    def process(self, task: KeyRange) -> Iterator[int]:
        self.attempt(str(task), lambda: find_repeated(task, job=self.job), unit=task.unit)
        yield 1
