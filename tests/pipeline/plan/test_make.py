"""The plan: everything known before the first byte is read, and nothing written."""

from dataclasses import replace
from pathlib import Path

import pytest
import small_corpus
from hypothesis import given
from hypothesis import strategies as st

from layers.storage import InputFile
from pipeline.errors import ConfigError, InsufficientDisk
from pipeline.plan.estimate import Estimate, check_disk, estimate
from pipeline.plan.make import make_plan
from pipeline.stages.decide.path import BYTES_PER_DOCUMENT, MAX_PARTITIONS, decide_bytes
from pipeline.stages.units import PlannedUnit, cut_units
from sources.base import SourceSpec


def test_units_cover_every_file_in_order(tmp_path: Path) -> None:
    plan = make_plan(small_corpus.write_corpus(tmp_path, changes={"unit_bytes": 10_000}))
    assert [item.unit.order for item in plan.units] == sorted(item.unit.order for item in plan.units)
    spans = [(i.unit.start, i.unit.stop) for i in plan.units if i.unit.source == "health_json"]
    assert len(spans) > 5
    assert spans[0][0] == 0
    assert [start for start, _ in spans[1:]] == [stop for _, stop in spans[:-1]]
    size = (tmp_path / "data" / "rows.jsonl").stat().st_size
    assert spans[-1][1] is None or spans[-1][1] >= size
    assert not (tmp_path / "out").exists()


def test_adding_a_small_file_renames_the_group_it_joins_and_no_other_unit(tmp_path: Path) -> None:
    config = small_corpus.write_corpus(tmp_path)
    before = {item.unit.name: item for item in make_plan(config).units}
    (tmp_path / "data" / "a-first.txt").write_text("Habari.", encoding="utf-8")
    after = {item.unit.name: item for item in make_plan(config).units}
    (renamed,) = set(before) - set(after)
    (joined,) = set(after) - set(before)
    assert {file.uri for file in after[joined].files} == {
        "data/a-first.txt",
        *(file.uri for file in before[renamed].files),
    }


def test_a_pattern_without_files_is_told(tmp_path: Path) -> None:
    config = small_corpus.write_corpus(tmp_path)
    (tmp_path / "data" / "rows.jsonl").unlink()
    with pytest.raises(ConfigError, match=r"\$\.sources\[0\]\.paths: 'data/rows\.jsonl' matches no file"):
        make_plan(config)


def test_planned_units_survive_their_file(tmp_path: Path) -> None:
    for item in make_plan(small_corpus.write_corpus(tmp_path), limit=5).units:
        assert PlannedUnit.from_json(item.to_json()) == item


@given(limit=st.integers(1, 50), files=st.integers(1, 9))
def test_a_limit_is_dealt_evenly_over_units(limit: int, files: int) -> None:
    spec = SourceSpec(uid="s", type="text", root="", license="MIT")
    found = [InputFile(f"{n}.txt", 10, "") for n in range(files)]
    shares = [item.limit or 0 for item in cut_units(found, spec=spec, limit=limit)]
    assert sum(shares) == limit
    assert max(shares) - min(shares) <= 1


def test_the_estimate_grows_with_the_input_and_not_with_the_workers(tmp_path: Path) -> None:
    config = small_corpus.write_corpus(tmp_path)
    small = estimate(make_plan(config))
    # what is free on the disk changes under any other program
    assert replace(estimate(make_plan(config, workers=7)), free_bytes=small.free_bytes) == small
    data = tmp_path / "data" / "rows.jsonl"
    data.write_bytes(data.read_bytes() * 10)
    large = estimate(make_plan(config))
    assert large.text_bytes > 5 * small.text_bytes
    assert large.decide_bytes > 5 * small.decide_bytes
    assert all(large.disk_bytes[layer] > small.disk_bytes[layer] for layer in small.disk_bytes)


def test_an_output_that_is_a_file_or_below_one_is_refused_by_name(tmp_path: Path) -> None:
    config = small_corpus.write_corpus(tmp_path)
    (tmp_path / "taken").touch()
    told = f"$.output: {tmp_path / 'taken'} is a file; name a folder, or give one by --out"
    for output in (tmp_path / "taken", tmp_path / "taken" / "out"):
        with pytest.raises(ConfigError) as caught:
            make_plan(config, output=str(output))
        assert caught.value.problems == [told]


@pytest.mark.parametrize(("free", "fits"), [(None, True), (100, True), (99, False)])
def test_a_disk_that_is_too_small_is_refused(free: int | None, fits: bool) -> None:
    needs = Estimate(0, 0, {"raw": 60, "measured": 40}, 0, 0, free)
    if fits:
        check_disk(needs)
        return
    with pytest.raises(InsufficientDisk, match="--ignore-disk") as caught:
        check_disk(needs)
    assert "needs about 100 bytes of disk, 99 bytes are free" in str(caught.value)
    assert caught.value.exit_code == 4


def test_memory_of_decide_is_that_of_the_path_it_takes(tmp_path: Path) -> None:
    """The direct path holds all documents and a block of signatures, a distributed task a partition."""
    n = 160_000_000
    for path, near, largest, expected in (
        ("direct", True, 500, n * BYTES_PER_DOCUMENT + n // 16 * 230),
        ("direct", False, 500, n * BYTES_PER_DOCUMENT),
        ("distributed", True, 500, n // MAX_PARTITIONS * 600),
    ):
        clustering = {"path": path, "documents_per_partition": 1000}
        decide = {"clustering": clustering, "near_duplicates": near, "max_cluster_documents": largest}
        plan = make_plan(small_corpus.write_corpus(tmp_path, changes={"decide": decide}))
        assert decide_bytes(plan.job.config, documents=n) == pytest.approx(expected, rel=1e-4)
        if near and path == "direct":
            assert decide_bytes(plan.job.config, documents=7000) == 7000 * (BYTES_PER_DOCUMENT + 230)
