"""AIPREF: `Content-Usage` as a header field and as rules of robots.txt (IETF drafts, August 2026).

A dictionary of RFC 9651: `train-ai=n, search=y`. The last key wins inside a value, and a value that is no
dictionary says nothing. Of several values for one path, a disallow wins.
"""

from collections.abc import Mapping, Sequence

import http_sf

from governance.reservations.robots import RobotsFile, find_usage_signals
from governance.reservations.signals import (
    Effect,
    Origin,
    Place,
    Purpose,
    Question,
    Signal,
    restrict,
    shorten,
)

MAX_CHARS = 10_000
"""Of a value; a longer one says nothing."""
CATEGORIES: Mapping[Purpose, Sequence[Sequence[str]]] = {
    "train-ai": (("train-ai", "train-genai", "ai", "genai"), ("bots", "all")),
    "search": (("search",), ("bots", "all")),
}
"""Purpose → labels by rank: a category's own, then those of earlier drafts that it is a part of."""


def read_value(value: str, purpose: Purpose) -> Effect:
    """What a value says; unknown where it is no dictionary, lacks the label or has other than y and n."""
    if len(value) > MAX_CHARS:
        return "unknown"
    try:
        items = http_sf.parse(value.strip().encode("ascii"), tltype="dictionary")
    except (ValueError, UnicodeEncodeError):
        return "unknown"
    if not isinstance(items, dict):
        return "unknown"
    for labels in CATEGORIES[purpose]:
        effect = restrict(_read_item(items[label]) for label in labels if label in items)
        if effect != "unknown":
            return effect
    return "unknown"


def _read_item(item: object) -> Effect:
    value = item[0] if isinstance(item, tuple) else item
    if not isinstance(value, http_sf.Token):
        return "unknown"
    return "allow" if str(value) == "y" else "disallow" if str(value) == "n" else "unknown"


def read_values(values: Sequence[str], *, question: Question, place: Place, origin: Origin) -> list[Signal]:
    """The field's values, which are one dictionary whatever the number of its lines."""
    if not values:
        return []
    joined = ", ".join(value for value in values if value.strip())
    return [
        Signal(
            protocol="aipref",
            place=place,
            location=origin.location,
            raw=shorten(joined),
            effect=read_value(joined, question.purpose),
            date=origin.date,
        )
    ]


def find_signals(robots: RobotsFile, *, question: Question, origin: Origin) -> list[Signal]:
    """The lines of robots.txt on the use of a URL."""
    return find_usage_signals(
        robots,
        question=question,
        origin=origin,
        protocol="aipref",
        name="content-usage",
        read_value=read_value,
    )
