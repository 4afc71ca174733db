"""What a run will need, from sizes of files and of the first documents: text, disk, memory."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from layers import storage
from pipeline.errors import InsufficientDisk
from pipeline.plan.make import Plan
from pipeline.stages.decide.path import decide_bytes
from pipeline.terminal.numbers import format_bytes
from sources import load
from sources.reading.compression import is_compressed
from sources.reading.sample import Sample

COMPRESSION_RATIO = 4.0
"""Text bytes per byte of a compressed input; zstd and gz of prose give 3 to 4.5."""

DOCUMENT_BYTES = 4096
"""Assumed mean document. Where the first ones of a source are smaller, theirs counts: a billion sentences are
more documents than a billion pages, and memory and the path of decide go by documents."""

UNIT_MEMORY = 4
"""Bytes of memory per byte of text of a unit."""
RECORD_MEMORY = 6
"""The same of one long record (benchmarks/results/2026-11-29-memory.md); 6 is JSON where one emoji makes
Python take four bytes a character."""

WORKER_BASE_BYTES = 450 << 20
"""Beam, Arrow, Numba and a bundled language model in one process, measured."""


@dataclass(frozen=True)
class Estimate:
    """What a run will need, before it runs: bytes of text, of each layer, and of memory."""

    text_bytes: int
    documents: int
    disk_bytes: dict[str, int]
    worker_bytes: int
    decide_bytes: int
    free_bytes: int | None


def estimate(plan: Plan) -> Estimate:
    """Sizes from those of files and of the first documents; limits of a trial are taken into account."""
    text = documents = 0
    means = {uid: _mean_bytes(samples) for uid, samples in plan.look.samples.items()}
    for item in plan.units:
        size = _text_bytes(item.unit.uri, size_bytes=item.size_bytes)
        size = size if item.limit is None else min(size, item.limit * DOCUMENT_BYTES)
        text += size
        number = max(size // means.get(item.unit.source, DOCUMENT_BYTES), 1)
        documents += number if item.limit is None else min(number, item.limit)
    output = plan.job.output
    ratios = {
        layer.name: layer.disk_per_text_byte
        for stage in plan.job.stages
        for layer in stage.writes
        if layer.disk_per_text_byte
    }
    return Estimate(
        text_bytes=text,
        documents=documents,
        disk_bytes={layer: int(text * ratio) for layer, ratio in ratios.items()},
        worker_bytes=WORKER_BASE_BYTES
        + plan.model_bytes
        + sum(each.memory_bytes for each in plan.job.url_lists.values())
        + max(
            UNIT_MEMORY * min(text, plan.job.config.unit_bytes),
            RECORD_MEMORY * _max_record_bytes(plan),
        ),
        decide_bytes=decide_bytes(plan.job.config, documents=documents),
        free_bytes=None if storage.is_remote(output) else _free_bytes(output),
    )


def _mean_bytes(samples: Sequence[Sample]) -> int:
    """Bytes of a document of those that were seen, with what is around its text; at most DOCUMENT_BYTES."""
    sizes = [
        max(len(row["text"].encode()), row["length"] or 0) for sample in samples for row in sample.documents
    ]
    return max(min(sum(sizes) // len(sizes), DOCUMENT_BYTES), 1) if sizes else DOCUMENT_BYTES


def _text_bytes(uri: str, *, size_bytes: int) -> int:
    return int(size_bytes * (COMPRESSION_RATIO if is_compressed(uri) else 1))


def _max_record_bytes(plan: Plan) -> int:
    """The longest record that there may be: of each source its largest file, or the limit of its records."""
    longest: dict[str, int] = {}
    for item in plan.units:
        size = max(_text_bytes(item.unit.uri, size_bytes=file.size_bytes) for file in item.files)
        longest[item.unit.source] = max(size, longest.get(item.unit.source, 0))
    for uid, size in longest.items():
        spec = plan.job.specs[uid]
        limit = getattr(load(spec.type).Options.model_validate(spec.options), "max_record_bytes", size)
        longest[uid] = min(size, limit)
    return max(longest.values(), default=0)


def _free_bytes(path: str) -> int:
    folder = storage.local_path(path)
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def check_disk(needs: Estimate) -> None:
    """Raise InsufficientDisk when the layers will not fit; --ignore-disk skips this."""
    total = sum(needs.disk_bytes.values())
    if needs.free_bytes is not None and total > needs.free_bytes:
        raise InsufficientDisk(
            f"the run needs about {format_bytes(total)} of disk, {format_bytes(needs.free_bytes)} are free; "
            "free some, choose another --out, or pass --ignore-disk"
        )
