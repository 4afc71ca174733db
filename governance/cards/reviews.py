"""Reviews of a card's blocks. A review holds for what was read: an edit after it makes it void by itself."""

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from governance.cards.model import BLOCKS, GATING_BLOCKS, Review

if TYPE_CHECKING:
    from governance.cards.read import SourceCard

State = Literal["reviewed", "unreviewed", "edited"]
"""`edited`: reviewed once, and changed since, which counts as unreviewed."""


def block_digests(raw: Mapping[str, Any]) -> dict[str, str]:
    """Block → SHA-256 of its answers as written, of a front matter whose scalars are text.

    Comments, quotes, order and layout are no part of it; the uid is, so that a review is of one source only.
    """
    return {
        block: _digest({"block": block, "uid": raw.get("uid"), **{name: raw.get(name) for name in names}})
        for block, names in BLOCKS.items()
    }


def review_states(card: "SourceCard") -> dict[str, State]:
    """Block → whether what it says now was read."""
    return {block: _state(getattr(card.review, block), digest) for block, digest in card.block_sha256.items()}


def unreviewed_gates(card: "SourceCard") -> list[str]:
    """The blocks that a publication asks a review of and that have none."""
    states = review_states(card)
    return [block for block in GATING_BLOCKS if states[block] != "reviewed"]


def _state(review: Review, digest: str) -> State:
    if review.state != "reviewed":
        return "unreviewed"
    return "reviewed" if review.block_sha256 == digest else "edited"


def _digest(value: object) -> str:
    canonical = json.dumps(_without_null(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _without_null(value: object) -> object:
    """Absent and null are the same answer, but for what is null in a list."""
    if isinstance(value, dict):
        return {key: _without_null(each) for key, each in value.items() if each is not None}
    return [_without_null(each) for each in value] if isinstance(value, list) else value
