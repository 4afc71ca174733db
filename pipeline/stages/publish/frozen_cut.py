"""Where the shards of a release began before anything was removed: a removal moves no document to another.

The cut is frozen in the private ledger when a removal is executed for the first time, under a key of the
inputs and the config. A place is that of a document among those of its part of raw/, removed ones included,
so it says the same before and after a removal, in this output and in any other.
"""

import json
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise

import numpy as np
import pyarrow as pa

from filters import languages
from governance.removals.ledger import CUTS, cut_url
from layers import storage
from layers.columns import column
from layers.entries import Entry, Unit, fingerprint
from layers.index import LayerIndex
from pipeline.job import Job
from pipeline.stages import ingest, removals
from pipeline.stages.decide.write import CONTENT_VERSION as DECIDE_VERSION
from pipeline.stages.measure.measurer import Measurer
from pipeline.stages.measure.part import CONTENT_VERSION as MEASURE_VERSION
from pipeline.stages.publish.classes import ClassCounts
from pipeline.stages.publish.cut import Cut, Indexes, ReadKept, ShardTask, cut_runs, plan_shards
from pipeline.stages.publish.manifest import released_config

Place = tuple[str, int, int, int | None]
"""uri, start and part of a unit, and the place of a document in it; None: behind its last."""
_OF_A_RELEASE = ("name", "version")
"""What of a config does not change where shards are cut."""


@dataclass(frozen=True)
class FrozenCut:
    """`<lang>/<source>` → where each of its shards but the first begins."""

    starts: Mapping[str, Sequence[Place]]

    def to_json(self) -> bytes:
        return json.dumps({"starts": self.starts}, sort_keys=True, indent=0).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "FrozenCut":
        raw = json.loads(data)["starts"]
        return cls(
            {pair: [(str(p[0]), int(p[1]), int(p[2]), p[3]) for p in places] for pair, places in raw.items()}
        )


def cut_key(job: Job) -> str:
    """Digest of everything that the cut of a corpus depends on while nothing is removed."""
    config = {name: value for name, value in released_config(job).items() if name not in _OF_A_RELEASE}
    raw = LayerIndex.latest(job.raw, index=job.indexes)
    inputs = [
        [entry.unit.source, file["uri"], file["bytes"], file.get("sha256"), file.get("start")]
        for entry in raw.entries()
        for file in entry.facts["inputs"]
    ]
    return fingerprint(
        inputs=inputs,
        config=config,
        languages=languages.digest(),
        **({"release_class": job.release_class} if job.release_class else {}),
        versions=[ingest.CONTENT_VERSION, MEASURE_VERSION, DECIDE_VERSION],
        measured={uid: dict(Measurer.from_job(job, source=uid).versions) for uid in sorted(job.specs)},
    )[:32]


def read_cut(job: Job) -> FrozenCut | None:
    """The frozen cut of this corpus; None where nothing was removed from it yet."""
    if job.removals is None or not storage.list_tree(storage.join(job.removals.folder, CUTS)):
        return None
    url = cut_url(job.removals.folder, key=cut_key(job))
    try:
        return FrozenCut.from_json(storage.read_bytes(url))
    except FileNotFoundError:
        return None


def freeze_cut(tasks: Sequence[ShardTask], *, job: Job, folder: str) -> None:
    """Write down where the shards of a release begin, unless that was done before anything was removed.

    What came to the release since, as a source that was gated comes to another class, is added as it is cut.
    """
    url = cut_url(folder, key=cut_key(job))
    starts: Mapping[str, Sequence[Place]] = {}
    if storage.exists(url):
        starts = FrozenCut.from_json(storage.read_bytes(url)).starts
    fresh = [task for task in tasks if f"{task.lang}/{task.source}" not in starts]
    if fresh or not starts:
        storage.write_bytes(url, FrozenCut({**make_cut(fresh, job=job).starts, **starts}).to_json())


def make_cut(tasks: Sequence[ShardTask], *, job: Job) -> FrozenCut:
    """The cut of shards as they were planned."""
    starts: dict[str, list[Place]] = {}
    for task in tasks:
        pair = starts.setdefault(f"{task.lang}/{task.source}", [])
        if task.index:
            pair.append(_place(task, indexes=Indexes.of_task(task, job=job), job=job))
    return FrozenCut(starts)


def _place(task: ShardTask, *, indexes: Indexes, job: Job) -> Place:
    (entry,) = indexes.measured.entries(start=task.first_part, stop=task.first_part + 1)
    unit = entry.unit
    run = next((run for run in entry.facts["langs"] if run["lang"] == task.lang), None)
    ordinal = None
    if run is not None and task.first_row < run["stop"]:
        rows = _ordinals(entry, start=task.first_row, stop=task.first_row + 1, job=job)
        ordinal = int(rows[0])
    return (unit.uri, unit.start, unit.part or 0, ordinal)


def _ordinals(entry: Entry, *, start: int, stop: int, job: Job) -> np.ndarray:
    """Places of rows of a measured part in its part of raw/, removed documents counted."""
    rows = job.measured.table(entry, "signals", columns=["raw_row"], start=start, stop=stop)
    removed = removals.removed_ordinals(job.raw.require(entry.unit.whole)).get(entry.unit.part or 0)
    raw_rows = column(rows, "raw_row").to_numpy()
    if removed is None:
        return raw_rows
    whole = removals.original_ordinals(entry.facts["raw_rows"], removed=removed)
    return np.asarray(whole[raw_rows])


def plan_as_before(indexes: Indexes, *, job: Job, counts: ClassCounts | None = None) -> list[ShardTask]:
    """`plan_shards`, with the frozen cut where something was removed."""
    cut = read_cut(job)
    chosen = None if cut is None else partial(_cut_frozen, cut=cut, indexes=indexes, job=job)
    return plan_shards(indexes, job=job, cut=chosen, counts=counts)


def _cut_frozen(
    runs: pa.Table,
    *,
    lang: str,
    source: str,
    first_part: int,
    read_kept: ReadKept,
    cut: FrozenCut,
    indexes: Indexes,
    job: Job,
) -> list[Cut]:
    """The shards of the runs of one language and source where they were; none where nothing is kept of it.

    What was not in the release when its cut was frozen is cut anew.
    """
    pair, units = f"{lang}/{source}", _units(source, index=indexes.measured)
    if pair not in cut.starts:
        return list(cut_runs(runs, target_bytes=job.config.publish.target_bytes, read_kept=read_kept))
    before = _Runs(runs, first_part=first_part, units=units, read_kept=read_kept, indexes=indexes, job=job)
    if not before.kept_rows[-1]:
        return []
    starts = [before.first_place, *map(before.locate, cut.starts[pair]), before.end_place]
    return [before.cut(begin, end) for begin, end in pairwise(starts)]


class _Runs:
    """The runs of one language and source, among which the places of a frozen cut are looked up.

    A place here is (run, row of its part); the run behind the last is the end.
    """

    def __init__(
        self,
        runs: pa.Table,
        *,
        first_part: int,
        units: Sequence[Unit],
        read_kept: ReadKept,
        indexes: Indexes,
        job: Job,
    ) -> None:
        self._parts, self._first, self._last = (runs[name].to_numpy() for name in ("unit", "start", "stop"))
        self.kept_rows, self._kept_bytes = (
            np.concatenate([[0], np.cumsum(runs[name])]) for name in ("kept_rows", "kept_bytes")
        )
        self._first_part, self._read_kept, self._indexes, self._job = first_part, read_kept, indexes, job
        self._orders = [(unit.uri, unit.start, unit.part or 0) for unit in units]

    @property
    def first_place(self) -> tuple[int, int]:
        return 0, int(self._first[0])

    @property
    def end_place(self) -> tuple[int, int]:
        return len(self._parts), 0

    def locate(self, place: Place) -> tuple[int, int]:
        """Where a shard begins that began there when the cut was frozen."""
        index = bisect_left(self._orders, place[:3])
        is_there = index < len(self._orders) and self._orders[index] == place[:3]
        run = int(np.searchsorted(self._parts, self._first_part + index))
        if not is_there or run == len(self._parts) or self._parts[run] != self._first_part + index:
            return self._begin(run)
        if place[3] is None:
            return self._begin(run + 1)
        part, first, last = (int(each[run]) for each in (self._parts, self._first, self._last))
        (entry,) = self._indexes.measured.entries(start=part, stop=part + 1)
        ordinals = _ordinals(entry, start=first, stop=last, job=self._job)
        ahead = int(np.searchsorted(ordinals, place[3]))
        return (run, first + ahead) if ahead < len(ordinals) else self._begin(run + 1)

    def _begin(self, run: int) -> tuple[int, int]:
        return (run, int(self._first[run])) if run < len(self._parts) else self.end_place

    def cut(self, begin: tuple[int, int], end: tuple[int, int]) -> Cut:
        """The shard between two places, with what is kept of it."""
        (rows, size), (rows_to_end, size_to_end) = self._kept_before(*begin), self._kept_before(*end)
        run, row = begin
        start = (int(self._parts[run]), row) if run < len(self._parts) else self._stop_before(run)
        run, row = end
        is_inside = run < len(self._parts) and row > self._first[run]
        stop = (int(self._parts[run]), row) if is_inside else self._stop_before(run)
        return Cut(*start, *max(stop, start), rows_to_end - rows, size_to_end - size)

    def _stop_before(self, run: int) -> tuple[int, int]:
        """(part, row) at which the run before ends; before the first: at which that begins."""
        if run == 0:
            return int(self._parts[0]), int(self._first[0])
        return int(self._parts[run - 1]), int(self._last[run - 1])

    def _kept_before(self, run: int, row: int) -> tuple[int, int]:
        """(documents, bytes) that are kept of what stands before a place."""
        rows, size = int(self.kept_rows[run]), int(self._kept_bytes[run])
        if run == len(self._parts) or row == self._first[run]:
            return rows, size
        keep, lengths = self._read_kept(int(self._parts[run]), start=int(self._first[run]), stop=row)
        return rows + int(keep.sum()), size + int(lengths[keep].sum())


@lru_cache(2)
def _units(source: str, index: LayerIndex) -> list[Unit]:
    """The parts of a source, kept: the runs of all languages ask for them."""
    start, stop = index.source_units(source)
    return index.units(start=start, stop=stop)
