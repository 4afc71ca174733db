"""Exact hashes: what the normalisation removes, and equality with a slow reference."""

from typing import get_args

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.hashes.exact import Normalisation, exact_hashes
from tests.hard_texts import HARD_TEXTS
from tests.kernels.reference_dedup import (
    murmur3_reference,
    roots,
    whitespace_case,
    whitespace_case_numbers,
)

NORMALISE = {
    "whitespace_case": whitespace_case,
    "whitespace_case_numbers": whitespace_case_numbers,
    "roots": roots,
}


def hashes(texts: list[str], *, normalisation: Normalisation = "whitespace_case") -> list[bytes | None]:
    array = pa.array(texts, pa.large_string())
    values: list[bytes | None] = exact_hashes(array, normalisation=normalisation).to_pylist()
    return values


def reference(text: str, *, normalisation: Normalisation = "whitespace_case") -> bytes | None:
    normalised = NORMALISE[normalisation](text).encode("utf-32-le", "surrogatepass")
    h1, h2 = murmur3_reference(normalised)
    return h1.to_bytes(8, "little") + h2.to_bytes(8, "little") if normalised else None


@pytest.mark.parametrize("normalisation", get_args(Normalisation))
@pytest.mark.parametrize("text", HARD_TEXTS.values(), ids=HARD_TEXTS)
def test_hard_texts_equal_the_reference(text: str, normalisation: Normalisation) -> None:
    assert hashes([text], normalisation=normalisation) == [reference(text, normalisation=normalisation)]


@pytest.mark.parametrize("normalisation", get_args(Normalisation))
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=5))
def test_hashes_equal_the_reference(normalisation: Normalisation, texts: list[str]) -> None:
    expected = [reference(text, normalisation=normalisation) for text in texts]
    assert hashes(texts, normalisation=normalisation) == expected


PAGES = ["Day 1 of 30.", "day 2, of 30", "Day ٢ of ⅔ Ⅷ", "Day of", "Day 一 of", "Days 1 of 30", "12 – ४२"]


def test_pages_that_differ_only_in_numbers_are_one_where_that_is_asked_for() -> None:
    first, *same, han, plural, nothing = hashes(PAGES, normalisation="whitespace_case_numbers")
    assert same == [first] * 3
    assert len({first, han, plural}) == 3, "一 is a letter"
    assert nothing is None
    assert len(set(hashes(PAGES))) == len(PAGES), "by default numbers count"


def test_what_roots_took_for_one() -> None:
    first, *same, case, dash, joiner, break_, nothing = hashes(
        [
            *("Day 1, of 30.", "Day\u00a02 of\x1f", "Day ٢ of"),
            *("day of", "Day – of", "Day\u200d of", "Day\u200b of", "12\n"),
        ],
        normalisation="roots",
    )
    assert same == [first] * 2
    assert len({first, case, dash, joiner, break_}) == 5, (
        "case, other punctuation and invisible characters count"
    )
    assert nothing is None


@pytest.mark.parametrize("length", [0, 1, 2, 3, 4, 5, 2047, 2048, 2049, 4096, 4099])
def test_lengths_around_block_and_buffer(length: int) -> None:
    text = "aŋ漢😀"[: length % 4] + "aŋ漢😀" * (length // 4)
    assert hashes([text, text + ".", "a" + text]) == [reference(text), reference(text), reference("a" + text)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hello, world!", "hello\u00a0\u200bWORLD"),
        ("ΣΑΣ", "σασ"),
        ("İzmir", "izmir"),
        ("co\u00adop\ufeff", "coop"),
        ("你好，世界。", "你好 世界"),
    ],
)
def test_case_space_punctuation_and_invisible_characters_do_not_count(one: str, other: str) -> None:
    assert len(set(hashes([one, other]))) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("page 1", "page 2"),
        ("٣", "٤"),
        ("5 $", "5 €"),
        ("e\u0301", "e"),
        ("e\u0301", "é"),
        ("ab", "ba"),
        ("a", "a\x00"),
    ],
)
def test_numbers_symbols_marks_and_order_count(one: str, other: str) -> None:
    assert len(set(hashes([one, other]))) == 2


def test_a_text_with_nothing_left_has_no_hash() -> None:
    assert hashes(["", " \n", "...", "«\u200d»"]) == [None] * 4


def test_rows_do_not_depend_on_the_batch() -> None:
    texts = pa.array([*HARD_TEXTS.values(), ""], pa.large_string())
    whole = exact_hashes(texts)
    assert [exact_hashes(texts.slice(i, 1))[0] for i in range(len(texts))] == list(whole)
    assert exact_hashes(texts.slice(0, 0)).equals(pa.array([], pa.binary(16)))


def test_null_texts_are_refused() -> None:
    with pytest.raises(ValueError, match="null"):
        exact_hashes(pa.array(["a", None], pa.large_string()))


def test_hashes_of_this_version_are_these() -> None:
    """Changes only with CONTENT_VERSION: known vectors of MurmurHash3 over UTF-32-LE."""
    value = exact_hashes(pa.array(["Rhizotron, 46 languages"], pa.large_string()))[0].as_py()
    assert value is not None and value.hex() == "d8b51efcc23236e7daabb3f5c3412e13"
