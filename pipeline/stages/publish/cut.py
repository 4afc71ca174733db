"""Where the release's shards are cut: contiguous runs of measured rows, by kept text bytes."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Protocol

import numpy as np
import pyarrow as pa

from layers import storage
from layers.columns import column
from layers.entries import Entry, Unit, fingerprint
from layers.index import LayerIndex
from pipeline.job import Job
from pipeline.stages.publish.classes import ClassCounts, find_class


@dataclass(frozen=True)
class ShardTask:
    """One shard to write: `<lang>/<source>` number index of count.

    It has the rows of one language from first_row of the measured part first_part to before last_row of
    last_part; parts are places in the indexes. What lies between is read from there, not carried here.
    """

    lang: str
    source: str
    index: int
    count: int
    first_part: int
    first_row: int
    last_part: int
    last_row: int
    rows: int
    text_bytes: int
    inputs: str
    """Digest of the files that the rows are cut from."""
    measured: str
    decided: str
    """Which indexes."""
    format: str
    release_class: str = ""
    """The class whose release it is of; empty: there is one release."""

    @property
    def unit(self) -> Unit:
        return Unit(self.source, self.lang, self.index, last=self.release_class or None)

    @property
    def path(self) -> str:
        return f"{self.lang}/{self.source}/train-{self.index:05d}-of-{self.count:05d}.{self.format}"

    def holds(self, part: int, row: int) -> bool:
        """Whether a row of a measured part lies in the shard, if it is of its language and kept."""
        return (self.first_part, self.first_row) <= (part, row) < (self.last_part, self.last_row)

    def to_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "ShardTask":
        return cls(**json.loads(data))


@dataclass(frozen=True)
class Indexes:
    """The indexes that shards are cut from: the same parts in both."""

    measured: LayerIndex
    decided: LayerIndex

    def source_entries(self, source: str) -> Iterator[tuple[Entry, Entry]]:
        """(measured, decided) of each part of a source, in order."""
        pairs = (index.source_entries(source) for index in (self.measured, self.decided))
        return zip(*pairs, strict=True)

    @classmethod
    def of_task(cls, task: ShardTask, *, job: Job) -> "Indexes":
        return cls(
            LayerIndex(job.indexes, layer=job.measured, key=task.measured),
            LayerIndex(job.indexes, layer=job.decisions, key=task.decided),
        )


class CutRuns(Protocol):
    """Cuts the runs of one language and source, of a source whose parts begin at first_part."""

    def __call__(
        self, runs: pa.Table, *, lang: str, source: str, first_part: int, read_kept: "ReadKept"
    ) -> Sequence["Cut"]: ...


def plan_shards(
    indexes: Indexes, *, job: Job, cut: CutRuns | None = None, counts: ClassCounts | None = None
) -> list[ShardTask]:
    """Cut every (language, source) into shards of about target_bytes of kept text, in locator order.

    Memory: the runs of one source, 50 bytes for each part and language. Rows are read of those parts alone
    that a cut goes through. cut: where something was removed, how it was cut before; counts: what is kept of
    each class, in the job of one.
    """
    cut = cut or partial(_cut_anew, target_bytes=job.config.publish.target_bytes)
    tasks = [
        task
        for source in sorted(job.specs)
        for task in _plan_source(source, indexes=indexes, cut=cut, counts=counts, job=job)
    ]
    return sorted(tasks, key=lambda task: (task.lang, task.source, task.index))


def _cut_anew(
    runs: pa.Table, *, lang: str, source: str, first_part: int, read_kept: "ReadKept", target_bytes: int
) -> Sequence["Cut"]:
    return list(cut_runs(runs, target_bytes=target_bytes, read_kept=read_kept))


def _plan_source(
    source: str, *, indexes: Indexes, cut: CutRuns, counts: ClassCounts | None, job: Job
) -> Iterator[ShardTask]:
    start, stop = indexes.measured.source_units(source)
    if start == stop:
        return
    runs = indexes.decided.runs(start=start, stop=stop)
    digests = [
        column(index.columns("files").slice(start, stop - start), "files")
        for index in (indexes.measured, indexes.decided)
    ]
    langs = column(runs, "lang").dictionary_encode()
    codes = langs.indices.to_numpy()
    for code, lang in enumerate(langs.dictionary.to_pylist()):
        if lang not in job.config.decide.languages:
            continue
        own = runs.filter(pa.array(codes == code))
        if counts is not None:
            own = counts.narrow(own, lang=lang, name=job.release_class)
        reader = partial(_read_kept, indexes=indexes, job=job)
        cuts = cut(own, lang=lang, source=source, first_part=start, read_kept=reader)
        for place, each in enumerate(cuts):
            parts = slice(each.first_part - start, each.last_part + 1 - start)
            yield ShardTask(
                lang=lang,
                source=source,
                index=place,
                count=len(cuts),
                inputs=fingerprint(
                    measured=digests[0][parts].to_pylist(),
                    decided=digests[1][parts].to_pylist(),
                    rows=[each.first_row, each.last_row],
                ),
                measured=indexes.measured.key,
                decided=indexes.decided.key,
                format=job.config.publish.format,
                release_class=job.release_class,
                **asdict(each),
            )


def _read_kept(
    part: int, *, start: int, stop: int, indexes: Indexes, job: Job
) -> tuple[np.ndarray, np.ndarray]:
    """(whether each row of a part is kept, in the job of a class: there; its text bytes), start to stop."""
    (measured,) = indexes.measured.entries(start=part, stop=part + 1)
    (decided,) = indexes.decided.entries(start=part, stop=part + 1)
    decisions = job.decisions.table(decided, "decisions", columns=["keep"], start=start, stop=stop)
    signals = job.measured.table(measured, "signals", columns=["text_bytes"], start=start, stop=stop)
    keep = column(decisions, "keep").to_numpy(zero_copy_only=False)
    if job.release_class:
        texts = job.measured.table(measured, "text", columns=["license"], start=start, stop=stop)
        tier = job.tiers[measured.unit.source]
        keep = keep & find_class(column(texts, "license"), name=job.release_class, tier=tier)
    return keep, signals["text_bytes"].to_numpy()


@dataclass(frozen=True)
class Cut:
    """Where a shard begins and ends, and what is kept between."""

    first_part: int
    first_row: int
    last_part: int
    last_row: int
    rows: int
    text_bytes: int


class ReadKept(Protocol):
    """Looks at the rows of a run: which are kept, and their text bytes."""

    def __call__(self, part: int, *, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]: ...


def cut_runs(runs: pa.Table, *, target_bytes: int, read_kept: ReadKept) -> Iterator[Cut]:
    """The shards of the runs of one language and source, which are in order of parts.

    Greedy: a shard ends before the kept row that would bring it over target_bytes. Rows are looked at in
    those runs alone that a shard ends in.
    """
    part, starts, stops = (runs[name].to_numpy() for name in ("unit", "start", "stop"))
    sizes, rows = (np.concatenate([[0], np.cumsum(runs[name])]) for name in ("kept_bytes", "kept_rows"))

    def make(end_run: int, end_row: int) -> Cut:
        """From where the shard begins to a row of the part of a run."""
        kept = (after[0] - before[0], after[1] - before[1])
        return Cut(int(part[run]), row, int(part[end_run]), end_row, *kept)

    # where the shard begins, a run and a row of its part, and (rows, bytes) kept before and behind it
    run, row = 0, int(starts[0]) if len(starts) else 0
    before = after = (0, 0)
    while before[0] < rows[-1]:
        limit = before[1] + target_bytes
        last = int(np.searchsorted(sizes[1:], limit, side="right"))
        if last == len(part):  # what is left fits
            after = (int(rows[-1]), int(sizes[-1]))
            yield make(last - 1, int(stops[-1]))
            return
        keep, lengths = read_kept(int(part[last]), start=int(starts[last]), stop=int(stops[last]))
        kept_rows = rows[last] + np.concatenate([[0], np.cumsum(keep)])
        kept_bytes = sizes[last] + np.concatenate([[0], np.cumsum(np.where(keep, lengths, 0))])
        # the rows up to the last that still fits, dropped ones behind it included
        taken = int(np.searchsorted(kept_bytes[1:], limit, side="right"))
        if kept_rows[taken] == before[0]:
            taken += 1  # one document over target_bytes is a shard of its own
        after = (int(kept_rows[taken]), int(kept_bytes[taken]))
        yield make(last, int(starts[last]) + taken) if taken else make(last - 1, int(stops[last - 1]))
        run, row, before = last, int(starts[last]) + taken, after


def write_tasks(tasks: Sequence[ShardTask], *, job: Job) -> None:
    """Store the shard plan beside the layers: what the release will consist of."""
    storage.write_bytes(job.shards_url, b"\n".join(task.to_json() for task in tasks))


def read_tasks(job: Job) -> list[ShardTask]:
    """The shard plan of the release, in (language, source, index) order; in a class's job, of its release."""
    tasks = [ShardTask.from_json(line) for line in storage.read_bytes(job.shards_url).splitlines()]
    return [task for task in tasks if job.release_class in ("", task.release_class)]
