"""Precision, recall, F1, confusions and false acceptance, by hand and against a slow, obvious count."""

import random
from collections import Counter
from typing import Any

import langcodes
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters import languages
from filters.language_id import canonical_tag
from filters.language_id.evaluation import (
    count_pairs,
    evaluate,
    resolve_groups,
    summarise,
    wilson_interval,
)
from filters.language_id.labels import EQUIVALENT

TARGETS = ("en", "fr", "sw", "ak", "tw")
HAND = {
    ("en", "en"): 8,
    ("en", "fr"): 1,
    ("en", "und"): 1,
    ("fr", "fr"): 3,
    ("fr", "en"): 1,
    ("ha", "ha"): 2,
    ("ha", "en"): 2,
}

Pair = tuple[str, str]
pairs = st.lists(st.tuples(*[st.sampled_from(["en", "fr", "ak", "tw", "ha", "und"])] * 2), min_size=1)


def test_a_small_example_by_hand() -> None:
    assert summarise(evaluate(HAND, targets=TARGETS)) == {
        "texts": 18,
        "accuracy": 0.7222,
        "balanced": False,
        "counted_as_one": {},
        "targets_missing": ["ak", "sw"],
        "macro": {
            "targets": {"languages": 2, "precision": 0.7386, "recall": 0.775, "f1": 0.756},
            "all": {"languages": 3, "precision": 0.8258, "recall": 0.6833, "f1": 0.7262},
        },
        "false_acceptance": {"languages": 1, "texts": 4, "accepted": 2, "share": 0.5, "mean_share": 0.5},
        "languages": [
            {
                "lang": "en",
                "target": True,
                "support": 10,
                "predicted": 11,
                "correct": 8,
                "precision": 0.7273,
                "recall": 0.8,
                "recall_interval": [0.4902, 0.9433],
                "f1": 0.7619,
                "und_share": 0.1,
                "accepted_share": None,
                "confusions": [
                    {"lang": "fr", "texts": 1, "share": 0.1},
                    {"lang": "und", "texts": 1, "share": 0.1},
                ],
            },
            {
                "lang": "fr",
                "target": True,
                "support": 4,
                "predicted": 4,
                "correct": 3,
                "precision": 0.75,
                "recall": 0.75,
                "recall_interval": [0.3006, 0.9544],
                "f1": 0.75,
                "und_share": 0.0,
                "accepted_share": None,
                "confusions": [{"lang": "en", "texts": 1, "share": 0.25}],
            },
            {
                "lang": "ha",
                "target": False,
                "support": 4,
                "predicted": 2,
                "correct": 2,
                "precision": 1.0,
                "recall": 0.5,
                "recall_interval": [0.15, 0.85],
                "f1": 0.6667,
                "und_share": 0.0,
                "accepted_share": 0.5,
                "confusions": [{"lang": "en", "texts": 2, "share": 0.5}],
            },
        ],
    }


def test_balanced_each_language_weighs_the_same() -> None:
    summary = summarise(evaluate(HAND, targets=TARGETS, balanced=True))
    measures = {row["lang"]: (row["precision"], row["recall"], row["f1"]) for row in summary["languages"]}
    assert measures == {
        "en": (0.5161, 0.8, 0.6275),  # 0.8 / (0.8 + 0.25 + 0.5)
        "fr": (0.8824, 0.75, 0.8108),  # 0.75 / (0.75 + 0.1)
        "ha": (1.0, 0.5, 0.6667),
    }
    assert summary["balanced"]
    # Ten times the texts of one language change nothing then.
    more = {pair: n * (10 if pair[0] == "ha" else 1) for pair, n in HAND.items()}
    again = summarise(evaluate(more, targets=TARGETS, balanced=True))
    assert {row["lang"]: (row["precision"], row["recall"], row["f1"]) for row in again["languages"]} == (
        measures
    )


def test_a_language_that_is_never_named_has_no_precision_and_counts_as_0() -> None:
    summary = summarise(evaluate({("en", "en"): 1, ("fr", "und"): 1}, targets=TARGETS))
    en, fr = summary["languages"]
    assert (en["precision"], en["recall"], en["f1"]) == (1.0, 1.0, 1.0)
    assert (fr["precision"], fr["recall"], fr["f1"], fr["und_share"]) == (None, 0.0, 0.0, 1.0)
    assert summary["macro"]["targets"] == {"languages": 2, "precision": 0.5, "recall": 0.5, "f1": 0.5}


def test_text_in_no_language_is_right_as_und_and_is_in_no_mean() -> None:
    pairs = {("und", "und"): 3, ("und", "en"): 1, ("en", "en"): 1}
    summary = summarise(evaluate(pairs, targets=TARGETS))
    en, und = summary["languages"]
    assert (und["lang"], und["recall"], und["accepted_share"]) == ("und", 0.75, 0.25)
    assert summary["macro"]["all"]["languages"] == 1
    assert summary["false_acceptance"] == {
        "languages": 0,
        "texts": 0,
        "accepted": 0,
        "share": None,
        "mean_share": None,
    }
    assert en["precision"] == 0.5


def test_akan_and_twi_are_counted_as_one_and_named_so() -> None:
    pairs = {("ak", "tw"): 1, ("tw", "ak"): 2, ("en", "en"): 3}
    summary = summarise(evaluate(pairs, targets=TARGETS))
    assert [(row["lang"], row["support"], row["f1"]) for row in summary["languages"]] == [
        ("ak", 3, 1.0),
        ("en", 3, 1.0),
    ]
    assert summary["counted_as_one"] == {"ak": ["ak", "tw"]}
    assert summary["targets_missing"] == ["fr", "sw"]
    assert summarise(evaluate(pairs, targets=TARGETS, groups={}))["accuracy"] == 0.5


def test_a_language_outside_that_is_grouped_into_a_target_is_one() -> None:
    pairs = {("arz", "ar"): 1, ("arz", "arz"): 1, ("ar", "ar"): 2, ("ha", "arz"): 1}
    apart = summarise(evaluate(pairs, targets=("ar",)))
    assert apart["false_acceptance"]["accepted"] == 1
    assert apart["macro"]["targets"]["f1"] == 0.8
    grouped = summarise(evaluate(pairs, targets=("ar",), groups={"arz": "ar"}))
    assert [row["lang"] for row in grouped["languages"]] == ["ar", "ha"]
    assert grouped["languages"][0]["recall"] == 1.0
    assert grouped["false_acceptance"]["share"] == 1.0  # Hausa named as one of the group


def test_targets_without_texts_still_count_as_accepted() -> None:
    summary = summarise(evaluate({("ha", "sw"): 1, ("ha", "ha"): 3}, targets=TARGETS))
    assert summary["false_acceptance"]["share"] == 0.25
    assert summary["macro"]["targets"] == {"languages": 0, "precision": None, "recall": None, "f1": None}


def test_groups_are_followed_to_the_end() -> None:
    assert resolve_groups({"a": "b", "b": "c", "x": "c"}) == {"a": "c", "b": "c", "x": "c"}


@pytest.mark.parametrize(
    ("groups", "circle"),
    [
        ({"a": "a"}, "a → a"),
        ({"a": "b", "b": "a"}, "a → b → a"),
        ({"x": "a", "a": "b", "b": "a"}, "x → a → b → a"),
    ],
)
def test_groups_in_a_circle_are_an_error(groups: dict[str, str], circle: str) -> None:
    with pytest.raises(ValueError, match=f"counted as each other: {circle}$"):
        resolve_groups(groups)


def test_nothing_to_evaluate_is_an_error() -> None:
    with pytest.raises(ValueError, match="no texts"):
        evaluate({}, targets=TARGETS)


def test_equivalent_codes_are_of_one_language() -> None:
    for tag, other in EQUIVALENT.items():
        if tag != "nb":  # to CLDR, `no` is an alias of `nb`
            assert langcodes.standardize_tag(tag, macro=True) == other
        assert {canonical_tag(tag), canonical_tag(other)} == {tag, other}
    assert set(EQUIVALENT) & set(languages.TAGS) == {"tw"}
    assert set(EQUIVALENT.values()) & set(languages.TAGS) == {"ak"}
    assert resolve_groups(EQUIVALENT) == EQUIVALENT


def test_wilson_intervals_are_those_of_the_formula() -> None:
    low, high = wilson_interval(np.array([0, 5, 10, 0]), np.array([10, 10, 10, 0]))
    assert low.tolist() == pytest.approx([0, 0.2366, 0.7225, 0], abs=1e-4)
    assert high.tolist() == pytest.approx([0.2775, 0.7634, 1, 1], abs=1e-4)


def slow_measures(pairs: list[Pair], *, balanced: bool) -> dict[str, tuple[float, float, float]]:
    """Precision (0 where nothing was named so), recall and F1 of each gold tag, one text after another."""
    measures = {}
    weights = {tag: 1 / n if balanced else 1 for tag, n in Counter(gold for gold, _ in pairs).items()}
    for tag in weights:
        right = sum(weights[gold] for gold, predicted in pairs if gold == predicted == tag)
        named = sum(weights[gold] for gold, predicted in pairs if predicted == tag)
        texts = sum(weights[gold] for gold, _ in pairs if gold == tag)
        precision, recall = right / named if named else 0.0, right / texts
        f1 = 2 * precision * recall / (precision + recall) if right else 0.0
        measures[tag] = (precision, recall, f1)
    return measures


@given(pairs, st.booleans())
def test_measures_equal_the_slow_reference(pairs: list[Pair], balanced: bool) -> None:
    evaluation = evaluate(Counter(pairs), targets=TARGETS, balanced=balanced)
    merged = [(EQUIVALENT.get(gold, gold), EQUIVALENT.get(named, named)) for gold, named in pairs]
    expected = slow_measures(merged, balanced=balanced)
    rows = [row for row, tag in enumerate(evaluation.tags) if tag in expected]
    assert {evaluation.tags[row] for row in rows} == set(expected)
    for row in rows:
        measured = (evaluation.precision[row], evaluation.recall[row], evaluation.f1[row])
        assert np.nan_to_num(measured).tolist() == pytest.approx(expected[evaluation.tags[row]])
    outside = [named for gold, named in merged if gold == "ha"]
    if outside:
        accepted = sum(named in TARGETS for named in outside)
        assert evaluation.accepted[evaluation.tags.index("ha")] == accepted


@given(pairs)
def test_what_must_hold_of_any_counts(pairs: list[Pair]) -> None:
    summary = summarise(evaluate(Counter(pairs), targets=TARGETS))
    rows: list[dict[str, Any]] = summary["languages"]
    assert sum(row["support"] for row in rows) == summary["texts"] == len(pairs)
    for row in rows:
        assert row["correct"] + sum(other["texts"] for other in row["confusions"]) == row["support"]
        low, high = row["recall_interval"]
        assert 0 <= low <= row["recall"] <= high <= 1
    # The recall of all texts together is the accuracy.
    micro = sum(row["correct"] for row in rows) / len(pairs)
    assert summary["accuracy"] == round(micro, 4)
    shuffled = random.Random(0).sample(pairs, len(pairs))
    assert summarise(evaluate(Counter(shuffled), targets=TARGETS[::-1])) == summary


@given(pairs)
def test_pairs_are_counted(pairs: list[Pair]) -> None:
    gold, predicted = (pa.array(column, pa.string()) for column in zip(*pairs, strict=True))
    assert count_pairs(gold, predicted) == Counter(pairs)


def test_no_texts_make_no_pairs() -> None:
    assert count_pairs(pa.array([], pa.string()), pa.array([], pa.string())) == Counter()
