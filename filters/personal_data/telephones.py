"""Telephone numbers: an international prefix, a plan of a territory of the language, or a label decides."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from filters.personal_data.spot import Span, Spot
from filters.personal_data.tables import distance_to_label
from filters.personal_data.telephone_numbers import (
    GAP,
    LABEL_CHARS,
    MAX_DIGITS,
    MIN_DIGITS,
    Number,
    is_shaped,
    judge,
)

MAX_GROUPS = 7
BEFORE_CHARS = 60
_GROUP = re.compile(r"\d+")
_NEVER = re.compile(
    r"(1[0-9]|20)\d\d-\d\d?-\d\d?( \d\d?)?|\d{1,2}([. ])\d{3}\3\d{3}|\d{1,3}[. ]\d{3}"
    r"|(1[0-9]|20)\d\d.{1,3}(1[0-9]|20)\d\d"
)
"""Dates, millions and two years."""
_INVISIBLE = "\u200e\u200f\u202a\u202b\u202d"
_TABLE_GROUPS = 12


def find_telephones(spot: Spot) -> Iterator[Span]:
    """Telephone numbers in a run of digits, from the left, those with more digits first."""
    text = spot.value
    if _NEVER.fullmatch(text) and not _is_labelled(spot):
        return
    if text.isdecimal():
        yield from _find_group(spot)
        return
    groups = [match.span() for match in _GROUP.finditer(text)]
    gaps = [text[end:start] for (_, end), (start, _) in pairwise(groups)]
    index = 0
    while index < len(groups):
        behind = None
        if index == 0 or _is_break(gaps[index - 1]):
            behind = _match_from(spot, groups, gaps, index)
        if behind is None:
            index += 1
            continue
        start = groups[index][0]
        lead = spot.lead(start, 2)
        opened = int(lead.endswith("(") and ")" in text[start : groups[behind - 1][1]])
        signed = lead[: len(lead) - opened].endswith("+")
        yield spot.span(
            start - opened - signed, groups[behind - 1][1], kind="telephone", detector="telephone"
        )
        index = behind


def _find_group(spot: Spot) -> Iterator[Span]:
    """The number that a run of digits without gaps is: what `_match_from` says of a single group."""
    digits = spot.value
    if not MIN_DIGITS <= len(digits) <= MAX_DIGITS + 3:
        return
    before, after = spot.before_lower.rstrip(_INVISIBLE), spot.after[:12].lower()
    number = Number(digits, (digits,), "", digits)
    if judge(number, before=before, after=after, territories=spot.territories):
        signed = spot.before.endswith("+")
        yield spot.span(-signed, len(digits), kind="telephone", detector="telephone")


def _is_labelled(spot: Spot) -> bool:
    before = spot.before_lower
    return before.endswith("+") or distance_to_label(before, name="telephone", within=LABEL_CHARS) is not None


@lru_cache(1 << 12)
def _is_gap(gap: str) -> bool:
    return GAP.fullmatch(gap) is not None


def _is_break(gap: str) -> bool:
    """Whether one number may end and another begin."""
    return " " in gap or "/" in gap or "(" in gap


def _match_from(spot: Spot, groups: list[tuple[int, int]], gaps: list[str], index: int) -> int | None:
    """Behind the last group of the longest number that begins with a group, or None."""
    text = spot.value
    start = groups[index][0]
    if (
        len(groups) > _TABLE_GROUPS
        and text[start] != "0"
        and not text[max(0, start - 2) : start].endswith("+")
    ):
        return None
    total = singles = 0
    ends = []
    lead = spot.lead(start, 6)
    second = groups[index + 1][0] if groups[index][1] == start + 1 and index + 1 < len(groups) else start + 1
    is_international = "+" in lead or (text[start] == "0" == text[second : second + 1])
    for behind in range(index + 1, min(len(groups), index + MAX_GROUPS) + 1):
        if behind > index + 1 and not is_international and not _is_gap(gaps[behind - 2]):
            break
        size = groups[behind - 1][1] - groups[behind - 1][0]
        total += size
        singles += size == 1
        if total > MAX_DIGITS + 3 or (singles > 1 and not is_international):
            break
        if total >= MIN_DIGITS and (behind == len(groups) or _is_break(gaps[behind - 1])):
            ends.append(behind)
    for behind in reversed(ends):
        end = groups[behind - 1][1]
        parts = tuple(text[first:last] for first, last in groups[index:behind])
        number = Number("".join(parts), parts, "".join(gaps[index : behind - 1]), text[start:end])
        if not is_international and not is_shaped(number, lead):
            continue
        before = spot.lead(start, BEFORE_CHARS).lower() if start else spot.before_lower
        after = spot.follow(end, 12)
        if judge(number, before=before.rstrip(_INVISIBLE), after=after.lower(), territories=spot.territories):
            return behind
    return None
