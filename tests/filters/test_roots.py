"""The ROOTS signals: worked examples, boundaries, and equality with the slow reference."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters import languages
from filters.signals import roots
from tests.hard_texts import HARD_TEXTS, LANGS, document_batch, texts
from tests.kernels import reference_text as reference


def measure(text: str, lang: str | None = None) -> dict[str, Any]:
    batch, langs = document_batch(pa.array([text], pa.large_string())), pa.array([lang], pa.string())
    row: dict[str, Any] = roots.measure(batch, langs=langs, options=None).to_pylist()[0]
    return row


def ratio(part: int, whole: int) -> float:
    return float(np.float32(part / whole)) if whole else 0.0


def expect(text: str, lang: str | None) -> dict[str, Any]:
    """The row of a text by the slow reference."""
    language = languages.load(lang) if lang in languages.TAGS and lang else languages.DEFAULT
    segments, join = language.segmentation == "characters", language.augment_ngrams
    words = reference.words(text, segments=segments)
    lowered = [reference.lower(word) for word in words]
    total, as_run, paper, head = reference.repetition_sums(
        reference.ngrams(list(text), language.character_ngram)
    )
    word_ngrams = reference.ngrams(lowered, language.word_ngram)
    stop = reference.list_hits(lowered, language.stop_words, segments=segments, join=join)
    flagged = reference.list_hits(lowered, language.flagged_words, segments=segments, join=join)
    of_roots = (*language.flagged_words, *language.flagged_only_in_roots)
    flagged_in_roots = reference.list_hits(lowered, of_roots, segments=segments, join=join)
    entries = reference.distinct_hits(lowered, language.flagged_words, segments=segments, join=join)
    counted = flagged if flagged >= 3 and entries >= 2 else 0
    special, further = sum(map(reference.is_special, text)), reference.further_spaces(text)
    count = len(words)
    return {
        "chars": len(text),
        "words": count,
        "lines": reference.count_lines(text),
        "character_repetition_ratio": ratio(as_run, total),
        "character_repetition_ratio_paper": ratio(paper, total),
        "character_repetition_ratio_head": ratio(head, total),
        "word_repetition_ratio": ratio(
            reference.repeated_occurrences(word_ngrams), sum(word_ngrams.values())
        ),
        "special_characters_ratio": ratio(special - further, len(text) - further),
        "special_characters_ratio_as_run": ratio(special, len(text)),
        "stop_words_ratio": ratio(min(stop, count), count) if language.stop_words else None,
        "flagged_words_ratio": ratio(min(counted, count), count) if language.flagged_words else None,
        "flagged_words_ratio_as_run": ratio(min(flagged_in_roots, count), count)
        if language.flagged_words
        else None,
        "mean_word_length": ratio(sum(map(len, words)), count) if count else None,
        "max_word_length": max(map(len, words), default=0),
    }


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", HARD_TEXTS)
def test_hard_texts_equal_the_reference(name: str, lang: str | None) -> None:
    text = HARD_TEXTS[name][:20_000]
    assert measure(text, lang) == expect(text, lang)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(texts(), st.sampled_from(LANGS)), max_size=5))
def test_any_texts_equal_the_reference(rows: list[tuple[str, str | None]]) -> None:
    batch = document_batch(pa.array([text for text, _ in rows], pa.large_string()))
    measured = roots.measure(batch, langs=pa.array([lang for _, lang in rows], pa.string()), options=None)
    assert measured.to_pylist() == [expect(text, lang) for text, lang in rows]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(("en", "zh-Hans", "vi", "ur", "fr")), st.data())
def test_list_entries_in_text_equal_the_reference(lang: str, data: st.DataObject) -> None:
    language = languages.load(lang)
    entries = st.sampled_from(
        (*language.stop_words, *language.flagged_words, *language.flagged_only_in_roots, "Zebra", "12")
    )
    text = " ".join(data.draw(st.lists(entries, max_size=30)))
    assert measure(text, lang) == expect(text, lang)


def test_worked_example_of_the_paper_in_its_three_versions() -> None:
    assert languages.load("zh-Hans").character_ngram == 3
    row = measure("ok_ok_good_ok", "zh-Hans")
    assert row["character_repetition_ratio"] == ratio(5, 11)
    assert row["character_repetition_ratio_paper"] == ratio(5, 11)
    assert row["character_repetition_ratio_head"] == ratio(4, 11)


def test_a_fully_repeated_document_passes_the_formula_as_run_only() -> None:
    row = measure("x" * 500)
    assert row["character_repetition_ratio"] == 0.0
    assert row["character_repetition_ratio_paper"] == 1.0
    assert row["character_repetition_ratio_head"] == 1.0


@pytest.mark.parametrize(("length", "expected"), [(9, 0.0), (10, 1.0)])
def test_a_document_shorter_than_the_ngram_repeats_nothing(length: int, expected: float) -> None:
    row = measure("abcdefghij"[:length])
    assert row["character_repetition_ratio"] == row["character_repetition_ratio_paper"] == expected
    assert row["character_repetition_ratio_head"] == 0.0


@pytest.mark.parametrize(("words", "expected"), [(4, 0.0), (5, 0.0), (9, 0.0), (10, ratio(2, 6))])
def test_word_repetition_needs_two_equal_ngrams(words: int, expected: float) -> None:
    text = " ".join(["a", "B", "c", "D", "e", "A", "b", "C", "d", "E"][:words])
    assert measure(text, "en")["word_repetition_ratio"] == expected


def test_an_empty_document_has_ratio_0_as_in_roots_and_no_word_length() -> None:
    assert measure("", "en") == {
        "chars": 0,
        "words": 0,
        "lines": 0,
        "character_repetition_ratio": 0.0,
        "character_repetition_ratio_paper": 0.0,
        "character_repetition_ratio_head": 0.0,
        "word_repetition_ratio": 0.0,
        "special_characters_ratio": 0.0,
        "special_characters_ratio_as_run": 0.0,
        "stop_words_ratio": 0.0,
        "flagged_words_ratio": 0.0,
        "flagged_words_ratio_as_run": 0.0,
        "mean_word_length": None,
        "max_word_length": 0,
    }


def test_lists_are_not_measured_where_the_language_has_none() -> None:
    row = measure("some words of another language", "xx")
    lists = ("stop_words_ratio", "flagged_words_ratio", "flagged_words_ratio_as_run")
    assert [row[name] for name in lists] == [None] * 3


@pytest.mark.parametrize("gap", [" ", "  ", "   ", "\n", "\n\n", " \t\u3000"])
def test_a_run_of_white_space_is_one_character(gap: str) -> None:
    row = measure(f"one{gap}two, three", "en")
    assert row["special_characters_ratio"] == ratio(3, 14)
    assert row["special_characters_ratio_as_run"] == ratio(2 + len(gap), 13 + len(gap))


@pytest.mark.parametrize(
    ("text", "share", "as_run"),
    [
        ("porn porn a b", 0.0, ratio(2, 4)),
        ("porn porn porn b", 0.0, ratio(3, 4)),
        ("porn porn milf b", ratio(3, 4), ratio(3, 4)),
        ("porn milf a b", 0.0, ratio(2, 4)),
        ("anal anal masturbation XXX", 0.0, 1.0),
    ],
    ids=["two", "one entry again and again", "three of two", "two of two", "medicine and a Roman numeral"],
)
def test_flagged_words_count_from_the_third_hit_of_a_second_entry_on(
    text: str, share: float, as_run: float
) -> None:
    row = measure(text, "en")
    assert (row["flagged_words_ratio"], row["flagged_words_ratio_as_run"]) == (share, as_run)


def test_words_are_stripped_and_lower_cased_before_the_list() -> None:
    row = measure("«The» 12 --- (THE) zebra's", "en")
    assert (row["words"], row["stop_words_ratio"]) == (3, ratio(2, 3))


def test_chinese_words_are_characters_and_runs_of_other_letters() -> None:
    row = measure("我们用Python3写程序。", "zh-Hans")
    assert (row["words"], row["max_word_length"]) == (7, 6)


@pytest.mark.parametrize(
    ("text", "lines"), [("", 0), ("a", 1), ("a\n", 1), ("a\n\n", 2), ("\n", 1), ("a\nb", 2)]
)
def test_lines(text: str, lines: int) -> None:
    assert measure(text)["lines"] == lines
