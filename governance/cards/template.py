"""data_cards/TEMPLATE.md: a card of an invented source, with every field and what it may answer.

Its answers are refused by `governance.cards.placeholders`, so none of them can end as somebody's.
"""

from typing import Any

from governance.cards.model import SCHEMA_VERSION
from governance.cards.write import write_card

UID = "example_wiki"

EXAMPLE: dict[str, Any] = {
    "schema_version": SCHEMA_VERSION,
    "uid": UID,
    "type": "primary",
    "status": "proposed",
    "name": "Example Wiki",
    "description": "Articles of the Example Wiki, an encyclopedia written by volunteers since 2005.",
    "homepage": "https://wiki.example.org",
    "curation_rationale": "The largest encyclopedia that the coast writes about itself.",
    "category": "wiki",
    "languages": [
        {
            "tag": "sw",
            "variety_note": "mostly the variety of the coast",
            "locations": ["KE", "TZ"],
            "declared_by": "custodian",
        }
    ],
    "custodian": {
        "name": "Example Foundation",
        "type": "nonprofit",
        "location": "KE",
        "role": ["provider", "host"],
        "contact": {"kind": "email", "value": "legal@example.org"},
        "relationship": "open_licence",
        "url": "https://foundation.example.org",
    },
    "rights": {
        "declared": "CC-BY-SA-4.0",
        "concluded": "CC-BY-SA-4.0",
        "scope": "whole_source",
        "holders": [{"name": "Volunteers who wrote the Example Wiki", "type": "community"}],
        "properties": {
            "commercial": "yes",
            "attribution": "yes",
            "share_alike": "yes",
            "derivatives": "yes",
            "redistribute_text": "yes",
        },
        "evidence": [
            {
                "url": "https://wiki.example.org/copyright",
                "retrieved_at": "2026-01-31",
                "quote": "Text is available under the Creative Commons Attribution-ShareAlike 4.0 License.",
                "sha256": "unknown",
            }
        ],
        "copyright_status": "in_copyright",
        "determined_by": "Example Curator",
        "determined_at": "2026-01-31",
        "confidence": "high",
        "attribution_statement": "Contributors to the Example Wiki, https://wiki.example.org",
    },
    "access_tier": "open",
    "access_reason": "The licence of the Example Wiki lets anybody pass it on.",
    "reservation": {"checked_at": "never", "policy": "honour_all", "signals": []},
    "pii": {
        "has_pii": "author_names_only",
        "justification": "Articles name public persons; talk pages are not part of the dump.",
        "treatment": ["none"],
    },
    "media": {
        "category": "text",
        "transcribed": "no",
        "capture_quality": "born_digital",
        "formats": ["wikitext"],
    },
    "processed_from": [],
    "synthetic": {"contains": "unknown"},
    "procurement": {
        "method": "dump",
        "locations": ["https://dumps.example.org/swwiki-20260101.xml.bz2"],
        "revision": "20260101",
        "collection_period": {"start": "2005", "end": "2026-01-01"},
        "agreement": "none",
    },
    "benchmark": "no",
    "known_limits": {
        "biases": "Places and persons of the coast are written about more than those inland.",
        "limitations": "Many articles are one sentence long.",
    },
    "removal": {"contact": {"kind": "email", "value": "removals@example.org"}},
    "expected": {"documents": [80000, 120000], "bytes": [60000000, 120000000]},
    "review": {},
}

BODY = "Anything that a reader should know and that no field asks for."


def render_template() -> str:
    """The text of data_cards/TEMPLATE.md."""
    return write_card(EXAMPLE, body=BODY)
