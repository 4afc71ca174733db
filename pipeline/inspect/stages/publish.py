"""Shards of the release that are staged or published."""

from layers import storage
from pipeline.inspect.status import Watch
from pipeline.stages.publish.cut import read_tasks
from pipeline.stages.publish.shard import publish_fingerprint


def look(watch: Watch) -> bool:
    """Every shard of the last plan of shards, if there is one."""
    job = watch.plan.job
    if not storage.exists(job.shards_url):
        return False
    tasks = read_tasks(job)
    watch.forget("publish")  # the plan of shards may be of an earlier run
    return watch.look(
        "publish",
        keys=lambda: {task.unit: publish_fingerprint(task, job=job) for task in tasks},
        sizes={task.unit: task.text_bytes for task in tasks},
    )
