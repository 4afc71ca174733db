"""Documents that a removal took out: what the private ledger says of one, and nothing of its text."""

from collections.abc import Iterator
from typing import Any

from governance.removals.ledger import Ledger
from layers.document import make_doc_id
from pipeline.inspect.identify import are_digits


def find_removed(name: str, *, ledger: Ledger, begins: bool) -> Iterator[dict[str, Any]]:
    """Documents that went as a whole, whose doc_id or key_id name is, or which their source calls so.

    begins: those, too, whose doc_id begins so. Each with the request, its kind, the day, and the release that
    first lacked the document.
    """
    digits = name.lower()
    begins = begins and are_digits(digits)
    for request_id, executed in ledger.executed.items():
        request = ledger.requests.get(request_id)
        for each in executed.tombstones:
            key = make_doc_id(each.source, record_id=name).hex()
            is_meant = digits == each.doc_id or each.key_id in (digits, key)
            if each.spans or not (is_meant or (begins and each.doc_id.startswith(digits))):
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
