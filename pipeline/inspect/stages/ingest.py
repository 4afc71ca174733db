"""Units of the plan that are in raw/."""

from layers.entries import Unit
from pipeline.inspect.status import Watch
from pipeline.stages.ingest import ingest_fingerprint
from pipeline.stages.removals import active_rules


def look(watch: Watch) -> bool:
    """Every planned unit; sizes are those of files."""
    job, units = watch.plan.job, watch.plan.units
    done = watch.stages["ingest"].done

    def keys() -> dict[Unit, str]:
        return {
            item.unit: done[item.unit].fingerprint if item.unit in done else ingest_fingerprint(item, job=job)
            for item in units
        }

    if active_rules(job):
        watch.forget("ingest")  # what a unit's fingerprint has of removals is known once it was looked at
    return watch.look("ingest", keys=keys, sizes={item.unit: item.size_bytes for item in units})
