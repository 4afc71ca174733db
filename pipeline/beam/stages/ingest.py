"""Units of the sources → raw/."""

from collections.abc import Iterator

import apache_beam as beam

from pipeline.beam import metrics
from pipeline.beam.work import JobFn, Spread, planned
from pipeline.job import Job
from pipeline.stages.ingest import ingest_unit, raw_index
from pipeline.stages.ingest_checks import check_bad_records, check_stopped_records
from pipeline.stages.units import PlannedUnit


def add(done: beam.PCollection[int], *, job: Job, distributed: bool) -> beam.PCollection[int]:
    """Every unit is a task."""
    return done | "Ingest" >> Spread(UnitsToIngest(job), Ingest(job))


def check(done: beam.PCollection[int], *, job: Job) -> beam.PCollection[int]:
    """The budget of bad records, of all that was ingested."""
    return done | "Check records" >> beam.ParDo(CheckBadRecords(job))


class UnitsToIngest(JobFn):
    stage = "ingest"

    def process(self, done: int) -> Iterator[PlannedUnit]:
        # large units first: the local runner deals tasks round-robin
        yield from sorted(planned(self.job), key=lambda item: -item.size_bytes)


class Ingest(JobFn):
    stage = "ingest"

    def process(self, unit: PlannedUnit) -> Iterator[int]:
        entry = self.attempt(str(unit.unit), lambda: ingest_unit(unit, job=self.job), unit=unit.unit)
        metrics.count_entries(self.stage, [entry])
        yield 1


class CheckBadRecords(JobFn):
    stage = "ingest"

    def process(self, done: int) -> Iterator[int]:
        self.attempt("the budget of bad records", self._check)
        yield done

    def _check(self) -> None:
        index = raw_index(planned(self.job), job=self.job)
        check_bad_records(index, max_bad_fraction=self.job.config.max_bad_fraction)
        check_stopped_records(index, max_filter_errors=self.job.config.max_filter_errors)
