"""One answer: the distributed path of decide writes the decisions of the direct path, byte for byte."""

from pathlib import Path
from typing import Any

import pytest
import small_corpus

from layers import storage
from pipeline.beam import runners
from pipeline.beam.stages import decide as decide_steps
from pipeline.beam.work import make_clustering, read_measured
from pipeline.errors import RunError
from pipeline.plan.make import Plan, make_plan
from pipeline.stages.decide.direct import decide
from pipeline.stages.decide.distributed.clustering import ClusterTask
from pipeline.stages.decide.distributed.steps import run_task
from pipeline.stages.decide.path import is_distributed


def corpus(folder: Path, *, path: str, decide: dict[str, Any] | None = None) -> Plan:
    """The small corpus, measured; partitions are so small that it has several."""
    clustering = {"path": path, "documents_per_partition": 40}
    changes = {"decide": {"clustering": clustering, **(decide or {})}}
    plan = make_plan(small_corpus.write_corpus(folder, changes=changes))
    runners.run(plan, stages=("ingest", "measure"))
    return plan


def decided(plan: Plan) -> dict[str, str]:
    return small_corpus.tree_digests(storage.local_path(plan.job.decisions.url))


@pytest.fixture(scope="module")
def direct(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    plan = corpus(tmp_path_factory.mktemp("direct"), path="direct")
    runners.run(plan)
    found = decided(plan)
    assert found
    return found | {"release": release_digest(plan)}


def release_digest(plan: Plan) -> str:
    return storage.digest_file(storage.join(plan.job.release, "manifest.json"))[0]


def test_the_release_does_not_depend_on_the_path(direct: dict[str, str], tmp_path: Path) -> None:
    plan = corpus(tmp_path, path="distributed")
    clustering = make_clustering(plan.job)
    assert clustering.partitions > 2 and clustering.groups > 2
    runners.run(plan)
    assert decided(plan) | {"release": release_digest(plan)} == direct
    assert not storage.list_tree(plan.job.clusters.url), "nothing is left behind"


@pytest.mark.parametrize(
    "rules",
    [
        {"duplicate_scope": "global"},
        {"near_duplicates": False},
        {"exact_duplicates": False},
        {"quality": False, "languages": ["fr", "sw"]},
        {"min_similarity": 0.95},
        {"min_similarity": 0.0, "max_bucket_documents": 1, "max_cluster_documents": 1},
    ],
    ids=str,
)
def test_both_paths_agree_whatever_the_rules(rules: dict[str, Any], tmp_path: Path) -> None:
    plan = corpus(tmp_path, path="direct", decide=rules)
    runners.run(plan, stages=("decide",))
    found = decided(plan)
    storage.remove(plan.job.decisions.url)
    do_all(plan)
    assert decided(plan) == found


def do_all(plan: Plan) -> list[ClusterTask]:
    """Every task of every step, without Beam."""
    done = []
    while tasks := make_clustering(plan.job).next_tasks():
        for task in reversed(tasks):  # the order of tasks has no part in the answer
            run_task(make_clustering(plan.job), task)
        done += tasks
    return done


class Killed(BaseException):
    """The process ends here."""


def test_a_run_killed_in_every_task_of_every_step_goes_on_to_the_same_bytes(
    direct: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each life does one task, and half of the next: it dies before that one's entry is written."""
    plan = corpus(tmp_path, path="distributed")
    lives: list[ClusterTask] = []

    def die(*args: object, **kwargs: object) -> None:
        raise Killed

    while tasks := make_clustering(plan.job).next_tasks():
        run_task(make_clustering(plan.job), tasks[0])
        lives.append(tasks[0])
        for task in tasks[1:2]:
            with monkeypatch.context() as patch, pytest.raises(Killed):
                patch.setattr("layers.storage.write_bytes", die)  # the entry
                run_task(make_clustering(plan.job), task)
    steps = list(dict.fromkeys(task.step for task in lives))
    assert steps[:3] == ["keys", "links", "large-00"]
    assert steps[-6:] == ["labels", "components", "sizes", "units", "choices", "decisions"]
    assert len(lives) == len({*lives}) > 10
    assert decided(plan) == {name: digest for name, digest in direct.items() if name != "release"}


def test_what_one_job_has_no_steps_for_is_done_by_the_next(
    direct: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = corpus(tmp_path, path="distributed")
    monkeypatch.setattr(decide_steps, "MAX_STEPS", 4)
    runners.run(plan, stages=("decide",))
    assert decided(plan) == {name: digest for name, digest in direct.items() if name != "release"}


def test_more_documents_than_estimated_are_an_error_that_says_what_to_set(tmp_path: Path) -> None:
    clustering = {"path": "auto", "max_direct_documents": 10}
    config = small_corpus.write_corpus(tmp_path, changes={"decide": {"clustering": clustering}})
    plan = make_plan(config)
    assert is_distributed(plan.job.config, documents=11)
    assert not is_distributed(plan.job.config, documents=10)
    runners.run(plan, stages=("ingest", "measure"))
    with pytest.raises(RunError, match=r"more than decide\.clustering\.max_direct_documents.*distributed"):
        decide(read_measured(plan.job), job=plan.job)


def test_a_task_that_is_done_is_left_alone(tmp_path: Path) -> None:
    plan = corpus(tmp_path, path="distributed")
    clustering = make_clustering(plan.job)
    task = clustering.next_tasks()[0]
    run_task(clustering, task)
    before = {
        path: path.stat().st_mtime_ns for path in storage.local_path(plan.job.clusters.url).rglob("*.*")
    }
    run_task(clustering, task)
    assert before == {path: path.stat().st_mtime_ns for path in before}
    assert task not in clustering.next_tasks()
