"""Outputs of fastText classifiers: from the mean vector of a text to its labels and their probabilities."""

from collections.abc import Sequence

import numpy as np

from filters.kernels.fasttext_scores import SIGMOID, choose, descend, take_log
from filters.kernels.vector_products import multiply_panel
from filters.kernels.vectors import LANES
from filters.kernels.votes import insert_ranked
from layers.compiling import kernel_without_references

HIERARCHICAL_SOFTMAX, NEGATIVE_SAMPLING, SOFTMAX, ONE_VS_ALL = 1, 2, 3, 4
"""The losses of fastText's files; the second and fourth predict alike."""

Groups = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Columns of the labels of each group, LANES together, float32 [panels, d, LANES]; which labels these are
int32 [panels * LANES], -1 behind the last of a group; where in these each group begins and ends int64 [g, 2].

A line is read as one in a language of its group: a label can be in several."""

Room = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""For a line: nodes int64 and their logs, candidates int32 and their probabilities; products float32
[4, panels * LANES]."""


def group_columns(outputs: np.ndarray, *, groups: Sequence[np.ndarray]) -> Groups:
    """Columns [d, labels] → those of the labels of each group."""
    padded = [np.append(group, np.full(-len(group) % LANES, -1)).astype(np.int32) for group in groups]
    names = np.concatenate([np.empty(0, np.int32), *padded])
    firsts = np.cumsum([0, *map(len, padded)])[:-1]
    spans = np.stack([firsts, firsts + [len(group) for group in groups]], axis=1).astype(np.int64)
    columns = np.where(names >= 0, outputs[:, names], np.float32(0))
    panels = columns.reshape(len(outputs), len(names) // LANES, LANES).transpose(1, 0, 2)
    return np.ascontiguousarray(panels), names, spans


@kernel_without_references
def _multiply(
    hidden: np.ndarray,
    lines: tuple[int, int, int, int],
    panels: np.ndarray,
    span: tuple[int, int],
    scores: np.ndarray,
) -> None:
    """Dot products of four lines of hidden with the columns of a group into scores [4, …].

    Four lines share each column that is read: those of 570 labels do not fit into a core's first cache. Each
    line's sum has one order whatever its neighbours.
    """
    i, j, k, m = np.uint64(lines[0]), np.uint64(lines[1]), np.uint64(lines[2]), np.uint64(lines[3])
    lanes = np.uint64(LANES)
    first = np.uint64(span[0])
    for at in range(first, np.uint64(span[1]), lanes):
        multiply_panel(hidden, i, j, k, m, panels, at // lanes, scores, at - first)


@kernel_without_references
def _classify_lines(
    hidden: np.ndarray,
    order: np.ndarray,
    start: int,
    group: np.ndarray,
    groups: Groups,
    tree: tuple[np.ndarray, np.ndarray],
    min_score: np.float32,
    sigmoid: np.ndarray,
    room: Room,
    kept: tuple[np.ndarray, np.ndarray],
    ends: tuple[np.ndarray, np.ndarray],
    at: int,
) -> tuple[int, int]:
    """Rank the candidates of the lines order[start:] behind kept[:at]; where in order, and in kept, it ends.

    It ends early where kept has no room for more. ends: first candidate of each line, how many, int64 [n].
    tree: inner nodes and children of the hierarchical softmax, empty for other losses.
    """
    panels, names, spans = groups
    nodes, children = tree
    stack, candidates, products = (room[0], room[1]), (room[2], room[3]), room[4]
    labels, scores = kept
    firsts, sizes = ends
    min_log = take_log(min_score)
    i = start
    while i < len(order) and at + 4 * len(candidates[0]) <= len(labels):
        line = order[i]
        together = 1
        span = (0, 0)
        if len(children) == 0:
            while together < 4 and i + together < len(order) and group[order[i + together]] == group[line]:
                together += 1
            lines = (
                line,
                order[i + min(1, together - 1)],
                order[i + min(2, together - 1)],
                order[i + together - 1],
            )
            span = (spans[group[line], 0], spans[group[line], 1])
            _multiply(hidden, lines, panels, span, products)
        for k in range(together):
            line = order[i + k]
            if len(children) > 0:
                count = descend(hidden, line, nodes, children, min_log, stack, candidates)
            else:
                count = choose(products, k, names, span, min_score, sigmoid, candidates)
            for c in range(count):
                insert_ranked(labels, scores, at, at + c, candidates[0][c], candidates[1][c])
            firsts[line], sizes[line] = at, count
            at += count
        i += together
    return i, at


def _classify_all(
    hidden: np.ndarray,
    order: np.ndarray,
    group: np.ndarray,
    groups: Groups,
    tree: tuple[np.ndarray, np.ndarray],
    min_score: np.float32,
    sigmoid: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """First candidate of each line, how many int64 [n], labels, probabilities; lines are read in an order."""
    names = groups[1]
    most = max(len(names), len(tree[1]), 1)
    room = (
        np.empty(most + 2, np.int64),
        np.empty(most + 2, np.float32),
        np.empty(most, np.int32),
        np.empty(most, np.float32),
        np.zeros((4, len(names)), np.float32),
    )
    ends = (np.zeros(len(hidden), np.int64), np.zeros(len(hidden), np.int64))
    size = 4 * (len(hidden) + most)
    labels, scores = np.empty(size, np.int32), np.empty(size, np.float32)
    i, at = 0, 0
    while i < len(order):
        i, at = _classify_lines(
            hidden, order, i, group, groups, tree, min_score, sigmoid, room, (labels, scores), ends, at
        )
        if i < len(order):
            labels, scores = (np.concatenate([each, np.empty_like(each)]) for each in (labels, scores))
    return *ends, labels, scores


def classify(
    hidden: np.ndarray,
    counts: np.ndarray,
    *,
    loss: int,
    min_score: float,
    outputs: np.ndarray,
    children: np.ndarray,
    group: np.ndarray,
    groups: Groups,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """n mean vectors float32 [n, d] → offsets int64 [n + 1], labels int32, probabilities float32.

    outputs: rows of the inner nodes [l, d] of a hierarchical softmax, which is all that it reads; for others
    groups, and the group of each line int64 [n]. A vector that is the mean of no rows (counts 0) has no
    label. Sorted by falling probability, then label.
    """
    order = np.flatnonzero(counts > 0)
    order = order[np.argsort(group[order], kind="stable")]
    hierarchical = loss == HIERARCHICAL_SOFTMAX
    tree = (outputs if hierarchical else outputs[:0], children)
    sigmoid = SIGMOID[:0] if loss == SOFTMAX else SIGMOID
    firsts, sizes, labels, scores = _classify_all(
        hidden, order, group, groups, tree, np.float32(min_score), sigmoid
    )
    ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    rows = np.arange(ends[-1]) + np.repeat(firsts - ends[:-1], sizes)
    return ends, labels[rows], scores[rows]
