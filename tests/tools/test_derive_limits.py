"""Limits by what they remove of clean documents, the same in all languages, and by content."""

import numpy as np
import pyarrow as pa
import pytest

from filters import languages
from filters.rules import Rule
from tools.derive_limits import (
    GENRES,
    NGRAMS,
    REPETITION,
    limits_by_content,
    limits_together,
    set_together,
)


def documents(values: np.ndarray, *, words: int = 100) -> pa.RecordBatch:
    """n documents with these values of every signal on repetition."""
    columns = {signal: pa.array(values, pa.float32()) for signal in REPETITION}
    return pa.RecordBatch.from_pydict({**columns, "words": pa.array([words] * len(values), pa.int64())})


def test_a_limit_is_the_laxest_of_those_of_each_genre() -> None:
    values = np.arange(1, 1001) / 1000
    signals = {
        ("stories", "a", "en"): documents(values / 2),
        ("manuals", "b", "fr"): documents(values),
        ("manuals", "c", "sw"): documents(np.ones(1000), words=10),  # too short for any of the rules
        ("sentences", "d", "yo"): documents(np.ones(1000)),  # of no genre
    }
    found = limits_together(signals, max_loss=0.01)
    assert found["duplicated_10_gram_characters_ratio"] == (0.99, "at most 1.00% of 1,000 manuals")
    assert found["word_repetition_ratio"] == (1.0, "none of 1,000 manuals")
    assert found["compression_ratio"] == (0.0005, "none of 1,000 stories")
    assert {*found} == {*REPETITION}
    assert limits_together({}, max_loss=0.01) == {}
    assert "manuals" in GENRES


@pytest.mark.parametrize(
    ("signal", "limit", "changes"), [("url_ratio", 0.2, True), ("url_ratio", 0.4, False)]
)
def test_other_limits_are_only_made_laxer(signal: str, limit: float, changes: bool) -> None:
    rule = Rule(signal, None, limit, "roots")
    new = set_together(rule, limits={signal: (0.3, "note")})
    assert (new is not rule) == changes
    assert new.max == max(limit, 0.3)


def test_limits_on_repetition_are_set_whether_laxer_or_not() -> None:
    limits = {"word_repetition_ratio": (0.8, "note")}
    rules = [Rule("word_repetition_ratio", None, each, "roots") for each in (0.5, 0.8, 0.9)]
    new = [set_together(rule, limits=limits) for rule in rules]
    assert [rule.max for rule in new] == [0.8, 0.8, 0.8]
    assert new[1] is rules[1]
    assert (new[0].origin, new[0].note) == ("default", "note; before: 0.5 (roots)")


def test_characters_that_say_more_leave_more_room_for_addresses() -> None:
    """Of three characters of content one is worth three of English: 0.3 of 0.3 + 0.7 is 0.9 of 0.9 + 0.7.

    Of program text there may be 0.2, which is 0.6 of 0.6 + 0.8.
    """
    found = limits_by_content({"en": ["a" * 30], "zh-Hans": ["字" * 10], "sw": ["a" * 21]})
    assert {*found} == {"zh-Hans"}
    limits = {signal: limit for signal, (limit, _) in found["zh-Hans"].items()}
    assert limits == {"url_ratio": round(0.9 / 1.6, 2), "code_excess": round(0.6 / 1.4, 2)}
    assert limits_by_content({"zh-Hans": ["字"]}) == {}


@pytest.mark.parametrize("signal", REPETITION)
def test_bundled_limits_on_repetition_are_the_same_in_all_languages(signal: str) -> None:
    """Those on n-grams of words in all that cut words alike."""
    limits: dict[str, set[tuple[float | None, float | None]]] = {}
    for tag in languages.TAGS:
        language = languages.load(tag)
        group = language.segmentation if signal in NGRAMS else ""
        limits.setdefault(group, set()).update(
            (rule.min, rule.max) for rule in language.rules if rule.signal == signal
        )
    assert {group: len(found) for group, found in limits.items()} == dict.fromkeys(limits, 1)
