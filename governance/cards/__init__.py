"""Source cards: who holds the text, under which rights, and what we do not know. No card, no ingest.

Every field must be answered; `unknown` is an answer where it is listed, and is counted. A block that nobody
has read against its evidence is unreviewed, and a source whose rights, personal data and custodian are
unreviewed is not published.
"""

from governance.cards.answers import (
    UNKNOWN,
    answers,
    count_answers,
    expected_bytes,
    unknown_fields,
    weighted_unknown,
)
from governance.cards.dates import future_dates
from governance.cards.gates import publication_obstacles, review_command, unreviewed_obstacles
from governance.cards.model import BLOCKS, GATING_BLOCKS, SCHEMA_VERSION, CardFields, card_json_schema
from governance.cards.read import CardError, SourceCard, card_digest, card_url, parse_card, read_card
from governance.cards.reviews import review_states, unreviewed_gates

__all__ = [
    "BLOCKS",
    "GATING_BLOCKS",
    "SCHEMA_VERSION",
    "UNKNOWN",
    "CardError",
    "CardFields",
    "SourceCard",
    "answers",
    "card_digest",
    "card_json_schema",
    "card_url",
    "count_answers",
    "expected_bytes",
    "future_dates",
    "parse_card",
    "publication_obstacles",
    "read_card",
    "review_command",
    "review_states",
    "unknown_fields",
    "unreviewed_gates",
    "unreviewed_obstacles",
    "weighted_unknown",
]
