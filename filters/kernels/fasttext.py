"""Bulk inference of supervised fastText classifiers, directly on Arrow's UTF-8 buffers.

Joulin et al. 2017, Bag of Tricks for Efficient Text Classification (arXiv:1607.01759): the mean of the
vectors of words and hashed n-grams, then hierarchical softmax, softmax or independent logistic outputs.
Equal to the fastText library in labels and, to 1e-4, in probabilities; independent logistic outputs are
read from a table of 512 steps, as there, and now and then from the next step.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from filters.kernels.compiling import aligned_empty, text_buffers
from filters.kernels.fasttext_input import average_lines
from filters.kernels.fasttext_output import HIERARCHICAL_SOFTMAX, Groups, classify, group_columns
from filters.kernels.fasttext_rows import ngram_room
from filters.kernels.fasttext_words import Slots

CACHED_WORDS = 1 << 15
"""Words whose sums a thread keeps: 4 MB at 64 columns of int16, 8 MB of float32."""
_MAX_ROWS = 256
"""Of int8 that int16 can be the sum of."""
_SUMMED_TOGETHER = 8
"""Words of a line whose rows are fetched before the first of them is summed."""


@dataclass(frozen=True)
class Classifier:
    """A classifier as the kernel reads it: w words, l labels, r rows, d padded columns, b n-gram buckets."""

    loss: int
    min_ngram: int
    max_ngram: int
    word_ngrams: int
    eos: int
    """Index of the word </s>, -1 for none."""
    entry_bytes: np.ndarray
    """uint8: the UTF-8 of words, then labels."""
    entry_offsets: np.ndarray
    """int64 [w + l + 1]"""
    slots: Slots
    """Open-addressed table of the entries."""
    words: int
    buckets: int
    bucket_rows: np.ndarray
    """uint64 [ceil(b / 32)]: which of 32 buckets have a row, which follow the words' rows in order, and << 32
    the row of the first that has one."""
    inputs: np.ndarray
    """float32 or int8 [r, d]: words, then n-grams in the order of their buckets."""
    input_scale: float
    """What a step of int8 means; 1 for float32."""
    outputs: np.ndarray
    """float32: [d, l] of the labels, or [l, d] of the inner nodes of the hierarchical softmax."""
    children: np.ndarray
    """int32 [2 l - 1, 2]: the tree of the hierarchical softmax, leaves first, the root last; -1: none."""


def _average_lines(
    values: np.ndarray, offsets: np.ndarray, *, classifier: Classifier
) -> tuple[np.ndarray, np.ndarray]:
    width = classifier.inputs.shape[1]
    hidden = np.empty((len(offsets) - 1, width), np.float32)
    counts = np.empty(len(hidden), np.int64)
    longest = int(np.diff(offsets).max(initial=0))
    values, offsets = values.view(), offsets.view()
    values.flags.writeable = offsets.flags.writeable = False  # else Numba compiles for both kinds
    summed_together = _SUMMED_TOGETHER if classifier.inputs.dtype == np.int8 else 1
    # A word has an n-gram of each length for each of its characters, its two brackets and its own row.
    # What is written behind the last row is overwritten.
    ngrams = (longest + 2 * summed_together) * max(classifier.max_ngram, 0)
    rows = np.empty(ngrams + summed_together + 1, np.int32)
    words = longest // 2 + 1
    scratch = (
        np.empty((words, 2), np.int64),
        np.empty(words + 1, np.uint64),
        ngram_room(longest, max_ngram=classifier.max_ngram),
        np.empty((summed_together, 3), np.int64),
        rows,
        np.empty(max(classifier.word_ngrams, 1), np.uint64),
    )
    cache = _word_cache(classifier)
    average_lines(
        values,
        offsets,
        (
            (classifier.min_ngram, classifier.max_ngram, classifier.word_ngrams, classifier.eos),
            (classifier.entry_bytes, classifier.entry_offsets, classifier.slots, classifier.words),
            (classifier.bucket_rows, classifier.buckets),
            classifier.inputs,
        ),
        (
            np.float32(classifier.input_scale),
            _MAX_ROWS if classifier.inputs.dtype == np.int8 else 1 << 62,
            summed_together,
        ),
        scratch,
        cache,
        np.empty(width, cache[1].dtype),
        hidden,
        counts,
    )
    return hidden, counts


_kept = threading.local()


def _word_cache(classifier: Classifier) -> tuple[np.ndarray, np.ndarray]:
    """The sums of words that this thread has met with the classifier; empty when it is another one.

    What is kept changes the time and not the result: each word is always summed by itself.
    """
    if getattr(_kept, "classifier", None) is not classifier:
        inputs, width = classifier.inputs, classifier.inputs.shape[1]
        _kept.cache = (
            np.zeros(CACHED_WORDS, np.uint64),
            aligned_empty((CACHED_WORDS, width), np.int16 if inputs.dtype == np.int8 else np.float32),
        )
        _kept.classifier = classifier
    cache: tuple[np.ndarray, np.ndarray] = _kept.cache
    return cache


def group_labels(classifier: Classifier, *, groups: Sequence[np.ndarray]) -> Groups:
    """The labels of each group as the kernel reads them; a hierarchical softmax has no groups."""
    if classifier.loss == HIERARCHICAL_SOFTMAX:
        groups = [group[:0] for group in groups]
        return group_columns(np.empty((0, 0), np.float32), groups=groups)
    return group_columns(classifier.outputs, groups=groups)


def predict(
    lines: pa.LargeStringArray,
    *,
    classifier: Classifier,
    min_score: float,
    group: np.ndarray | None = None,
    groups: Groups | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """n lines → candidates of at least min_score: offsets int64 [n + 1], labels int32, probabilities float32.

    groups, and the group of each line int64 [n]: the labels that a line can have, as if there were no others;
    without them each line can have each label. A hierarchical softmax reads all.

    Candidates of a line are sorted by falling probability, then label. A line break is a space here, where
    the library refuses it; the word `</s>` ends a line, as it does there. Memory grows with the longest line,
    some 50 bytes for each of its bytes: sample long documents first.
    """
    if group is None or groups is None:
        group = np.zeros(len(lines), np.int64)
        groups = group_labels(classifier, groups=[np.arange(classifier.outputs.shape[1])])
    hidden, counts = _average_lines(*text_buffers(lines), classifier=classifier)
    return classify(
        hidden,
        counts,
        loss=classifier.loss,
        min_score=min_score,
        outputs=classifier.outputs,
        children=classifier.children,
        group=group,
        groups=groups,
    )
