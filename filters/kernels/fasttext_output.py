"""Outputs of fastText classifiers: from the mean vector of a text to its labels and their probabilities."""

import numpy as np

from filters.kernels.compiling import kernel

HIERARCHICAL_SOFTMAX, NEGATIVE_SAMPLING, SOFTMAX, ONE_VS_ALL = 1, 2, 3, 4
"""The losses of fastText's files; the second and fourth predict alike."""

LINES = 4
"""Vectors that are multiplied at once."""

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
def _log(x: np.float32) -> np.float32:
    return np.float32(np.log(np.float64(x) + _LOG_OFFSET))


@kernel
def _descend(
    hidden: np.ndarray,
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
        right = np.float32(1.0 / (1 + np.exp(-_dot(outputs, node - leaves, hidden))))
        nodes[depth] = children[node, 0]
        logs[depth] = log + _log(np.float32(1.0 - right))
        nodes[depth + 1] = children[node, 1]
        logs[depth + 1] = log + _log(right)
        depth += 2
    return count


@kernel
def _multiply(hidden: np.ndarray, first: int, columns: np.ndarray, scores: np.ndarray) -> None:
    """Dot products of LINES vectors from hidden[first] on with columns [d, l] into scores [LINES, l].

    Labels side by side fill vector registers, and four lines share each column that is read: the columns of
    570 labels do not fit into a core's first cache. Each line's sum has one order whatever its neighbours.
    """
    scores[:] = 0
    labels = columns.shape[1]
    for c in range(0, columns.shape[0], 2):
        a0, a1 = hidden[first, c], hidden[first, c + 1]
        b0, b1 = hidden[first + 1, c], hidden[first + 1, c + 1]
        c0, c1 = hidden[first + 2, c], hidden[first + 2, c + 1]
        d0, d1 = hidden[first + 3, c], hidden[first + 3, c + 1]
        for label in range(labels):
            x, y = columns[c, label], columns[c + 1, label]
            scores[0, label] += a0 * x + a1 * y
            scores[1, label] += b0 * x + b1 * y
            scores[2, label] += c0 * x + c1 * y
            scores[3, label] += d0 * x + d1 * y


@kernel
def _largest(scores: np.ndarray) -> np.float32:
    """Four at a time: a chain of comparisons waits for each."""
    a = b = c = d = scores[0]
    for i in range(0, len(scores) & ~3, 4):
        a, b, c, d = (max(a, scores[i]), max(b, scores[i + 1]), max(c, scores[i + 2]), max(d, scores[i + 3]))
    for i in range(len(scores) & ~3, len(scores)):
        a = max(a, scores[i])
    return max(max(a, b), max(c, d))


@kernel
def _sum(scores: np.ndarray) -> np.float32:
    """Eight sums side by side, in a fixed order."""
    a = b = c = d = e = f = g = h = np.float32(0)
    for i in range(0, len(scores) & ~7, 8):
        a += scores[i]
        b += scores[i + 1]
        c += scores[i + 2]
        d += scores[i + 3]
        e += scores[i + 4]
        f += scores[i + 5]
        g += scores[i + 6]
        h += scores[i + 7]
    for i in range(len(scores) & ~7, len(scores)):
        a += scores[i]
    return ((a + b) + (c + d)) + ((e + f) + (g + h))


@kernel
def _exponentiate(scores: np.ndarray, largest: np.float32) -> None:
    """exp(score - largest) in place, to 1e-5 of it: (1 + y + y²/2 + y³/6 + y⁴/24)⁶⁴ for y = x / 64.

    Without branches, so that labels fill vector registers; 570 calls of exp cost more than all products.
    """
    for label in range(len(scores)):
        y = max(scores[label] - largest, np.float32(-64)) * np.float32(1 / 64)
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
        scores[label] = p


@kernel
def _look_up(scores: np.ndarray, sigmoid: np.ndarray) -> None:
    """The logistic function in place, by the library's table."""
    for label in range(len(scores)):
        if scores[label] < -_MAX_SIGMOID:
            scores[label] = 0
        elif scores[label] > _MAX_SIGMOID:
            scores[label] = 1
        else:
            step = (scores[label] + np.float32(_MAX_SIGMOID)) * np.float32(_SIGMOID_STEPS)
            scores[label] = sigmoid[np.int64(step / np.float32(_MAX_SIGMOID) / np.float32(2))]


@kernel
def _score_all(
    softmax: bool,
    min_score: np.float32,
    sigmoid: np.ndarray,
    candidates: tuple[np.ndarray, np.ndarray],
) -> int:
    """Of products in scores the labels and probabilities that are at least min_score, in place; how many."""
    labels, scores = candidates
    total = np.float32(1)
    if softmax:
        _exponentiate(scores, _largest(scores))
        total = _sum(scores)
    else:
        _look_up(scores, sigmoid)
    count = 0
    least = np.float32(0.99) * min_score * total  # most labels are not worth a division
    for label in range(len(scores)):
        if scores[label] < least:
            continue
        score = scores[label] / total
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
    most = outputs.shape[0 if loss == HIERARCHICAL_SOFTMAX else 1]
    stack = (np.empty(most + 2, np.int64), np.empty(most + 2, np.float32))
    candidates = (np.empty(most, np.int32), np.empty(most, np.float32))
    products = np.empty((LINES, most), np.float32)
    ends = np.zeros(len(counts) + 1, np.int64)
    labels = np.empty(4 * len(counts) + most, np.int32)
    scores = np.empty(len(labels), np.float32)
    min_log = _log(min_score)
    at = 0
    for line in range(len(counts)):
        count = 0
        if loss != HIERARCHICAL_SOFTMAX and line % LINES == 0:
            _multiply(hidden, line, outputs, products)
        if counts[line] > 0:
            if loss == HIERARCHICAL_SOFTMAX:
                count = _descend(hidden[line], outputs, children, min_log, stack, candidates)
            else:
                for label in range(most):
                    candidates[1][label] = products[line % LINES, label]
                count = _score_all(loss == SOFTMAX, min_score, sigmoid, candidates)
        if at + count > len(labels):
            more_labels = np.empty(2 * len(labels), np.int32)
            more_scores = np.empty(2 * len(labels), np.float32)
            for k in range(at):
                more_labels[k] = labels[k]
                more_scores[k] = scores[k]
            labels = more_labels
            scores = more_scores
        for k in range(count):
            labels[at + k] = candidates[0][k]
            scores[at + k] = candidates[1][k]
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

    outputs: rows of the inner nodes [l, d] for hierarchical softmax, else columns of the labels [d, l].

    A vector that is the mean of no rows (counts 0) has no label. Sorted by falling probability, then label.
    """
    missing = -len(hidden) % LINES
    padded = np.concatenate([hidden, np.zeros((missing, hidden.shape[1]), np.float32)])
    ends, labels, scores = _classify_all(
        padded, counts, loss, np.float32(min_score), outputs, children, _SIGMOID
    )
    order = np.lexsort((labels, -scores, np.repeat(np.arange(len(counts)), np.diff(ends))))
    return ends, labels[order], scores[order]
