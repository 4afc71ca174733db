"""What limits do to a sample of measured documents, and which limits its values suggest."""

import decimal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from filters.rules import Cut, Rule, Side, find_failures, is_beyond, judged_numbers, numbers

Values = npt.NDArray[np.float32] | npt.NDArray[np.float64]
"""Values of a signal in the type in which it is stored, integers as float64; NaN: null."""

MAX_DROPPED_SHARE = 0.15
"""No single limit should drop more of a sample than this."""
MAX_REFERENCE_SHARE = 0.05
"""No single limit should drop more of a clean reference than this."""
TAIL_SHARE = 0.01
"""Documents beyond a suggested limit: of the sample by *quantile*, of the reference by *tail*."""
MAX_RATIO = 3.0
"""A limit is far off for a language from more than so many times the median language's share …"""
MIN_DIFFERENCE = 0.05
"""… if it is more than this above it, too."""
DEVIATIONS = 3.0
"""Standard deviations between the mean and a suggested limit."""


@dataclass(frozen=True)
class Removal:
    """Documents that one limit removes of a sample."""

    reason: str
    alone: int
    """It fails them, whatever the others do."""
    only: int
    """No other limit fails them."""
    in_sequence: int
    """It is the first that fails them: these add up to what all limits remove."""


@dataclass(frozen=True)
class Verdict:
    """What a guard says about a limit."""

    ok: bool
    message: str


def cuts_of(rules: Sequence[Rule]) -> list[Cut]:
    """The limits of some rules, in the order of their reasons."""
    return [cut for rule in rules for cut in rule.cuts]


def numeric_signals(schema: pa.Schema) -> list[str]:
    """Names of the columns that a rule can be about, in order."""
    return [
        field.name
        for field in schema
        if pa.types.is_integer(field.type)
        or pa.types.is_floating(field.type)
        or pa.types.is_boolean(field.type)
    ]


def bounds_of(signal: str) -> tuple[float, float]:
    """The least and largest value that a signal can have, by its name: shares end at 1, counts do not."""
    shares = signal.endswith(("_ratio", "_share", "_fraction"))
    return (0.0, 1.0 if shares else np.inf)


def values_of(signals: pa.RecordBatch, *, signal: str, rule: Rule | None = None) -> Values:
    """n rows → n values, NaN where the signal is null; with a rule as it judges them, NaN where it does not.

    Raises ValueError as rules do.
    """
    if rule is None:
        values, valid = numbers(signals, signal=signal)
    else:
        values, valid = judged_numbers(signals, rule=rule)
    floats: Values = values.astype(values.dtype if values.dtype == np.float32 else np.float64)
    floats[~valid] = np.nan
    return floats


def decimals_of(values: Values) -> list[float]:
    """n values → n floats with the fewest digits that name them: 0.2, not the 0.20000000298 of its float32.

    As a limit, such a number is rounded to the very value. They order as the values do.
    """
    return [float(str(value)) for value in values]


def is_held_out(exact_hashes: pa.Array) -> npt.NDArray[np.bool_]:
    """Hashes of n texts (filters.hashes.exact) → which documents judge limits; the others may set them.

    By the first bit of the hash, so about half of them; copies in several sources go together. Null: not.
    """
    return np.array([each is not None and each[0] >= 128 for each in exact_hashes.to_pylist()], bool)


def count_removed(signals: pa.RecordBatch, *, rules: Sequence[Rule]) -> list[Removal]:
    """What each limit removes of n rows, in the order of the rules; raises ValueError as rules do."""
    names, failed = find_failures(signals, rules=rules)
    first = np.cumsum(failed, axis=1) == 1
    fails = failed.sum(axis=1)
    return [
        Removal(
            name,
            alone=int(failed[:, place].sum()),
            only=int((failed[:, place] & (fails == 1)).sum()),
            in_sequence=int((failed[:, place] & first[:, place]).sum()),
        )
        for place, name in enumerate(names)
    ]


def dropped_share(values: Values, *, side: Side, limit: float) -> float:
    """Share of the documents that a limit fails; those without a value pass. 0 of no documents."""
    if not len(values):
        return 0.0
    return float(is_beyond(values, side=side, limit=limit).mean())


def suggest(values: Values, *, side: Side, reference: Values | None = None) -> dict[str, float]:
    """Method → limit, from the values of a sample (NaN: none) and of a clean reference.

    *quantile*: TAIL_SHARE of the sample is beyond it; *deviation*: DEVIATIONS standard deviations from the
    mean; *tail*: TAIL_SHARE of the reference is beyond it. Limits are rounded outwards to three digits, so
    they remove no more than that. A method without a value to go by is left out.
    """
    limits: dict[str, float] = {}
    sample = values[~np.isnan(values)]
    if len(sample):
        limits["quantile"] = _round_outwards(_quantile(sample, side=side), side=side)
        spread = DEVIATIONS * float(sample.std(dtype=np.float64))
        mean = float(sample.mean(dtype=np.float64))
        limits["deviation"] = _round_outwards(mean + (spread if side == "max" else -spread), side=side)
    if reference is not None and len(clean := reference[~np.isnan(reference)]):
        limits["tail"] = _round_outwards(_quantile(clean, side=side), side=side)
    return limits


def _quantile(values: Values, *, side: Side) -> float:
    """The largest limit with at most TAIL_SHARE below it, or the smallest with at most as many above."""
    ordered = np.sort(values)
    beyond = int(len(ordered) * TAIL_SHARE)
    return float(str(ordered[beyond if side == "min" else len(ordered) - 1 - beyond]))


def _round_outwards(value: float, *, side: Side) -> float:
    if value == 0.0:
        return 0.0
    rounding = decimal.ROUND_FLOOR if side == "min" else decimal.ROUND_CEILING
    return float(decimal.Context(prec=3, rounding=rounding).create_decimal(repr(value)))


def judge(
    values: Values,
    *,
    side: Side,
    limit: float,
    reference: Values | None = None,
    bounds: tuple[float, float] = (-np.inf, np.inf),
) -> Verdict:
    """Whether a limit is defensible: it can fire, and drops neither too much nor clean text.

    bounds are the least and largest value that the signal can have at all: a limit on or beyond them never
    fires. The message says which share of what is dropped.
    """
    low, high = bounds
    if (side == "min" and limit <= low) or (side == "max" and limit >= high):
        return Verdict(
            False, f"can never fire: no value is {'below' if side == 'min' else 'above'} {limit:g}"
        )
    share = dropped_share(values, side=side, limit=limit)
    if share > MAX_DROPPED_SHARE:
        return Verdict(False, f"drops {share:.1%} of the sample, more than {MAX_DROPPED_SHARE:.0%}")
    clean = 0.0 if reference is None else dropped_share(reference, side=side, limit=limit)
    if clean > MAX_REFERENCE_SHARE:
        return Verdict(False, f"drops {clean:.1%} of the reference, more than {MAX_REFERENCE_SHARE:.0%}")
    if share == 0.0:
        return Verdict(True, "drops nothing of this sample")
    return Verdict(True, f"drops {share:.2%} of the sample")


@dataclass(frozen=True)
class Distribution:
    """Where the values of a sample are: k grid points and how many documents are at or below each."""

    grid: tuple[float, ...]
    at_or_below: tuple[int, ...]
    below: tuple[int, ...]
    missing: int
    """Documents without a value."""


def distribution_of(values: Values, *, limits: Sequence[float] = (), points: int = 400) -> Distribution:
    """n values → counts at up to `points` quantiles, and exactly at the limits, rounded as rules round them.

    The share that a limit on a grid point removes is exact: `below` for a minimum, the rest for a maximum.
    """
    ordered = np.sort(values[~np.isnan(values)])
    cuts = np.array(limits, values.dtype)
    missing = len(values) - len(ordered)
    if not len(ordered):
        grid = np.unique(cuts)
    else:
        places = np.unique(
            np.linspace(0, len(ordered) - 1, min(points, len(ordered))).round().astype(np.int64)
        )
        grid = np.unique(np.concatenate([ordered[places], cuts]))
    return Distribution(
        grid=tuple(decimals_of(grid)),
        at_or_below=tuple(np.searchsorted(ordered, grid, side="right").tolist()),
        below=tuple(np.searchsorted(ordered, grid, side="left").tolist()),
        missing=missing,
    )


@dataclass(frozen=True)
class Histogram:
    """How many values are in each of k bins between k + 1 edges; the outer bins have what is beyond, too."""

    scale: Literal["linear", "log"]
    edges: tuple[float, ...]
    counts: tuple[int, ...]


def histogram_of(values: Values, *, bins: int = 48) -> Histogram:
    """n values → bins of equal width between the 0.5 % and the 99.5 % quantile.

    Of a long tail (its 99.5 % quantile is over 20 times the median) the logarithms of 1 + value have equal
    widths. NaN is left out.
    """
    sample = values[~np.isnan(values)].astype(np.float64)
    if not len(sample):
        return Histogram("linear", (), ())
    low, middle, high = np.quantile(sample, [0.005, 0.5, 0.995])
    log = bool(low >= 0 and high > 20 * max(middle, 1.0))
    if log:
        edges = np.expm1(np.linspace(np.log1p(low), np.log1p(high), bins + 1))
    else:
        edges = np.linspace(low, high, bins + 1) if high > low else np.array([low - 0.5, low + 0.5])
    place = np.clip(np.searchsorted(edges, sample, side="right") - 1, 0, len(edges) - 2)
    counts = np.bincount(place, minlength=len(edges) - 1)
    return Histogram("log" if log else "linear", tuple(edges.tolist()), tuple(counts.tolist()))


def nearest(values: Values, *, side: Side, limit: float, count: int) -> tuple[list[int], list[int]]:
    """(rows that just fail a limit, rows that just pass it), nearest first, equal values in row order."""
    has_value = ~np.isnan(values)
    failed = is_beyond(values, side=side, limit=limit)
    distance = np.abs(values - limit)

    def closest(mask: npt.NDArray[np.bool_]) -> list[int]:
        rows = np.flatnonzero(mask)
        order = np.argsort(distance[rows], kind="stable")[:count]
        return [int(row) for row in rows[order]]

    return closest(failed), closest(has_value & ~failed)


def compare_languages(
    shares: Mapping[str, Mapping[str, float]],
) -> list[tuple[str, str, float, float]]:
    """Language → reason → share removed; → the (language, reason, share, median) far off the median language.

    Far off is more than MAX_RATIO times the median over the languages that have the rule and more than
    MIN_DIFFERENCE above it. Sorted by how far.
    """
    reasons = sorted({reason for by_reason in shares.values() for reason in by_reason})
    outliers = []
    for reason in reasons:
        having = {lang: by_reason[reason] for lang, by_reason in shares.items() if reason in by_reason}
        median = float(np.median(list(having.values())))
        outliers += [
            (lang, reason, share, median)
            for lang, share in having.items()
            if share > MAX_RATIO * median and share - median > MIN_DIFFERENCE
        ]
    return sorted(outliers, key=lambda each: (each[3] - each[2], each[0], each[1]))
