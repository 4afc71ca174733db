"""Outputs of fastText classifiers: from the mean vector of a text to its labels and their probabilities."""

import numpy as np

from filters.kernels.compiling import kernel

HIERARCHICAL_SOFTMAX, NEGATIVE_SAMPLING, SOFTMAX, ONE_VS_ALL = 1, 2, 3, 4
"""The losses of fastText's files; the second and fourth predict alike."""

_MAX_SIGMOID = 8
_SIGMOID_STEPS = 512
_LOG_OFFSET = 1e-5  # the library takes log(x + 1e-5) everywhere


@kernel
def _dot(matrix: np.ndarray, row: int, vector: np.ndarray) -> np.float32:
    a0 = a1 = a2 = a3 = np.float32(0)
    for c in range(0, len(vector), 4):
        a0 += matrix[row, c] * vector[c]
        a1 += matrix[row, c + 1] * vector[c + 1]
        a2 += matrix[row, c + 2] * vector[c + 2]
        a3 += matrix[row, c + 3] * vector[c + 3]
    return (a0 + a1) + (a2 + a3)


@kernel
def _four_dots(matrix: np.ndarray, row: int, vector: np.ndarray, found: np.ndarray) -> None:
    """_dot of four rows into found, to the same bits and twice as fast: their sums do not wait for each other."""
    a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = np.float32(0)
    c0 = c1 = c2 = c3 = d0 = d1 = d2 = d3 = np.float32(0)
    for c in range(0, len(vector), 4):
        v0, v1, v2, v3 = vector[c], vector[c + 1], vector[c + 2], vector[c + 3]
        a0 += matrix[row, c] * v0
        a1 += matrix[row, c + 1] * v1
        a2 += matrix[row, c + 2] * v2
        a3 += matrix[row, c + 3] * v3
        b0 += matrix[row + 1, c] * v0
        b1 += matrix[row + 1, c + 1] * v1
        b2 += matrix[row + 1, c + 2] * v2
        b3 += matrix[row + 1, c + 3] * v3
        c0 += matrix[row + 2, c] * v0
        c1 += matrix[row + 2, c + 1] * v1
        c2 += matrix[row + 2, c + 2] * v2
        c3 += matrix[row + 2, c + 3] * v3
        d0 += matrix[row + 3, c] * v0
        d1 += matrix[row + 3, c + 1] * v1
        d2 += matrix[row + 3, c + 2] * v2
        d3 += matrix[row + 3, c + 3] * v3
    found[row] = (a0 + a1) + (a2 + a3)
    found[row + 1] = (b0 + b1) + (b2 + b3)
    found[row + 2] = (c0 + c1) + (c2 + c3)
    found[row + 3] = (d0 + d1) + (d2 + d3)


@kernel
def _log(x: np.float32) -> np.float32:
    return np.float32(np.log(np.float64(x) + _LOG_OFFSET))


@kernel
def _descend(
    hidden: np.ndarray,
    outputs: np.ndarray,
    children: np.ndarray,
    min_log: np.float32,
    stack: tuple[np.ndarray, np.ndarray],
    found: tuple[np.ndarray, np.ndarray],
) -> int:
    """Leaves of the tree whose log probability is at least min_log; how many."""
    nodes, logs = stack
    labels, scores = found
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
        right = np.float32(1.0 / (1 + np.exp(-_dot(outputs, node - leaves, hidden))))
        nodes[depth] = children[node, 0]
        logs[depth] = log + _log(np.float32(1.0 - right))
        nodes[depth + 1] = children[node, 1]
        logs[depth + 1] = log + _log(right)
        depth += 2
    return count


@kernel
def _score_all(
    hidden: np.ndarray,
    outputs: np.ndarray,
    softmax: bool,
    min_score: np.float32,
    sigmoid: np.ndarray,
    found: tuple[np.ndarray, np.ndarray],
) -> int:
    """Labels whose probability is at least min_score; how many."""
    labels, scores = found
    total = np.float32(0)
    largest = np.float32(-np.inf)
    fours = len(outputs) - len(outputs) % 4
    for label in range(0, fours, 4):
        _four_dots(outputs, label, hidden, scores)
    for label in range(fours, len(outputs)):
        scores[label] = _dot(outputs, label, hidden)
    for label in range(len(outputs)):
        largest = max(largest, scores[label])
    for label in range(len(outputs)):
        if softmax:
            scores[label] = np.exp(scores[label] - largest)
            total += scores[label]
        elif scores[label] < -_MAX_SIGMOID:
            scores[label] = 0
        elif scores[label] > _MAX_SIGMOID:
            scores[label] = 1
        else:
            step = (scores[label] + np.float32(_MAX_SIGMOID)) * np.float32(_SIGMOID_STEPS)
            scores[label] = sigmoid[np.int64(step / np.float32(_MAX_SIGMOID) / np.float32(2))]
    count = 0
    for label in range(len(outputs)):
        score = scores[label] / total if softmax else scores[label]
        if score >= min_score:
            labels[count] = label
            scores[count] = np.exp(_log(score))
            count += 1
    return count


@kernel
def _classify_all(
    hidden: np.ndarray,
    counts: np.ndarray,
    loss: int,
    min_score: np.float32,
    outputs: np.ndarray,
    children: np.ndarray,
    sigmoid: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    most = len(outputs)
    stack = (np.empty(most + 2, np.int64), np.empty(most + 2, np.float32))
    found = (np.empty(most, np.int32), np.empty(most, np.float32))
    ends = np.zeros(len(counts) + 1, np.int64)
    labels = np.empty(4 * len(counts) + most, np.int32)
    scores = np.empty(len(labels), np.float32)
    min_log = _log(min_score)
    at = 0
    for line in range(len(counts)):
        count = 0
        if counts[line] > 0:
            if loss == HIERARCHICAL_SOFTMAX:
                count = _descend(hidden[line], outputs, children, min_log, stack, found)
            else:
                count = _score_all(hidden[line], outputs, loss == SOFTMAX, min_score, sigmoid, found)
        if at + count > len(labels):
            more_labels = np.empty(2 * len(labels), np.int32)
            more_scores = np.empty(2 * len(labels), np.float32)
            for k in range(at):
                more_labels[k] = labels[k]
                more_scores[k] = scores[k]
            labels = more_labels
            scores = more_scores
        for k in range(count):
            labels[at + k] = found[0][k]
            scores[at + k] = found[1][k]
        at += count
        ends[line + 1] = at
    return ends, labels[:at], scores[:at]


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
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """n mean vectors float32 [n, d] → offsets int64 [n + 1], labels int32, probabilities float32.

    A vector that is the mean of no rows (counts 0) has no label. Sorted by falling probability, then label.
    """
    ends, labels, scores = _classify_all(
        hidden, counts, loss, np.float32(min_score), outputs, children, _SIGMOID
    )
    order = np.lexsort((labels, -scores, np.repeat(np.arange(len(counts)), np.diff(ends))))
    return ends, labels[order], scores[order]
