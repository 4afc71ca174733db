"""What a task of the distributed path reads is bounded, however often one text stands in the corpus."""

from pathlib import Path
from typing import Any

import pytest
import small_corpus

from pipeline.beam import runners
from pipeline.beam.work import make_clustering
from pipeline.plan.make import make_plan
from pipeline.stages.decide.distributed.clustering import Clustering, ClusterTask
from pipeline.stages.decide.distributed.steps import run_task
from pipeline.stages.decide.path import MAX_PARTITIONS, documents_per_partition

TEXT = small_corpus.PARAGRAPHS["en"][0]
DOCUMENTS, PER_PARTITION = 400, 40


def run_counting(plan: Any) -> dict[str, int]:
    """Run all steps → per kind of step the most rows that one task exchanged with another."""
    most: dict[str, int] = {}
    while tasks := make_clustering(plan.job).next_tasks():
        for task in tasks:
            clustering = Clustering.read(ClusterTask.from_json(task.to_json()), job=plan.job)
            for step, name in (("keys", "exact"), ("units", "units"), ("choices", "choices")):
                if task.step == {"keys": "links", "units": "choices", "choices": "decisions"}[step]:
                    rows = clustering.rows(step, name=name, partition=task.index)
                    most[step] = max(most.get(step, 0), len(next(iter(rows.values()), [])))
            run_task(clustering, task)
    return most


@pytest.mark.parametrize("hot", [False, True])
def test_half_of_all_documents_may_be_one_text(hot: bool, tmp_path: Path) -> None:
    rows = [
        {"id": f"d{n}", "text": TEXT if hot and n % 2 else f"{TEXT} {n} {n * n} tofauti {n}", "lang": "en"}
        for n in range(DOCUMENTS)
    ]
    source = {
        "card": "health_json",
        "type": "jsonl",
        "paths": ["data/rows.jsonl"],
        "fields": {"text": "text", "id": "id", "lang": "lang"},
    }
    clustering = {"path": "distributed", "documents_per_partition": PER_PARTITION}
    decide = {"quality": False, "near_duplicates": False, "clustering": clustering}
    config = small_corpus.write_corpus(
        tmp_path, rows=rows, changes={"sources": [source], "decide": decide, "unit_bytes": 20_000}
    )
    plan = make_plan(config)
    runners.run(plan, stages=("ingest", "measure"))
    groups = make_clustering(plan.job).groups
    assert groups > 4
    most = run_counting(plan)
    # a text that every group has is one row of each group, in one partition
    assert most["units"] <= groups
    assert most["keys"] <= PER_PARTITION * 2 + groups


@pytest.mark.parametrize(
    ("documents", "per_partition"),
    [
        (0, 500_000),
        (500_000 * MAX_PARTITIONS, 500_000),
        (500_000 * MAX_PARTITIONS + 1, 500_001),
        (10**10, 2_441_407),
    ],
)
def test_partitions_grow_when_there_would_be_too_many(
    documents: int, per_partition: int, tmp_path: Path
) -> None:
    config = make_plan(small_corpus.write_corpus(tmp_path)).job.config
    assert documents_per_partition(config, documents=documents) == per_partition
