"""Instructions for vector registers do what numpy does, wherever in an array they begin."""

import numpy as np
import pytest

from filters.kernels.fasttext_output import group_columns
from filters.kernels.vector_products import find_largest, mark_at_least, multiply_panel
from filters.kernels.vectors import (
    COLUMNS,
    LANES,
    add_columns,
    hash_step,
    sum_columns,
    sum_eight,
    sum_sixteen,
)
from layers.compiling import kernel


@kernel
def add_some(values: np.ndarray, source: int, total: np.ndarray, target: int) -> None:
    add_columns(values, np.uint64(source), total, np.uint64(target))


@kernel
def sum_some(matrix: np.ndarray, rows: np.ndarray, sums: np.ndarray) -> None:
    width = np.uint64(matrix.shape[1])
    sum_columns(matrix, np.uint64(1), width, rows, np.uint64(0), np.uint64(len(rows)), sums, np.uint64(1))


@kernel
def sum_few(values: np.ndarray, rows: np.ndarray, span: tuple[int, int], sums: np.ndarray) -> None:
    first, end = np.uint64(span[0]), np.uint64(span[1])
    sum_eight(values, np.uint64(3), np.uint64(8), rows, first, end, sums, np.uint64(1))
    sum_sixteen(values, np.uint64(3), np.uint64(16), rows, first, end, sums, np.uint64(10))


@pytest.mark.parametrize("span", [(0, 0), (2, 3), (0, 100), (1, 98)])
def test_sums_of_few_columns(span: tuple[int, int]) -> None:
    generator = np.random.default_rng(7)
    values = generator.integers(-128, 128, 3 + 32 * 16).astype(np.int8)
    rows = generator.integers(0, 32, 100)
    sums = np.full(27, 7, np.int32)
    sum_few(values, rows, span, sums)
    chosen = rows[span[0] : span[1]]
    for place, width in ((1, 8), (10, 16)):
        expected = values[3 : 3 + 32 * width].reshape(32, width)[chosen].sum(axis=0, dtype=np.int32)
        assert sums[place : place + width].tolist() == expected.tolist()
    assert sums[[0, 9, 26]].tolist() == [7, 7, 7]


@kernel
def hash_some(hashes: np.ndarray, steps: np.ndarray) -> None:
    hash_step(hashes, np.uint64(1), np.uint64(LANES + 1), steps, np.uint64(3), np.uint64(5))


def test_sums_and_steps_of_hashes() -> None:
    generator = np.random.default_rng(5)
    values = generator.integers(-128, 128, (9, COLUMNS + 3)).astype(np.int8)
    total = np.zeros(COLUMNS + 2, np.int16)
    add_some(values, 7, total, 1)
    assert total[1:-1].tolist() == values.reshape(-1)[7 : 7 + COLUMNS].tolist()
    sum_some(values, np.array([8, 2, 8], np.int32), total)
    assert total[1:-1].tolist() == values[[8, 2, 8], 1 : COLUMNS + 1].sum(axis=0).tolist()
    assert total[0] == total[-1] == 0
    hashes, steps = generator.integers(0, 1 << 32, (2, 2 * LANES + 2), np.uint32)
    flips, factors = steps[3 : LANES + 3], steps[5 : LANES + 5]
    expected = [*hashes[: LANES + 1], *(hashes[1 : LANES + 1] ^ flips) * factors, hashes[-1]]
    hash_some(hashes, steps)
    assert hashes.tolist() == expected


@kernel
def multiply(hidden: np.ndarray, panels: np.ndarray, panel: int, scores: np.ndarray) -> None:
    lines = (np.uint64(2), np.uint64(0), np.uint64(2), np.uint64(1))
    multiply_panel(hidden, *lines, panels, np.uint64(panel), scores, np.uint64(3))


@pytest.mark.parametrize("width", [1, 4, 64])
def test_products_are_those_of_each_line_with_the_columns_of_the_group(width: int) -> None:
    generator = np.random.default_rng(width)
    hidden = generator.integers(-9, 9, (3, width)).astype(np.float32)  # whole numbers: sums are exact
    outputs = generator.integers(-9, 9, (width, 40)).astype(np.float32)
    groups = [np.arange(5, 25), np.arange(0), np.array([39])]
    panels, names, spans = group_columns(outputs, groups=groups)
    assert [names[first:end].tolist() for first, end in spans] == [group.tolist() for group in groups]
    assert (names >= 0).sum() == 21
    scores = np.full((4, LANES + 5), 99, np.float32)
    for panel in range(3):
        labels = names[panel * LANES : (panel + 1) * LANES]
        multiply(hidden, panels, panel, scores)
        expected = hidden[[2, 0, 2, 1]] @ np.where(labels >= 0, outputs[:, labels], 0)
        assert scores[:, 3 : LANES + 3].tolist() == expected.tolist()
    assert (scores[:, :3] == 99).all()
    assert (scores[:, LANES + 3 :] == 99).all()


@kernel
def largest(values: np.ndarray, first: int, end: int) -> np.float32:
    return find_largest(values, np.uint64(first), np.uint64(end))


@kernel
def marks(values: np.ndarray, place: int, least: np.float32) -> np.uint64:
    return mark_at_least(values, np.uint64(place), least)


def test_the_largest_of_some_numbers_and_those_that_reach_a_limit() -> None:
    generator = np.random.default_rng(3)
    for size in (1, 2, 5):
        for _ in range(40):
            values = generator.normal(size=size * LANES + 4).astype(np.float32)
            assert largest(values, 3, 3 + size * LANES) == values[3 : 3 + size * LANES].max()
            least = values[generator.integers(3, 3 + LANES)]  # a limit that one of them just reaches
            expected = sum(1 << k for k in range(LANES) if values[3 + k] >= least)
            assert marks(values, 3, least) == expected
