"""The balance of a release: what came in is what stays and what was dropped, or there is no release."""

from collections.abc import Iterable, Iterator

from governance.balance import LostDocuments, balance
from governance.ledger import Ledger
from layers.entries import Count, Entry
from layers.index import LayerIndex
from pipeline.errors import Unbalanced
from pipeline.job import Job
from pipeline.stages.publish.current import Layers


def balance_layers(layers: Layers, *, job: Job) -> Ledger:
    """The ledger of a release; raises Unbalanced where a stage lost or invented documents or bytes."""
    try:
        return balance(
            {
                "raw": _counts(layers.raw),
                "measured": _counts(layers.measured),
                "decisions": _counts(layers.decided),
                "release": [
                    *((entry.unit.source, count) for entry in layers.published for count in entry.counts),
                    *_count_elsewhere(layers.elsewhere, job=job),
                ],
            }
        )
    except LostDocuments as error:
        raise Unbalanced(str(error)) from error


def _count_elsewhere(entries: Iterable[Entry], *, job: Job) -> Iterator[tuple[str, Count]]:
    """What other classes publish of the sources of a job, before anything is masked."""
    for entry in entries:
        if entry.unit.source in job.specs:
            documents = sum(count.documents or 0 for count in entry.counts if count.flow == "kept")
            size = sum(count.bytes for count in entry.counts)
            yield (
                entry.unit.source,
                Count("other_class", lang=entry.unit.uri, documents=documents, bytes=size),
            )


def _counts(index: LayerIndex) -> Iterator[tuple[str, Count]]:
    for row in index.counts().drop_columns(["unknown"]).to_pylist():
        yield row.pop("source"), Count(**row)
