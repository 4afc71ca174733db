"""From a mean vector, or its products with the labels, to probabilities, as fastText's losses have them."""

import numpy as np

from filters.kernels.vector_products import find_largest, mark_at_least
from filters.kernels.vectors import LANES
from layers.compiling import kernel_without_references, trailing_zeros

_MAX_SIGMOID = 8
_SIGMOID_STEPS = 512
_LOG_OFFSET = 1e-5  # the library takes log(x + 1e-5) everywhere
_SIGMOID_INPUTS = np.arange(_SIGMOID_STEPS + 1) * (2 * _MAX_SIGMOID / _SIGMOID_STEPS) - _MAX_SIGMOID
SIGMOID = (1 / (1 + np.exp(-_SIGMOID_INPUTS))).astype(np.float32)
"""The library's table of the logistic function: float32 [n]."""


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
def take_log(x: np.float32) -> np.float32:
    """The logarithm of a probability, 0 included."""
    return np.float32(np.log(np.float64(x) + _LOG_OFFSET))


@kernel_without_references
def descend(
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
        logs[depth] = log + take_log(np.float32(1.0 - right))
        nodes[depth + 1] = children[node, 1]
        logs[depth + 1] = log + take_log(right)
        depth += 2
    return count


@kernel_without_references
def _exponentiate(scores: np.ndarray, row: int, count: int) -> np.float32:
    """exp(score - the largest) in place, to 1e-5 of it; their sum.

    (1 + y + y²/2 + y³/6 + y⁴/24)⁶⁴ for y = x / 64: without branches, so that labels fill vector registers;
    570 calls of exp cost more than all products. Sums are eight side by side, in a fixed order: a chain would
    wait for each.
    """
    whole = count - count % LANES
    largest = scores[row, 0]
    if whole > 0:
        first = np.uint64(row * scores.shape[1])
        largest = find_largest(scores, first, first + np.uint64(whole))
    for i in range(whole, count):
        largest = max(largest, scores[row, i])
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
def choose(
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
    for start in range(0, count, LANES):
        likely = mark_at_least(products, np.uint64(row * products.shape[1] + start), least)
        while likely != 0:
            label = start + trailing_zeros(likely)
            likely &= likely - np.uint64(1)
            score = products[row, label] / total
            if label < count and score >= min_score:
                candidates[0][chosen] = labels[first + label]
                candidates[1][chosen] = score + np.float32(_LOG_OFFSET)  # exp(log(score + offset))
                chosen += 1
    return chosen
