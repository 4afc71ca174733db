"""What a runner shows: counters that agree with the ledger of an undisturbed run, display data, hints."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
import small_corpus
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.transforms.display import DisplayData

from governance.ledger import Ledger, sum_rows
from layers.stages import NAMES
from pipeline.beam import graph, runners
from pipeline.beam.stages.ingest import Ingest
from pipeline.plan.estimate import WORKER_BASE_BYTES, estimate
from pipeline.plan.make import Plan, make_plan, write_units
from pipeline.transforms import Deduplicate, Measure, ReadSource

ROOT = Path(__file__).parents[3]
SOURCE: dict[str, Any] = {
    "type": "jsonl",
    "paths": ["data/rows.jsonl"],
    "license": "CC0-1.0",
    "fields": {"id": "id", "text": "text", "lang": "lang"},
}


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return make_plan(small_corpus.write_corpus(tmp_path_factory.mktemp("metrics")))


def counters(result: Any) -> dict[str, int]:
    found = result.metrics().query()["counters"]
    return {
        each.key.metric.name: each.committed for each in found if each.key.metric.namespace == "rhizotron"
    }


def run(plan: Plan, *, distributed: bool) -> dict[str, int]:
    write_units(plan)
    local, options = runners.make_local_runner(workers=1)
    pipeline = beam.Pipeline(runner=local, options=PipelineOptions(options))
    graph.build(pipeline, job=plan.job, distributed=distributed)
    result = pipeline.run()
    result.wait_until_finish()
    return counters(result)


def expected(ledger: Ledger) -> Iterator[tuple[str, int]]:
    """What the counters of a run in which no task was done twice must be."""
    stages = (
        ("ingest", "raw", "rejected"),
        ("measure", "measured", "rejected"),
        ("decide", "decisions", "dropped"),
    )
    for stage, layer, lost in stages:
        yield f"{stage}.documents", ledger.total("documents", layer, "read")
        yield f"{stage}.bytes", ledger.total("bytes", layer, "read")
        yield f"{stage}.kept", ledger.total("documents", layer, "kept")
        yield f"{stage}.{lost}", ledger.total("documents", layer, "dropped")
        for reason, number in ledger.by("reason", "documents", layer, "dropped").items():
            yield f"{stage}.{lost}.{reason}", number
    yield "publish.kept", ledger.total("documents", "release", "kept")


@pytest.mark.parametrize("distributed", [False, True])
def test_counters_are_the_ledgers_where_no_task_is_done_twice(
    plan: Plan, tmp_path: Path, distributed: bool
) -> None:
    corpus = small_corpus.write_corpus(
        tmp_path, changes={"decide": {"clustering": {"path": "distributed"}}} if distributed else None
    )
    plan = make_plan(corpus)
    found = run(plan, distributed=distributed)
    summary = json.loads((tmp_path / "out" / "release" / "ledger" / "summary.json").read_bytes())
    assert found == {name: number for name, number in expected(sum_rows(summary)) if number}


def test_the_public_transforms_count_what_comes_out_and_what_does_not(plan: Plan) -> None:
    root = str(Path(plan.job.specs["health_json"].root))
    pipeline = beam.Pipeline()
    documents, _ = pipeline | ReadSource("mine", root=root, **SOURCE)
    measured, _ = documents | Measure(signals=["roots"])
    _ = measured | Deduplicate()
    result = pipeline.run()
    result.wait_until_finish()
    found = counters(result)
    assert found["ReadSource.documents"] == found["Measure.documents"] == found["Deduplicate.documents"] == 87
    assert found["ReadSource.bytes"] >= found["Measure.bytes"] > 87 * 50
    assert found["ReadSource.rejected"] == len(small_corpus.DEFECTS)
    assert {name: found[f"ReadSource.rejected.{name}"] for name in small_corpus.DEFECTS} == dict.fromkeys(
        small_corpus.DEFECTS, 1
    )
    dropped = {n.removeprefix("Deduplicate.dropped."): v for n, v in found.items() if ".dropped." in n}
    assert sum(dropped.values()) == found["Deduplicate.dropped"] > 0
    assert dropped["exact_duplicate"] == 1


def items(component: Any) -> dict[str, Any]:
    return {item.key: item.value for item in DisplayData.create_from(component).items}


def test_transforms_and_steps_say_what_they_do(plan: Plan) -> None:
    source = items(ReadSource("mine", root="gs://bucket", **SOURCE))
    assert (source["source"], source["type"], source["license"]) == ("mine", "jsonl", "CC0-1.0")
    assert source["fields"] == "id=id, lang=lang, text=text"
    measure = items(Measure(edits=["whitespace"], signals=["roots"]))
    assert (measure["edits"], measure["bands"]) == ("whitespace", "14 × 8")
    assert measure["signals"].startswith("roots")
    assert items(Deduplicate())["bands"] == 14
    assert items(beam.ParDo(Ingest(plan.job))) | {"stage": "ingest", "corpus": "small 1.0.0"} == items(
        beam.ParDo(Ingest(plan.job))
    )


def used_environments(pipeline: beam.Pipeline) -> list[dict[str, bytes]]:
    """Resource hints of each environment that a step of the pipeline asks for."""
    components = pipeline.to_runner_api().components
    used = {transform.environment_id for transform in components.transforms.values()} - {""}
    return [dict(components.environments[name].resource_hints) for name in sorted(used)]


def build(plan: Plan, runner: str, *beam_args: str) -> beam.Pipeline:
    return runners.build_pipeline(plan, stages=NAMES, runner=runner, beam_args=beam_args, job=plan.job)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_local_run_has_one_environment_and_no_hint(plan: Plan, workers: int) -> None:
    local = plan.job.config.local.model_copy(update={"workers": workers, "max_in_process_bytes": 1})
    config = plan.job.config.model_copy(update={"local": local})
    job = type(plan.job)(**{**vars(plan.job), "config": config})
    assert used_environments(build(Plan(job=job, units=plan.units), "local")) == [{}]


def test_workers_elsewhere_are_asked_for_the_memory_of_the_plan_in_one_environment(plan: Plan) -> None:
    needs = estimate(plan)
    least = max(needs.worker_bytes, WORKER_BASE_BYTES + needs.decide_bytes)
    hint = {"beam:resources:min_ram_bytes:v1": str(least).encode()}
    assert used_environments(build(plan, "flink")) == [hint]
    own = {"beam:resources:min_ram_bytes:v1": b"8000000000"}
    assert used_environments(build(plan, "flink", "--resource_hint=min_ram=8GB")) == [own]


def test_nothing_reads_a_counter() -> None:
    """Law 3: counters are for a runner's page; the ledger is summed from entries."""
    readers = [
        str(path.relative_to(ROOT))
        for room in ("layers", "sources", "filters", "governance", "pipeline")
        for path in sorted((ROOT / room).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("metrics", "monitoring_metrics")
    ]
    assert readers == []
