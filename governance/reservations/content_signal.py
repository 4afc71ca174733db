"""Cloudflare's Content-Signal: `search=yes, ai-train=no` in robots.txt, and as a header field.

Signals are `search`, `ai-input` and `ai-train`; each is `yes` or `no`, and what is not named is not said.
"""

from collections.abc import Mapping, Sequence

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

LABELS: Mapping[Purpose, str] = {"train-ai": "ai-train", "search": "search"}
_EFFECTS: Mapping[str, Effect] = {"yes": "allow", "no": "disallow"}


def read_value(value: str, purpose: Purpose) -> Effect:
    """What a value says; where it says a thing twice, the most restrictive."""
    pairs = [pair.partition("=") for pair in value.lower().split(",")]
    said = [each.strip() for name, _, each in pairs if name.strip() == LABELS[purpose]]
    return restrict(_EFFECTS.get(each, "unknown") for each in said)


def read_values(values: Sequence[str], *, question: Question, place: Place, origin: Origin) -> list[Signal]:
    """A signal for each value."""
    return [
        Signal(
            protocol="content_signal",
            place=place,
            location=origin.location,
            raw=shorten(value),
            effect=read_value(value, question.purpose),
            date=origin.date,
        )
        for value in values
    ]


def find_signals(robots: RobotsFile, *, question: Question, origin: Origin) -> list[Signal]:
    """The lines of robots.txt on the use of a URL."""
    return find_usage_signals(
        robots,
        question=question,
        origin=origin,
        protocol="content_signal",
        name="content-signal",
        read_value=read_value,
    )
