"""National identifiers: forms first, all in one set of patterns; then territory or label; then the check."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

from filters.personal_data.national_checks import OWN
from filters.personal_data.spot import Span, Spot
from filters.personal_data.tables import Labels, distance_to_label, make_set, read_data, words_of

_AROUND = 10
"""Characters beside a run of digits that may be part of an identifier."""
_LABEL_CHARS = 48
_LETTER = re.compile(r"[^\W\d_]")
_FRAME = r"(?:^|[^A-Za-z0-9])(?:{})(?:$|[^A-Za-z0-9])"
_EXACT = r"(?<![A-Za-z0-9_])(?<!\d[.,/:-])(?<![#=/+])(?:{})(?![A-Za-z0-9_])(?![.,/-]\d)"


@dataclass(frozen=True)
class Rule:
    """One identifier of a territory."""

    name: str
    territory: str
    alone: re.Pattern[str] | None
    any_form: re.Pattern[str]
    labels: Labels
    is_valid: Callable[[str], bool]


@cache
def rules() -> tuple[Rule, ...]:
    """All rules of identifiers.yaml."""
    return tuple(
        Rule(
            name=row["name"],
            territory=row["territory"],
            alone=re.compile(_EXACT.format(row["alone"])) if "alone" in row else None,
            any_form=re.compile(_EXACT.format("|".join(_forms(row)))),
            labels=Labels(words_of([row["labels"]])),
            is_valid=_checker(row["check"]),
        )
        for row in read_data("identifiers")["rules"]
    )


def _forms(row: dict[str, str]) -> list[str]:
    return [row[name] for name in ("labelled", "alone") if name in row]


def _checker(name: str) -> Callable[[str], bool]:
    @lru_cache(1 << 12)
    def check(code: str) -> bool:
        compact = re.sub(r"[^A-Z0-9]", "", code.upper())
        if len(set(compact)) < 3:
            return False
        if name in OWN:
            return OWN[name](compact)
        return bool(import_module(f"stdnum.{name}").is_valid(code.upper()))

    return check


@cache
def _forms_set() -> Any:
    """The set of the rules' forms, in their order, as they stand in a text."""
    rows = read_data("identifiers")["rules"]
    return make_set(_FRAME.format("|".join(_forms(row))) for row in rows)


@cache
def _labels_set() -> Any:
    """The set of the words of each rule's labels, in their order, and of the common ones, within any word."""
    tables = read_data("identifiers")
    lists = [*([row["labels"]] for row in tables["rules"]), tables["labels"]]
    return make_set("|".join(map(re.escape, words_of(words))) for words in lists)


@cache
def _common_labels() -> Labels:
    return Labels(words_of(read_data("identifiers")["labels"]))


def find_identifiers(spot: Spot) -> Iterator[Span]:
    """Identifiers in and around a run of digits, or a word of letters and digits."""
    lead = spot.before[-_AROUND:]
    text = lead + spot.value + spot.after[:_AROUND]
    for index in _choose_rules(spot, text):
        rule = rules()[index]
        is_local = rule.territory in spot.territories
        for match in rule.any_form.finditer(text):
            start = match.start() - len(lead)
            if start > _LABEL_CHARS and not (is_local and rule.alone is not None):
                break  # no label stands in a run of digits
            before = spot.lead(start, _LABEL_CHARS) if start > 0 else spot.before[: len(spot.before) + start]
            before = before.lower()
            if not _may_be(rule, match, before=before, is_local=is_local):
                continue
            if rule.is_valid(match[0]):
                yield spot.span(
                    start, match.end() - len(lead), kind="national_id", detector=f"national_id.{rule.name}"
                )


def _choose_rules(spot: Spot, text: str) -> list[int]:
    """Rules of which a form is in a text, where a label or the territory may let them, in their order."""
    fitting = frozenset(_forms_set().Match(text) or ())
    if not fitting:
        return []
    labelled = frozenset(_labels_set().Match(spot.before_lower) or ())
    local, alone, forms = _local_rules(spot.territories)
    chosen = fitting & labelled
    if len(rules()) in labelled:
        chosen |= fitting & local
    if not fitting.isdisjoint(alone):
        chosen |= {alone[place] for place in forms.Match(text) or ()}
    return sorted(chosen)


@cache
def _local_rules(territories: tuple[str, ...]) -> tuple[frozenset[int], tuple[int, ...], Any]:
    """Rules of territories; those of them that need no label; the set of these rules' forms."""
    local = [index for index, rule in enumerate(rules()) if rule.territory in territories]
    alone = tuple(index for index in local if rules()[index].alone is not None)
    rows = read_data("identifiers")["rules"]
    return frozenset(local), alone, make_set(_FRAME.format(rows[index]["alone"]) for index in alone)


def _may_be(rule: Rule, match: re.Match[str], *, before: str, is_local: bool) -> bool:
    """Whether form and territory, or a label, let a match be what the rule is of."""
    tail = before[-_LABEL_CHARS:]
    if not _LETTER.search(tail):
        return is_local and _is_alone(rule, match)
    own = rule.labels.distance(tail)
    common = _common_labels().distance(tail) if own is None and is_local else own
    label = own if own is not None else common
    for name in ("telephone", "negative"):
        other = distance_to_label(before, name=name, within=_LABEL_CHARS)
        if other is not None and (label is None or other < label):
            return False
    if label is not None:
        return True
    return is_local and _is_alone(rule, match)


def _is_alone(rule: Rule, match: re.Match[str]) -> bool:
    return rule.alone is not None and rule.alone.fullmatch(match.string, *match.span()) is not None
