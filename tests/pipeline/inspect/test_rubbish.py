"""clean removes temporary and superseded files, and nothing that a run or a release needs."""

from pathlib import Path

import pytest
import small_corpus

from layers.storage import TEMPORARY_PREFIX
from pipeline.beam import runners
from pipeline.inspect.rubbish import clean, find_rubbish
from pipeline.plan.make import make_plan
from pipeline.stages.publish.cut import read_tasks


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = small_corpus.write_corpus(tmp_path)
    runners.run(make_plan(path))
    return path


def test_a_finished_run_has_no_rubbish(config: Path) -> None:
    before = small_corpus.tree_digests(config.parent / "out")
    assert clean(make_plan(config)) == []
    assert small_corpus.tree_digests(config.parent / "out") == before


def test_temporary_files_are_removed_and_nothing_else(config: Path) -> None:
    out = config.parent / "out"
    before = small_corpus.tree_digests(out)
    for folder in ("raw/health_json", "measured", "release/data/fr/health_json"):
        (out / folder / f"{TEMPORARY_PREFIX}abc").write_bytes(b"half")
    assert len(clean(make_plan(config))) == 3
    assert small_corpus.tree_digests(out) == before


def test_units_that_are_no_longer_planned_are_removed(config: Path) -> None:
    out = config.parent / "out"
    (config.parent / "data" / "page0.txt").unlink()
    plan = make_plan(config)
    rubbish = find_rubbish(plan)
    assert rubbish
    assert all("/health_text/" in url for url in rubbish)
    clean(plan)
    runners.run(plan)
    release = small_corpus.tree_digests(out / "release")
    again = small_corpus.write_corpus(config.parent / "fresh")
    (again.parent / "data" / "page0.txt").unlink()
    runners.run(make_plan(again))
    assert small_corpus.tree_digests(again.parent / "out" / "release") == release


def test_entries_of_shards_that_are_no_longer_planned_are_removed(tmp_path: Path) -> None:
    small = {"publish": {"target_bytes": 1000}}
    runners.run(make_plan(small_corpus.write_corpus(tmp_path, changes=small)))
    of_small_shards = small_corpus.tree_digests(tmp_path / "out" / "published")
    plan = make_plan(small_corpus.write_corpus(tmp_path))
    assert clean(plan) == []  # which shards there will be is not known before publish cuts them
    runners.run(plan, stages=("publish",))
    before = small_corpus.tree_digests(tmp_path / "out")
    needed = {f"{task.unit.source}/{task.unit.name}.json" for task in read_tasks(plan.job)}
    assert {*of_small_shards} > needed
    removed = clean(plan)
    assert {*removed} == {str(tmp_path / "out" / "published" / name) for name in {*of_small_shards} - needed}
    kept = {name: digest for name, digest in before.items() if str(tmp_path / "out" / name) not in removed}
    assert small_corpus.tree_digests(tmp_path / "out") == kept


def test_what_an_interrupted_run_has_done_stays(tmp_path: Path) -> None:
    config = small_corpus.write_corpus(tmp_path)
    runners.run(make_plan(config), stages=("ingest", "measure"))
    before = small_corpus.tree_digests(tmp_path / "out")
    assert clean(make_plan(config)) == []
    assert small_corpus.tree_digests(tmp_path / "out") == before


def test_steps_of_clustering_stay_until_all_is_decided(tmp_path: Path) -> None:
    config = small_corpus.write_corpus(tmp_path)
    plan = make_plan(config)
    runners.run(plan, stages=("ingest", "measure"))
    left = tmp_path / "out" / "clusters" / "keys" / "0.json"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"{}")
    assert clean(plan) == []
    runners.run(plan, stages=("decide",))
    assert clean(plan) == [str(left)]
