"""Parts that are decided about: all in one task, so all or none of them have its fingerprint."""

from layers.entries import Unit
from layers.index import digest_inputs
from pipeline.inspect.status import Watch
from pipeline.stages.decide.write import decide_fingerprint
from pipeline.stages.measure.part import DECIDED_BY


def look(watch: Watch) -> bool:
    """Every part; sizes are those of its text."""

    def keys() -> dict[Unit, str]:
        measured = watch.entries("measure")
        inputs = digest_inputs(measured, files=DECIDED_BY)
        key = decide_fingerprint(inputs, job=watch.plan.job)
        return dict.fromkeys((entry.unit for entry in measured), key)

    return watch.look("decide", keys=keys, sizes=watch.text_bytes)
