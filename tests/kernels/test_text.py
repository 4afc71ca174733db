"""The n-gram counter against its reference, whole and part by part, and the tables it reads."""

import unicodedata
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.kernels import text_tables as tables
from filters.kernels.text_ngrams import count_ngrams, hash_char_ngrams, hash_word_ngrams, reserve
from filters.kernels.text_scan import decode, mix
from filters.kernels.text_scratch import Scratch, make_scratch
from filters.kernels.word_lists import count_hits, make_word_table
from tests.kernels import reference_text as reference


def count(units: list[int], n: int, *, max_slots_log2: int = 17) -> tuple[int, ...]:
    s = make_scratch(4 * len(units), max_slots_log2=max_slots_log2)
    return count_with(s, units, n)


def count_with(s: Scratch, units: list[int], n: int) -> tuple[int, ...]:
    """(n-grams, repeated occurrences, top as run, top paper, top head), of characters and of words."""
    text = np.frombuffer("".join(map(chr, units)).encode(), np.uint8)
    length, _ = decode(
        text, 0, len(text), tables.characters(), s.units, s.entries, s.prefix, s.lower_prefix, s.events
    )
    assert length == len(units)
    counting = (s.slots, s.used, s.events, s.frequencies, s.ends, s.prefix)
    ngrams = hash_char_ngrams(s.prefix, length, n, s.powers[n], s.lower_prefix)
    result = count_ngrams(s.lower_prefix, ngrams, *counting)
    assert not s.frequencies.any()
    words = np.array([mix(np.uint64(unit)) for unit in units] + [0], np.uint64)
    assert hash_word_ngrams(words, length, n, s.powers[n], s.lower_prefix) == ngrams
    assert tuple(count_ngrams(s.lower_prefix, ngrams, *counting)) == tuple(result)
    return (ngrams, *result)


def expect(units: list[int], n: int) -> tuple[int, ...]:
    frequencies: Counter[tuple[str, ...]] = reference.ngrams([chr(unit) for unit in units], n)
    total, *tops = reference.repetition_sums(frequencies)
    return (total, reference.repeated_occurrences(frequencies), *tops)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(97, 100), max_size=80), st.integers(1, 12))
def test_ngrams_are_counted_exactly(units: list[int], n: int) -> None:
    assert count(units, n) == expect(units, n)


@pytest.mark.parametrize("alphabet", [1, 2, 30, 5000])
@pytest.mark.parametrize("max_slots_log2", [11, 13, 17])
def test_a_table_smaller_than_the_document_counts_the_same_part_by_part(
    alphabet: int, max_slots_log2: int
) -> None:
    units = np.random.default_rng(alphabet).integers(97, 97 + alphabet, 20_000).tolist()
    assert count(units, 3, max_slots_log2=max_slots_log2) == expect(units, 3)


def test_scratch_serves_one_text_after_another() -> None:
    scratch = make_scratch(1000)
    for length in (1000, 3, 0, 500):
        units = [97 + i % 7 for i in range(length)]
        assert count_with(scratch, units, 5) == expect(units, 5)


def test_a_table_that_has_held_all_its_places_is_cleared() -> None:
    slots, used = np.full(16, 7, np.uint32), np.array([(1 << 32) - 11], np.int64)
    assert reserve(10, slots, used) == (1 << 32) - 11
    assert (slots.tolist(), used.tolist()) == ([7] * 16, [(1 << 32) - 1])
    assert reserve(1, slots, used) == 1
    assert (slots.tolist(), used.tolist()) == ([0] * 16, [2])


def test_texts_count_the_same_on_both_sides_of_a_clearing() -> None:
    scratch = make_scratch(1000)
    scratch.used[0] = (1 << 32) - 700
    units = [97 + i % 7 for i in range(500)]
    for _ in range(3):
        assert count_with(scratch, units, 5) == expect(units, 5)


def test_memory_is_bounded_for_long_texts() -> None:
    assert make_scratch(10).slots.shape == (64,)
    assert make_scratch(30 << 20).slots.shape == (1 << 17,)


def test_word_table_finds_colliding_entries_and_joins_marks() -> None:
    hashes = np.array([5, 5 + 16, 5 + 32, 5], np.uint64)
    keys, marks = make_word_table(hashes, np.array([1, 2, 1, 2], np.uint8))
    entries = {int(key): int(mark) for key, mark in zip(keys, marks, strict=True) if mark}
    assert entries == {5: 3, 21: 2, 37: 1}
    words = np.array([5, 21, 37, 53, 0], np.uint64)
    seen = np.zeros(len(keys), np.int64)
    assert count_hits(words, 5, 0, keys, marks, seen, 1) == (2, 2, 0, 2, 0)
    again = np.array([5, 5], np.uint64)
    assert count_hits(again, 2, 0, keys, marks, seen, 2) == (2, 2, 0, 1, 0)


def test_classes_of_every_code_point_equal_the_reference() -> None:
    entries = tables.characters()
    codes = np.array(tables.assigned_code_points())
    characters = [chr(code) for code in codes]
    for bit, rule in (
        (tables.SPACE, reference.is_space),
        (tables.SPECIAL, reference.is_special),
        (tables.IDEOGRAPH, reference.is_ideograph),
        (tables.ALPHA, str.isalpha),
        (tables.DIGIT, str.isdecimal),
        (tables.UPPER, lambda character: unicodedata.category(character) == "Lu"),
        (tables.SYMBOL, tables.GOPHER_SYMBOLS.__contains__),
    ):
        expected = np.array([rule(character) for character in characters])
        wrong = [f"U+{code:04X}" for code in codes[((entries[codes] & bit) != 0) != expected]]
        assert wrong == [], f"bit {bit:#x}"
    lowered = np.array([ord(reference.lower(character)) for character in characters])
    assert np.array_equal(entries[codes] & tables.LOWER, lowered)


@pytest.mark.parametrize("code", [0xE000, 0x50000, 0xF0000, 0x10FFFF])
def test_private_and_unassigned_code_points_are_special(code: int) -> None:
    assert tables.characters()[code] == code | tables.SPECIAL | tables.STRIP | tables.BREAK
