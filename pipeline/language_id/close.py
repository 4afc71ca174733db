"""Close languages in the report of a training: what they are taken for, and which neighbours are taken in."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from filters.language_id.labels import UNDETERMINED
from filters.language_id.recipe import TARGETS, Families

Pairs = Mapping[tuple[str, str], int]
"""(language, name) → lines."""
OTHER = "other"


def describe_close(
    held: Pairs, near: Pairs, *, families: Families, neighbours: Sequence[str]
) -> dict[str, Any]:
    """The confusion of each family, and how many lines of neighbours are taken for one of the 46.

    held: of lines of sources that the model had not seen; near: of other lines of the same sources.
    """
    every = [*families.members, *families.pooled]
    close = {name for members in every for name in members} | set(neighbours)
    return {
        "families": [describe_family(held, members=members) for members in every],
        "neighbours": [
            {
                "lang": name,
                "other_sources": describe_neighbour(held, name=name),
                "same_sources": describe_neighbour(near, name=name),
            }
            for name in sorted(close - TARGETS)
        ],
    }


def describe_family(pairs: Pairs, *, members: Sequence[str]) -> dict[str, Any]:
    """Lines of each member by what they are named: a member, another language, or none."""
    named = {gold: Counter[str]() for gold in members}
    columns = {*members, UNDETERMINED}
    for (gold, name), lines in pairs.items():
        if gold in named:
            named[gold][name if name in columns else OTHER] += lines
    rows = {gold: dict(sorted(counts.items())) for gold, counts in named.items() if counts}
    return {"members": list(members), "named": rows}


def describe_neighbour(pairs: Pairs, *, name: str) -> dict[str, Any]:
    """Lines of a language that is none of the 46, and those taken for each of the 46, most first."""
    named = Counter({label: lines for (gold, label), lines in pairs.items() if gold == name})
    taken = [(label, lines) for label, lines in named.items() if label in TARGETS]
    return {
        "lines": named.total(),
        "accepted": sum(lines for _, lines in taken),
        "taken_for": dict(sorted(taken, key=lambda pair: (-pair[1], pair[0]))),
    }
