"""What of a plan is done: read from the layers' entries, so it is true for any runner."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from layers import storage
from layers.entries import Count, Entry, Unit, entry_url
from layers.index import digest_inputs
from layers.layer import Layer
from layers.shards import DamagedFile
from pipeline.plan.make import Plan
from pipeline.stages.count.lines import count_keys, repeated_keys
from pipeline.stages.decide.write import decide_fingerprint
from pipeline.stages.ingest import RawPart, ingest_fingerprint, list_parts
from pipeline.stages.measure.part import DECIDED_BY, measure_keys
from pipeline.stages.publish.cut import read_tasks
from pipeline.stages.publish.shard import publish_fingerprint


@dataclass
class StageStatus:
    """Units of one stage that are committed and up to date."""

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
        """What the stage was given; publish is given what was kept."""
        flow = "kept" if self.stage == "publish" else "read"
        return (count for entry in self.done.values() for count in entry.counts if count.flow == flow)


def committed(plan: Plan) -> dict[str, list[Entry]]:
    """Stage → its up-to-date entries, in unit order."""
    stages = Watch(plan).update()
    return {
        name: [entry for _, entry in sorted(status.done.items(), key=lambda item: item[0].order)]
        for name, status in stages.items()
    }


class Watch:
    """The status of every stage of a plan, brought up to date by `update`; entries are read once."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._keys: dict[str, dict[Unit, str]] = {}
        """Per stage whose units are known, their fingerprints."""
        counts = ("count", "lines") if plan.job.counts_lines else ()
        names = ("ingest", *counts, "measure", "decide", "publish")
        self.stages = {name: StageStatus(name) for name in names}

    def update(self) -> dict[str, StageStatus]:
        """Look for new entries of the stages that are not complete."""
        job, units = self._plan.job, self._plan.units
        raw = self._look(
            "ingest",
            job.raw,
            keys=lambda: {item.unit: ingest_fingerprint(item, job=job) for item in units},
            sizes={item.unit: item.size_bytes for item in units},
        )
        if not raw.complete:
            return self.stages
        parts = list(list_parts(sorted(raw.done.values(), key=lambda entry: entry.unit.order)))
        sizes = {part.unit: part.text_bytes for part in parts}
        if "count" in self.stages and not self._look_at_lines(parts, sizes=sizes):
            return self.stages
        measured = self._look("measure", job.measured, keys=lambda: measure_keys(parts, job=job), sizes=sizes)
        if not measured.complete:
            return self.stages
        decided = self._look(
            "decide",
            job.decisions,
            keys=lambda: self._decide_keys([measured.done[part.unit] for part in parts]),
            sizes=sizes,
        )
        if decided.complete and storage.exists(job.shards_url):
            tasks = read_tasks(job)
            self._keys.pop("publish", None)  # the plan of shards may be of an earlier run
            self._look(
                "publish",
                job.published,
                keys=lambda: {task.unit: publish_fingerprint(task, job=job) for task in tasks},
                sizes={task.unit: task.text_bytes for task in tasks},
            )
        return self.stages

    def _look(
        self, stage: str, layer: Layer, *, keys: Callable[[], dict[Unit, str]], sizes: Mapping[Unit, int]
    ) -> StageStatus:
        status = self.stages[stage]
        if status.complete:
            return status
        if stage not in self._keys:
            self._keys[stage] = keys()
        wanted = self._keys[stage]
        status.total, status.sizes = len(wanted), sizes
        status.missing = []
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
        return status

    def _decide_keys(self, measured: Sequence[Entry]) -> dict[Unit, str]:
        inputs = digest_inputs(measured, files=DECIDED_BY)
        key = decide_fingerprint(inputs, job=self._plan.job)
        return dict.fromkeys((entry.unit for entry in measured), key)

    def _look_at_lines(self, parts: Sequence[RawPart], *, sizes: Mapping[Unit, int]) -> bool:
        """Look for counts of the parts, then for repeated lines; True when all are there."""
        job = self._plan.job
        counts = self._look("count", job.line_counts, keys=lambda: count_keys(parts, job=job), sizes=sizes)
        if not counts.complete:
            return False
        counted: dict[str, list[Entry]] = {}
        for unit in sorted(counts.done, key=lambda unit: unit.order):
            counted.setdefault(unit.source, []).append(counts.done[unit])
        keys = repeated_keys(counted, job=job)
        # ranges of keys are equal
        return self._look("lines", job.lines, keys=lambda: keys, sizes=dict.fromkeys(keys, 1)).complete


def _read(layer: Layer, *, unit: Unit, key: str) -> Entry | None:
    """The up-to-date entry of a unit; a damaged one is missing: the task that reads it says so."""
    try:
        return layer.current(unit, key=key)
    except DamagedFile:
        return None
