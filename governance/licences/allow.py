"""An allow-list of licences: which expressions it satisfies."""

import re
from collections.abc import Collection, Sequence
from functools import cache

from governance.licences.expressions import NONE, make_parser, parse_license, parse_tree
from governance.licences.hub_ids import NOASSERTION
from governance.licences.terms import fold

_VERSIONED = re.compile(r"(?P<name>.+)-(?P<version>\d+(?:\.\d+)*)-(?P<how>only|or-later)")


def allows(expression: str, *, allowed: Sequence[str]) -> bool:
    """True where the licences of a list, in canonical spelling, satisfy an expression in canonical spelling.

    AND asks for all, OR for one; an exception is part of its licence, and stands in the list with it.
    `X-or-later` is satisfied by a later X. An entry of the list that is itself an expression allows itself,
    and where it joins by AND each of its licences. NOASSERTION and NONE are allowed where they are named.
    """
    return _allows(expression, tuple(allowed))


@cache
def _allows(expression: str, allowed: tuple[str, ...]) -> bool:
    if expression in (NOASSERTION, NONE) or expression in allowed:
        return expression in allowed
    try:
        tree = parse_tree(parse_license(expression))
    except ValueError:
        return False
    names: set[str] = set()
    for entry in allowed:
        if entry in (NOASSERTION, NONE):
            continue
        if make_parser(f"{entry} {expression}").is_equivalent(str(tree), entry):
            return True
        names |= fold(entry, leaf=lambda name: {name}, join=set.union, choose=lambda *_: set())
    return bool(
        fold(
            str(tree),
            leaf=lambda name: _is_met(name, names=names),
            join=lambda *parts: all(parts),
            choose=lambda *parts: any(parts),
        )
    )


def _is_met(name: str, *, names: Collection[str]) -> bool:
    match = _VERSIONED.fullmatch(name)
    if name in names or match is None or match["how"] == "only":
        return name in names
    own = _version(match["version"])
    later = (_VERSIONED.fullmatch(each) for each in names)
    return any(each and each["name"] == match["name"] and _version(each["version"]) >= own for each in later)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
