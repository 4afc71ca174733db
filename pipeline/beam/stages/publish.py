"""measured/ and decisions/ → the shards of the release, and what stands beside them."""

from collections.abc import Iterator

import apache_beam as beam

from layers import storage, trees
from layers.entries import Entry
from pipeline.beam import metrics
from pipeline.beam.work import JobFn, Spread, largest_first, read_measured, read_parts
from pipeline.job import Job
from pipeline.stages.decide.write import decided_index
from pipeline.stages.publish import release
from pipeline.stages.publish.classes import ClassCounts, count_classes, plan_classes
from pipeline.stages.publish.current import Layers, check_version, is_current, reuse_shard
from pipeline.stages.publish.cut import Indexes, ShardTask, read_tasks, write_tasks
from pipeline.stages.publish.frozen_cut import plan_as_before
from pipeline.stages.publish.shard import publish_shard
from pipeline.stages.raw_parts import PartTask


def add(done: beam.PCollection[int], *, job: Job, distributed: bool) -> beam.PCollection[int]:
    """Every shard is a task; then all that is not a shard, in one."""
    if job.is_split:
        done = done | "Classes" >> Spread(PartsToCount(job), CountClasses(job))
    done = done | "Publish" >> Spread(ShardsToPublish(job), Publish(job))
    return done | "Release" >> beam.ParDo(Release(job))


class PartsToCount(JobFn):
    stage = "publish"

    def process(self, done: int) -> Iterator[PartTask]:
        yield from self.attempt("all classes", lambda: largest_first(read_parts(self.job)))


class CountClasses(JobFn):
    stage = "publish"

    def process(self, task: PartTask) -> Iterator[int]:
        self.attempt(str(task.unit), lambda: count_classes(task.unit, job=self.job), unit=task.unit)
        yield 1


class ShardsToPublish(JobFn):
    stage = "publish"

    def process(self, done: int) -> Iterator[ShardTask]:
        yield from self.attempt("all shards", self._list)

    def _list(self) -> list[ShardTask]:
        job, measured = self.job, read_measured(self.job)
        indexes = Indexes(measured, decided_index(measured, job=job))
        jobs, counts = [job], None
        if job.is_split:
            counts = ClassCounts.read(measured, decided=indexes.decided, job=job)
            jobs = plan_classes(counts, job=job)
        tasks = [task for each in jobs for task in plan_as_before(indexes, job=each, counts=counts)]
        write_tasks(tasks, job=job)
        missing = [task for each in jobs for task in self._list_missing(each)]
        return sorted(missing, key=lambda task: -task.text_bytes)

    def _list_missing(self, job: Job) -> list[ShardTask]:
        """The shards of a release that is not there as it must be."""
        tasks, layers = read_tasks(job), Layers.latest(job)
        if is_current(layers, tasks=tasks, job=job):
            return []
        check_version(layers, job=job)
        storage.remove(job.next_key_url)  # of an earlier release that was not put in place
        return tasks


class Publish(JobFn):
    stage = "publish"

    def process(self, task: ShardTask) -> Iterator[int]:
        entry = self.attempt(task.path, lambda: self._publish(task), unit=task.unit)
        metrics.count_entries(self.stage, [entry])
        yield 1

    def _publish(self, task: ShardTask) -> Entry:
        reuse_shard(task, job=self.job.of_class(task.release_class))
        return publish_shard(task, job=self.job)


class Release(JobFn):
    stage = "publish"

    def process(self, done: int) -> Iterator[int]:
        self.attempt("release", self._finish)
        yield 1

    def _finish(self) -> None:
        job = self.job
        with trees.exclusive(job.release_lock):
            release.finish(job=job)
