"""Where the release's shards are cut: contiguous runs of measured rows, by kept text bytes."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import pyarrow.compute as pc

from layers import storage
from layers.entries import Entry, Unit, fingerprint
from layers.shards import read_table
from pipeline.job import Job
from pipeline.stages.decide.write import decided_entries
from pipeline.stages.measure.part import measured_entries


@dataclass(frozen=True)
class Run:
    """Rows start to stop of one measured part."""

    unit: Unit
    start: int
    stop: int


@dataclass(frozen=True)
class ShardTask:
    """One shard to write: `<lang>/<source>` number index of count, from these runs."""

    lang: str
    source: str
    index: int
    count: int
    runs: tuple[Run, ...]
    rows: int
    text_bytes: int
    inputs: str
    """Digest of the files that the runs are cut from."""
    plan: str = ""
    """Digest of the whole plan: in one plan, a part has one set of files."""

    @property
    def unit(self) -> Unit:
        return Unit(self.source, self.lang, self.index)

    @property
    def path(self) -> str:
        return f"{self.lang}/{self.source}/train-{self.index:05d}-of-{self.count:05d}.arrow"

    def to_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "ShardTask":
        raw = json.loads(data)
        runs = tuple(Run(Unit(**run["unit"]), run["start"], run["stop"]) for run in raw.pop("runs"))
        return cls(runs=runs, **raw)


def plan_shards(parts: Sequence[Unit], *, job: Job) -> list[ShardTask]:
    """Cut every (language, source) into shards of about target_bytes of kept text, in locator order."""
    pairs: dict[tuple[str, str], list[tuple[Entry, int, int]]] = {}
    measured = measured_entries(parts, job=job)
    decided = {entry.unit: entry for entry in decided_entries(measured, job=job)}
    for entry in measured:
        for run in entry.facts["langs"]:
            if run["lang"] in job.config.decide.languages:
                place = pairs.setdefault((run["lang"], entry.unit.source), [])
                place.append((entry, run["start"], run["stop"]))
    tasks: list[ShardTask] = []
    kept_of: dict[Unit, tuple[str, np.ndarray, np.ndarray]] = {}
    for (lang, source), spans in sorted(pairs.items()):
        cuts = list(_cut(spans, kept_of=kept_of, decided=decided, job=job))
        tasks += [
            ShardTask(
                lang=lang,
                source=source,
                index=index,
                count=len(cuts),
                runs=runs,
                rows=rows,
                text_bytes=size,
                inputs=fingerprint(inputs=inputs),
            )
            for index, (runs, rows, size, inputs) in enumerate(cuts)
        ]
    plan = fingerprint(inputs=[task.inputs for task in tasks])
    return [replace(task, plan=plan) for task in tasks]


def _cut(
    spans: Sequence[tuple[Entry, int, int]],
    *,
    kept_of: dict[Unit, tuple[str, np.ndarray, np.ndarray]],
    decided: Mapping[Unit, Entry],
    job: Job,
) -> Iterator[tuple[tuple[Run, ...], int, int, list[object]]]:
    """Greedy cuts: a shard ends before the kept row that would bring it over target_bytes."""
    target = job.config.publish.target_bytes
    runs: list[Run] = []
    inputs: list[object] = []
    rows = size = 0
    for entry, start, stop in spans:
        digest, keep, lengths = _kept(entry, kept_of=kept_of, decided=decided, job=job)
        first = start
        while first < stop:
            kept_bytes = np.cumsum(np.where(keep[first:stop], lengths[first:stop], 0))
            # the rows up to the last that still fits, dropped ones behind it included
            fits = int(np.searchsorted(kept_bytes, target - size, side="right"))
            taken = stop - first if fits == len(kept_bytes) else fits
            if rows == 0 and taken < stop - first and not keep[first : first + taken].any():
                taken += 1  # one document over target_bytes is a shard of its own
            if taken:
                last = first + taken
                runs.append(Run(entry.unit, first, last))
                inputs.append([digest, first, last])
                rows += int(keep[first:last].sum())
                size += int(kept_bytes[taken - 1])
                first = last
            if first < stop:
                yield tuple(runs), rows, size, inputs
                runs, inputs, rows, size = [], [], 0, 0
    if rows:
        yield tuple(runs), rows, size, inputs


def _kept(
    entry: Entry,
    *,
    kept_of: dict[Unit, tuple[str, np.ndarray, np.ndarray]],
    decided: Mapping[Unit, Entry],
    job: Job,
) -> tuple[str, np.ndarray, np.ndarray]:
    """(digest of the files, keep, text bytes) of a measured part's rows; read once per plan."""
    if entry.unit not in kept_of:
        verdict = decided[entry.unit]
        signals = storage.join(job.measured, entry.files["signals"].path)
        decisions = storage.join(job.decisions, verdict.files["decisions"].path)
        keep = pc.fill_null(read_table(decisions, columns=["keep"])["keep"], False).to_numpy()
        lengths = read_table(signals, columns=["text_bytes"])["text_bytes"].to_numpy()
        digest = fingerprint(measured=entry.digests, decided=verdict.digests)
        kept_of[entry.unit] = (digest, keep, lengths)
    return kept_of[entry.unit]


def write_tasks(tasks: Sequence[ShardTask], *, job: Job) -> None:
    """Store the shard plan beside the layers: what the release will consist of."""
    storage.write_bytes(job.shards_url, b"\n".join(task.to_json() for task in tasks))


def read_tasks(job: Job) -> list[ShardTask]:
    """The shard plan of the release, in (language, source, index) order."""
    return [ShardTask.from_json(line) for line in storage.read_bytes(job.shards_url).splitlines()]
