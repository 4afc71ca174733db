"""Profiles: a genre only ever relaxes rules that there are; ROOTS' numbers are those that it ran."""

import pytest

from filters import languages, profiles
from filters.base import default_signals, load_signals
from filters.rules import Rule

SIGNALS = {field.name for name in default_signals() for field in load_signals(name).SCHEMA}


def limits(rules: tuple[Rule, ...]) -> dict[str, tuple[float | None, float | None]]:
    return {rule.signal: (rule.min, rule.max) for rule in rules}


@pytest.mark.parametrize("genre", profiles.GENRES)
@pytest.mark.parametrize("tag", languages.TAGS)
def test_a_genre_is_nowhere_stricter_than_the_language(tag: str, genre: str) -> None:
    before = {rule.signal: rule for rule in languages.load(tag).rules}
    after = {rule.signal: rule for rule in profiles.relax(languages.load(tag).rules, genre=genre)}
    assert set(after) <= set(before)
    for signal, rule in after.items():
        own = before[signal]
        assert rule.min is None or (own.min is not None and rule.min <= own.min)
        assert rule.max is None or (own.max is not None and rule.max >= own.max)
        assert rule.min_words == own.min_words
    assert limits(tuple(after.values())) != limits(tuple(before.values()))


@pytest.mark.parametrize("genre", profiles.GENRES)
def test_a_genre_is_described_and_names_signals_that_there_are(genre: str) -> None:
    assert profiles.describe(genre).endswith(".")
    assert {*profiles.relaxations(genre)} <= SIGNALS


def test_a_limit_of_a_genre_has_that_origin_and_others_keep_theirs() -> None:
    rules = (Rule("words", 6, None, "parallel"), Rule("compression_ratio", 0.5, 2.0, "calibrated"))
    words, ratio = profiles.relax(rules, genre="verse")
    assert words == rules[0]
    assert [(cut.side, cut.limit, cut.origin) for cut in ratio.cuts] == [
        ("min", 0.15, "genre"),
        ("max", 2.0, "calibrated"),
    ]


def test_a_laxer_limit_of_the_language_stays() -> None:
    rules = (Rule("words", 2, None, "parallel"), Rule("compression_ratio", 0.1, None, "calibrated"))
    assert profiles.relax(rules, genre="dialogue") == rules


def test_the_numbers_of_roots_for_english() -> None:
    assert limits(profiles.roots_as_run("en")) == {
        "words": (20, 100000),
        "character_repetition_ratio": (None, 0.106),
        "word_repetition_ratio": (None, 0.19),
        "special_characters_ratio_as_run": (None, 0.4),
        "stop_words_ratio": (0.3, None),
        "flagged_words_ratio_as_run": (None, 0.01),
    }


def test_roots_judged_texts_of_any_length_in_its_languages_alone() -> None:
    tuned = {tag for tag in languages.TAGS if profiles.roots_as_run(tag)}
    assert tuned == {tag for tag in languages.TAGS if languages.load(tag).flagged_words}
    rules = [rule for tag in tuned for rule in profiles.roots_as_run(tag)]
    assert {(rule.origin, rule.min_words) for rule in rules} == {("roots", 0)}
    assert {rule.signal for rule in rules} <= SIGNALS
