"""Damaged files of layers: which stages make them again."""

from collections.abc import Collection, Sequence

from layers import storage
from layers.stages import LAYERS, NAMES, stages_from, writer_of
from pipeline.job import Job
from pipeline.stages.failures import Failure
from pipeline.terminal.echo import complain

MAX_MENDED = 50
"""Times that a job is submitted again because a file was damaged; each finds at least one more file."""


def stages_to_mend(damaged: Collection[str], *, stages: Sequence[str]) -> tuple[str, ...]:
    """The stages asked for, and those before them that make damaged layers again."""
    writers = [writer_of(layer) for layer in damaged if layer != "index"]
    first = min([*writers, *stages], key=NAMES.index)
    return stages_from(first, to=tuple(stages))


def forget_missing(damaged: Collection[str], *, job: Job) -> None:
    """Remove the entries of damaged layers of which a file is not there, so that all are made again at once.

    Where one file is missing, others often are: of a folder that was lost, or cleaned after a release.
    """
    for name in damaged:
        if name not in LAYERS or LAYERS[name].is_temporary or LAYERS[name].files:
            continue
        layer = job.layer(name)
        paths = {*storage.list_tree(layer.url)}
        for entry in layer.entries():
            if not paths.issuperset(record.path for record in entry.files.values()):
                layer.forget(entry.unit)


def warn_of_damage(failures: Sequence[Failure], *, stages: Sequence[str]) -> None:
    for failure in failures:
        if failure.damaged:
            complain(f"{failure.message}; set aside in damaged/, made again by: {', '.join(stages)}")
