"""The shipped tables against Python's own character database."""

import unicodedata

import numpy as np
import pytest

from filters.kernels import unicode_tables as tables


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aŋЖアक漢", [1, 1, 1, 129, 1, 129]),
        ("\u0301\u093e", [2, 2]),
        ("7٣½Ⅷ〇", [4, 4, 4, 4, 132]),
        (" \u00a0\u3000\u200b\n", [8, 8, 8, 8, 8]),
        (".,!_-«。।", [16] * 8),
        ("$+€😀", [32] * 4),
        ("\u200d\u200c\u00ad\u200f\ufeff", [64] * 5),
        ("\x00\ue000\U00050000", [0, 0, 0]),
    ],
)
def test_each_class_has_its_characters(text: str, expected: list[int]) -> None:
    assert tables.classes()[[ord(character) for character in text]].tolist() == expected


def test_lower_case_is_simple() -> None:
    lowered = tables.simple_lower()[[ord(character) for character in "AÉΣЖİßẞ漢a"]]
    assert "".join(map(chr, lowered)) == "aéσжißß漢a"


def test_packed_holds_both_tables() -> None:
    packed = tables.packed()
    assert np.array_equal(packed >> 8, tables.simple_lower())
    assert np.array_equal(packed & 255, tables.classes())


@pytest.mark.skipif(
    unicodedata.unidata_version != tables.UNICODE_VERSION, reason="this Python has another Unicode version"
)
def test_tables_equal_the_character_database() -> None:
    assert tables.classes().tolist() == [tables.classify(c) for c in range(tables.CODE_POINTS)]
    assert tables.simple_lower().tolist() == [tables.lower(c) for c in range(tables.CODE_POINTS)]


def test_lower_case_changes_no_class_and_is_stable() -> None:
    lower = tables.simple_lower()
    assert np.array_equal(tables.classes()[lower], tables.classes())
    assert np.array_equal(lower[lower], lower)
