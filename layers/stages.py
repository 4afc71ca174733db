"""The one table of stages: what each of them writes below the output, from what, and what that takes.

The command line, the graph, cleaning, status, the plans of disk and time, the ledger and the cards take
theirs from it. A new stage is a row here and files of its name: what it does in `pipeline/stages/`, its
steps in `pipeline/beam/stages/`, what of it is done in `pipeline/inspect/stages/`.
"""

from dataclasses import dataclass
from typing import Literal

Tasks = Literal["unit", "part", "range", "one", "shard"]
"""What one task is for: a unit of a source, a part of raw/, a range of keys, everything, a release shard."""


@dataclass(frozen=True)
class StageLayer:
    """One folder below the output, and the step of a stage that fills it."""

    name: str
    step: str = ""
    """What status and progress call the work on it; empty: they do not show it."""
    tasks: Tasks = "one"
    files: str = ""
    """Folder of the files when they do not lie beside the entries."""
    has_entries: bool = True
    units_of: str = ""
    """Of a layer without a step: the step that has the same units."""
    is_temporary: bool = False
    """Gone when the stage is complete: its steps build on one another, so one that is lost costs all."""
    rejected: str = ""
    """File of each entry with rows of REJECTED: what the stage could not use."""
    flows: frozenset[str] = frozenset()
    """The ways a document or byte can take in it (docs/ledger.md); none: it is not part of the ledger."""
    disk_per_text_byte: float = 0.0
    """Of documents of 4 kB."""
    seconds_per_gb: float = 0.0
    """Of one worker on an idle machine, per GB of text (benchmarks.time_left)."""
    start_seconds: float = 0.0
    """Before the first document is done: above all, models and kernels are loaded."""


@dataclass(frozen=True)
class Stage:
    """A stage: the layers whose documents its tasks read, those that it fills, what its command says."""

    name: str
    help: str
    writes: tuple[StageLayer, ...]
    reads: tuple[str, ...] = ()
    wanted: str = ""
    """Property of the job that is true when the stage has anything to do; empty: it always has."""


STAGES = (
    Stage(
        "ingest",
        "Read the sources into raw/.",
        writes=(
            StageLayer(
                "raw",
                step="ingest",
                tasks="unit",
                rejected="rejected",
                flows=frozenset({"read", "kept", "dropped", "framing", "text"}),
                # between the demo's documents (2.1 kB) and longer ones (7.3 kB, docs/scaling.md) it
                # grows by 0.32 bytes per UTF-8 byte (zstd) and 140 bytes per document
                disk_per_text_byte=0.36,
                seconds_per_gb=9.0,
                start_seconds=0.5,
            ),
        ),
    ),
    Stage(
        "count",
        "Find the lines that a source or site repeats; only where the corpus file has a rule for them.",
        reads=("raw",),
        writes=(
            StageLayer(
                "line_counts",
                step="count",
                tasks="part",
                disk_per_text_byte=0.06,  # 10.4 bytes per counted line (docs/lines.md), of 174 bytes of text
                seconds_per_gb=4.0,
                start_seconds=0.5,
            ),
            StageLayer("lines", step="lines", tasks="range", seconds_per_gb=0.5, start_seconds=0.5),
        ),
        wanted="counts_lines",
    ),
    Stage(
        "measure",
        "Edit, identify languages, measure signals and hash: raw/ to measured/.",
        reads=("raw", "lines"),
        writes=(
            StageLayer(
                "measured",
                step="measure",
                tasks="part",
                rejected="errors",
                flows=frozenset({"read", "kept", "dropped", "edited", "repeated_lines"}),
                disk_per_text_byte=0.70,  # 0.45 bytes per UTF-8 byte (LZ4) and 1 kB per document
                seconds_per_gb=49.0,
                start_seconds=3.0,
            ),
        ),
    ),
    Stage(
        "decide",
        "Apply rules and find duplicates: measured/ to decisions/; never reads text.",
        reads=("measured",),
        writes=(
            StageLayer("clusters", is_temporary=True),
            StageLayer(
                "decisions",
                step="decide",
                flows=frozenset({"read", "kept", "dropped"}),
                disk_per_text_byte=0.03,
                seconds_per_gb=1.0,
                start_seconds=0.5,
            ),
        ),
    ),
    Stage(
        "publish",
        "Write the release: shards, ledger, cards, manifest.",
        reads=("measured", "decisions"),
        writes=(
            StageLayer("classes", units_of="measure"),
            StageLayer(
                "published",
                step="publish",
                tasks="shard",
                files="release.staging",
                seconds_per_gb=4.0,
                start_seconds=0.5,
            ),
            StageLayer(
                "release",
                step="release",
                has_entries=False,
                flows=frozenset({"kept", "redacted", "other_class"}),
                disk_per_text_byte=0.45,
                seconds_per_gb=4.0,
                start_seconds=1.0,
            ),
        ),
    ),
)

NAMES = tuple(stage.name for stage in STAGES)

LAYERS = {layer.name: layer for stage in STAGES for layer in stage.writes}
"""All layers by name, in the order of the data flow."""

STEPS = {layer.step: layer for layer in LAYERS.values() if layer.step}
"""Steps as status and progress call them, in the order of a run."""


def writer_of(layer: str) -> str:
    """The stage that makes a layer; raises KeyError for a name that is none."""
    for stage in STAGES:
        if any(each.name == layer for each in stage.writes):
            return stage.name
    raise KeyError(layer)


def layer_of(stage: str, *, flow: str) -> str:
    """The layer of a stage in which documents take a way; raises KeyError where there is none."""
    for layer in STAGES[NAMES.index(stage)].writes:
        if flow in layer.flows:
            return layer.name
    raise KeyError(f"{stage}: {flow}")


def stages_with(flow: str) -> tuple[str, ...]:
    """The stages in which documents can take a way, such as dropped."""
    return tuple(writer_of(layer.name) for layer in LAYERS.values() if flow in layer.flows)


def stages_from(name: str, *, to: tuple[str, ...]) -> tuple[str, ...]:
    """The stages from one on, up to the last of those asked for."""
    last = max(NAMES.index(each) for each in to)
    return NAMES[NAMES.index(name) : last + 1]
