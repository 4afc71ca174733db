"""Limits of a language from clean documents: the recipes that made those of the bundled files.

Documents are split by a hash of their text: one half sets limits, the other says what they remove of
documents that they were not set by.
"""

import decimal
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from filters import languages
from filters.calibration import MAX_REFERENCE_SHARE, Values, dropped_share, is_held_out, values_of
from filters.rules import Rule, Side, evaluate

MIN_DOCUMENTS = 200
"""Of the half that sets limits; with fewer, the few beyond a limit are chance."""


@dataclass(frozen=True)
class Tail:
    """A limit beyond which at most a share of clean documents is."""

    signal: str
    side: Side
    share: float
    start: float | None = None
    """The strictest limit that it may become; None: whatever the documents say."""


TAILS = (
    Tail("stop_words_ratio", "min", 0.01),
    Tail("mean_word_length", "min", 0.01),
    Tail("mean_word_length", "max", 0.01),
    Tail("duplicate_line_ratio", "max", 0.02, start=0.54),
    Tail("duplicated_5_gram_characters_ratio", "max", 0.02, start=0.67),
    Tail("duplicated_10_gram_characters_ratio", "max", 0.02, start=0.51),
    Tail("compression_ratio", "min", 0.01, start=0.18),
)
"""Limits that are derived for each language; those of repetition start at the bundled files' own."""


def halves(signals: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """(documents that calibrate, documents held out)."""
    held_out = is_held_out(signals["exact_hash"])
    return signals.filter(pa.array(~held_out)), signals.filter(pa.array(held_out))


def strictest(values: Values, *, side: Side, share: float) -> float:
    """The strictest limit of two digits that removes at most a share of n values; some must not be NaN."""
    known = np.sort(values[~np.isnan(values)])
    beyond = min(int(len(values) * share), len(known) - 1)
    edge = float(str(known[beyond] if side == "min" else known[-1 - beyond]))
    rounding = decimal.ROUND_FLOOR if side == "min" else decimal.ROUND_CEILING
    return float(decimal.Context(prec=2, rounding=rounding).create_decimal(repr(edge)))


def recalibrate(rule: Rule, *, first: pa.RecordBatch) -> Rule | None:
    """The rule with limits that the first half allows; None where it allows them as they are."""
    values = values_of(first, signal=rule.signal)
    bounds: dict[str, float | None] = {"min": rule.min, "max": rule.max}
    before = []
    for cut in rule.cuts:
        share = dropped_share(values, side=cut.side, limit=cut.limit)
        if share > MAX_REFERENCE_SHARE:
            bounds[cut.side] = strictest(values, side=cut.side, share=MAX_REFERENCE_SHARE)
            before.append(f"{cut.limit:g} ({rule.origin}) removes {share:.1%}")
    if not before:
        return None
    note = f"at most {MAX_REFERENCE_SHARE:.0%} of {first.num_rows:,} clean documents; {'; '.join(before)}"
    return Rule(rule.signal, bounds["min"], bounds["max"], "calibrated", note)


def loss(signals: pa.RecordBatch, *, rules: Sequence[Rule]) -> float:
    """Share of n documents that fail any rule."""
    failed = evaluate(signals, rules=rules).to_pylist()
    return sum(map(bool, failed)) / max(len(failed), 1)


def derive_rules(first: pa.RecordBatch) -> tuple[Rule, ...]:
    """The rules of a language without a file from n clean documents of it, each number with its origin.

    Defaults of the bundled files, loosened where they remove too many of the documents, and TAILS.
    """
    defaults = [recalibrate(rule, first=first) or rule for rule in common_defaults()]
    derived = {tail.signal for tail in TAILS}
    return (*(rule for rule in defaults if rule.signal not in derived), *_derive_tails(first))


def common_defaults() -> tuple[Rule, ...]:
    """Of each signal that half of the bundled files have such a limit on, the most frequent one.

    Limits of length, which parallel text gives, are among them: a language without such text gets the usual.
    """
    counts: dict[str, Counter[tuple[float | None, float | None]]] = {}
    for tag in languages.TAGS:
        for rule in languages.load(tag).rules:
            if rule.origin in ("default", "parallel"):
                counts.setdefault(rule.signal, Counter())[rule.min, rule.max] += 1
    return tuple(
        Rule(signal, *count.most_common(1)[0][0], "default", "as in most languages")
        for signal, count in counts.items()
        if 2 * count.total() >= len(languages.TAGS)
    )


def _derive_tails(first: pa.RecordBatch) -> Iterator[Rule]:
    for signal in dict.fromkeys(tail.signal for tail in TAILS):
        values = values_of(first, signal=signal)
        bounds: dict[Side, float] = {}
        notes = []
        for tail in (tail for tail in TAILS if tail.signal == signal):
            if np.isnan(values).all():
                limit = tail.start
            else:
                limit = strictest(values, side=tail.side, share=tail.share)
                if tail.start is not None:
                    limit = min(limit, tail.start) if tail.side == "min" else max(limit, tail.start)
            if not limit:  # no value is below a minimum of 0
                continue
            bounds[tail.side] = limit
            beyond = round(dropped_share(values, side=tail.side, limit=limit) * len(values))
            where = "below the minimum" if tail.side == "min" else "above the maximum"
            notes.append(f"{beyond} of {len(values):,} clean documents are {where}")
        if bounds:
            own = any(
                bounds.get(tail.side) not in (None, tail.start) for tail in TAILS if tail.signal == signal
            )
            origin = "calibrated" if own else "default"
            yield Rule(signal, bounds.get("min"), bounds.get("max"), origin, "; ".join(notes))
