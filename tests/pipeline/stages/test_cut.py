"""Release shards: contiguous runs of kept rows in locator order, cut by text bytes and by nothing else."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import small_corpus
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.entries import Entry, Unit
from layers.shards import read_table
from pipeline.beam import runners
from pipeline.plan.make import Plan, make_plan
from pipeline.stages.ingest import raw_parts
from pipeline.stages.publish import cut
from pipeline.stages.publish.cut import ShardTask, plan_shards, read_tasks

Kept = tuple[str, int]
"""unit and row of a kept document"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    folder = tmp_path_factory.mktemp("shards")
    plan = make_plan(small_corpus.write_corpus(folder, changes={"publish": {"target_bytes": 4_000}}))
    runners.run(plan)
    return plan


def test_shards_hold_every_kept_row_once_in_order_and_within_the_target(plan: Plan) -> None:
    tasks = read_tasks(plan.job)
    assert tasks == plan_shards(raw_parts(plan.units, job=plan.job), job=plan.job)
    assert max(task.count for task in tasks) > 1, "some language is cut"
    places: dict[tuple[str, str], list[tuple[tuple[object, ...], int]]] = {}
    for task in tasks:
        path = Path(plan.job.release) / "data" / task.path
        rows = read_table(str(path)).to_pylist()
        sizes = [len(row["text"].encode()) for row in rows]
        assert (len(rows), sum(sizes)) == (task.rows, task.text_bytes)
        assert rows
        assert task.text_bytes <= 4_000 or len(rows) == 1
        ordered = places.setdefault((task.lang, task.source), [])
        ordered += [(run.unit.order, row) for run in task.runs for row in range(run.start, run.stop)]
    for ordered in places.values():
        assert ordered == sorted(set(ordered))


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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    units=st.lists(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=12), max_size=4),
    target=st.integers(1, 60),
)
def test_cuts_lose_nothing_and_fill_greedily(
    units: list[list[tuple[bool, int]]], target: int, plan: Plan
) -> None:
    """Against a slow reference: kept rows one by one, a new shard where the next would not fit."""
    publish = plan.job.config.publish.model_copy(update={"target_bytes": target})
    config = plan.job.config.model_copy(update={"publish": publish})
    job = type(plan.job)(**{**vars(plan.job), "config": config})
    entries = [Entry("measured", Unit("s", f"u{n}"), "", {}, ()) for n in range(len(units))]
    known = {
        entry.unit: (
            "digest",
            np.array([keep for keep, _ in rows], bool),
            np.array([size for _, size in rows], np.int64),
        )
        for entry, rows in zip(entries, units, strict=True)
    }
    spans = [(entry, 0, len(rows)) for entry, rows in zip(entries, units, strict=True)]
    cuts = list(cut._cut(spans, kept_of=known, decided={}, job=job))
    found = [
        [(run.unit.uri, row) for run in runs for row in range(run.start, run.stop) if known[run.unit][1][row]]
        for runs, _, _, _ in cuts
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
    assert found == expected
    assert [(rows, size) for _, rows, size, _ in cuts] == [
        (len(shard), sum(size for uri, row, size in kept if (uri, row) in shard)) for shard in expected
    ]
