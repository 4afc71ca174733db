"""Removing what no committed entry names: temporary files and superseded ones."""

from layers import storage
from layers.stages import STAGES, StageLayer
from pipeline.inspect.status import StageStatus, Watch
from pipeline.job import Job
from pipeline.plan.make import Plan
from pipeline.stages.publish.classes import class_jobs
from pipeline.stages.publish.release import find_others


def find_rubbish(plan: Plan) -> list[str]:
    """URLs below the output that a finished or resumed run does not need, sorted."""
    job = plan.job
    return sorted({*_temporary(job), *_superseded(plan), *_staged(job)})


def _temporary(job: Job) -> list[str]:
    told = [storage.join(job.progress, path) for path in storage.list_tree(job.progress)]
    return told + [
        storage.join(job.output, path)
        for path in storage.list_tree(job.output)
        if storage.name_of(path).startswith(storage.TEMPORARY_PREFIX)
    ]


def _superseded(plan: Plan) -> list[str]:
    """What no unit of the plan needs any more, of every layer that has entries."""
    watched = Watch(plan).update()
    superseded = []
    for stage in STAGES:
        for layer in stage.writes:
            # a step that this plan has no use for wants nothing
            status = watched.get(layer.units_of or layer.step, StageStatus(layer.step, total=0))
            if layer.is_temporary:
                steps = [watched[each.step] for each in stage.writes if each.step]
                if all(step.complete for step in steps):  # left by a run that was killed just before its end
                    url = plan.job.place(layer.name)
                    superseded += [storage.join(url, path) for path in storage.list_tree(url)]
            elif layer.has_entries and status.total is not None:
                superseded += _unwanted(layer, status=status, job=plan.job)
            # else which units there are is not known before the stage before is complete
    return superseded


def _unwanted(layer: StageLayer, *, status: StageStatus, job: Job) -> list[str]:
    """Files of units that are no longer planned, and shards that their entry no longer names."""
    wanted = {*status.done, *status.missing}
    names = {f"{unit.source}/{unit.name}.json" for unit in wanted}
    for entry in job.layer(layer.name).entries():
        if entry.unit in wanted:
            names.update(record.path for record in entry.files.values())
    url = job.place(layer.name)
    return [storage.join(url, path) for path in storage.list_tree(url) if path not in names]


def _staged(job: Job) -> list[str]:
    """Staging folders beside complete releases, and what is left of the releases of another split."""
    jobs = class_jobs(job)
    if not jobs or not all(storage.exists(storage.join(each.release, "manifest.json")) for each in jobs):
        return []
    next_keys = [each.next_key_url for each in jobs if storage.exists(each.next_key_url)]
    staged = [storage.join(job.staging, path) for path in storage.list_tree(job.staging)]
    return [*next_keys, *staged, *find_others(jobs, job=job)]


def clean(plan: Plan) -> list[str]:
    """Remove the rubbish; returns what was removed."""
    rubbish = find_rubbish(plan)
    for url in rubbish:
        storage.remove(url)
    return rubbish
