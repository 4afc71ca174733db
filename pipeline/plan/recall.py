"""What the last run found of files on servers: who asks about a run need not ask the servers again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from layers import storage
from layers.storage import InputFile, is_remote, join
from pipeline.job import PLAN
from pipeline.stages.units import PlannedUnit, read_units
from sources.base import SourceSpec, Span

_Key = tuple[str, str]
"""Source and URI of a file."""


@dataclass(frozen=True)
class Recalled:
    """Files of a stored plan, and where each was cut."""

    files: Mapping[_Key, InputFile] = field(default_factory=dict)
    spans: Mapping[_Key, list[Span]] = field(default_factory=dict)

    def spans_of(self, files: Iterable[InputFile], *, spec: SourceSpec) -> dict[str, list[Span]]:
        """URI of each file on a server that is as it was → its spans."""
        known = {
            file.uri: (spec.uid, file.uri)
            for file in files
            if self.files.get((spec.uid, file.uri)) == file and is_remote(join(spec.root, file.uri))
        }
        return {uri: self.spans[key] for uri, key in known.items()}


def recall_plan(output: str) -> Recalled:
    """What the plan of the last run into an output has; nothing where there is none."""
    plan_url = storage.join(output, PLAN)
    return _collect(read_units(plan_url)) if storage.exists(plan_url) else Recalled()


def _collect(units: Iterable[PlannedUnit]) -> Recalled:
    files: dict[_Key, InputFile] = {}
    spans: dict[_Key, list[Span]] = {}
    for planned in units:
        for unit, file in planned.file_units():
            key = (unit.source, file.uri)
            files[key] = file
            spans.setdefault(key, []).append((unit.start, unit.stop))
    return Recalled(files, spans)
