"""A source card of which little is known: every question answered, most with unknown, none with a guess."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from governance.cards.model import SCHEMA_VERSION
from governance.cards.write import write_card

DRAFT = "Draft of a card: nobody has said yet what this source is, who holds it and under which licence."
_QUESTIONS: dict[str, Any] = {
    "type": "unknown",
    "status": "proposed",
    "name": "unknown",
    "description": DRAFT,
    "homepage": None,
    "curation_rationale": "unknown",
    "category": "unknown",
    "languages": [{"tag": "und", "locations": ["unknown"], "declared_by": "unknown"}],
    "custodian": {
        "name": "unknown",
        "type": "unknown",
        "location": "unknown",
        "role": ["unknown"],
        "contact": {"kind": "unknown"},
        "relationship": "unknown",
    },
    "rights": {
        "declared": "NOASSERTION",
        "concluded": "NOASSERTION",
        "scope": "unknown",
        "holders": [{"name": "unknown", "type": "unknown"}],
        "properties": {
            "commercial": "unknown",
            "attribution": "unknown",
            "share_alike": "unknown",
            "derivatives": "unknown",
            "redistribute_text": "unknown",
        },
        "evidence": [],
        "copyright_status": "unknown",
        "determined_by": "unknown",
        "determined_at": "unknown",
        "confidence": "unknown",
    },
    "access_tier": "gated",
    "access_reason": "unknown",
    "reservation": {"checked_at": "unknown", "policy": "unknown", "signals": []},
    "pii": {"has_pii": "unclear", "justification": "unknown", "treatment": ["unknown"]},
    "media": {"category": "unknown", "transcribed": "unknown", "capture_quality": "unknown"},
    "processed_from": [],
    "synthetic": {"contains": "unknown"},
    "procurement": {
        "method": "unknown",
        "locations": ["unknown"],
        "revision": "unknown",
        "collection_period": {"start": "unknown", "end": "unknown"},
        "agreement": "unknown",
    },
    "benchmark": "unknown",
    "known_limits": {"biases": "unknown", "limitations": "unknown"},
    "removal": {"contact": {"kind": "unknown"}},
    "review": {},
}
"""Field → the answer that claims least; gated, because a text without a licence cannot be open."""

LANGUAGE = _QUESTIONS["languages"][0]
"""A language of which nothing is known but, perhaps, its tag."""
CRAWLER = {"name": "unknown", "user_agent": "unknown", "operator": "unknown", "behaviour": "unknown"}
LIKELIHOOD = {"likelihood": "unknown"}


def draft_fields(uid: str, *, answers: Mapping[str, object] | None = None) -> dict[str, Any]:
    """The fields of a draft: answers replace unknown ones, by dotted path."""
    fields: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "uid": uid, **copy.deepcopy(_QUESTIONS)}
    for path, answer in (answers or {}).items():
        *parents, name = path.split(".")
        place = fields
        for parent in parents:
            place = place.setdefault(parent, {})
        place[name] = answer
    return fields


def draft_card(
    uid: str, *, answers: Mapping[str, object] | None = None, quotes: Sequence[str] = (), body: str = ""
) -> str:
    """The text of a card: answers replace unknown ones, by dotted path; quotes are comments at its head."""
    prose = body or "What is not known is written as unknown. Replace what you know."
    return write_card(draft_fields(uid, answers=answers), head=quotes, body=prose)
