"""The distributed path of decide: steps of tasks over partitions, each step a resumable layer.

    keys       a group of parts → hashes of every band, exact hashes and ids, by hash
    links      a partition of hashes → edges between documents that share one
    large-00, small-00, large-01 …   a partition of edges → edges, until the fixed point (see stars)
    labels     a partition of edges → the cluster of each document that is in one, by group of parts
    captures, latest   with url_duplicates: a group of parts, a partition of URLs → the latest of each URL
    members    a group of parts → what a kept document is chosen by, by cluster
    choices    a partition of clusters → verdicts, by group of parts
    decisions  a group of parts → decisions/

`next_tasks` looks at the entries and says what is to be done next, so a run that was killed goes on
where it was. Memory and time of a task depend on documents_per_partition alone. Documents are
numbered by (part, row). Decisions are those of the direct path, byte for byte.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from layers import storage
from layers.entries import Entry, Unit, fingerprint, read_entry
from pipeline.job import Job
from pipeline.stages.decide.distributed.partitions import PartitionedCommit, hash_partitions, read_partition
from pipeline.stages.decide.write import decide_fingerprint
from pipeline.stages.measure.part import measured_entries
from pipeline.stages.measure.read import group_parts

CONTENT_VERSION = 1
MAX_STEPS = 26
"""Steps of one Beam job: 8 rounds of stars, URLs included; what needs more is started again and goes on."""


@dataclass(frozen=True)
class ClusterTask:
    """One task of a step."""

    step: str
    index: int

    def to_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "ClusterTask":
        return cls(**json.loads(data))

    @classmethod
    def nothing(cls) -> "ClusterTask":
        """A task that does nothing, so that a step without tasks still comes to an end."""
        return cls("nothing", 0)

    @property
    def unit(self) -> Unit:
        return Unit(self.step, "partition", self.index)


class Clustering:
    """The steps over the measured parts of a job."""

    def __init__(self, parts: Sequence[Unit], *, job: Job) -> None:
        self.job = job
        self.measured = measured_entries(parts, job=job)
        self.rows = [entry.files["signals"].rows for entry in self.measured]
        per_partition = job.config.decide.clustering.documents_per_partition
        self.starts = np.cumsum([0, *self.rows])
        self.first_locators = np.cumsum([0, *(entry.facts["raw_rows"] for entry in self.measured)])
        self.groups = group_parts(self.rows, max_rows=per_partition)
        self._ends = np.array([self.starts[group[-1] + 1] for group in self.groups], np.int64)
        self.langs = sorted({run["lang"] for entry in self.measured for run in entry.facts["langs"]})
        self.partitions = max(-(-int(self.starts[-1]) // per_partition), 1)
        self.key = decide_fingerprint(self.measured, job=job)
        self._step_key = fingerprint(
            decide=self.key, version=CONTENT_VERSION, documents_per_partition=per_partition
        )

    def next_tasks(self) -> list[ClusterTask]:
        """Tasks of the first step that is not complete; none when all decisions are written."""
        if all(self._is_decided(index) for index in range(len(self.groups))):
            return []
        step = "keys"
        while True:
            missing = [task for task in self.tasks(step) if not self.is_done(task)]
            if missing or step == "decisions":
                return missing
            step = self._step_after(step)

    def tasks(self, step: str) -> list[ClusterTask]:
        """All tasks of a step."""
        by_group = step in ("keys", "captures", "members", "decisions")
        return [ClusterTask(step, i) for i in range(len(self.groups) if by_group else self.partitions)]

    def _step_after(self, step: str) -> str:
        name, _, number = step.partition("-")
        if name == "large":
            unsettled = sum(entry.facts["changed"] for entry in self.entries(step))
            return f"small-{number}" if unsettled else "labels"
        after = {"keys": "links", "links": "large-00", "captures": "latest", "latest": "members"}
        after |= {"labels": "captures" if self.job.config.decide.url_duplicates else "members"}
        after |= {"members": "choices"}
        return f"large-{int(number) + 1:02d}" if name == "small" else after.get(step, "decisions")

    def is_done(self, task: ClusterTask) -> bool:
        """The task has an up-to-date entry."""
        if task.step == "decisions":
            return self._is_decided(task.index)
        entry = read_entry(self.job.clusters, unit=task.unit)
        return entry is not None and entry.fingerprint == self._step_key

    def _is_decided(self, group: int) -> bool:
        found = [read_entry(self.job.decisions, unit=self.measured[i].unit) for i in self.groups[group]]
        return all(entry is not None and entry.fingerprint == self.key for entry in found)

    def entries(self, step: str) -> list[Entry]:
        """Entries of a step, in the order of its tasks."""
        found = [read_entry(self.job.clusters, unit=task.unit) for task in self.tasks(step)]
        return [entry for entry in found if entry is not None]

    def commit(self, task: ClusterTask) -> PartitionedCommit:
        """The files of a task, to be written."""
        return PartitionedCommit(self.job.clusters, unit=task.unit, fingerprint=self._step_key)

    def read(self, step: str, *, name: str, partition: int) -> dict[str, Any]:
        """Columns of one partition of one file of every task of a step."""
        return read_partition(self.entries(step), name=name, partition=partition, layer_url=self.job.clusters)

    def partition(self, values: np.ndarray) -> np.ndarray:
        """Partition of hashes or document numbers."""
        return hash_partitions(values, count=self.partitions)

    def group_of(self, documents: np.ndarray) -> np.ndarray:
        """Group of parts of each document number."""
        found: np.ndarray = np.searchsorted(self._ends, documents, side="right").astype(np.int32)
        return found

    def documents(self, group: int) -> slice:
        """Numbers of the documents of a group of parts."""
        parts = self.groups[group]
        return slice(int(self.starts[parts[0]]), int(self.starts[parts[-1] + 1]))

    def last_edges(self) -> str:
        """The step whose edges are stars: what the last large star was given."""
        number = 0
        while self.entries(f"small-{number:02d}"):
            number += 1
        return f"small-{number - 1:02d}" if number else "links"


def finish(clustering: Clustering) -> None:
    """Remove what the steps left, once all decisions are written; raises StepsExhausted before."""
    if clustering.next_tasks():
        raise StepsExhausted(
            f"documents are not clustered after {MAX_STEPS} steps of this job; run again, and it goes on"
        )
    storage.remove(clustering.job.clusters)


class StepsExhausted(Exception):
    """There are more rounds to do than one job has steps; the local driver starts another by itself."""
