"""Words of letters with digits or symbols, and trigrams that a language has: examples and references."""

import random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters import languages
from filters.language_id.trigrams import MIN_COUNTED, MIN_COUNTED_OF_CHARACTERS
from filters.signals import spelling
from tests import small_corpus
from tests.hard_texts import LANGS, document_batch, texts
from tests.kernels import reference_text as reference

SPELLING = "'-.\u00b7/\u2010\u2011\u2012\u2013\u2014\u2015\u2018\u2019"


def measure(text: str, lang: str | None) -> dict[str, Any]:
    batch, langs = document_batch(pa.array([text], pa.large_string())), pa.array([lang], pa.string())
    row: dict[str, Any] = spelling.measure(batch, langs=langs, options=None).to_pylist()[0]
    return row


def is_mixed(piece: str) -> bool:
    inner = reference.strip(piece)
    letters = any(character.isalpha() for character in piece)
    digits = any(character.isdecimal() for character in piece)
    symbols = any(reference.is_special(character) and character not in SPELLING for character in inner)
    return letters and (digits or symbols)


@given(texts(), st.sampled_from(LANGS))
def test_mixed_words_equal_the_reference(text: str, lang: str | None) -> None:
    segments = lang in languages.TAGS and languages.load(lang).segmentation == "characters"
    pieces = [piece for piece in reference.pieces(text, segments=segments) if piece]
    expected = pa.scalar(sum(map(is_mixed, pieces)) / len(pieces), pa.float32()).as_py() if pieces else None
    assert measure(text, lang)["mixed_word_ratio"] == expected


@pytest.mark.parametrize(
    ("word", "mixed"),
    [
        ("house", False),
        ("«house»,", False),
        ("don’t", False),
        ("vice-president", False),
        ("col·legi", False),
        ("and/or", False),
        ("1,500", False),
        ("हिन्दी", False),
        ("می‌خواهم", False),
        ("h0use", True),
        ("3rd", True),
        ("pass@word", True),
        ("ho|use", True),
        ("the_house", True),
    ],
)
def test_what_is_a_mixed_word(word: str, mixed: bool) -> None:
    assert measure(f"a {word} b", "en")["mixed_word_ratio"] == (pytest.approx(1 / 3) if mixed else 0.0)


def test_too_few_trigrams_are_not_measured_nor_a_language_without_a_table() -> None:
    text = "the river and the hill " * 20
    assert measure(text[: MIN_COUNTED - 2], "en")["known_trigram_ratio"] is None
    assert measure(text, "en")["known_trigram_ratio"] == 1.0
    assert measure(text, "de")["known_trigram_ratio"] is None
    assert measure(text, "hi")["known_trigram_ratio"] is None  # Latin letters are no text in Hindi


@pytest.mark.parametrize("lang", ["zh-Hans", "zh-Hant"])
def test_chinese_needs_more_half_of_which_are_single_characters(lang: str) -> None:
    """n characters are themselves, and n − 1 pairs."""
    half = MIN_COUNTED_OF_CHARACTERS // 2
    assert measure("人" * half, lang)["known_trigram_ratio"] is None
    assert measure("人" * (half + 1), lang)["known_trigram_ratio"] is not None


@pytest.mark.parametrize("lang", sorted(small_corpus.PARAGRAPHS))
def test_random_letters_are_less_known_than_the_text(lang: str) -> None:
    text = " ".join(small_corpus.PARAGRAPHS[lang])
    rng, letters = random.Random(1), sorted({letter for letter in text if letter.isalpha()})
    damaged = "".join(rng.choice(letters) if c.isalpha() and rng.random() < 0.2 else c for c in text)
    clean, less = (measure(each, lang)["known_trigram_ratio"] for each in (text, damaged))
    assert clean is not None and less < clean - 0.08
