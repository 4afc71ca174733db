"""Records and documents that never came to a decision: refused, unreadable, or a filter failed on them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from layers.document import make_doc_id
from layers.entries import Entry
from layers.stages import STEPS
from pipeline.inspect.identify import are_digits
from pipeline.plan.make import Plan


def find_rejected(
    name: str, *, plan: Plan, entries: Mapping[str, Sequence[Entry]], begins: bool
) -> Iterator[dict[str, Any]]:
    """Rows of what was dropped before decide whose key or doc_id is name; begins: whose doc_id begins so."""
    digits = name.lower()
    begins = begins and are_digits(digits)
    for step, layer in STEPS.items():
        for entry in entries.get(step, ()) if layer.rejected else ():
            for row in plan.job.layer(layer.name).table(entry, layer.rejected).to_pylist():
                if row["record_id"] is None:
                    continue
                doc_id = make_doc_id(entry.unit.source, record_id=row["record_id"]).hex()
                if name == row["record_id"] or digits == doc_id or (begins and doc_id.startswith(digits)):
                    yield {"doc_id": doc_id, "stage": step, "source": entry.unit.source, **row}
