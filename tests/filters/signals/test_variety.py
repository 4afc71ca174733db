"""Lists of short lines, and words again and again: examples, boundaries, and equal to the slow way."""

from string import ascii_lowercase
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.kernels.text import MAX_FIRST_WORDS
from filters.kernels.text_lines import MAX_LIST_LINE, MAX_LIST_SEGMENTS
from filters.signals import variety
from filters.signals.variety import MAX_SHORT_TEXT_LINES, MIN_FIRST_WORDS

WORDS = [f"w{first}{second}" for first in ascii_lowercase for second in ascii_lowercase]
SENTENCE = "On market days the road to the lake is full of people."


def measure(text: str, lang: str = "en") -> dict[str, Any]:
    batch = pa.RecordBatch.from_pydict({"text": pa.array([text], pa.large_string())})
    row: dict[str, Any] = variety.measure(batch, langs=pa.array([lang]), options=None).to_pylist()[0]
    return row


@pytest.mark.parametrize(
    ("line", "is_listed"),
    [
        ("Home", True),
        ("Page 7", True),
        ("मुख्य पृष्ठ", True),
        ("x" * MAX_LIST_LINE, True),
        ("x" * (MAX_LIST_LINE + 1), False),
        (f"  {'x' * MAX_LIST_LINE}\t", True),
        ("He came.", False),
        ("all the day,", False),
        ("Really?”", False),
        ("天气很好。", False),
    ],
)
def test_a_short_line_that_ends_in_a_letter_or_digit_is_listed(line: str, is_listed: bool) -> None:
    size = len(line.strip())
    expected = size / (size + len(SENTENCE)) if is_listed else 0.0
    assert measure(f"\n{line}\n \n{SENTENCE}")["list_characters_ratio"] == pytest.approx(expected)


@pytest.mark.parametrize("more", [0, 1])
def test_a_line_of_a_list_is_as_many_words_in_chinese(more: int) -> None:
    text = "天" * (MAX_LIST_SEGMENTS + more)
    assert measure(text, "zh-Hans")["list_characters_ratio"] == 1 - more


def test_a_text_without_a_line_has_no_share_of_lists() -> None:
    found = measure(" \n\n\t")
    assert (found["list_characters_ratio"], found["distinct_word_ratio"]) == (None, None)
    assert measure("")["short_text_duplicate_line_ratio"] is None


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a", "b", "", "", "a"], 1 / 3),
        ([*map(str, range(MAX_SHORT_TEXT_LINES - 40)), *["0"] * 40], 0.4),
        ([*map(str, range(MAX_SHORT_TEXT_LINES - 40)), *["0"] * 41], None),
        ([*map(str, range(MAX_SHORT_TEXT_LINES - 40)), *[""] * 40, *["0"] * 40], 0.4),
    ],
)
def test_repeated_lines_of_a_text_of_few_lines(lines: list[str], expected: float | None) -> None:
    found = measure("\n".join(lines))["short_text_duplicate_line_ratio"]
    assert found == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["a"] * (MIN_FIRST_WORDS - 1), None),
        (["a"] * MIN_FIRST_WORDS, 1 / MIN_FIRST_WORDS),
        (["Road", "road,"] * MIN_FIRST_WORDS, 1 / (2 * MIN_FIRST_WORDS)),
        (list(map(str, range(MAX_FIRST_WORDS))), None),
        (WORDS[:MAX_FIRST_WORDS], 1.0),
        ([*WORDS[:MAX_FIRST_WORDS], *["waa"] * 900], 1.0),
        ([*["waa"] * MAX_FIRST_WORDS, *WORDS], 1 / MAX_FIRST_WORDS),
    ],
)
def test_different_words_are_counted_among_the_first(words: list[str], expected: float | None) -> None:
    found = measure(" ".join(words))["distinct_word_ratio"]
    assert found == (None if expected is None else pytest.approx(expected))


def test_in_chinese_each_character_is_a_word() -> None:
    assert measure("天地" * (MIN_FIRST_WORDS // 2), "zh-Hans")["distinct_word_ratio"] == pytest.approx(0.02)


@given(st.lists(st.text("ab1 .,\r", max_size=40), max_size=8))
def test_lists_equal_the_slow_way(lines: list[str]) -> None:
    stripped = [line.strip() for line in lines if line.strip()]
    listed = [line for line in stripped if len(line) <= MAX_LIST_LINE and line[-1].isalnum()]
    expected = sum(map(len, listed)) / sum(map(len, stripped)) if stripped else None
    found = measure("\n".join(lines))["list_characters_ratio"]
    assert found == (None if expected is None else pytest.approx(expected))
