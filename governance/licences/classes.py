"""Release classes: which documents may stand together in one release.

A release has one set of terms that a re-user can meet for all of it. So texts that ask for conflicting terms
(share-alike licences of different families), restrict use (non-commercial), forbid changes (no derivatives),
say nothing that a re-user could rely on, or are given out behind a gate, stand apart.
"""

import re
from collections.abc import Iterable
from functools import cache

from governance.licences.expressions import NONE, parse_license
from governance.licences.hub_ids import NOASSERTION
from governance.licences.terms import fold, license_terms

OPEN, UNCLEAR, NO_DERIVATIVES, NON_COMMERCIAL, SHARE_ALIKE = (
    "open",
    "unclear",
    "no-derivatives",
    "non-commercial",
    "share-alike",
)
TIERS = ("open", "gated", "internal")
GATED = "gated-"
"""Before the name of a class that is behind a gate."""

_FAMILIES = (
    # 2.0 and later let an adaptation stand under a later version of the same licence; 1.0 does not
    (re.compile(r"CC-BY-SA-(2|3|4)\."), "cc-by-sa"),
    (re.compile(r"CC-BY-NC-SA-(2|3|4)\."), "cc-by-nc-sa"),
    (re.compile(r"AGPL-3\.0-"), "gpl-3.0"),  # section 13 of either lets them be combined
    (re.compile(r"L?GPL-(2\.0|2\.1|3\.0)-or-later"), "gpl-3.0"),
    (re.compile(r"L?GPL-3\.0-only"), "gpl-3.0"),
    (re.compile(r"LGPL-2\.[01]-only"), "gpl-3.0"),  # section 3 lets it become GPL of any later version
    (re.compile(r"GPL-2\.0-only"), "gpl-2.0"),
    (re.compile(r"GFDL-.*-or-later"), "gfdl"),
    (re.compile(r"MPL-2\.0$"), "mpl-2.0"),
)
"""Share-alike licences whose texts may be combined → the name of the family; others are one each."""


def release_class(expression: str, tier: str) -> str:
    """The class of documents under a canonical expression with an access tier, as a folder may be named.

    `open`, `share-alike-<family>`, `non-commercial`, `non-commercial-share-alike-<family>`, `no-derivatives`,
    `unclear` (NOASSERTION, NONE, a licence whose terms are not known); behind a gate with `gated-` before it;
    `internal` for all that is never given out. Of a choice (OR) the least restrictive licence counts, of
    AND all. Raises ValueError for a tier or licence that is none.
    """
    if tier not in TIERS:
        raise ValueError(f"{tier!r} is no access tier; there are {', '.join(TIERS)}")
    if tier == "internal":
        return "internal"
    name = _licence_class(expression)
    return name if tier == "open" else f"{GATED}{name}"


def classes(pairs: Iterable[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    """Class → the pairs of (licence, access tier) that may stand together in one release, both in order."""
    grouped: dict[str, set[tuple[str, str]]] = {}
    for expression, tier in pairs:
        grouped.setdefault(release_class(expression, tier), set()).add((expression, tier))
    return {name: sorted(grouped[name]) for name in sorted(grouped)}


def conflicts(pairs: Iterable[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    """`classes` where their documents should not stand in one release; none where they may.

    Open ones may stand beside share-alike ones of one family: whoever meets its terms meets theirs.
    """
    grouped = classes(pairs)
    others = [name for name in grouped if name != OPEN]
    is_one_family = len(others) == 1 and others[0].startswith(SHARE_ALIKE)
    return {} if len(grouped) < 2 or is_one_family else grouped


@cache
def _licence_class(expression: str) -> str:
    if expression in (NOASSERTION, NONE):
        return UNCLEAR
    ways: list[frozenset[str]] = fold(
        parse_license(expression),
        leaf=lambda symbol: [_marks(symbol)],
        join=_combine,
        choose=lambda *parts: [way for part in parts for way in part],
    )
    return _name(min(ways, key=lambda way: (_severity(way), sorted(way))))


def _combine(*parts: list[frozenset[str]]) -> list[frozenset[str]]:
    ways = [frozenset[str]()]
    for part in parts:
        ways = [*dict.fromkeys(way | other for way in ways for other in part)]
    return ways


def _marks(symbol: str) -> frozenset[str]:
    """What sets texts under a licence apart; a share-alike licence has the mark of its family."""
    license, _, exception = symbol.partition(" WITH ")
    terms = license_terms(license)
    if terms is None or exception.startswith("LicenseRef-"):
        return frozenset({UNCLEAR})
    marks = set()
    if terms["derivatives"] == "no":
        marks.add(NO_DERIVATIVES)
    if terms["commercial"] == "no":
        marks.add(NON_COMMERCIAL)
    if terms["share_alike"] == "yes":
        family = next((name for pattern, name in _FAMILIES if pattern.match(license)), license.lower())
        marks.add(f"{SHARE_ALIKE}-{family}")
    return frozenset(marks)


def _severity(marks: frozenset[str]) -> tuple[bool, bool, bool, int]:
    return UNCLEAR in marks, NO_DERIVATIVES in marks, NON_COMMERCIAL in marks, len(marks)


def _name(marks: frozenset[str]) -> str:
    if UNCLEAR in marks:
        return UNCLEAR
    if NO_DERIVATIVES in marks:
        return f"{NON_COMMERCIAL}-{NO_DERIVATIVES}" if NON_COMMERCIAL in marks else NO_DERIVATIVES
    shared = [mark.removeprefix(f"{SHARE_ALIKE}-") for mark in sorted(marks) if mark.startswith(SHARE_ALIKE)]
    parts = [NON_COMMERCIAL] * (NON_COMMERCIAL in marks)
    parts += [f"{SHARE_ALIKE}-{'-and-'.join(shared)}"] if shared else []
    return "-".join(parts) or OPEN
