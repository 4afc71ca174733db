"""measured/ and decisions/ → the shards of the release, and what stands beside them."""

from collections.abc import Iterator

import apache_beam as beam

from layers import storage, trees
from layers.entries import Entry
from pipeline.beam import metrics
from pipeline.beam.work import JobFn, Spread, read_measured
from pipeline.job import Job
from pipeline.stages.decide.write import decided_index
from pipeline.stages.publish import release
from pipeline.stages.publish.cut import Indexes, ShardTask, read_tasks, write_tasks
from pipeline.stages.publish.frozen_cut import plan_as_before
from pipeline.stages.publish.shard import publish_shard


def add(done: beam.PCollection[int], *, job: Job, distributed: bool) -> beam.PCollection[int]:
    """Every shard is a task; then all that is not a shard, in one."""
    done = done | "Publish" >> Spread(ShardsToPublish(job), Publish(job))
    return done | "Release" >> beam.ParDo(Release(job))


class ShardsToPublish(JobFn):
    stage = "publish"

    def process(self, done: int) -> Iterator[ShardTask]:
        yield from self.attempt("all shards", self._list)

    def _list(self) -> list[ShardTask]:
        job, measured = self.job, read_measured(self.job)
        indexes = Indexes(measured, decided_index(measured, job=job))
        tasks = plan_as_before(indexes, job=job)
        write_tasks(tasks, job=job)
        if release.is_current(release.Layers.latest(job), tasks=tasks, job=job):
            return []
        release.check_version(release.Layers.latest(job), job=job)
        storage.remove(job.next_key_url)  # of an earlier release that was not put in place
        return sorted(tasks, key=lambda task: -task.text_bytes)


class Publish(JobFn):
    stage = "publish"

    def process(self, task: ShardTask) -> Iterator[int]:
        entry = self.attempt(task.path, lambda: self._publish(task), unit=task.unit)
        metrics.count_entries(self.stage, [entry])
        yield 1

    def _publish(self, task: ShardTask) -> Entry:
        release.reuse_shard(task, job=self.job)
        return publish_shard(task, job=self.job)


class Release(JobFn):
    stage = "publish"

    def process(self, done: int) -> Iterator[int]:
        self.attempt("release", self._finish)
        yield 1

    def _finish(self) -> None:
        job = self.job
        with trees.exclusive(job.release_lock):
            if not release.is_current(release.Layers.latest(job), tasks=read_tasks(job), job=job):
                release.finish(job=job)
