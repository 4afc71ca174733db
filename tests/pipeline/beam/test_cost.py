"""plan --estimate: a sample that is measured, and arithmetic that is not more than it says."""

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import small_corpus

from layers.stages import NAMES
from pipeline.beam import cost as scaling
from pipeline.beam.cost import Sample, SourceSample, StageCost, extrapolate, render
from pipeline.beam.own_cost import estimate_own
from pipeline.beam.own_cost import render as render_own
from pipeline.errors import ConfigError
from pipeline.plan.assumptions import DEFAULT, Target, load_assumptions
from pipeline.plan.make import make_plan


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    changes = {"lines": {"min_count": 2, "min_chars": 5}}
    corpus = small_corpus.write_corpus(tmp_path_factory.mktemp("sample"), changes=changes)
    return scaling.measure_sample(str(corpus), documents=1000)


def test_a_sample_has_a_cost_for_every_stage(sample: Sample) -> None:
    assert [cost.stage for cost in sample.stages] == [*NAMES]
    assert sample.documents > 100
    for cost in sample.stages:
        assert cost.cpu_seconds > 0 and cost.read_bytes > 0 and cost.written_bytes > 0
    shuffled = {cost.stage: cost.shuffled_bytes for cost in sample.stages}
    assert shuffled.pop("decide") == 0
    assert all(shuffled.values())
    assert sample.clustering_bytes > 0


SAMPLE = Sample(
    limit=1000,
    sources={},
    documents=1000,
    text_bytes=1_000_000,
    stages=(StageCost("measure", 2.0, 10, 20, 30), StageCost("decide", 5.0, 0, 0, 0)),
    clustering_bytes=0,
    clustering_cpu_seconds=1.0,
)


ASSUMED = load_assumptions()


def test_cost_grows_with_text_and_that_of_clustering_with_documents() -> None:
    prices = {"dollars_per_worker_hour": 1.0, "dollars_per_shuffled_gb": 0.0, "overhead": 1.0}
    platform = ASSUMED.platforms[0].model_copy(update=prices)
    target = Target(name="x", text_bytes=1_000_000_000, documents=500_000, source="")
    found = extrapolate(SAMPLE, target=target, platform=platform, hours=10, assumptions=ASSUMED)
    busy = 1 - ASSUMED.idle_fraction
    assert found["worker_hours"] == pytest.approx((2.0 * 1000 + 1.0 * 500) / 3600 / busy)
    assert found["workers"] == pytest.approx(found["worker_hours"] / 10)
    assert found["euros"] == pytest.approx(found["worker_hours"] * ASSUMED.euros_per_dollar)
    assert (found["stored_bytes"], found["shuffled_bytes"]) == (20_000, 30_000)


def test_the_corpus_itself_comes_first_and_a_sample_of_all_of_it_is_its_size(
    sample: Sample, tmp_path: Path
) -> None:
    plan = make_plan(small_corpus.write_corpus(tmp_path))
    own = estimate_own(sample, plan=plan)
    assert (own.documents, own.text_bytes) == (sample.documents, sample.text_bytes)
    assert own.cpu_seconds == pytest.approx(sum(cost.cpu_seconds for cost in sample.stages))
    assert own.disk_bytes == sum(cost.written_bytes for cost in sample.stages)
    lines = list(render_own(own, plan=plan))
    assert lines[0] == "small 1.0.0 on this machine, in this process:"
    for start in (f"- {own.documents:,} documents", "- 0.", f"- {own.disk_bytes / 1e6:,.1f} MB of disk"):
        assert [line for line in lines if line.startswith(start)], start


@pytest.mark.parametrize("type", ["jsonl", "parquet"])
def test_a_corpus_ten_times_its_sample_costs_ten_times_as_much(type: str, tmp_path: Path) -> None:
    rows = [{"text": f"{n:04d} {small_corpus.PARAGRAPHS['en'][0]}"} for n in range(200)]
    (tmp_path / "in").mkdir()
    if type == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "in" / "a")
    else:
        (tmp_path / "in" / "a").write_bytes(b"".join(json.dumps(row).encode() + b"\n" for row in rows))
    source = {"card": "health_json", "type": type, "paths": ["in/a"], "fields": {"text": "text"}}
    path = small_corpus.write_corpus(tmp_path, changes={"sources": [source]})
    size = len(rows[0]["text"]) * 20
    length = len(json.dumps(rows[0])) if type == "jsonl" else len(rows[0]["text"])
    part = SourceSample(documents=20, text_bytes=size, container_bytes=20 * length)
    stages = (StageCost("measure", 2.0, 10, 20, 30),)
    tenth = replace(
        SAMPLE, limit=20, sources={"health_json": part}, documents=20, text_bytes=size, stages=stages
    )
    own = estimate_own(tenth, plan=make_plan(path))
    assert own.documents == pytest.approx(200, rel=0.02)
    assert own.cpu_seconds == pytest.approx(20.0, rel=0.02)
    trial = estimate_own(tenth, plan=make_plan(path, limit=40))
    assert (trial.documents, trial.cpu_seconds) == (40, 4.0)


def test_every_target_and_platform_is_printed_with_what_was_assumed(sample: Sample) -> None:
    text = "\n".join(render(sample, hours=24, assumptions=ASSUMED))
    assert ASSUMED.targets and ASSUMED.platforms
    for target in ASSUMED.targets:
        assert f"- {target.name}: {target.source}." in text
        assert all(f"| {target.name} | {platform.name} |" in text for platform in ASSUMED.platforms)
    assert all(f"- {platform.name}: {platform.source};" in text for platform in ASSUMED.platforms)


def test_prices_are_the_readers_own_and_a_wrong_file_is_named(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    usual = DEFAULT.read_text("utf-8")
    own.write_text(usual.replace("euros_per_dollar: 0.9", "euros_per_dollar: 0.5"), "utf-8")
    assert load_assumptions(own) == ASSUMED.model_copy(update={"euros_per_dollar": 0.5})
    own.write_text(usual.replace("idle_fraction: 0.15", "idle_fraction: 1"), "utf-8")
    with pytest.raises(ConfigError, match=rf"{own}(?s:.)*idle_fraction"):
        load_assumptions(own)
    own.write_text("- a list", "utf-8")
    with pytest.raises(ConfigError, match="expected a mapping of targets, platforms"):
        load_assumptions(own)
