"""Rules: what of a source's documents goes, by selectors of requests and by what was removed before."""

import hashlib
import json
from dataclasses import dataclass

from governance.removals.request import CUTTING, Request

PLACEHOLDER = "[removed]"
"""Stands where a span was cut."""


@dataclass(frozen=True, order=True)
class Rule:
    """One thing to look for in documents as they were extracted."""

    type: str
    """A type of selector; `document`: one document, by its key and, where several have that, its record."""
    value: str
    """As it is compared: of a document 32 hexadecimal digits, of a span the text that is cut."""
    request_id: str
    redacts: bool = False
    doc_id: str = ""
    """Of a span: the document that it is in, by its key; empty: any."""
    raw_sha256: str = ""
    """Of a document or span: the record, where several have the key; empty: any."""
    languages: tuple[str, ...] = ()
    """Declared languages that it is about; none: all."""
    replacement: str = ""
    """What stands in the place of a span; empty: the placeholder."""
    bytes: int = 0
    """Of a span by its digest: its length in UTF-8."""

    @property
    def id(self) -> str:
        """16 hexadecimal digits; the random id of the request is in it, so that nothing can be guessed."""
        parts = [self.request_id, self.type, self.value, self.redacts]
        parts += [self.doc_id, self.raw_sha256, *self.languages]
        parts += [self.replacement, self.bytes] if self.replacement or self.bytes else []
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def selector_rules(request: Request) -> list[Rule]:
    """The rules of a request that hold for whatever is read from now on."""
    if not request.is_active or request.scope.time == "existing" or request.action == "gate_source":
        return []
    languages = () if request.scope.languages == "all" else tuple(sorted(request.scope.languages))
    return [
        Rule(
            type=selector.type,
            value=selector.canonical,
            request_id=request.request_id,
            redacts=request.action in CUTTING,
            doc_id=(selector.doc_id or "").lower(),
            languages=languages,
            replacement=selector.replacement or "",
            bytes=selector.bytes or 0,
        )
        for selector in request.selectors
        if selector.start is None  # else its tombstones say what stands there
    ]


def all_rules(request: Request) -> list[Rule]:
    """The rules of all selectors with a value, for a match of what is there."""
    active = request.model_copy(
        update={
            "scope": request.scope.model_copy(update={"time": "existing_and_future", "languages": "all"}),
            "decision": request.decision.model_copy(update={"state": "accepted"}),
        }
    )
    return selector_rules(active)
