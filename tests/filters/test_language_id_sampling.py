"""Samples are bounded, evenly spaced, cut at characters, and on one line."""

import itertools

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.language_id.sampling import WINDOWS, sample

MIN_BYTES = WINDOWS * 16
BREAKS = str.maketrans(dict.fromkeys("\0\t\n\v\f\r", " "))


def sampled(*texts: str, max_sample_bytes: int = MIN_BYTES) -> list[str]:
    result = sample(pa.array(texts, pa.large_string()), max_sample_bytes=max_sample_bytes)
    result.validate(full=True)
    return [str(text) for text in result.to_pylist()]


def test_short_texts_are_whole_but_for_line_breaks() -> None:
    assert sampled("a\nb\r\nc\td\0e", "", "x" * MIN_BYTES) == ["a b  c d e", "", "x" * MIN_BYTES]


def test_one_byte_more_is_sampled() -> None:
    (text,) = sampled("x" * (MIN_BYTES + 1))
    assert text == " ".join(["x" * (MIN_BYTES // WINDOWS - 1)] * WINDOWS)


def test_windows_are_evenly_spaced_from_the_first_word_to_the_last() -> None:
    words = [f"w{i:04}" for i in range(1000)]
    (text,) = sampled(" ".join(words), max_sample_bytes=512)
    found = [int(word[1:]) for word in text.split()]
    assert set(text.split()) <= set(words)  # no word is cut
    assert found[0] == 0
    assert found[-1] == 999
    starts = [here for before, here in zip([-2, *found], found, strict=False) if here != before + 1]
    assert len(starts) == WINDOWS
    gaps = [b - a for a, b in itertools.pairwise(starts)]
    assert max(gaps) - min(gaps) <= 2


@pytest.mark.parametrize("text", ["漢" * 500, "😀" * 500, "नमस्ते" * 100, "é" * 500])
def test_texts_without_spaces_are_cut_at_characters(text: str) -> None:
    (result,) = sampled(text)
    assert set(result) <= {*text, " "}
    assert MIN_BYTES // 2 <= len(result.encode()) <= MIN_BYTES


@given(
    st.lists(st.text(st.characters(codec="utf-8"), max_size=400), max_size=5),
    st.integers(MIN_BYTES, 400),
)
def test_samples_are_bounded_valid_and_made_of_the_text(texts: list[str], max_sample_bytes: int) -> None:
    for text, result in zip(texts, sampled(*texts, max_sample_bytes=max_sample_bytes), strict=True):
        assert len(result.encode()) <= max_sample_bytes
        line = text.translate(BREAKS)
        if len(text.encode()) <= max_sample_bytes:
            assert result == line
        assert set(result) <= {*line, " "}
        assert not set(result) & set("\0\t\n\v\f\r")


def test_slices_are_sampled_as_what_they_show() -> None:
    texts = pa.array(["one two " * 50, "short", "", "漢字" * 90], pa.large_string())
    whole = sample(texts, max_sample_bytes=MIN_BYTES).to_pylist()
    for start in range(4):
        assert (
            sample(texts.slice(start, 2), max_sample_bytes=MIN_BYTES).to_pylist() == whole[start : start + 2]
        )


def test_too_small_a_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="max_sample_bytes must be at least 128, not 127"):
        sampled("a", max_sample_bytes=127)
