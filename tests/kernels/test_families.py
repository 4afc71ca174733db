"""The quick ways of families of close languages equal the obvious ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.kernels import families
from layers.compiling import kernel


@kernel
def find_quickly(values: np.ndarray, mask: np.int64, room: families.Room) -> int:
    return families._find_quickly(values, 0, len(values), mask, room)


def make_room(size: int) -> families.Room:
    return np.empty(size, np.int64), np.empty(size, np.uint64), np.empty(size, np.uint8)


@given(st.one_of(st.text(st.characters(codec="ascii"), max_size=60), st.text(max_size=40)))
def test_ngrams_are_the_same_in_another_order(text: str) -> None:
    values, room, slots = np.frombuffer(text.encode(), np.uint8), make_room(2048), np.empty(2048, np.int64)
    count = families.find_ngrams(values, 0, len(values), np.int64(255), slots)
    assert find_quickly(values, np.int64(255), room) == count
    assert sorted(room[0][:count]) == sorted(slots[:count])


def test_of_a_long_text_the_first_ngrams_are_read() -> None:
    values, room, slots = np.frombuffer(b"ab" * 500, np.uint8), make_room(100), np.empty(100, np.int64)
    assert families.find_ngrams(values, 0, len(values), np.int64(255), slots) == 100
    assert find_quickly(values, np.int64(255), room) == 100
    assert room[0].tolist() == slots.tolist()


@pytest.mark.parametrize("size", [2, 8, 9, 11])
@pytest.mark.parametrize("count", [0, 1, 4, 7, 50])
def test_sums_are_those_of_the_rows(size: int, count: int) -> None:
    width = families.NARROW if size <= families.NARROW else families.WIDE
    numbers = np.random.default_rng(size * count)
    flat = numbers.integers(-127, 128, 64 * width + 3).astype(np.int8)
    slots = numbers.integers(0, 64, 50)
    part = np.full(families.WIDE, 9, np.int32)
    families._sum_weights(flat, 3, slots, count, size, part)
    rows = flat[3:].reshape(64, width)[slots[:count]].astype(np.int32)
    assert part[:width].tolist() == rows.sum(axis=0).tolist()
    assert not part[width:].any()
