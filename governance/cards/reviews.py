"""Reviews of a card's blocks. A review holds for what was read: an edit after it makes it void by itself."""

from typing import Literal

from governance.cards.model import GATING_BLOCKS, Review
from governance.cards.read import SourceCard

State = Literal["reviewed", "unreviewed", "edited"]
"""`edited`: reviewed once, and changed since, which counts as unreviewed."""


def review_states(card: SourceCard) -> dict[str, State]:
    """Block → whether what it says now was read."""
    return {block: _state(getattr(card.review, block), digest) for block, digest in card.block_sha256.items()}


def unreviewed_gates(card: SourceCard) -> list[str]:
    """The blocks that a publication asks a review of and that have none."""
    states = review_states(card)
    return [block for block in GATING_BLOCKS if states[block] != "reviewed"]


def _state(review: Review, digest: str) -> State:
    if review.state != "reviewed":
        return "unreviewed"
    return "reviewed" if review.block_sha256 == digest else "edited"
