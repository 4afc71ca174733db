"""What a large run will cost: a sample measured stage by stage, times a corpus's size (`plan --estimate`).

The sample runs in this process, so CPU-seconds are all of its work, Beam included, and neither start-up nor
waiting. A first small run pays for compiled kernels and models, and is not counted.
"""

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from layers import storage
from layers.entries import Entry
from layers.stages import STAGES, Stage
from pipeline.beam import graph, runners
from pipeline.beam.work import make_clustering, planned, read_measured, read_parts
from pipeline.plan.assumptions import Assumptions, Platform, Target
from pipeline.plan.make import Plan, make_plan, write_units
from pipeline.stages.decide.distributed.steps import run_steps
from pipeline.stages.measure.part import DECIDED_BY
from pipeline.stages.publish.cut import read_tasks
from pipeline.stages.raw_parts import PartTask

WARM_DOCUMENTS = 20
ROUTING_BYTES = 16
"""Of a task in a shuffle, beside the task: a key and the framing."""


@dataclass(frozen=True)
class StageCost:
    """What one stage took of the sample, and what follows per document."""

    stage: str
    cpu_seconds: float
    read_bytes: int
    written_bytes: int
    shuffled_bytes: int


@dataclass(frozen=True)
class SourceSample:
    """What the sample read of a source."""

    documents: int
    text_bytes: int
    container_bytes: int
    """Of the records, decompressed."""


@dataclass(frozen=True)
class Sample:
    """A measured run."""

    limit: int
    """Documents per source at most: a source with fewer was read as a whole."""
    sources: Mapping[str, SourceSample]
    documents: int
    text_bytes: int
    stages: tuple[StageCost, ...]
    clustering_bytes: int
    """Written by the distributed path of decide, and read again once."""
    clustering_cpu_seconds: float


def measure_sample(corpus: str, *, documents: int) -> Sample:
    """Run the corpus stage by stage on at most so many documents per source, below a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        warm = _local_plan(corpus, limit=WARM_DOCUMENTS, output=f"{folder}/warm")
        runners.run(warm)
        plan = _local_plan(corpus, limit=documents, output=f"{folder}/sample")
        write_units(plan)
        costs = [_measure_stage(stage, plan=plan) for stage in STAGES]
        parts = read_parts(plan.job)
        entries = plan.job.raw.entries()
        steps_bytes, steps_seconds = _measure_clustering(plan)
    return Sample(
        limit=documents,
        sources={uid: _sum_source(uid, entries=entries) for uid in plan.job.specs},
        documents=sum(part.rows for part in parts),
        text_bytes=sum(part.text_bytes for part in parts),
        stages=tuple(costs),
        clustering_bytes=steps_bytes,
        clustering_cpu_seconds=steps_seconds,
    )


def _sum_source(uid: str, *, entries: Sequence[Entry]) -> SourceSample:
    own = [entry for entry in entries if entry.unit.source == uid]
    parts = [part for entry in own for part in entry.facts["parts"]]
    return SourceSample(
        documents=sum(part["rows"] for part in parts),
        text_bytes=sum(part["text_bytes"] for part in parts),
        container_bytes=sum(count.bytes for entry in own for count in entry.counts if count.flow == "kept"),
    )


def _local_plan(corpus: str, *, limit: int, output: str) -> Plan:
    return make_plan(corpus, limit=limit, output=output, workers=1)


def _measure_stage(stage: Stage, *, plan: Plan) -> StageCost:
    local, options = runners.make_local_runner(workers=1)
    before = time.process_time()
    pipeline = beam.Pipeline(runner=local, options=PipelineOptions(options))
    graph.build(pipeline, job=plan.job, stages=(stage.name,))
    pipeline.run().wait_until_finish()
    seconds = time.process_time() - before
    return StageCost(
        stage.name,
        cpu_seconds=seconds,
        read_bytes=_read_bytes(stage, plan=plan),
        written_bytes=_size([layer.name for layer in stage.writes], plan=plan),
        shuffled_bytes=_shuffled_bytes(stage, plan=plan),
    )


def _size(names: Sequence[str], *, plan: Plan, ending: str = "") -> int:
    urls = (plan.job.place(name) for name in names)
    found = (storage.join(url, path) for url in urls for path in storage.list_tree(url))
    return sum(storage.size_bytes(url) for url in found if url.endswith(ending))


def _read_bytes(stage: Stage, *, plan: Plan) -> int:
    if not stage.reads:
        return plan.input_bytes
    if stage.name == "decide":
        return sum(_size(["measured"], plan=plan, ending=f".{name}.arrow") for name in DECIDED_BY)
    return _size(stage.reads, plan=plan)


def _shuffled_bytes(stage: Stage, *, plan: Plan) -> int:
    """Bytes of the tasks that a stage spreads over its workers, and of the ones that count them."""
    kinds, tasks = {layer.tasks for layer in stage.writes}, list[bytes]()
    if "unit" in kinds:
        tasks += [unit.to_json() for unit in planned(plan.job)]
    if "part" in kinds:
        tasks += [PartTask(part.unit).to_json() for part in read_parts(plan.job)]
    if "shard" in kinds:
        tasks += [task.to_json() for task in read_tasks(plan.job)]
    return sum(len(task) + 2 * ROUTING_BYTES for task in tasks)


def _measure_clustering(plan: Plan) -> tuple[int, float]:
    """Bytes and CPU-seconds of clustering the same documents in steps, in several partitions."""
    clustering = plan.job.config.decide.clustering
    rows = int(read_measured(plan.job).numbers("rows").sum())
    smaller = clustering.model_copy(update={"documents_per_partition": max(rows // 4, 1)})
    decide = plan.job.config.decide.model_copy(update={"clustering": smaller})
    job = replace(plan.job, config=plan.job.config.model_copy(update={"decide": decide}))
    storage.remove(job.decisions.url)
    before = time.process_time()
    run_steps(make_clustering(job))
    return _size(["clusters"], plan=plan), time.process_time() - before


def extrapolate(
    sample: Sample, *, target: Target, platform: Platform, hours: float, assumptions: Assumptions
) -> dict[str, float]:
    """vCPU-hours, workers for so many hours, shuffled bytes and euros of a target on a platform."""
    scale = target.text_bytes / sample.text_bytes
    per_document = target.documents / sample.documents
    seconds = sum(cost.cpu_seconds * scale for cost in sample.stages if cost.stage != "decide")
    seconds += sample.clustering_cpu_seconds * per_document  # so large a corpus is clustered in steps
    worker_hours = seconds * platform.overhead / 3600 / (1 - assumptions.idle_fraction)
    shuffled = sum(cost.shuffled_bytes for cost in sample.stages) * scale
    dollars = worker_hours * platform.dollars_per_worker_hour
    dollars += shuffled / 1e9 * platform.dollars_per_shuffled_gb
    return {
        "worker_hours": worker_hours,
        "workers": worker_hours / hours,
        "shuffled_bytes": shuffled,
        "stored_bytes": sum(cost.written_bytes for cost in sample.stages) * scale,
        "euros": dollars * assumptions.euros_per_dollar,
    }


def render(sample: Sample, *, hours: float, assumptions: Assumptions) -> Iterator[str]:
    """Lines of Markdown: the sample per document, the targets, the assumptions."""
    n, text_bytes = sample.documents, sample.text_bytes
    mean = text_bytes / n
    yield f"Sample: {n:,} documents, {text_bytes / 1e6:.1f} MB of text, {mean:.0f} bytes a document."
    yield ""
    yield "| stage | CPU-seconds per GB of text | CPU-ms | bytes read | bytes written | bytes shuffled |"
    yield "|---|---|---|---|---|---|"
    written = sample.clustering_bytes
    steps = StageCost("decide, in steps", sample.clustering_cpu_seconds, written, written, 0)
    for cost in (*sample.stages, steps):
        per = [f"{size / n:.1f}" for size in (cost.read_bytes, cost.written_bytes, cost.shuffled_bytes)]
        speed = f"{cost.cpu_seconds / text_bytes * 1e9:.1f} | {cost.cpu_seconds / n * 1000:.3f}"
        yield f"| {cost.stage} | {speed} | {' | '.join(per)} |"
    yield ""
    yield f"Columns after the first are per document. Workers are those that finish in {hours:.0f} hours."
    yield ""
    yield "| corpus | on | worker-hours | workers | layers and release, TB | shuffled, GB | euros |"
    yield "|---|---|---|---|---|---|---|"
    for target in assumptions.targets:
        for platform in assumptions.platforms:
            found = extrapolate(
                sample, target=target, platform=platform, hours=hours, assumptions=assumptions
            )
            yield (
                f"| {target.name} | {platform.name} | {found['worker_hours']:,.0f} | {found['workers']:,.0f} "
                f"| {found['stored_bytes'] / 1e12:.2f} | {found['shuffled_bytes'] / 1e9:.1f} "
                f"| {found['euros']:,.0f} |"
            )
    yield ""
    yield "Assumed:"
    yield ""
    for target in assumptions.targets:
        yield f"- {target.name}: {target.source}."
    for platform in assumptions.platforms:
        yield f"- {platform.name}: {platform.source}; {platform.overhead} × the CPU time of the sample."
    idle = assumptions.idle_fraction
    yield f"- A worker has 1 vCPU, 4 GB; {idle:.0%} of its time is idle; storage is not in it."
    yield f"- {assumptions.euros_per_dollar} € a dollar."
    yield "- Tasks are shuffled: with units as small as the sample's, so that is more than a large run's."
    yield "- Cost grows with bytes of text, that of clustering with documents."
