"""Named sets of rules: of genres, which relax some of a language's rules, and of ROOTS as it was run."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from filters.rules import Rule, override
from layers import strict_yaml

ROOTS_AS_RUN = "roots-as-run"
_FILE = Path(__file__).with_name("profiles.yaml")
_KNOWN: Mapping[str, Any] = strict_yaml.load(_FILE.read_text("utf-8"))
GENRES: tuple[str, ...] = tuple(_KNOWN["genres"])
"""Names of genres, of which a source may have one."""
SPARED_BY_LINE_RULE = ("verse", "dialogue")
"""Genres whose sources have no rule for repeated lines unless they name their own: refrains and turns."""


def describe(genre: str) -> str:
    """What a genre is, in a sentence."""
    return str(_KNOWN["genres"][genre]["description"])


def relaxations(genre: str) -> Mapping[str, Mapping[str, float | None]]:
    """Signal → bounds in place of the language's; None: no bound."""
    limits: Mapping[str, Mapping[str, float | None]] = _KNOWN["genres"][genre]["relaxes"]
    return limits


def relax(rules: Sequence[Rule], *, genre: str) -> tuple[Rule, ...]:
    """The rules with the bounds of a genre, where those are laxer; no rule is added."""
    laxer: dict[str, dict[str, float | None]] = {}
    for rule in rules:
        for side, bound in relaxations(genre).get(rule.signal, {}).items():
            own = rule.min if side == "min" else rule.max
            if own is not None and (bound is None or (bound < own if side == "min" else bound > own)):
                laxer.setdefault(rule.signal, {})[side] = bound
    return override(rules, laxer, origin="genre")


@cache
def roots_as_run(tag: str) -> tuple[Rule, ...]:
    """The rules by which ROOTS filtered a language, whatever its length; none where it had none."""
    limits = _KNOWN["roots_as_run"].get(tag, {})
    return tuple(
        Rule(signal, bounds.get("min"), bounds.get("max"), "roots") for signal, bounds in limits.items()
    )


@cache
def digest() -> str:
    """SHA-256 of the file of profiles, for fingerprints."""
    return hashlib.sha256(_FILE.read_bytes()).hexdigest()
