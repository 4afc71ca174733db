"""Units of the plan that are in raw/."""

from pipeline.inspect.status import Watch
from pipeline.stages.ingest import ingest_fingerprint


def look(watch: Watch) -> bool:
    """Every planned unit; sizes are those of files."""
    job, units = watch.plan.job, watch.plan.units
    return watch.look(
        "ingest",
        keys=lambda: {item.unit: ingest_fingerprint(item, job=job) for item in units},
        sizes={item.unit: item.size_bytes for item in units},
    )
