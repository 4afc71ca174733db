"""The answers of a card, those that say that we do not know, and their share."""

from collections.abc import Iterable, Iterator
from typing import Any

from governance.cards.read import SourceCard
from governance.licences import NOASSERTION

UNKNOWN = frozenset({"unknown", "unclear", "none known", "und", "never", NOASSERTION})
"""Answers that `unknown_fields` counts."""

_UNKNOWN_LOWER = frozenset(answer.lower() for answer in UNKNOWN)
_NO_ANSWERS = {"body", "file_sha256", "block_sha256", "review", "schema_version", "written_version"}


def answers(card: SourceCard) -> Iterator[tuple[str, str]]:
    """(path, answer) of every field that is not null, in the order of the card; without its reviews."""
    return _leaves(card.model_dump(mode="json", exclude=_NO_ANSWERS, exclude_none=True))


def unknown_fields(card: SourceCard) -> list[str]:
    """Paths of the fields whose answer is that we do not know, in the order of the card."""
    return [path for path, value in answers(card) if value.lower() in _UNKNOWN_LOWER]


def count_answers(card: SourceCard) -> int:
    """How many answers the card gives, unknown ones included: the denominator of `unknown_fields`."""
    return sum(1 for _ in answers(card))


def weighted_unknown(cards: Iterable[tuple[SourceCard, int]]) -> float | None:
    """Share of unknown answers, each card's by its bytes; None where nothing weighs anything."""
    total, unknown = 0, 0.0
    for card, size in cards:
        total += size
        unknown += size * len(unknown_fields(card)) / count_answers(card)
    return unknown / total if total else None


def expected_bytes(card: SourceCard) -> int | None:
    """The middle of the bytes that a card expects; None where it does not say."""
    limits = card.expected.bytes if card.expected is not None else None
    return sum(limits) // 2 if limits is not None else None


def _leaves(value: Any, *, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, path=f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, path=f"{path}[{index}]")
    else:
        yield path, str(value)
