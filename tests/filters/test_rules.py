"""Rules: inclusive limits, all failures in order, nulls unevaluated and counted."""

import math
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.profiles import roots_as_run
from filters.rules import Rule, evaluate, find_failures, find_unevaluated, override

WORDS = Rule("words", 5, 10, "default")
RATIO = Rule("special_characters_ratio", None, 0.2, "roots")


def count_unevaluated(signals: pa.RecordBatch, rules: list[Rule]) -> dict[str, int]:
    return {name: int(skipped.sum()) for name, skipped in find_unevaluated(signals, rules=rules).items()}


def batch(words: list[int | None], ratios: list[float | None]) -> pa.RecordBatch:
    return pa.record_batch(
        {"words": pa.array(words, pa.int64()), "special_characters_ratio": pa.array(ratios, pa.float32())}
    )


def test_limits_are_inclusive_on_both_sides() -> None:
    signals = batch([4, 5, 10, 11], [0.0] * 4)
    assert evaluate(signals, rules=[WORDS]).to_pylist() == [["words_below_min"], [], [], ["words_above_max"]]


def test_a_float32_ratio_of_exactly_the_limit_passes() -> None:
    above = float(np.nextafter(np.float32(0.2), np.float32(1)))
    signals = batch([5, 5], [1 / 5, above])
    assert evaluate(signals, rules=[RATIO]).to_pylist() == [[], ["special_characters_ratio_above_max"]]


def test_every_failure_is_listed_in_the_order_of_the_rules() -> None:
    signals = batch([1, 99], [0.9, 0.9])
    assert evaluate(signals, rules=[RATIO, WORDS]).to_pylist() == [
        ["special_characters_ratio_above_max", "words_below_min"],
        ["special_characters_ratio_above_max", "words_above_max"],
    ]


def test_a_null_signal_fails_nothing_and_is_counted() -> None:
    signals = batch([None, 1, None], [None, 0.1, 0.9])
    assert evaluate(signals, rules=[WORDS, RATIO]).to_pylist() == [
        [],
        ["words_below_min"],
        ["special_characters_ratio_above_max"],
    ]
    assert count_unevaluated(signals, [WORDS, RATIO]) == {"words": 2, "special_characters_ratio": 1}


def test_a_signal_that_is_null_throughout_is_unevaluated_whatever_its_type() -> None:
    signals = pa.record_batch({"words": pa.nulls(2)})
    assert evaluate(signals, rules=[WORDS]).to_pylist() == [[], []]
    assert count_unevaluated(signals, [WORDS]) == {"words": 2}


def test_no_rules_or_no_rows() -> None:
    assert evaluate(batch([1, 2], [0.0, 0.0]), rules=[]).to_pylist() == [[], []]
    assert evaluate(batch([], []), rules=[WORDS, RATIO]).to_pylist() == []
    assert evaluate(batch([], []), rules=[]).type == pa.list_(pa.string())


def test_a_missing_signal_is_named() -> None:
    signals = pa.record_batch({"words": pa.array([1])})
    with pytest.raises(ValueError, match="no signal special_characters_ratio; there are: words"):
        evaluate(signals, rules=[RATIO])
    with pytest.raises(ValueError, match="no signal special_characters_ratio"):
        find_unevaluated(signals, rules=[RATIO])
    ratios = pa.record_batch({"special_characters_ratio": pa.array([0.5])})
    with pytest.raises(ValueError, match="no signal words"):
        evaluate(ratios, rules=[replace(RATIO, min_words=1)])


def test_a_text_of_fewer_words_than_a_rule_needs_is_not_judged_by_it_and_counted() -> None:
    rule = replace(RATIO, min_words=30)
    assert (rule.columns, RATIO.columns) == (("special_characters_ratio", "words"), (RATIO.signal,))
    signals = batch([29, 30, None, 29], [0.9, 0.9, 0.9, None])
    failed = ["special_characters_ratio_above_max"]
    assert evaluate(signals, rules=[rule]).to_pylist() == [[], failed, failed, []]
    assert find_unevaluated(signals, rules=[rule])[RATIO.signal].tolist() == [True, False, False, True]


def test_a_rule_on_words_is_judged_whatever_the_words() -> None:
    assert evaluate(batch([1], [0.0]), rules=[replace(WORDS, min_words=30)]).to_pylist() == [
        ["words_below_min"]
    ]


def test_nan_is_an_error_because_an_unmeasurable_signal_is_null() -> None:
    with pytest.raises(ValueError, match="special_characters_ratio is NaN in row 1"):
        evaluate(batch([1, 1], [0.1, math.nan]), rules=[RATIO])


def test_a_signal_that_is_no_number_is_an_error() -> None:
    with pytest.raises(ValueError, match="words has type string"):
        evaluate(pa.record_batch({"words": pa.array(["many"])}), rules=[WORDS])


@pytest.mark.parametrize(
    ("lower", "upper", "origin", "message"),
    [
        (None, None, "roots", "give min, max or both"),
        (2, 1, "roots", "min 2 is above max 1"),
        (math.nan, None, "roots", "not a number"),
        (1, 2, "folklore", "unknown origin 'folklore'"),
    ],
)
def test_impossible_rules_are_refused(
    lower: float | None, upper: float | None, origin: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Rule("words", lower, upper, origin)


def test_reasons_name_only_the_bounds_there_are() -> None:
    assert WORDS.reasons == ("words_below_min", "words_above_max")
    assert RATIO.reasons == ("special_characters_ratio_above_max",)


def test_an_override_changes_the_bound_that_is_given_and_keeps_the_other() -> None:
    (rule,) = override([WORDS], {"words": {"min": 7}})
    assert (rule.min, rule.max) == (7, 10)
    assert [(cut.reason, cut.origin) for cut in rule.cuts] == [
        ("words_below_min", "config"),
        ("words_above_max", "default"),
    ]
    note = "was default: min 5, max 10"
    assert rule.by_origin == (
        Rule("words", 7, None, "config", note),
        Rule("words", None, 10, "default"),
    )


def test_the_origin_of_each_bound_is_the_last_that_set_it() -> None:
    rules = override([WORDS], {"words": {"max": 9}})
    assert rules[0].by_origin[0].origin == "default"
    (rule,) = override(rules, {"words": {"min": 7}})
    assert (rule.min, rule.max) == (7, 9)
    assert [own.origin for own in rule.by_origin] == ["config"]
    assert WORDS.by_origin == (WORDS,)


def test_an_override_may_give_the_words_that_a_rule_needs_and_keeps_them_otherwise() -> None:
    (rule,) = override([replace(RATIO, min_words=30)], {RATIO.signal: {"max": 0.5}})
    assert (rule.max, rule.min_words) == (0.5, 30)
    (rule,) = override([rule], {RATIO.signal: {"min_words": 0}})
    assert (rule.max, rule.min_words) == (0.5, 0)
    (rule,) = override([], {RATIO.signal: {"max": 0.5, "min_words": 9}})
    assert (rule.max, rule.min_words, rule.origin) == (0.5, 9, "config")


def test_an_override_of_null_removes_a_bound_and_a_rule_without_bounds() -> None:
    (rule,) = override([WORDS], {"words": {"max": None}})
    assert (rule.min, rule.max) == (5, None)
    assert [cut.origin for cut in rule.cuts] == ["default"]
    assert override([WORDS, RATIO], {"words": {"min": None, "max": None}}) == (RATIO,)


def test_an_override_adds_a_rule_where_there_was_none() -> None:
    assert override([WORDS], {"chars": {"min": 100}}) == (WORDS, Rule("chars", 100, None, "config"))
    assert override([WORDS], {"chars": {"min": None}}) == (WORDS,)


def test_rules_without_override_are_unchanged() -> None:
    assert override([WORDS, RATIO], {}) == (WORDS, RATIO)
    assert override([WORDS, RATIO], {"words": {}}) == (WORDS, RATIO)


def test_an_override_with_another_key_is_an_error() -> None:
    with pytest.raises(ValueError, match="override of words: unknown minimum; known: min, max"):
        override([WORDS], {"words": {"minimum": 3}})


def reference(rows: list[dict[str, float | None]], rules: list[Rule]) -> list[list[str]]:
    """Slow and obvious; values are multiples of 1/8, exact in float32."""
    failed: list[list[str]] = []
    for row in rows:
        reasons = []
        for rule in rules:
            value = row[rule.signal]
            if value is not None and rule.min is not None and value < rule.min:
                reasons.append(f"{rule.signal}_below_min")
            if value is not None and rule.max is not None and value > rule.max:
                reasons.append(f"{rule.signal}_above_max")
        failed.append(reasons)
    return failed


EIGHTHS = st.integers(-16, 16).map(lambda n: n / 8)
INTEGERS = st.integers(-3, 3)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"a": st.none() | INTEGERS, "b": st.none() | EIGHTHS, "c": st.none() | EIGHTHS},
    ),
    max_size=12,
)


@st.composite
def rule_sets(draw: st.DrawFn) -> list[Rule]:
    rules = []
    for signal in draw(st.permutations(["a", "b", "c"])):
        bounds = sorted(draw(st.lists(EIGHTHS, min_size=2, max_size=2)))
        lower, upper = draw(st.sampled_from([(True, True), (True, False), (False, True)]))
        rules.append(Rule(signal, bounds[0] if lower else None, bounds[1] if upper else None, "default"))
    return rules[: draw(st.integers(0, 3))]


@given(rows=ROWS, rules=rule_sets(), cut=st.integers(0, 12))
def test_evaluation_equals_the_reference_also_on_slices(
    rows: list[dict[str, float | None]], rules: list[Rule], cut: int
) -> None:
    schema = pa.schema({"a": pa.int64(), "b": pa.float32(), "c": pa.float64()})
    signals = pa.RecordBatch.from_pylist(rows, schema=schema)
    expected = reference(rows, rules)
    assert evaluate(signals, rules=rules).to_pylist() == expected
    assert evaluate(signals.slice(cut), rules=rules).to_pylist() == expected[cut:]
    assert count_unevaluated(signals.slice(cut), rules) == {
        rule.signal: sum(row[rule.signal] is None for row in rows[cut:]) for rule in rules
    }


@pytest.mark.parametrize(
    ("value", "share", "fails"),
    [
        (0.2, 1.0, False),
        (0.19, 1.0, True),
        (0.1, 0.5, False),
        (0.09, 0.5, True),
        (0.2, None, False),
        (0.19, None, True),
        (0.0, 0.0, True),
    ],
)
def test_a_least_share_is_one_of_the_part_that_can_have_it(
    value: float, share: float | None, fails: bool
) -> None:
    rule = Rule("stop_words_ratio", 0.2, None, "default", part="lang_share")
    assert rule.columns == ("stop_words_ratio", "lang_share")
    row = {
        "stop_words_ratio": pa.array([value], pa.float32()),
        "lang_share": pa.array([share], pa.float32()),
    }
    assert find_failures(pa.RecordBatch.from_pydict(row), rules=[rule])[1].tolist() == [[fails]]


def test_where_no_language_was_identified_the_whole_text_is_judged() -> None:
    rule = Rule("stop_words_ratio", 0.2, None, "default", part="lang_share")
    row = pa.RecordBatch.from_pydict({"stop_words_ratio": pa.array([0.19, 0.2], pa.float32())})
    assert find_failures(row, rules=[rule])[1].tolist() == [[True], [False]]


def test_a_greatest_share_is_one_of_the_whole_text() -> None:
    rule = Rule("stop_words_ratio", None, 0.5, "config", part="lang_share")
    row = {"stop_words_ratio": pa.array([0.4], pa.float32()), "lang_share": pa.array([0.5], pa.float32())}
    assert find_failures(pa.RecordBatch.from_pydict(row), rules=[rule])[1].tolist() == [[False]]


def test_the_part_stays_with_limits_of_a_config_and_its_origins() -> None:
    rules = (Rule("stop_words_ratio", 0.2, None, "default", part="lang_share"),)
    (changed,) = override(rules, {"stop_words_ratio": {"min": 0.3, "max": 0.9}})
    assert changed.part == "lang_share"
    assert {rule.part for rule in changed.by_origin} == {"lang_share"}
    (added,) = override((), {"stop_words_ratio": {"min": 0.3}})
    assert added.part == "lang_share"
    assert all(rule.part == "" for rule in roots_as_run("en"))
