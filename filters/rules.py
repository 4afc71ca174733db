"""Rules are data: a signal, its limits and where the numbers come from; here they are evaluated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

ORIGINS = ("roots", "fineweb2", "default", "calibrated", "parallel", "genre", "config")
"""Where a limit can come from: ROOTS, FineWeb-2, our defaults, our measurements, one amount of content in
parallel text, the genre of a source, the user's config."""
CHANGED = ("genre", "config")
"""Origins of limits that replace those of a language."""
SET_BY_PEOPLE = ("roots", "config")
"""Origins of limits that people set who read what they remove: speakers for ROOTS, or the user."""
WORDS = "words"
"""The signal that says whether a text is long enough for a rule."""
PARTS: Mapping[str, str] = {"stop_words_ratio": "lang_share"}
"""Signal → share of the text that can have what it counts. Commands, quotations and paragraphs in another
language have no stop words of this one, and language identification judges them: a limit is for the rest."""


Side = Literal["min", "max"]


@dataclass(frozen=True)
class Cut:
    """One limit of one rule."""

    signal: str
    side: Side
    limit: float
    origin: str

    @property
    def reason(self) -> str:
        return f"{self.signal}_{'below' if self.side == 'min' else 'above'}_{self.side}"


@dataclass(frozen=True)
class Rule:
    """Inclusive limits of one signal; raises ValueError where no document could pass, or all would."""

    signal: str
    min: float | None
    max: float | None
    origin: str
    note: str = ""
    sides: tuple[tuple[Side, str], ...] = ()
    """Limits that a config or genre gave, and which of both, whatever the origin of the other one."""
    was: str = ""
    """The rule before a config or genre changed it."""
    min_words: int = 0
    """A text of fewer words is too short for it, and it is not evaluated."""
    part: str = ""
    """The signal of PARTS by which values are divided before they are compared with a minimum. Where that is
    null, or nobody identified languages and the rows do not have it, the whole text counts."""

    def __post_init__(self) -> None:
        if self.origin not in ORIGINS:
            raise ValueError(
                f"rule on {self.signal}: unknown origin {self.origin!r}; known: {', '.join(ORIGINS)}"
            )
        if self.min is None and self.max is None:
            raise ValueError(f"rule on {self.signal}: give min, max or both")
        if any(bound is not None and np.isnan(bound) for bound in (self.min, self.max)):
            raise ValueError(f"rule on {self.signal}: a limit is not a number")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"rule on {self.signal}: min {self.min} is above max {self.max}")

    @property
    def cuts(self) -> tuple[Cut, ...]:
        """Its limits, min first."""
        limits: tuple[tuple[Side, float | None], ...] = (("min", self.min), ("max", self.max))
        return tuple(
            Cut(self.signal, side, limit, dict(self.sides).get(side, self.origin))
            for side, limit in limits
            if limit is not None
        )

    @property
    def by_origin(self) -> tuple["Rule", ...]:
        """The same limits as rules of one origin each."""
        origins = dict.fromkeys(cut.origin for cut in self.cuts)
        rules = []
        for origin in origins:
            bounds = {cut.side: cut.limit for cut in self.cuts if cut.origin == origin}
            note = self.was if origin in CHANGED and self.was else self.note
            lower, upper = bounds.get("min"), bounds.get("max")
            rules.append(
                Rule(self.signal, lower, upper, origin, note, min_words=self.min_words, part=self.part)
            )
        return tuple(rules)

    @property
    def columns(self) -> tuple[str, ...]:
        """The signals that it reads."""
        words = (WORDS,) if self.needs_words else ()
        return (self.signal, *words, *((self.part,) if self.part else ()))

    @property
    def needs_words(self) -> bool:
        """Whether it judges texts of some length only."""
        return self.min_words > 0 and self.signal != WORDS

    @property
    def reasons(self) -> tuple[str, ...]:
        """The names of its failures: `<signal>_below_min`, `<signal>_above_max`."""
        return tuple(cut.reason for cut in self.cuts)


def evaluate(signals: pa.RecordBatch, *, rules: Sequence[Rule]) -> pa.ListArray:
    """n rows of signals → n lists of failed reasons, in the order of the rules.

    Raises ValueError as find_failures does.
    """
    names, failed = find_failures(signals, rules=rules)
    offsets = np.zeros(signals.num_rows + 1, dtype=np.int32)
    np.cumsum(failed.sum(axis=1), out=offsets[1:])
    reasons = pa.array(names, pa.string())
    return pa.ListArray.from_arrays(pa.array(offsets), reasons.take(pa.array(np.nonzero(failed)[1])))


def find_failures(
    signals: pa.RecordBatch, *, rules: Sequence[Rule]
) -> tuple[tuple[str, ...], npt.NDArray[np.bool_]]:
    """n rows of signals, rules with k limits → (k reasons, bool [n, k]: the row fails the limit).

    False is 0 and true is 1. A null signal, or a text of fewer words than a rule needs, fails nothing: the
    rule is not evaluated. Raises ValueError for a signal that is missing, not a number column, or NaN.
    """
    failures: list[npt.NDArray[np.bool_]] = []
    for rule in rules:
        values, valid = _whole_numbers(signals, rule=rule)
        for cut in rule.cuts:
            judged = _of_part(values, signals=signals, rule=rule) if cut.side == "min" else values
            failures.append(valid & is_beyond(judged, side=cut.side, limit=cut.limit))
    names = tuple(reason for rule in rules for reason in rule.reasons)
    return names, np.array(failures, dtype=bool).reshape(len(names), signals.num_rows).T


def is_beyond(values: npt.NDArray[np.generic], *, side: Side, limit: float) -> npt.NDArray[np.bool_]:
    """n values, as they are stored → whether each fails an inclusive limit; NaN fails none.

    The limit is rounded to the type of the values, so that a ratio of exactly 0.2, stored as float32, passes
    a limit of 0.2; integers are compared as float64, exact below 2**53.
    """
    rounded = values.dtype.type(limit) if values.dtype.kind == "f" else np.float64(limit)
    compare = np.less if side == "min" else np.greater
    return np.asarray(compare(values, rounded), dtype=bool)


def judged_numbers(
    signals: pa.RecordBatch, *, rule: Rule
) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.bool_]]:
    """n rows → the values that a rule compares with its minimum (0 where null), and where it is evaluated.

    Raises ValueError as find_failures does.
    """
    values, valid = _whole_numbers(signals, rule=rule)
    return _of_part(values, signals=signals, rule=rule), valid


def _whole_numbers(
    signals: pa.RecordBatch, *, rule: Rule
) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.bool_]]:
    """n rows → the values of a rule's signal (0 where null), and where it is evaluated."""
    values, valid = numbers(signals, signal=rule.signal)
    valid &= ~_is_short(signals, rule=rule)
    return values, valid


def _of_part(
    values: npt.NDArray[np.generic], *, signals: pa.RecordBatch, rule: Rule
) -> npt.NDArray[np.generic]:
    """n values → the same as shares of the part that the rule is about, if it has one and the rows say it."""
    if rule.part not in signals.schema.names:
        return values
    share, _ = numbers(signals, signal=rule.part)  # 0 where null
    return np.asarray(values / np.where(share == 0, 1, share).astype(values.dtype))


def find_unevaluated(signals: pa.RecordBatch, *, rules: Sequence[Rule]) -> dict[str, npt.NDArray[np.bool_]]:
    """Signal → bool [n]: its rule was not evaluated, since the signal is null or the text too short.

    Raises ValueError for a missing signal.
    """
    return {
        rule.signal: np.asarray(
            _column(signals, signal=rule.signal).is_null().to_numpy(zero_copy_only=False)
            | _is_short(signals, rule=rule),
            dtype=bool,
        )
        for rule in rules
    }


def _is_short(signals: pa.RecordBatch, *, rule: Rule) -> npt.NDArray[np.bool_]:
    """n rows → whether each has fewer words than the rule needs."""
    if not rule.needs_words:
        return np.zeros(signals.num_rows, dtype=bool)
    words, valid = numbers(signals, signal=WORDS)
    return valid & is_beyond(words, side="min", limit=rule.min_words)


def override(
    rules: Sequence[Rule],
    overrides: Mapping[str, Mapping[str, float | None]],
    *,
    origin: str = "config",
) -> tuple[Rule, ...]:
    """The rules with the limits of a config: `{signal: {"min": …, "max": …, "min_words": …}}`.

    A bound that is not given stays, None removes it, a rule without bounds is dropped, and a signal
    without a rule gets one at the end. Limits that are given have this origin, others keep theirs.
    Raises ValueError for another key.
    """
    for signal, bounds in overrides.items():
        unknown = sorted(set(bounds) - {"min", "max", "min_words"})
        if unknown:
            raise ValueError(
                f"override of {signal}: unknown {', '.join(unknown)}; known: min, max, min_words"
            )
    changed = [_override_one(rule, overrides.get(rule.signal, {}), origin=origin) for rule in rules]
    ruled = {rule.signal for rule in rules}
    added = [
        Rule(
            signal,
            bounds.get("min"),
            bounds.get("max"),
            origin,
            min_words=int(bounds.get("min_words") or 0),
            part=PARTS.get(signal, ""),
        )
        for signal, bounds in overrides.items()
        if signal not in ruled and any(bounds.get(side) is not None for side in ("min", "max"))
    ]
    return tuple(rule for rule in (*changed, *added) if rule is not None)


def _override_one(rule: Rule, bounds: Mapping[str, float | None], *, origin: str) -> Rule | None:
    if not bounds:
        return rule
    lower, upper = bounds.get("min", rule.min), bounds.get("max", rule.max)
    if lower is None and upper is None:
        return None
    was = rule.was or f"was {rule.origin}: min {rule.min}, max {rule.max}"
    sides: tuple[Side, ...] = ("min", "max")
    own = dict(rule.sides) | {side: origin for side in sides if side in bounds}
    words = bounds.get("min_words", rule.min_words)
    return replace(rule, min=lower, max=upper, min_words=int(words or 0), was=was, sides=tuple(own.items()))


def numbers(signals: pa.RecordBatch, *, signal: str) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.bool_]]:
    """A column as values (0 where null) and validity; raises ValueError as find_failures does."""
    column = _column(signals, signal=signal)
    valid = np.asarray(column.is_valid().to_numpy(zero_copy_only=False), dtype=bool)
    if pa.types.is_null(column.type):
        return np.zeros(len(column)), valid
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.uint8())  # so that `min: 1` requires it
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        raise ValueError(f"signal {signal} has type {column.type}; a rule needs numbers or truth values")
    values = np.asarray(pc.fill_null(column, pa.scalar(0, column.type)).to_numpy(zero_copy_only=False))
    if values.dtype.kind == "f" and np.isnan(values).any():
        row = int(np.argmax(np.isnan(values)))
        raise ValueError(f"signal {signal} is NaN in row {row}; a signal that cannot be measured is null")
    return values, valid


def _column(signals: pa.RecordBatch, *, signal: str) -> pa.Array:
    if signal not in signals.schema.names:
        raise ValueError(f"no signal {signal}; there are: {', '.join(signals.schema.names)}")
    return signals.column(signal)
