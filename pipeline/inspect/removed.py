"""Documents that a removal took out: what the private ledger says of one, and nothing of its text."""

from collections.abc import Iterator
from typing import Any

from layers.document import make_doc_id
from pipeline.job import Job
from pipeline.stages.removals import ledger_of


def find_removed(name: str, *, job: Job) -> Iterator[dict[str, Any]]:
    """Documents that went as a whole, whose id or key begins so, or which their source calls so.

    Each with the request, its kind, the day, and the release that first lacked the document.
    """
    digits = name.lower()
    ledger = ledger_of(job)
    for request_id, executed in ledger.executed.items():
        request = ledger.requests.get(request_id)
        for each in executed.tombstones:
            key = make_doc_id(each.source, record_id=name).hex()
            if each.spans or not (each.doc_id.startswith(digits) or each.key_id in (digits, key)):
                continue
            yield {
                "doc_id": each.doc_id,
                "source": each.source,
                "lang": each.lang,
                "request_id": request_id,
                "kind": None if request is None else request.kind,
                "at": executed.added,
                "release": executed.release,
                "is_twin": each.is_twin,
            }
