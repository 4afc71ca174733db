"""Stretches of a text that rules are about: where they stand, and the text without them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from governance.removals.rules import PLACEHOLDER, Rule
from governance.removals.selectors import compile_pattern
from governance.removals.span_digests import find_digests


@dataclass(frozen=True, order=True)
class Change:
    """A stretch of a text in code points, and what stands there afterwards."""

    start: int
    end: int
    replacement: str = ""
    """Empty: the placeholder."""


def redact(text: str, *, rules: Sequence[Rule]) -> str:
    """A text without what rules of spans name, or with what stands there instead."""
    return replace_changes(text, changes=find_changes(text, rules=rules))


def replace_changes(text: str, *, changes: Sequence[Change]) -> str:
    """A text in which ascending changes were made."""
    pieces, place = [], 0
    for change in changes:
        pieces += [text[place : change.start], change.replacement or PLACEHOLDER]
        place = change.end
    return "".join([*pieces, text[place:]])


def find_changes(text: str, *, rules: Sequence[Rule]) -> list[Change]:
    """What rules of spans change in a text, ascending.

    Spans that go and touch are one placeholder, and so are spans that overlap and are not the same change.
    """
    joined: list[Change] = []
    for change in sorted({change for rule in rules for change in _find(text, rule=rule)}):
        last = joined[-1] if joined else None
        both_go = last is not None and not last.replacement and not change.replacement
        if last is not None and (change.start < last.end or (both_go and change.start == last.end)):
            joined[-1] = Change(last.start, max(change.end, last.end))
        else:
            joined.append(change)
    return joined


def _find(text: str, *, rule: Rule) -> Iterator[Change]:
    if rule.type == "pattern":
        for match in compile_pattern(rule.value).finditer(text):
            if match.end() > match.start():
                yield Change(*match.span())
    elif rule.type == "span_sha256":
        data = text.encode()
        for _, start, _ in find_digests(pa.array([text]), length=rule.bytes, wanted=[rule.value]):
            first = len(data[:start].decode())
            yield Change(first, first + len(data[start : start + rule.bytes].decode()))
    else:
        place = text.find(rule.value)
        while place >= 0:
            yield Change(place, place + len(rule.value), rule.replacement)
            # a text that is corrected is read from left to right, one that goes does so wherever it stands
            place = text.find(rule.value, place + (len(rule.value) if rule.replacement else 1))
