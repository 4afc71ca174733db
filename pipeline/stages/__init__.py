"""The stages as plain functions of a unit, without Beam, and the one table that says what they are.

The command line, the graph, cleaning, status, the plan of disk and the cards take theirs from it. A new
stage is its own files, a step of `pipeline.beam.graph` and a row here.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """A stage: what it reads and writes below the output, and what its command says of it."""

    name: str
    help: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    """Layers of committed entries; the release itself is none."""


STAGES = (
    Stage("ingest", "Read the sources into raw/.", writes=("raw",)),
    Stage(
        "count",
        "Find the lines that a source or site repeats; only where the corpus file has a rule for them.",
        reads=("raw",),
        writes=("line_counts", "lines"),
    ),
    Stage(
        "measure",
        "Edit, identify languages, measure signals and hash: raw/ to measured/.",
        reads=("raw", "lines"),
        writes=("measured",),
    ),
    Stage(
        "decide",
        "Apply rules and find duplicates: measured/ to decisions/; never reads text.",
        reads=("measured",),
        writes=("clusters", "decisions"),
    ),
    Stage(
        "publish",
        "Write the release: shards, ledger, cards, manifest.",
        reads=("raw", "measured", "decisions"),
        writes=("published",),
    ),
)

NAMES = tuple(stage.name for stage in STAGES)


def writer_of(layer: str) -> str:
    """The stage that makes a layer; raises KeyError for a name that is none."""
    for stage in STAGES:
        if layer in stage.writes:
            return stage.name
    raise KeyError(layer)


def stages_from(name: str, *, to: tuple[str, ...]) -> tuple[str, ...]:
    """The stages from one on, up to the last of those asked for."""
    last = max(NAMES.index(each) for each in to)
    return NAMES[NAMES.index(name) : last + 1]
