"""Damaged files of layers: which stages make them again."""

from collections.abc import Collection, Sequence

from layers.stages import NAMES, stages_from, writer_of
from pipeline.stages.failures import Failure
from pipeline.terminal.echo import complain

MAX_MENDED = 50
"""Times that a job is submitted again because a file was damaged; each finds at least one more file."""


def stages_to_mend(damaged: Collection[str], *, stages: Sequence[str]) -> tuple[str, ...]:
    """The stages asked for, and those before them that make damaged layers again."""
    writers = [writer_of(layer) for layer in damaged if layer != "index"]
    first = min([*writers, *stages], key=NAMES.index)
    return stages_from(first, to=tuple(stages))


def warn_of_damage(failures: Sequence[Failure], *, stages: Sequence[str]) -> None:
    for failure in failures:
        if failure.damaged:
            complain(f"{failure.message}; set aside in damaged/, made again by: {', '.join(stages)}")
