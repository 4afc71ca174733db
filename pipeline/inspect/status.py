"""What of a plan is done: read from the layers' entries, so it is true for any runner."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from layers import storage
from layers.entries import Count, Entry, Unit, read_entry
from pipeline.plan.make import Plan
from pipeline.stages.count.lines import count_fingerprint, key_ranges, repeated_fingerprint
from pipeline.stages.count.removal import digests
from pipeline.stages.decide.write import decide_fingerprint
from pipeline.stages.ingest import ingest_fingerprint, list_parts
from pipeline.stages.measure.batch import Measurer
from pipeline.stages.measure.part import measure_fingerprint
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
        self._ingest_keys = {item.unit: ingest_fingerprint(item, job=plan.job) for item in plan.units}
        self._measurers: dict[str, Measurer] = {}
        self._lines: dict[str, list[object]] = {}
        self._decide_key: str | None = None
        counts = ("count", "lines") if plan.job.counts_lines else ()
        names = ("ingest", *counts, "measure", "decide", "publish")
        self.stages = {name: StageStatus(name) for name in names}

    def update(self) -> dict[str, StageStatus]:
        """Look for new entries of the stages that are not complete."""
        job = self._plan.job
        raw = self._look("ingest", job.raw, units=self._ingest_keys, current=self._is_current_raw)
        if not raw.complete:
            return self.stages
        parts = list_parts(sorted(raw.done.values(), key=lambda entry: entry.unit.order))
        if "count" in self.stages and not self._look_at_lines(parts):
            return self.stages
        measured = self._look("measure", job.measured, units=parts, current=self._is_current_measured)
        if not measured.complete:
            return self.stages
        if self._decide_key is None:
            self._decide_key = decide_fingerprint([measured.done[unit] for unit in parts], job=job)
        decided = self._look(
            "decide", job.decisions, units=parts, current=lambda entry: entry.fingerprint == self._decide_key
        )
        if decided.complete and storage.exists(job.shards_url):
            tasks = {task.unit: task for task in read_tasks(job)}
            self._look(
                "publish",
                job.published,
                units=tasks,
                current=lambda entry: entry.fingerprint == publish_fingerprint(tasks[entry.unit], job=job),
            )
        return self.stages

    def _look(
        self, stage: str, layer_url: str, *, units: Iterable[Unit], current: Callable[[Entry], bool]
    ) -> StageStatus:
        status = self.stages[stage]
        if status.complete:
            return status
        wanted = list(units)
        status.total = len(wanted)
        status.missing = []
        for unit in wanted:
            if unit not in status.done:
                entry = read_entry(layer_url, unit=unit)
                if entry is not None and current(entry):
                    status.done[unit] = entry
                else:
                    status.missing.append(unit)
        return status

    def _is_current_raw(self, entry: Entry) -> bool:
        return entry.fingerprint == self._ingest_keys[entry.unit]

    def _is_current_measured(self, entry: Entry) -> bool:
        source = entry.unit.source
        if source not in self._measurers:
            self._measurers[source] = Measurer.from_job(self._plan.job, source=source)
            self._lines[source] = digests(source, job=self._plan.job)
        raw = self.stages["ingest"].done[entry.unit.whole]
        measurer, lines = self._measurers[source], self._lines[source]
        return entry.fingerprint == measure_fingerprint(entry.unit, raw=raw, measurer=measurer, lines=lines)

    def _look_at_lines(self, parts: Sequence[Unit]) -> bool:
        """Look for counts of the parts, then for repeated lines; True when all are there."""
        job, raw = self._plan.job, self.stages["ingest"].done
        rules = {uid: rule for uid in job.specs if (rule := job.line_rule(uid))}
        units = [unit for unit in parts if unit.source in rules]

        def is_current(entry: Entry) -> bool:
            unit = entry.unit
            return entry.fingerprint == count_fingerprint(unit, raw=raw[unit.whole], rule=rules[unit.source])

        counts = self._look("count", job.line_counts, units=units, current=is_current)
        if not counts.complete:
            return False
        keys: dict[Unit, str] = {}
        for uid, rule in rules.items():
            counted = [counts.done[unit] for unit in units if unit.source == uid]
            for task in key_ranges(uid, counted=counted) if counted else ():
                keys[task.unit] = repeated_fingerprint(task, counted=counted, rule=rule)
        return self._look(
            "lines", job.lines, units=keys, current=lambda entry: entry.fingerprint == keys[entry.unit]
        ).complete
