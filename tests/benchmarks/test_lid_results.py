"""Scores of identifiers on the same lines: over everything, and over what each can name."""

import pytest

from benchmarks.lid.results import compare_on_named, summarize

TRUTH = ["ak", "tw", "zh-Hans", "zh-Hant", "ar", "arz", "ha", "ha", "fr", "fr"]
ANSWERS = ["tw", "ak", "zh-Hans", "zh-Hans", "ar", "ar", "ha", "fr", "fr", "und"]
TAGS = {"ak", "tw", "zh-Hans", "zh-Hant", "ar", "arz", "ha", "fr", "und"}


def test_strict_and_merged_scores_of_the_same_answers() -> None:
    found = summarize(TRUTH, ANSWERS, tags=TAGS)
    f1 = {
        scheme: {lang: each["f1"] for lang, each in found[scheme]["classes"].items()}
        for scheme in ("strict", "merged")
    }
    # fr: one of two lines found, one of two answers right
    assert f1["strict"] == {"ak": 1.0, "ar": 0.6667, "fr": 0.5, "zh-Hans": 0.6667, "zh-Hant": 0.0}
    assert f1["merged"] == {"ak": 1.0, "ar": 1.0, "fr": 0.5, "zh": 1.0}
    assert found["strict"]["mean_f1"] == pytest.approx(sum(f1["strict"].values()) / 5, abs=1e-4)
    assert (found["strict"]["good"], found["merged"]["good"]) == (1, 3)
    assert found["unanswered_share"] == 0.1
    assert found["languages"] == 7
    assert found["named_classes"] == ["ak", "ar", "fr", "zh"]
    assert len(found["merged"]["without_lines"]) == 40


def test_other_languages_accepted_as_a_target_language() -> None:
    found = summarize(TRUTH, ANSWERS, tags=TAGS)
    # strict: Egyptian Arabic and one of two Hausa lines; merged: the Hausa line alone
    assert found["strict"]["false_acceptance"]["share"] == pytest.approx(2 / 3, abs=1e-4)
    assert found["merged"]["false_acceptance"]["share"] == 0.5
    assert found["strict"]["confusions"] == [
        ("arz", "ar", 1),
        ("fr", "und", 1),
        ("ha", "fr", 1),
        ("zh-Hant", "zh-Hans", 1),
    ]


def test_a_language_that_cannot_be_named_counts_as_zero() -> None:
    found = summarize(["yo", "yo", "fr"], ["fr", "fr", "fr"], tags={"fr"})
    assert {lang: each["f1"] for lang, each in found["strict"]["classes"].items()} == {"yo": 0.0, "fr": 0.5}
    assert found["strict"]["mean_f1"] == 0.25
    assert found["named_classes"] == ["fr"]


def test_only_lines_in_languages_that_it_can_name_for_both() -> None:
    answers = {"rhizotron": ANSWERS, "peer": ["fr"] * 4 + ["ar", "ar", "ha", "ha", "fr", "fr"]}
    named = compare_on_named(TRUTH, answers, tags={"rhizotron": TAGS, "peer": {"ar", "ha", "fr", "und"}})
    # ar, arz, ha, ha, fr, fr: the peer is right on all; of ours ha → fr and fr → und are wrong
    assert named["peer"] == {"classes": ["ar", "fr"], "lines": 6, "mean_f1": 1.0, "our_mean_f1": 0.75}
    assert named["rhizotron"]["lines"] == 10
    assert named["rhizotron"]["mean_f1"] == named["rhizotron"]["our_mean_f1"]


def test_a_peer_without_any_target_language_is_not_compared() -> None:
    answers = {"rhizotron": ANSWERS, "peer": ["de"] * 10}
    assert list(compare_on_named(TRUTH, answers, tags={"rhizotron": TAGS, "peer": {"de"}})) == ["rhizotron"]
