"""Release shards: contiguous runs of kept rows in locator order, cut by text bytes and by nothing else."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import small_corpus
from hypothesis import given
from hypothesis import strategies as st

from layers.index import LayerIndex
from layers.shards import read_table
from pipeline.beam import runners
from pipeline.plan.make import Plan, make_plan
from pipeline.stages.publish.cut import Indexes, ShardTask, cut_runs, plan_shards, read_tasks

Kept = tuple[str, int]
"""unit and row of a kept document"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    folder = tmp_path_factory.mktemp("shards")
    plan = make_plan(small_corpus.write_corpus(folder, changes={"publish": {"target_bytes": 4_000}}))
    runners.run(plan)
    return plan


def indexes(plan: Plan) -> Indexes:
    job = plan.job
    return Indexes(*(LayerIndex.latest(layer, index=job.indexes) for layer in (job.measured, job.decisions)))


def test_shards_hold_every_kept_row_once_in_order_and_within_the_target(plan: Plan) -> None:
    tasks = read_tasks(plan.job)
    assert tasks == plan_shards(indexes(plan), job=plan.job)
    assert max(task.count for task in tasks) > 1, "some language is cut"
    places: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for task in tasks:
        path = Path(plan.job.release) / "data" / task.path
        rows = read_table(str(path)).to_pylist()
        sizes = [len(row["text"].encode()) for row in rows]
        assert (len(rows), sum(sizes)) == (task.rows, task.text_bytes)
        assert rows
        assert task.text_bytes <= 4_000 or len(rows) == 1
        ordered = places.setdefault((task.lang, task.source), [])
        ordered += [(task.first_part, task.first_row), (task.last_part, task.last_row)]
    for ordered in places.values():
        assert ordered == sorted(ordered), "a shard begins where the one before ends, or behind it"


def test_a_row_would_not_have_fitted_the_shard_before(plan: Plan) -> None:
    tasks = read_tasks(plan.job)
    for before, after in pairwise(tasks):
        if (before.lang, before.source) == (after.lang, after.source):
            first = read_table(str(Path(plan.job.release) / "data" / after.path))["text"][0].as_py()
            assert before.text_bytes + len(first.encode()) > 4_000


def test_numbers_and_names_of_shards(plan: Plan) -> None:
    tasks = read_tasks(plan.job)
    groups: dict[tuple[str, str], list[ShardTask]] = {}
    for task in tasks:
        groups.setdefault((task.lang, task.source), []).append(task)
    for (lang, source), group in groups.items():
        names = [f"{lang}/{source}/train-{n:05d}-of-{len(group):05d}.arrow" for n in range(len(group))]
        assert [task.path for task in group] == names
    assert [ShardTask.from_json(task.to_json()) for task in tasks] == tasks


@given(
    units=st.lists(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=12), max_size=4),
    target=st.integers(1, 60),
)
def test_cuts_lose_nothing_and_fill_greedily(units: list[list[tuple[bool, int]]], target: int) -> None:
    """Against a slow reference: kept rows one by one, a new shard where the next would not fit."""
    columns = {
        "unit": range(len(units)),
        "start": [0] * len(units),
        "stop": [len(rows) for rows in units],
        "kept_rows": [sum(keep for keep, _ in rows) for rows in units],
        "kept_bytes": [sum(size for keep, size in rows if keep) for rows in units],
    }
    table = pa.table({name: pa.array(values, pa.int64()) for name, values in columns.items()})

    def read_kept(part: int, *, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        rows = units[part][start:stop]
        return np.array([keep for keep, _ in rows], bool), np.array([size for _, size in rows], np.int64)

    cuts = list(cut_runs(table, target_bytes=target, read_kept=read_kept))
    shards = [
        [
            (f"u{n}", row)
            for n, rows in enumerate(units)
            for row, (keep, _) in enumerate(rows)
            if keep and (cut.first_part, cut.first_row) <= (n, row) < (cut.last_part, cut.last_row)
        ]
        for cut in cuts
    ]
    kept = [
        (f"u{n}", row, size) for n, rows in enumerate(units) for row, (keep, size) in enumerate(rows) if keep
    ]
    expected: list[list[Kept]] = []
    room = 0
    for uri, row, size in kept:
        if not expected or size > room:
            expected.append([])
            room = target
        expected[-1].append((uri, row))
        room -= size
    assert shards == expected
    assert [(cut.rows, cut.text_bytes) for cut in cuts] == [
        (len(shard), sum(size for uri, row, size in kept if (uri, row) in shard)) for shard in expected
    ]
