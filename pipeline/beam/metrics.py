"""Beam counters: what a runner's own page shows of a run. Attempted work: nothing here is ever read back.

The ledger is summed from committed entries; a task that a runner does twice is counted twice.
"""

from collections.abc import Iterable, Mapping

from apache_beam.metrics import Metrics

from layers.entries import Entry
from layers.stages import LAYERS, writer_of

NAMESPACE = "rhizotron"


def count_entries(stage: str, entries: Iterable[Entry]) -> None:
    """Counters `<stage>.documents`, `.bytes`, `.kept`, and `.rejected` or `.dropped`, also by reason."""
    is_rejected = any(layer.rejected for layer in LAYERS.values() if writer_of(layer.name) == stage)
    lost = "rejected" if is_rejected else "dropped"
    for entry in entries:
        for count in entry.counts:
            number = 1 if count.documents is None else count.documents
            if count.flow == "read":
                add(f"{stage}.documents", number)
                add(f"{stage}.bytes", count.bytes)
            elif count.flow == "kept":
                add(f"{stage}.kept", number)
            elif count.flow == "dropped":
                add(f"{stage}.{lost}", number)
                add(f"{stage}.{lost}.{count.reason}", number)


def count_rows(transform: str, *, documents: int, bytes: int | None = None) -> None:
    """Counters of a public transform: documents that came out and bytes of their text."""
    add(f"{transform}.documents", documents)
    if bytes is not None:
        add(f"{transform}.bytes", bytes)


def count_reasons(transform: str, lost: str, reasons: Mapping[str, int]) -> None:
    """Counters of what a public transform rejected or dropped, in all and by reason."""
    add(f"{transform}.{lost}", sum(reasons.values()))
    for reason, number in reasons.items():
        add(f"{transform}.{lost}.{reason}", number)


def add(name: str, number: int) -> None:
    if number:
        Metrics.counter(NAMESPACE, name).inc(number)
