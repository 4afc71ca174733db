"""Removing what no committed entry names: temporary files and superseded ones."""

from layers import storage
from pipeline.inspect.status import StageStatus, Watch
from pipeline.job import Job
from pipeline.plan.make import Plan


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
    """Files of units that are no longer planned, and shards that their entry no longer names."""
    job = plan.job
    stages = Watch(plan).update()
    superseded = []
    layers = {
        "ingest": job.raw,
        "count": job.line_counts,
        "lines": job.lines,
        "measure": job.measured,
        "decide": job.decisions,
    }
    for stage, layer in layers.items():
        status = stages.get(stage, StageStatus(stage, total=0))  # a stage that this plan has no use for
        if status.total is None:
            continue  # which units there are is not known before the stage before is complete
        wanted = {*status.done, *status.missing}
        names = {f"{unit.source}/{unit.name}.json" for unit in wanted}
        for entry in layer.entries():
            if entry.unit in wanted:
                names.update(record.path for record in entry.files.values())
        superseded += [layer.join(path) for path in storage.list_tree(layer.url) if path not in names]
    if stages["decide"].complete:  # what a run left that was killed between its last decision and its end
        superseded += [job.clusters.join(path) for path in storage.list_tree(job.clusters.url)]
    return superseded


def _staged(job: Job) -> list[str]:
    """A staging folder beside a complete release."""
    if not storage.exists(storage.join(job.release, "manifest.json")):
        return []
    next_key = [job.next_key_url] if storage.exists(job.next_key_url) else []
    return next_key + [storage.join(job.staging, path) for path in storage.list_tree(job.staging)]


def clean(plan: Plan) -> list[str]:
    """Remove the rubbish; returns what was removed."""
    rubbish = find_rubbish(plan)
    for url in rubbish:
        storage.remove(url)
    return rubbish
