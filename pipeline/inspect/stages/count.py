"""Parts whose lines are counted, then ranges of keys of which the repeated lines are known."""

from layers.entries import Entry
from pipeline.inspect.status import Watch
from pipeline.stages.count.lines import count_keys, repeated_keys


def look(watch: Watch) -> bool:
    """Every part that a rule is for; then every range of the keys of a source."""
    job, parts = watch.plan.job, watch.parts
    if not watch.look("count", keys=lambda: count_keys(parts, job=job), sizes=watch.text_bytes):
        return False
    counted: dict[str, list[Entry]] = {}
    for entry in watch.entries("count"):
        counted.setdefault(entry.unit.source, []).append(entry)
    keys = repeated_keys(counted, job=job)
    # ranges of keys are equal
    return watch.look("lines", keys=lambda: keys, sizes=dict.fromkeys(keys, 1))
