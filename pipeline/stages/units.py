"""The units that ingest reads: cut at launch, stored beside the layers.

A unit is a slice of a large file, a file, or several small ones: a task and its files on disk should cost
little beside what they hold.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import sources
from layers import storage
from layers.entries import Unit
from layers.storage import InputFile
from sources.base import SourceSpec, Span
from sources.reading.compression import max_expansion

FILES_PER_UNIT = 2048
"""Small files of a unit, on average: an entry lists them."""
MAX_FILES_PER_UNIT = 4 * FILES_PER_UNIT


@dataclass(frozen=True)
class PlannedUnit:
    """A unit to ingest, with the quick identity of its files."""

    unit: Unit
    files: tuple[InputFile, ...]
    size_bytes: int
    """Bytes of the files that this unit covers: large units go first."""
    limit: int | None = None
    max_bad_records: int | None = None
    """More of them than this, and the source's budget cannot be met, whatever else is read; None: no such
    number is known before reading."""

    def to_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "PlannedUnit":
        raw = json.loads(data)
        files = tuple(InputFile(**file) for file in raw.pop("files"))
        return cls(unit=Unit(**raw.pop("unit")), files=files, **raw)

    def file_units(self) -> Iterator[tuple[Unit, InputFile]]:
        """What a reader is given, file by file: the unit itself where it is one file or a slice of one."""
        for file in self.files:
            yield Unit(self.unit.source, file.uri, self.unit.start, self.unit.stop), file


def cut_units(
    files: Sequence[InputFile],
    *,
    spec: SourceSpec,
    limit: int | None,
    known_spans: Mapping[str, Sequence[Span]] | None = None,
) -> list[PlannedUnit]:
    """Units of all files; a trial run's limit is dealt evenly over them, the first get the remainder.

    known_spans: by URI, where some of the files are cut, so that they need not be looked at.
    """
    module, known = sources.load(spec.type), known_spans or {}
    spans = [(file, known.get(file.uri) or module.split(file, spec=spec)) for file in files]
    units = [unit for group in _group_files(spans, spec=spec) for unit in _cut(group, spec=spec)]
    share, remainder = divmod(limit or 0, max(len(units), 1))
    return [
        PlannedUnit(
            unit=unit,
            files=group,
            size_bytes=size,
            limit=None if limit is None else share + (index < remainder),
        )
        for index, (unit, group, size) in enumerate(units)
    ]


_File = tuple[InputFile, Sequence[Span]]


def _group_files(files: Sequence[_File], *, spec: SourceSpec) -> Iterator[list[_File]]:
    """Consecutive small files, in groups of at most unit_bytes; a file of several spans is alone.

    A group ends where a hash of its last path says, so that a file more or less changes the groups beside it
    alone: the odds of an end are a file's share of a quarter of unit_bytes, and of FILES_PER_UNIT.
    """
    group: list[_File] = []
    size = 0
    for file, spans in files:
        is_small = len(spans) == 1
        full = size + file.size_bytes > spec.unit_bytes or len(group) == MAX_FILES_PER_UNIT
        if group and (full or not is_small):
            yield group
            group, size = [], 0
        group.append((file, spans))
        size += file.size_bytes
        if not is_small or _ends_group(file, unit_bytes=spec.unit_bytes):
            yield group
            group, size = [], 0
    if group:
        yield group


def _ends_group(file: InputFile, *, unit_bytes: int) -> bool:
    drawn = int.from_bytes(hashlib.sha256(file.uri.encode("utf-8", "surrogateescape")).digest()[:8], "big")
    odds = max(file.size_bytes * 4 / unit_bytes, 1 / FILES_PER_UNIT)
    return drawn < odds * 2**64


def _cut(group: list[_File], *, spec: SourceSpec) -> Iterator[tuple[Unit, tuple[InputFile, ...], int]]:
    """(unit, its files, their bytes) of a group: one unit, or as many as its one file has spans."""
    if len(group) > 1:
        files = tuple(file for file, _ in group)
        unit = Unit(spec.uid, files[0].uri, last=files[-1].uri)
        yield unit, files, sum(file.size_bytes for file in files)
        return
    (file, spans), *_ = group
    for start, stop in spans:
        yield Unit(spec.uid, file.uri, start, stop), (file,), file.size_bytes // len(spans)


def max_bad_records(files: Sequence[InputFile], *, spec: SourceSpec, max_bad_fraction: float) -> int | None:
    """Bad records of a source that no number of good ones can make up for; None where sizes bound nothing.

    A record of a file of lines, rows or elements has at least two bytes, its end or comma included.
    """
    if spec.type not in ("jsonl", "json", "csv", "text"):
        return None
    sizes = [(file.size_bytes, max_expansion(file.uri)) for file in files]
    if any(expansion is None for _, expansion in sizes):
        return None
    records = sum(size * (expansion or 1) // 2 + 1 for size, expansion in sizes)
    return int(max_bad_fraction * records)


def read_units(plan_url: str) -> list[PlannedUnit]:
    """The planned units, in unit order."""
    return [PlannedUnit.from_json(line) for line in storage.read_bytes(plan_url).splitlines()]
