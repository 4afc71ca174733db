"""The units that ingest reads: cut at launch, stored beside the layers."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import sources
from layers import storage
from layers.entries import Unit
from layers.storage import InputFile
from sources.base import SourceSpec


@dataclass(frozen=True)
class PlannedUnit:
    """A unit to ingest, with the quick identity of its file."""

    unit: Unit
    size_bytes: int
    """Bytes of the file that this unit covers: large units go first."""
    file_bytes: int
    file_mark: str
    limit: int | None = None

    def to_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "PlannedUnit":
        raw = json.loads(data)
        return cls(unit=Unit(**raw.pop("unit")), **raw)


def cut_units(files: Sequence[InputFile], *, spec: SourceSpec, limit: int | None) -> list[PlannedUnit]:
    """Units of all files; a trial run's limit is dealt evenly over them, the first get the remainder."""
    module = sources.load(spec.type)
    spans = [(file, span) for file in files for span in module.split(file, spec=spec)]
    share, rest = divmod(limit or 0, max(len(spans), 1))
    per_file = Counter(file.uri for file, _ in spans)
    return [
        PlannedUnit(
            unit=Unit(spec.uid, file.uri, start, stop),
            size_bytes=file.size_bytes // per_file[file.uri],
            file_bytes=file.size_bytes,
            file_mark=file.mark,
            limit=None if limit is None else share + (index < rest),
        )
        for index, (file, (start, stop)) in enumerate(spans)
    ]


def read_units(plan_url: str) -> list[PlannedUnit]:
    """The planned units, in unit order."""
    return [PlannedUnit.from_json(line) for line in storage.read_bytes(plan_url).splitlines()]
