"""What comes of a question of an audit, and how a value and its bounds make a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["pass", "warn", "fail", "not answerable", "information"]
VERDICTS: tuple[Verdict, ...] = ("fail", "warn", "not answerable", "information", "pass")
"""The gravest first."""
Cell = str | int | float | None
MAX_LISTED = 20
"""Places that the evidence of one answer names; what more there are is counted."""


class NotAnswerable(Exception):
    """A release does not hold what a question needs; the message says what is missing."""


@dataclass(frozen=True)
class Limits:
    """Inclusive bounds of what passes, and of what is only a warning; a bound that is None does not bind.

    With a bound of what passes and none of what warns, a question never fails.
    """

    max_pass: float | None = None
    max_warn: float | None = None
    min_pass: float | None = None
    min_warn: float | None = None

    def judge(self, value: float) -> Verdict:
        """pass, warn or fail; information where nothing binds."""
        if self.max_pass is None and self.min_pass is None:
            return "information"
        if _within(value, low=self.min_pass, high=self.max_pass):
            return "pass"
        return "warn" if _within(value, low=self.min_warn, high=self.max_warn) else "fail"

    def describe(self, unit: str) -> str:
        """In words: `passes up to 1 %, warns up to 10 %, else it fails`; empty where nothing binds."""
        kind = "share" if unit.startswith("share") else ""
        parts = []
        for word, passes, warns in (
            ("up to", self.max_pass, self.max_warn),
            ("from", self.min_pass, self.min_warn),
        ):
            if passes is None:
                continue
            parts.append(f"passes {word} {show(passes, kind)}" if passes or word == "from" else "passes at 0")
            if warns is not None and warns != passes:
                parts.append(f"warns {word} {show(warns, kind)}")
            parts.append("else a warning" if warns is None else "else it fails")
        return ", ".join(parts)


def _within(value: float, *, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def show(value: float | str | None, unit: str) -> str:
    """A value with its unit, as people write it; a share as a percentage."""
    if value is None or isinstance(value, str):
        return value or "–"
    if unit.startswith("share"):
        percent = 100 * value
        digits = 0 if percent == round(percent) else 2 if 0 < percent < 1 or percent > 99 else 1
        return f"{percent:.{digits}f} %{unit.removeprefix('share')}"
    number = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
    return f"{number} {unit.removesuffix('s') if value == 1 else unit}".strip()


@dataclass(frozen=True)
class Evidence:
    """Where a value can be read again: a file of the release, and what in it."""

    path: str
    detail: str = ""


@dataclass(frozen=True)
class Figure:
    """The numbers of a drawing, from which it, its table and its CSV are made."""

    name: str
    """Of the file: the id of its question, and a word where the question has several."""
    kind: Literal["bars", "heat", "treemap", "columns", "intervals", "table"]
    title: str
    description: str
    """What the drawing shows, for whoever does not see it."""
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    unit: str = ""


@dataclass(frozen=True)
class Finding:
    """What came of a question: one number with a unit, a sentence, and where it can be seen."""

    value: float | str
    text: str
    unit: str = ""
    """`share of …` for a number between 0 and 1, else what is counted."""
    evidence: Sequence[Evidence] = ()
    figures: Sequence[Figure] = ()
    is_doubtful: bool = False
    """The number passes only because nobody looked: a warning at least."""


def share(part: float, *, of: float, what: str) -> float:
    """part / of; raises NotAnswerable naming what there is none of."""
    if not of:
        raise NotAnswerable(what)
    return part / of


def listed(places: Sequence[Evidence]) -> list[Evidence]:
    """The first places, and how many more there are."""
    more = len(places) - MAX_LISTED
    return [*places[:MAX_LISTED], *([Evidence("…", f"{more:,} more")] if more > 0 else [])]
