"""What limits remove, what values suggest, and what the guards refuse."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters import calibration
from filters.calibration import (
    Removal,
    bounds_of,
    compare_languages,
    count_removed,
    cuts_of,
    decimals_of,
    distribution_of,
    dropped_share,
    histogram_of,
    is_held_out,
    judge,
    nearest,
    numeric_signals,
    suggest,
    values_of,
)
from filters.hashes.exact import exact_hashes
from filters.languages import TAGS, load
from filters.rules import Rule, Side, evaluate

NAN = float("nan")
SIGNALS = pa.record_batch(
    {
        "words": pa.array([1, 5, 50, 500, None], pa.int64()),
        "ratio": pa.array([0.9, 0.1, 0.9, 0.1, 0.9], pa.float32()),
    }
)
RULES = (Rule("words", 5, 100, "default"), Rule("ratio", None, 0.5, "default"))
VALUES = st.lists(st.floats(-1e6, 1e6) | st.just(NAN), max_size=60).map(
    lambda each: np.array(each, np.float64)
)


def test_removals_alone_only_and_in_sequence() -> None:
    assert count_removed(SIGNALS, rules=RULES) == [
        Removal("words_below_min", alone=1, only=0, in_sequence=1),  # the first document also fails the ratio
        Removal("words_above_max", alone=1, only=1, in_sequence=1),
        Removal("ratio_above_max", alone=3, only=2, in_sequence=2),  # null fails no limit on words
    ]


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(0, 1, width=32)), max_size=40))
def test_removals_in_sequence_add_up_to_what_the_rules_remove(rows: list[tuple[int, float]]) -> None:
    batch = pa.record_batch(
        {
            "words": pa.array([row[0] for row in rows], pa.int64()),
            "ratio": pa.array([row[1] for row in rows], pa.float32()),
        }
    )
    rules = (Rule("words", 3, 6, "default"), Rule("ratio", 0.2, 0.8, "default"))
    failed = [reasons for reasons in evaluate(batch, rules=rules).to_pylist() if reasons]
    assert sum(each.in_sequence for each in count_removed(batch, rules=rules)) == len(failed)


def test_cuts_are_the_limits_in_the_order_of_their_reasons() -> None:
    assert [cut.reason for cut in cuts_of(RULES)] == [reason for rule in RULES for reason in rule.reasons]


def test_signals_are_the_columns_that_a_rule_can_be_about() -> None:
    schema = pa.schema(
        {"a": pa.int64(), "b": pa.float32(), "c": pa.bool_(), "d": pa.string(), "e": pa.binary(4)}
    )
    assert numeric_signals(schema) == ["a", "b", "c"]


def test_a_null_is_no_value() -> None:
    np.testing.assert_array_equal(values_of(SIGNALS, signal="words"), [1, 5, 50, 500, NAN])


def test_a_limit_is_inclusive_and_no_value_passes() -> None:
    values = np.array([1.0, 2.0, 3.0, NAN])
    assert dropped_share(values, side="min", limit=2) == 0.25
    assert dropped_share(values, side="max", limit=2) == 0.25
    assert dropped_share(np.array([]), side="max", limit=2) == 0


def limit_of(signal: str, *, side: Side, limit: float) -> Rule:
    return Rule(signal, limit if side == "min" else None, limit if side == "max" else None, "default")


SHARES = st.lists(st.integers(0, 40), min_size=1, max_size=40).map(
    lambda each: np.array(each, np.float32) / np.float32(40)
)


def test_a_value_stored_exactly_at_a_limit_passes_everywhere() -> None:
    """0.2 as float32 is above 0.2, 0.3 as float32 is above 0.3 and 0.7 is below 0.7."""
    for limit in (0.2, 0.3, 0.7):
        at = np.array([limit], np.float32)
        below, above = np.nextafter(at, np.float32(0)), np.nextafter(at, np.float32(1))
        batch = pa.record_batch({"ratio": pa.array(np.concatenate([below, at, above]))})
        values = values_of(batch, signal="ratio")
        assert values.dtype == np.float32
        assert nearest(values, side="max", limit=limit, count=3) == ([2], [1, 0])
        assert nearest(values, side="min", limit=limit, count=3) == ([0], [1, 2])
        sides: tuple[Side, ...] = ("min", "max")
        for side in sides:
            rule = limit_of("ratio", side=side, limit=limit)
            assert [removal.alone for removal in count_removed(batch, rules=[rule])] == [1]
            assert dropped_share(values, side=side, limit=limit) == 1 / 3
        distribution = distribution_of(values, limits=[limit])
        assert distribution.grid[1] == limit
        assert (distribution.below[1], distribution.at_or_below[1]) == (1, 2)


@given(SHARES, st.integers(0, 40), st.sampled_from(["min", "max"]))
def test_shares_on_the_page_are_those_of_the_rules(values: np.ndarray, fortieth: int, side: Side) -> None:
    limit = fortieth / 40
    rule = limit_of("ratio", side=side, limit=limit)
    failed = evaluate(pa.record_batch({"ratio": pa.array(values)}), rules=[rule]).to_pylist()
    removed = sum(map(bool, failed))
    assert dropped_share(values, side=side, limit=limit) == removed / len(values)
    distribution = distribution_of(values, limits=[limit])
    place = distribution.grid.index(decimals_of(np.array([limit], np.float32))[0])
    assert removed == (
        distribution.below[place] if side == "min" else len(values) - distribution.at_or_below[place]
    )


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=20))
def test_decimals_name_a_value_and_order_as_values_do(values: list[float]) -> None:
    stored = np.sort(np.array(values, np.float32))
    decimals = decimals_of(stored)
    assert np.array(decimals, np.float32).tolist() == stored.tolist()
    assert decimals == sorted(decimals)


def test_documents_are_held_out_by_their_text_and_no_copy_is_on_both_sides() -> None:
    texts = pa.array([f"text {chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(500)], pa.large_string())
    held_out = is_held_out(exact_hashes(texts))
    assert 200 < held_out.sum() < 300
    copies = pa.array([f" {text.upper()}. " for text in texts.to_pylist()], pa.large_string())
    assert is_held_out(exact_hashes(copies)).tolist() == held_out.tolist()
    assert is_held_out(exact_hashes(pa.array(["", "…"], pa.large_string()))).tolist() == [False, False]


def test_suggestions_are_the_quantile_the_deviation_and_the_tail_of_the_reference() -> None:
    values = np.arange(1000, dtype=np.float64)  # mean 499.5, standard deviation 288.675
    assert suggest(values, side="min") == {"quantile": 10.0, "deviation": -367.0}
    assert suggest(values, side="max", reference=values[:500]) == {
        "quantile": 989.0,
        "deviation": 1370.0,  # 1365.52, three digits, outwards
        "tail": 494.0,
    }
    assert suggest(np.array([NAN]), side="max", reference=np.array([NAN])) == {}


@given(VALUES | SHARES, st.sampled_from(["min", "max"]))
def test_a_suggested_quantile_removes_at_most_its_tail(values: np.ndarray, side: Side) -> None:
    for method, limit in suggest(values, side=side).items():
        if method == "quantile":
            assert dropped_share(values, side=side, limit=limit) <= calibration.TAIL_SHARE


def test_a_guard_refuses_what_can_never_fire_and_what_drops_too_much() -> None:
    values = np.linspace(0, 1, 101)

    def verdict(limit: float, *, side: Side = "max", reference: np.ndarray | None = None) -> tuple[bool, str]:
        judged = judge(values, side=side, limit=limit, reference=reference, bounds=bounds_of("a_ratio"))
        return judged.ok, judged.message

    assert verdict(1.0) == (False, "can never fire: no value is above 1")
    assert verdict(0.0, side="min") == (False, "can never fire: no value is below 0")
    assert verdict(0.99) == (True, "drops 0.99% of the sample")
    assert verdict(0.85) == (True, "drops 14.85% of the sample")
    assert verdict(0.84) == (False, "drops 15.8% of the sample, more than 15%")
    assert verdict(0.9, reference=np.array([0.0] * 95 + [1.0] * 5)) == (True, "drops 9.90% of the sample")
    assert verdict(0.9, reference=np.array([0.0] * 94 + [1.0] * 6)) == (
        False,
        "drops 6.0% of the reference, more than 5%",
    )


def test_no_limit_of_any_language_can_never_fire() -> None:
    for tag in TAGS:
        for cut in cuts_of(load(tag).rules):
            low, high = bounds_of(cut.signal)
            assert cut.limit > low if cut.side == "min" else cut.limit < high, (tag, cut)


@given(VALUES, st.lists(st.floats(-1e6, 1e6), max_size=3))
def test_a_distribution_counts_exactly_at_its_grid(values: np.ndarray, limits: list[float]) -> None:
    distribution = distribution_of(values, limits=limits, points=10)
    assert set(limits) <= set(distribution.grid)
    assert list(distribution.grid) == sorted(set(distribution.grid))
    assert distribution.missing == int(np.isnan(values).sum())
    assert list(distribution.below) == [int((values < point).sum()) for point in distribution.grid]
    assert list(distribution.at_or_below) == [int((values <= point).sum()) for point in distribution.grid]


@given(VALUES)
def test_every_value_is_in_one_bin(values: np.ndarray) -> None:
    histogram = histogram_of(values)
    assert sum(histogram.counts) == int((~np.isnan(values)).sum())
    assert len(histogram.edges) == (len(histogram.counts) + 1 if histogram.counts else 0)
    assert all(math.isfinite(edge) for edge in histogram.edges)


def test_a_long_tail_is_binned_by_its_logarithm() -> None:
    assert histogram_of(np.array([1.0] * 90 + [1000.0] * 10)).scale == "log"
    assert histogram_of(np.array([1.0] * 90 + [20.0] * 10)).scale == "linear"


def test_the_documents_at_a_cut_are_the_nearest_on_either_side() -> None:
    values = np.array([5.0, 1.0, 2.0, 3.0, NAN, 2.0, 9.0])
    assert nearest(values, side="min", limit=3, count=2) == ([2, 5], [3, 0])
    assert nearest(values, side="max", limit=3, count=2) == ([0, 6], [3, 2])


def test_a_rule_far_off_the_median_language_is_found() -> None:
    shares = {
        "a": {"x": 0.02, "y": 0.25, "z": 0.0},
        "b": {"x": 0.02, "y": 0.25, "z": 0.0},
        "c": {"x": 0.14, "y": 0.75, "z": 0.05},  # 3.5 times the median; 3 times; 5 points above: not enough
        "d": {"x": 0.06},
    }
    (outlier,) = compare_languages(shares)
    assert outlier[:3] == ("c", "x", 0.14)
    assert outlier[3] == pytest.approx(0.04)
    shares["c"] |= {"y": 0.76, "z": 0.06}
    assert [(lang, reason) for lang, reason, _, _ in compare_languages(shares)] == [
        ("c", "y"),
        ("c", "x"),
        ("c", "z"),
    ]
