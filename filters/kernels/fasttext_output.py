"""Outputs of fastText classifiers: from the mean vector of a text to its labels and their probabilities."""

import numpy as np

from filters.kernels.compiling import kernel_without_references, multiply_add
from filters.kernels.votes import insert_ranked

HIERARCHICAL_SOFTMAX, NEGATIVE_SAMPLING, SOFTMAX, ONE_VS_ALL = 1, 2, 3, 4
"""The losses of fastText's files; the second and fourth predict alike."""

Groups = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Columns of the labels of each group float32 [d, k], which labels these are int32 [k], ends int64 [g + 1].

A line is read as one in a language of its group: a label can be in several."""

Room = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""For a line: nodes int64 and their logs, candidates int32 and their probabilities; products [4, labels]."""

_BLOCK = 64
_MAX_SIGMOID = 8
_SIGMOID_STEPS = 512
_LOG_OFFSET = 1e-5  # the library takes log(x + 1e-5) everywhere


@kernel_without_references
def _dot(matrix: np.ndarray, row: int, hidden: np.ndarray, line: int) -> np.float32:
    a0 = a1 = a2 = a3 = np.float32(0)
    for c in range(0, hidden.shape[1], 4):
        a0 += matrix[row, c] * hidden[line, c]
        a1 += matrix[row, c + 1] * hidden[line, c + 1]
        a2 += matrix[row, c + 2] * hidden[line, c + 2]
        a3 += matrix[row, c + 3] * hidden[line, c + 3]
    return (a0 + a1) + (a2 + a3)


@kernel_without_references
def _log(x: np.float32) -> np.float32:
    return np.float32(np.log(np.float64(x) + _LOG_OFFSET))


@kernel_without_references
def _descend(
    hidden: np.ndarray,
    line: int,
    outputs: np.ndarray,
    children: np.ndarray,
    min_log: np.float32,
    stack: tuple[np.ndarray, np.ndarray],
    candidates: tuple[np.ndarray, np.ndarray],
) -> int:
    """Leaves of the tree whose log probability is at least min_log; how many."""
    nodes, logs = stack
    labels, scores = candidates
    leaves = (len(children) + 1) // 2
    nodes[0] = len(children) - 1
    logs[0] = np.float32(0)
    depth = 1
    count = 0
    while depth > 0:
        depth -= 1
        node = nodes[depth]
        log = logs[depth]
        if log < min_log:
            continue
        if node < leaves:
            labels[count] = node
            scores[count] = np.exp(log)
            count += 1
            continue
        right = np.float32(1.0 / (1 + np.exp(-_dot(outputs, node - leaves, hidden, line))))
        nodes[depth] = children[node, 0]
        logs[depth] = log + _log(np.float32(1.0 - right))
        nodes[depth + 1] = children[node, 1]
        logs[depth + 1] = log + _log(right)
        depth += 2
    return count


@kernel_without_references
def _multiply(
    hidden: np.ndarray,
    lines: tuple[int, int, int, int],
    columns: np.ndarray,
    span: tuple[int, int],
    scores: np.ndarray,
) -> None:
    """Dot products of four lines of hidden with some columns of columns [d, k] into scores [4, …].

    Labels side by side fill vector registers, and four lines share each column that is read: the columns of
    570 labels do not fit into a core's first cache. Each line's sum has one order whatever its neighbours.
    """
    i, j, k, m = lines
    first, count = np.uint64(span[0]), span[1] - span[0]  # unsigned: an index is not asked if it is negative
    scores[:, :count] = 0
    for c in range(0, columns.shape[0], 4):
        i0, i1, i2, i3 = hidden[i, c], hidden[i, c + 1], hidden[i, c + 2], hidden[i, c + 3]
        j0, j1, j2, j3 = hidden[j, c], hidden[j, c + 1], hidden[j, c + 2], hidden[j, c + 3]
        k0, k1, k2, k3 = hidden[k, c], hidden[k, c + 1], hidden[k, c + 2], hidden[k, c + 3]
        m0, m1, m2, m3 = hidden[m, c], hidden[m, c + 1], hidden[m, c + 2], hidden[m, c + 3]
        for label in range(count):
            at = first + np.uint64(label)
            x, y, z, w = columns[c, at], columns[c + 1, at], columns[c + 2, at], columns[c + 3, at]
            s = multiply_add(i1, y, multiply_add(i0, x, scores[0, label]))
            scores[0, label] = multiply_add(i3, w, multiply_add(i2, z, s))
            s = multiply_add(j1, y, multiply_add(j0, x, scores[1, label]))
            scores[1, label] = multiply_add(j3, w, multiply_add(j2, z, s))
            s = multiply_add(k1, y, multiply_add(k0, x, scores[2, label]))
            scores[2, label] = multiply_add(k3, w, multiply_add(k2, z, s))
            s = multiply_add(m1, y, multiply_add(m0, x, scores[3, label]))
            scores[3, label] = multiply_add(m3, w, multiply_add(m2, z, s))


@kernel_without_references
def _exponentiate(scores: np.ndarray, row: int, count: int) -> np.float32:
    """exp(score - the largest) in place, to 1e-5 of it; their sum.

    (1 + y + y²/2 + y³/6 + y⁴/24)⁶⁴ for y = x / 64: without branches, so that labels fill vector registers;
    570 calls of exp cost more than all products. Maxima and sums are four and eight side by side, in a fixed
    order: a chain would wait for each.
    """
    a = b = c = d = scores[row, 0]
    for i in range(0, count & ~3, 4):
        a, b = max(a, scores[row, i]), max(b, scores[row, i + 1])
        c, d = max(c, scores[row, i + 2]), max(d, scores[row, i + 3])
    for i in range(count & ~3, count):
        a = max(a, scores[row, i])
    largest = max(max(a, b), max(c, d))
    for label in range(count):
        y = max(scores[row, label] - largest, np.float32(-64)) * np.float32(1 / 64)
        p = y * np.float32(1 / 24) + np.float32(1 / 6)
        p = p * y + np.float32(0.5)
        p = p * y + np.float32(1)
        p = p * y + np.float32(1)
        p *= p
        p *= p
        p *= p
        p *= p
        p *= p
        p *= p
        scores[row, label] = p
    a = b = c = d = e = f = g = h = np.float32(0)
    for i in range(0, count & ~7, 8):
        a += scores[row, i]
        b += scores[row, i + 1]
        c += scores[row, i + 2]
        d += scores[row, i + 3]
        e += scores[row, i + 4]
        f += scores[row, i + 5]
        g += scores[row, i + 6]
        h += scores[row, i + 7]
    for i in range(count & ~7, count):
        a += scores[row, i]
    total: np.float32 = ((a + b) + (c + d)) + ((e + f) + (g + h))
    return total


@kernel_without_references
def _look_up(scores: np.ndarray, row: int, count: int, sigmoid: np.ndarray) -> None:
    """The logistic function in place, by the library's table."""
    for label in range(count):
        if scores[row, label] < -_MAX_SIGMOID:
            scores[row, label] = 0
        elif scores[row, label] > _MAX_SIGMOID:
            scores[row, label] = 1
        else:
            step = (scores[row, label] + np.float32(_MAX_SIGMOID)) * np.float32(_SIGMOID_STEPS)
            scores[row, label] = sigmoid[np.int64(step / np.float32(_MAX_SIGMOID) / np.float32(2))]


@kernel_without_references
def _choose(
    products: np.ndarray,
    row: int,
    labels: np.ndarray,
    span: tuple[int, int],
    min_score: np.float32,
    sigmoid: np.ndarray,
    candidates: tuple[np.ndarray, np.ndarray],
) -> int:
    """Of a line's products the labels and probabilities that are at least min_score; how many.

    sigmoid: the library's table for independent outputs, empty for softmax.
    """
    first, count = span[0], span[1] - span[0]
    total = np.float32(1)
    if len(sigmoid) == 0:
        total = _exponentiate(products, row, count)
    else:
        _look_up(products, row, count, sigmoid)
    chosen = 0
    least = np.float32(0.99) * min_score * total  # most labels are not worth a division
    for start in range(0, count, _BLOCK):
        stop = min(start + _BLOCK, count)
        likely = 0
        for label in range(start, stop):  # without branches, so that labels fill vector registers
            likely += products[row, label] >= least
        for label in range(start, stop if likely > 0 else start):
            if products[row, label] >= least:
                score = products[row, label] / total
                if score >= min_score:
                    candidates[0][chosen] = labels[first + label]
                    candidates[1][chosen] = score + np.float32(_LOG_OFFSET)  # exp(log(score + offset))
                    chosen += 1
    return chosen


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
    columns, names, group_ends = groups
    nodes, children = tree
    stack, candidates, products = (room[0], room[1]), (room[2], room[3]), room[4]
    labels, scores = kept
    firsts, sizes = ends
    min_log = _log(min_score)
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
            span = (group_ends[group[line]], group_ends[group[line] + 1])
            _multiply(hidden, lines, columns, span, products)
        for k in range(together):
            line = order[i + k]
            if len(children) > 0:
                count = _descend(hidden, line, nodes, children, min_log, stack, candidates)
            else:
                count = _choose(products, k, names, span, min_score, sigmoid, candidates)
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
        np.empty((4, len(names)), np.float32),
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


_SIGMOID_INPUTS = np.arange(_SIGMOID_STEPS + 1) * (2 * _MAX_SIGMOID / _SIGMOID_STEPS) - _MAX_SIGMOID
_SIGMOID = (1 / (1 + np.exp(-_SIGMOID_INPUTS))).astype(np.float32)


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
    sigmoid = _SIGMOID[:0] if loss == SOFTMAX else _SIGMOID
    firsts, sizes, labels, scores = _classify_all(
        hidden, order, group, groups, tree, np.float32(min_score), sigmoid
    )
    ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    rows = np.arange(ends[-1]) + np.repeat(firsts - ends[:-1], sizes)
    return ends, labels[rows], scores[rows]
