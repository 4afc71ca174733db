"""A source card of which little is known: every question answered, most with unknown, none with a guess."""

import json
from collections.abc import Mapping, Sequence

DRAFT = "Draft of a card: nobody has said yet what this source is, who holds it and under which licence."
_QUESTIONS = {
    "name": "unknown",
    "description": DRAFT,
    "homepage": None,
    "languages": [{"tag": "und"}],
    "custodian": {
        "name": "unknown",
        "type": "unknown",
        "location": "unknown",
        "contact": {"kind": "unknown"},
    },
    "rights": {
        "declared": "NOASSERTION",
        "concluded": "NOASSERTION",
        "scope": "mixed",
        "evidence": [],
        "share_alike": "unknown",
        "redistribution": "unknown",
    },
    "pii": {"has_pii": "unclear", "justification": "unknown"},
    "media": {"category": "text", "capture_quality": "unknown"},
    "category": "unknown",
    "processed_from": [],
    "procurement": {
        "method": "unknown",
        "locations": ["unknown"],
        "revision": "unknown",
        "collection_period": {"start": "unknown", "end": "unknown"},
    },
    "synthetic": "unknown",
    "known_limits": {"biases": "unknown", "limitations": "unknown"},
    "access_tier": "internal",
}
"""Field → the answer that claims least; `access_tier: internal` keeps the text from being published."""


def draft_card(
    uid: str, *, answers: Mapping[str, object] | None = None, quotes: Sequence[str] = (), body: str = ""
) -> str:
    """The text of a card: answers replace unknown ones, by dotted path; quotes are comments at its head."""
    fields: dict[str, object] = json.loads(json.dumps(_QUESTIONS))
    for path, answer in (answers or {}).items():
        *parents, name = path.split(".")
        place = fields
        for parent in parents:
            place = place[parent]  # type: ignore[assignment]
        place[name] = answer
    lines = ["---", *(f"# {line}" for line in quotes), "schema_version: 1", f"uid: {uid}"]
    lines += [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()]
    prose = body or "What is not known is written as unknown. Replace what you know."
    return "\n".join([*lines, "---", "", prose, ""])
