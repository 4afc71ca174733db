"""The distributed path of decide: steps of tasks over partitions, each step a resumable layer.

    keys       a group of parts → what its own documents join, and its hashes, each once, by hash
    links      a partition of hashes → edges between documents that share one; keys that several texts have
    large-00, small-00, large-01 …   a partition of edges → edges, until the fixed point (see stars)
    labels     a partition of edges → the cluster of each document that is in one, by group of parts
    captures, latest   with url_duplicates: a group of parts, a partition of URLs → the latest of each URL
    components, sizes   a group of parts, a partition of components → their sizes
    bins, pieces   where a component is too large for a task: the same → how it is cut
    units      a group of parts → of each text the first in rank, with its signature
    choices    a partition of components and pieces → what stays, by group of parts
    decisions  a group of parts → decisions/

What can be joined or chosen within a group is, before anything is exchanged: a text that half of all
documents have is one row per group. `next_tasks` says what is to be done next, from the entries, so a run
that was killed goes on where it was. When a step is complete its index is gathered; a task reads the
plan, its own part of an index and its own rows, so its memory and time depend on the documents of a
partition alone. Documents are numbered by (part, row). Decisions are those of the direct path, byte for
byte.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from layers import storage
from layers.entries import Entry, Unit, fingerprint
from layers.index import LayerIndex
from pipeline.job import Job
from pipeline.stages.decide.distributed.partitions import (
    PartitionedCommit,
    StepIndex,
    hash_partitions,
    index_step,
    step_unit,
)
from pipeline.stages.decide.path import documents_per_partition
from pipeline.stages.decide.write import decide_fingerprint
from pipeline.stages.measure.read import group_parts

CONTENT_VERSION = 4
MAX_STEPS = 30
"""Steps of one Beam job: 8 rounds of stars and all others; what needs more is started again and goes on."""

_GROUPS = pa.schema([(name, pa.int64()) for name in ("part", "document", "locator")])
_PLAN = Unit("plan", "groups")
_BY_GROUP = ("keys", "captures", "components", "bins", "units")
"""Steps whose tasks are groups of parts; those of the others are partitions."""


@dataclass(frozen=True)
class ClusterTask:
    """One task of a step."""

    step: str
    index: int
    plan: str = ""
    """Fingerprint of the plan of groups and partitions that it is a task of."""
    before: str = ""
    """Of a step that reads edges: the step that wrote them."""

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
        return step_unit(self.step, self.index)


class Clustering:
    """The steps over the measured parts of a job: their plan, and where their files are."""

    def __init__(self, plan: Entry, *, job: Job) -> None:
        facts = plan.facts
        self.job = job
        self.plan = plan.fingerprint
        self.key: str = facts["decide"]
        """Fingerprint of the decisions."""
        self.langs: list[str] = facts["langs"]
        self.partitions: int = facts["partitions"]
        self.limits = job.config.decide.to_limits(job.config.measure.minhash.to_options())
        self._measured = LayerIndex(job.indexes, layer=job.measured, key=facts["measured"])
        groups = job.clusters.table(plan, "groups")
        self._parts, self._documents, self._locators = (
            groups[name].to_numpy() for name in ("part", "document", "locator")
        )

    @classmethod
    def make(cls, measured: LayerIndex, *, job: Job) -> "Clustering":
        """Plan the clustering of a measured layer: groups of parts, and partitions of their hashes."""
        rows, raw_rows = measured.numbers("rows"), measured.numbers("raw_rows")
        documents = int(rows.sum())
        per_partition = documents_per_partition(job.config, documents=documents)
        decide_key = decide_fingerprint(measured.inputs, job=job)
        key = fingerprint(decide=decide_key, version=CONTENT_VERSION, documents_per_partition=per_partition)
        plan = job.clusters.current(_PLAN, key=key)
        if plan is None or plan.facts["measured"] != measured.key:
            job.clusters.forget(_PLAN)
            groups = group_parts(rows.tolist(), max_rows=per_partition)
            parts = np.array([*(group.start for group in groups), len(rows)], np.int64)
            columns = [parts, *(np.concatenate([[0], np.cumsum(n)])[parts] for n in (rows, raw_rows))]
            with job.clusters.commit(_PLAN, key=key) as commit:
                table = pa.Table.from_arrays([pa.array(each) for each in columns], schema=_GROUPS)
                commit.write("groups", iter(table.to_batches()), schema=_GROUPS)
                langs = sorted(pc.unique(measured.runs("lang")["lang"]).to_pylist())
                plan = commit.commit(
                    [],
                    facts={
                        "decide": decide_key,
                        "langs": langs,
                        "measured": measured.key,
                        "partitions": max(-(-documents // per_partition), 1),
                    },
                )
        return cls(plan, job=job)

    @classmethod
    def read(cls, task: ClusterTask, *, job: Job) -> "Clustering":
        """The plan that a task is of; raises MissingEntry where another has replaced it."""
        return cls(job.clusters.require(_PLAN, key=task.plan), job=job)

    @property
    def is_cut(self) -> bool:
        """Some component is too large for one task, and cut into pieces; known once sizes are."""
        return bool(self.index("sizes").changed)

    @property
    def groups(self) -> int:
        """How many groups of parts there are."""
        return len(self._parts) - 1

    def next_tasks(self) -> list[ClusterTask]:
        """Tasks of the first step that is not complete; none when all decisions are written."""
        if all(self._is_decided(index) for index in range(self.groups)):
            return []
        step, edges = "keys", ""
        while True:
            missing = [task for task in self._tasks(step, before=edges) if not self.is_done(task)]
            if step == "decisions":
                return missing
            index = self._index(step, missing=bool(missing))
            if index is None:
                return missing
            edges = step if step == "links" or step.startswith("small") else edges
            step = self._step_after(step, changed=index.changed)

    def _tasks(self, step: str, *, before: str) -> list[ClusterTask]:
        by_group = step in (*_BY_GROUP, "decisions")
        reads = before if step.partition("-")[0] in ("large", "labels") else ""
        count = self.groups if by_group else self.partitions
        return [ClusterTask(step, index, self.plan, reads) for index in range(count)]

    def _index(self, step: str, *, missing: bool) -> StepIndex | None:
        """The index of a step, gathered when its last task is done; None before."""
        clusters = self.job.clusters
        if clusters.current(step_unit(step, None), key=self.plan) is None:
            by_group = step in _BY_GROUP
            to_groups = step in ("labels", "latest", "sizes", "pieces", "choices")
            if missing or not index_step(
                step,
                tasks=self.groups if by_group else self.partitions,
                targets=self.groups if to_groups else max(self.groups, self.partitions),
                key=self.plan,
                layer=clusters,
            ):
                return None
        return self.index(step)

    def _step_after(self, step: str, *, changed: int) -> str:
        name, _, number = step.partition("-")
        if name == "large":
            return f"small-{number}" if changed else "labels"
        after = {"keys": "links", "links": "large-00", "captures": "latest", "latest": "components"}
        after |= {"labels": "captures" if self.job.config.decide.url_duplicates else "components"}
        after |= {"components": "sizes", "sizes": "bins" if changed else "units", "bins": "pieces"}
        after |= {"pieces": "units", "units": "choices"}
        return f"large-{int(number) + 1:02d}" if name == "small" else after.get(step, "decisions")

    def is_done(self, task: ClusterTask) -> bool:
        """The task has an up-to-date entry."""
        if task.step == "decisions":
            return self._is_decided(task.index)
        return self.job.clusters.current(task.unit, key=self.plan) is not None

    def _is_decided(self, group: int) -> bool:
        units = self._measured.units(start=int(self._parts[group]), stop=int(self._parts[group + 1]))
        return all(self.job.decisions.current(unit, key=self.key) is not None for unit in units)

    def parts(self, group: int) -> list[Entry]:
        """The measured parts of a group."""
        start, stop = self._parts[group : group + 2].tolist()
        return list(self._measured.entries(start=start, stop=stop))

    def documents(self, group: int) -> slice:
        """Numbers of the documents of a group of parts."""
        return slice(*self._documents[group : group + 2].tolist())

    def first_locator(self, group: int) -> int:
        """Place of a group's first raw document among all."""
        return int(self._locators[group])

    def commit(self, task: ClusterTask) -> PartitionedCommit:
        """The files of a task, to be written."""
        return PartitionedCommit(self.job.clusters, unit=task.unit, key=self.plan)

    def index(self, step: str) -> StepIndex:
        """Where the rows of a step are; raises MissingEntry while it is not complete."""
        return StepIndex(step, key=self.plan, layer=self.job.clusters)

    def rows(self, step: str, *, name: str, partition: int) -> dict[str, Any]:
        """Columns of one partition of one file of every task of a step; empty: there are none."""
        return self.index(step).read(name, partition=partition)

    def partition(self, values: np.ndarray) -> np.ndarray:
        """Partition of hashes or document numbers."""
        return hash_partitions(values, count=self.partitions)

    def group_of(self, documents: np.ndarray) -> np.ndarray:
        """Group of parts of each document number."""
        groups: np.ndarray = np.searchsorted(self._documents[1:], documents, side="right").astype(np.int32)
        return groups


def finish(clustering: Clustering) -> None:
    """Remove what the steps left, once all decisions are written; raises StepsExhausted before."""
    if clustering.next_tasks():
        raise StepsExhausted(
            f"documents are not clustered after {MAX_STEPS} steps of this job; run again, and it goes on"
        )
    storage.remove(clustering.job.clusters.url)


class StepsExhausted(Exception):
    """There are more rounds to do than one job has steps; the local driver starts another by itself."""
