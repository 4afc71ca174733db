"""JSON in which no name of an object stands twice: Python's parser lets the last one win."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any


def loads(text: str) -> Any:
    """As json.loads; raises ValueError that lists the repeated names of an object."""
    return json.loads(text, object_pairs_hook=_make_object)


def _make_object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        raise ValueError(f"repeated key(s): {', '.join(name for name, count in counts.items() if count > 1)}")
    return record
