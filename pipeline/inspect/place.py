"""Where a document stands: its row in the layers, its shard in the release."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow as pa

from governance.licences import release_class
from layers import storage
from layers.entries import Entry, Unit
from layers.index import LayerIndex
from layers.layer import Layer
from pipeline.inspect.after_release import is_removed
from pipeline.inspect.identify import find_rows
from pipeline.inspect.released import has_document
from pipeline.job import Job
from pipeline.stages.publish.cut import ShardTask, read_tasks


@dataclass(frozen=True)
class Place:
    """Where a document stands in the measured layer."""

    unit: Unit
    row: int


def find_place(
    doc_id: str, *, measured: Sequence[Entry], decided: Mapping[Unit, Entry], job: Job
) -> list[Place]:
    """Every row of a document, by its doc_id, first digits of it, or its source's id for it.

    More than one when a source repeats a key, or several sources have that id; a key_id finds all documents
    of its key. Ids alone are read, which decisions have in a file of their own, and no text. Raises RunError
    when none has.
    """

    @cache
    def read_ids(unit: Unit) -> pa.Table:
        if unit in decided and "ids" in decided[unit].files:
            return job.decisions.table(decided[unit], "ids", columns=["doc_id", "key_id"])
        ids = job.measured.table(job.measured.require(unit), "signals", columns=["doc_id"])
        return ids.append_column("key_id", pa.nulls(len(ids), ids["doc_id"].type))

    def read_first_key(entry: Entry) -> pa.ChunkedArray:
        if is_removed(job.measured.join(entry.files["text"].path)):
            return pa.nulls(1, pa.string())
        return job.measured.row(entry, "text", 0, columns=["record_id"])["record_id"]

    rows = find_rows(
        doc_id,
        measured,
        doc_ids=lambda entry: read_ids(entry.unit)["doc_id"],
        key_ids=lambda entry: read_ids(entry.unit)["key_id"],
        record_ids=read_first_key,
        place=job.measured.url,
    )
    return [Place(row.entry.unit, row.row) for row in rows]


def find_shard(place: Place, *, lang: str, job: Job) -> str | None:
    """The shard of the release that has a kept document of a language; None: no shards are planned yet."""
    task = find_task(place, lang=lang, job=job)
    return None if task is None else shard_url(task, job=job)


def find_task(place: Place, *, lang: str, job: Job) -> ShardTask | None:
    """The task of the shard that has a kept document, once shards are planned."""
    if not storage.exists(job.shards_url):
        return None
    part = LayerIndex.latest(job.measured, index=job.indexes).units().index(place.unit)
    tasks = [
        task
        for task in read_tasks(job)
        if task.source == place.unit.source and task.lang == lang and task.holds(part, place.row)
    ]
    if len(tasks) < 2:  # of several, each is of a class
        return tasks[0] if tasks else None
    measured = job.measured.require(place.unit)
    if is_removed(job.measured.join(measured.files["text"].path)):
        decided = read_row(job.decisions, job.decisions.require(place.unit), "decisions", place.row)
        doc_id = decided["doc_id"].hex()
        return next((task for task in tasks if has_document(doc_id, shard=shard_url(task, job=job))), None)
    text = read_row(job.measured, measured, "text", place.row)
    name = release_class(text["license"], job.tiers[place.unit.source])
    return next((task for task in tasks if task.release_class == name), None)


def shard_url(task: ShardTask, *, job: Job) -> str:
    """Where a shard of the release is."""
    return storage.join(job.of_class(task.release_class).release, "data", task.path)


def read_row(layer: Layer, entry: Entry, file: str, row: int) -> dict[str, Any]:
    """One row of a file of a part."""
    return layer.row(entry, file, row).to_pylist()[0]
