"""What the corpus itself will cost on this machine, from a measured sample (`plan --estimate`)."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import sources
from layers import storage
from pipeline.beam.cost import Sample, SourceSample
from pipeline.errors import InputError
from pipeline.plan.estimate import COMPRESSION_RATIO, estimate
from pipeline.plan.make import Plan
from pipeline.stages.decide.path import decide_bytes
from sources.reading.compression import is_compressed


@dataclass(frozen=True)
class OwnCost:
    """Of a whole run."""

    documents: int
    text_bytes: int
    workers: int
    cpu_seconds: float
    disk_bytes: int
    worker_bytes: int
    """Memory of each worker."""
    decide_bytes: int
    """Memory of the one process that decides."""

    @property
    def hours(self) -> float:
        """Where every worker is busy all the time; clusters are found by one process."""
        return self.cpu_seconds / 3600 / self.workers


def estimate_own(sample: Sample, *, plan: Plan) -> OwnCost:
    """Sizes of a corpus from its files and what the sample says of their records, and what follows.

    A source of which the sample read everything is known; of a compressed file the text is guessed
    (COMPRESSION_RATIO) unless it says how many records it holds. Raises InputError for an empty sample.
    """
    if not sample.documents:
        raise InputError("the sample has no documents: no source has any that can be read")
    documents, text = _size(sample, plan=plan)
    scale = text / max(sample.text_bytes, 1)
    needs = estimate(plan)
    is_small = text <= plan.job.config.local.max_in_process_bytes
    return OwnCost(
        documents=documents,
        text_bytes=text,
        workers=1 if is_small else plan.job.config.local.workers,
        cpu_seconds=sum(cost.cpu_seconds for cost in sample.stages) * scale,
        disk_bytes=int(sum(cost.written_bytes for cost in sample.stages) * scale),
        worker_bytes=needs.worker_bytes,
        decide_bytes=decide_bytes(plan.job.config, documents=documents),
    )


def _size(sample: Sample, *, plan: Plan) -> tuple[int, int]:
    """(documents, bytes of text) of the whole corpus, or of the trial that is planned."""
    documents = text = 0
    for uid, seen in sample.sources.items():
        times = 1.0
        if seen.documents >= sample.limit:
            times = max(_times_larger(uid, seen=seen, plan=plan), 1.0)
            if plan.job.limit is not None:
                times = min(times, plan.job.limit / seen.documents)
        documents += round(seen.documents * times)
        text += round(seen.text_bytes * times)
    return documents, text


def _times_larger(uid: str, *, seen: SourceSample, plan: Plan) -> float:
    """Records of a source per record of its sample: by their number where files say it, else by bytes."""
    spec, files = plan.job.specs[uid], plan.sources.listings[uid].files
    count = getattr(sources.load(spec.type), "count_records", lambda url: None)
    counts: list[int | None] = [count(storage.join(spec.root, file.uri)) for file in files]
    rows = [each for each in counts if each is not None]
    if len(rows) == len(files):
        return sum(rows) / seen.documents
    sizes = (file.size_bytes * (COMPRESSION_RATIO if is_compressed(file.uri) else 1) for file in files)
    return sum(sizes) / max(seen.container_bytes, 1)


def render(cost: OwnCost, *, plan: Plan) -> Iterator[str]:
    """Lines of Markdown: how long, how much disk and memory."""
    output = plan.job.output
    free = "" if storage.is_remote(output) else f", {_gigabytes(_free_bytes(output))} are free"
    workers = "in this process" if cost.workers == 1 else f"with {cost.workers} workers"
    yield f"{plan.job.title} on this machine, {workers}:"
    yield ""
    yield f"- {cost.documents:,} documents, {_gigabytes(cost.text_bytes)} of text"
    yield f"- {_duration(cost.hours)}, {cost.cpu_seconds:,.0f} CPU-seconds, start-up not counted"
    yield f"- {_gigabytes(cost.disk_bytes)} of disk for layers and release{free}"
    memory = _gigabytes(cost.worker_bytes * cost.workers)
    yield f"- {memory} of memory for workers, {_gigabytes(cost.decide_bytes)} more to decide"
    yield ""


def _duration(hours: float) -> str:
    return f"{hours:,.1f} hours" if hours >= 1 else f"{hours * 60:.1f} minutes"


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB"


def _free_bytes(output: str) -> int:
    folder = storage.local_path(output)
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
