"""Rows of n-grams and their sums equal slow references, whatever the bytes, the lengths and the buckets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.kernels import fasttext_rows
from filters.kernels.fasttext_rows import ROOM, ngram_room
from layers.compiling import kernel

LETTERS = st.text(st.characters(codec="utf-8"), max_size=30).map(str.encode)
BYTES = st.one_of(LETTERS, st.binary(max_size=40), st.binary(min_size=ROOM - 6, max_size=ROOM + 6))


@kernel
def push(
    values: np.ndarray,
    sizes: tuple[int, int],
    buckets: tuple[np.ndarray, int],
    room: tuple[np.ndarray, np.ndarray, np.ndarray],
    rows: np.ndarray,
) -> int:
    return int(fasttext_rows.push_ngrams(values, (0, len(values)), sizes, buckets, room, rows, np.int64(0)))


def table(present: np.ndarray, *, words: int) -> np.ndarray:
    """Of buckets as Classifier.bucket_rows."""
    padded = np.zeros(-(-len(present) // 32) * 32, np.uint64)
    padded[: len(present)] = present
    bits = padded.reshape(-1, 32) << np.arange(32, dtype=np.uint64)
    before = np.cumsum(padded.reshape(-1, 32).sum(axis=1)) - padded.reshape(-1, 32).sum(axis=1)
    return bits.sum(axis=1, dtype=np.uint64) | (before + np.uint64(words)) << np.uint64(32)


def slow_rows(word: bytes, sizes: tuple[int, int], present: np.ndarray, *, words: int) -> list[int]:
    """As fastText has it: of characters, which begin at bytes that continue none, between < and >."""
    token = b"<" + word + b">"
    starts = [i for i, byte in enumerate(token) if byte & 0xC0 != 0x80] + [len(token)]
    ranks = np.cumsum(present) - present
    rows = []
    for first in range(len(starts) - 1):
        for n in range(max(sizes[0], 1), sizes[1] + 1):
            if first + n >= len(starts) or (n == 1 and (first == 0 or first == len(starts) - 2)):
                continue
            h = 2166136261
            for byte in token[starts[first] : starts[first + n]]:
                h = ((h ^ ((byte - 256 if byte > 127 else byte) & 0xFFFFFFFF)) * 16777619) & 0xFFFFFFFF
            bucket = h % len(present)
            if present[bucket]:
                rows.append(words + int(ranks[bucket]))
    return rows


@pytest.mark.parametrize("count", [1, 64, 1000, 1024])
@settings(max_examples=150, deadline=None)
@given(word=BYTES, least=st.integers(0, 3), more=st.integers(0, 5))
def test_rows_of_ngrams_equal_a_slow_reference(count: int, word: bytes, least: int, more: int) -> None:
    sizes = (least, least + more)
    present = np.random.default_rng(count).integers(0, 2, count)
    rows = np.empty((len(word) + 2) * sizes[1] + 1, np.int32)
    room = ngram_room(len(word), max_ngram=sizes[1])
    end = push(np.frombuffer(word, np.uint8), sizes, (table(present, words=7), count), room, rows)
    assert rows[:end].tolist() == slow_rows(word, sizes, present, words=7)


@kernel
def sum_one(matrix: np.ndarray, rows: np.ndarray, span: tuple[int, int], sums: np.ndarray) -> None:
    fasttext_rows.sum_rows(matrix, rows, (np.int64(span[0]), np.int64(span[1])), sums, np.uint64(1))


@pytest.mark.parametrize("width", [16, 48, 64, 128])
@pytest.mark.parametrize("kind", [np.int8, np.float32])
def test_sums_of_rows_equal_numpys(width: int, kind: type[np.generic]) -> None:
    generator = np.random.default_rng(width)
    matrix = generator.integers(-127, 128, (50, width)).astype(kind)  # whole numbers: any order gives one sum
    sums = np.full((3, width), 99, np.int16 if kind is np.int8 else np.float32)
    for first, end in ((0, 0), (3, 4), (0, 7), (5, 22), (0, 256)):
        rows = generator.integers(0, 50, 256).astype(np.int32)
        sum_one(matrix, rows, (first, end), sums)
        assert np.array_equal(sums[1], matrix[rows[first:end]].sum(axis=0, dtype=sums.dtype))
        assert (sums[::2] == 99).all()
