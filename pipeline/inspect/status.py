"""What of a plan is done: read from the layers' entries, so it is true for any runner."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module

from layers import storage
from layers.entries import Count, Entry, Unit, entry_url
from layers.layer import Layer
from layers.shards import DamagedFile
from layers.stages import STEPS
from pipeline.plan.make import Plan
from pipeline.stages.raw_parts import RawPart, list_parts


@dataclass
class StageStatus:
    """Units of one step of a stage that are committed and up to date."""

    stage: str
    total: int | None = None
    """Units of the stage; None while the stage before is not complete."""
    done: dict[Unit, Entry] = field(default_factory=dict)
    missing: list[Unit] = field(default_factory=list)
    sizes: Mapping[Unit, int] = field(default_factory=dict)
    """Unit → bytes that its task reads: of the file for ingest, of text for the others."""

    @property
    def complete(self) -> bool:
        return self.total is not None and len(self.done) == self.total

    @property
    def documents(self) -> int:
        return sum(count.documents or 0 for count in self._input())

    @property
    def bytes(self) -> int:
        return sum(count.bytes for count in self._input())

    def _input(self) -> Iterator[Count]:
        """What the step was given; shards are given what was kept."""
        flow = "kept" if STEPS[self.stage].tasks == "shard" else "read"
        return (count for entry in self.done.values() for count in entry.counts if count.flow == flow)


def committed(plan: Plan) -> dict[str, list[Entry]]:
    """Step → its up-to-date entries, in unit order."""
    watch = Watch(plan)
    return {step: watch.entries(step) for step in watch.update()}


class Watch:
    """The status of every step of a plan, brought up to date by `update`; entries are read once."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._keys: dict[str, dict[Unit, str]] = {}
        """Per step whose units are known, their fingerprints."""
        steps = (layer.step for stage in plan.job.stages for layer in stage.writes if layer.has_entries)
        self.stages = {step: StageStatus(step) for step in steps if step}

    def update(self) -> dict[str, StageStatus]:
        """Look for new entries of the steps that are not complete, up to the first stage that is not."""
        for stage in self.plan.job.stages:
            if not import_module(f"pipeline.inspect.stages.{stage.name}").look(self):
                break
        return self.stages

    @cached_property
    def parts(self) -> list[RawPart]:
        """The parts of raw/; to ask for only when ingest is complete."""
        return list(list_parts(self.entries("ingest")))

    @cached_property
    def text_bytes(self) -> dict[Unit, int]:
        """Part of raw/ → bytes of its text; to ask for only when ingest is complete."""
        return {part.unit: part.text_bytes for part in self.parts}

    def entries(self, step: str) -> list[Entry]:
        """The up-to-date entries of a step, in unit order."""
        done = self.stages[step].done
        return [done[unit] for unit in sorted(done, key=lambda unit: unit.order)]

    def forget(self, step: str) -> None:
        """Ask for the units of a step again when it is next looked at."""
        self._keys.pop(step, None)

    def look(self, step: str, *, keys: Callable[[], dict[Unit, str]], sizes: Mapping[Unit, int]) -> bool:
        """Look for new entries of a step: keys are the fingerprints of its units; True when all are there."""
        status = self.stages[step]
        if status.complete:
            return True
        if step not in self._keys:
            self._keys[step] = keys()
        wanted = self._keys[step]
        status.total, status.sizes = len(wanted), sizes
        status.missing = []
        layer = self.plan.job.layer(STEPS[step].name)
        # an object store answers a listing of a thousand names as fast as a question for one
        listed = {*storage.list_tree(layer.url)} if storage.is_remote(layer.url) else None
        for unit, key in wanted.items():
            if unit not in status.done:
                is_there = listed is None or entry_url("", unit=unit) in listed
                entry = _read(layer, unit=unit, key=key) if is_there else None
                if entry is not None:
                    status.done[unit] = entry
                else:
                    status.missing.append(unit)
        return status.complete


def _read(layer: Layer, *, unit: Unit, key: str) -> Entry | None:
    """The up-to-date entry of a unit; a damaged one is missing: the task that reads it says so."""
    try:
        return layer.current(unit, key=key)
    except DamagedFile:
        return None
