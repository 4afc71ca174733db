"""The digest of a block of a card: what a review of it is bound to."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from governance.cards.model import BLOCKS


def block_digests(raw: Mapping[str, Any]) -> dict[str, str]:
    """Block → SHA-256 of its answers as written, of a front matter whose scalars are text.

    Comments, quotes, order and layout are no part of it; the uid is, so that a review is of one source only.
    """
    return {
        block: _digest({"block": block, "uid": raw.get("uid"), **{name: raw.get(name) for name in names}})
        for block, names in BLOCKS.items()
    }


def _digest(value: object) -> str:
    canonical = json.dumps(_without_null(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _without_null(value: object) -> object:
    """Absent and null are the same answer, but for what is null in a list."""
    if isinstance(value, dict):
        return {key: _without_null(each) for key, each in value.items() if each is not None}
    return [_without_null(each) for each in value] if isinstance(value, list) else value
