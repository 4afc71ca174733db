"""Documents of layers whose texts were removed after the release: what the release itself says of them."""

from collections.abc import Iterator
from typing import Any

import pyarrow.compute as pc

from layers import storage
from layers.document import DOCUMENT
from layers.shards import read_shard
from pipeline.job import Job
from pipeline.stages.publish.cut import ShardTask

_KINDS = ("data", "provenance")


def read_released(doc_id: str, *, task: ShardTask | None, source: str, job: Job) -> dict[str, Any]:
    """The columns of DOCUMENT as far as the release has them, null elsewhere; its text is masked.

    task: the shard that has the document; None: it was dropped, and the ledger has where it stood.
    """
    row: dict[str, Any] = dict.fromkeys(DOCUMENT.names)
    paths = (
        [f"ledger/{source}.{job.config.publish.format}"]
        if task is None
        else [f"{kind}/{task.path}" for kind in _KINDS]
    )
    release = job.of_class(task.release_class if task else "").release
    for path in paths:
        for found in _find(storage.join(release, path), doc_id=doc_id):
            row |= {name: value for name, value in found.items() if name in row}
    return row


def has_document(doc_id: str, *, shard: str) -> bool:
    """Whether a shard of the release has a document."""
    return any(True for _ in _find(shard, doc_id=doc_id))


def _find(url: str, *, doc_id: str) -> Iterator[dict[str, Any]]:
    """The rows of a document in a file of the release."""
    for batch in read_shard(url):
        rows = pc.indices_nonzero(pc.equal(batch.column("doc_id"), doc_id))
        if len(rows):
            yield from batch.take(rows[:1]).to_pylist()
            return
