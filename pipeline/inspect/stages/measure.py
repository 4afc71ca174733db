"""Parts of raw/ that are measured."""

from pipeline.inspect.status import Watch
from pipeline.stages.measure.part import measure_keys


def look(watch: Watch) -> bool:
    """Every part; sizes are those of its text."""
    job, parts = watch.plan.job, watch.parts
    return watch.look("measure", keys=lambda: measure_keys(parts, job=job), sizes=watch.text_bytes)
