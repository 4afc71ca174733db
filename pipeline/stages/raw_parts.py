"""Parts of a raw unit: what later stages take one by one."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from layers.entries import Entry, Unit


def part_name(part: int) -> str:
    return f"documents-{part:05d}"


@dataclass(frozen=True)
class RawPart:
    """A part of a raw unit: what measure reads in one task."""

    unit: Unit
    rows: int
    text_bytes: int
    sha256: str
    """Of its documents."""


def list_parts(entries: Iterable[Entry]) -> Iterator[RawPart]:
    """The non-empty parts of raw units, which the measure stage takes one by one, in the order of entries."""
    for entry in entries:
        for part, size in enumerate(entry.facts["parts"]):
            if size["rows"]:
                sha256 = entry.files[part_name(part)].sha256
                yield RawPart(entry.unit.with_part(part), **size, sha256=sha256)


@dataclass(frozen=True)
class PartTask:
    """One raw part to measure."""

    unit: Unit

    def to_json(self) -> bytes:
        return json.dumps(asdict(self.unit)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "PartTask":
        return cls(Unit(**json.loads(data)))
