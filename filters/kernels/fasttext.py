"""Bulk inference of supervised fastText classifiers, directly on Arrow's UTF-8 buffers.

Joulin et al. 2017, Bag of Tricks for Efficient Text Classification (arXiv:1607.01759): the mean of the
vectors of words and hashed n-grams, then hierarchical softmax, softmax or independent logistic outputs.
Equal to the fastText library in labels and, to 1e-4, in probabilities; independent logistic outputs are
read from a table of 512 steps, as there, and now and then from the next step.
"""

import threading
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from filters.kernels.compiling import text_buffers
from filters.kernels.fasttext_input import sum_lines
from filters.kernels.fasttext_output import classify

CACHED_WORDS = 1 << 15
"""Words whose sums a thread keeps: 8 MB at 64 columns."""


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
    slots: np.ndarray
    """int32: open-addressed table of the entries, see hash_entries."""
    words: int
    buckets: int
    bucket_bits: np.ndarray
    """uint64 [ceil(b / 64)]: which buckets have a row; these follow the words' rows in order."""
    bucket_ranks: np.ndarray
    """int64 [ceil(b / 64)]: how many buckets before those of each word of bits have a row."""
    inputs: np.ndarray
    """float32 [r, d]: words, then n-grams in the order of their buckets."""
    outputs: np.ndarray
    """float32: [d, l] of the labels, or [l, d] of the inner nodes of the hierarchical softmax."""
    children: np.ndarray
    """int32 [2 l - 1, 2]: the tree of the hierarchical softmax, leaves first, the root last; -1: none."""


def _sum_lines(
    values: np.ndarray, offsets: np.ndarray, *, classifier: Classifier
) -> tuple[np.ndarray, np.ndarray]:
    width = classifier.inputs.shape[1]
    sums = np.empty((len(offsets) - 1, width), np.float32)
    counts = np.empty(len(sums), np.int64)
    longest = int(np.diff(offsets).max(initial=0))
    values, offsets = values.view(), offsets.view()
    values.flags.writeable = offsets.flags.writeable = False  # else Numba compiles for both kinds
    # A word has an n-gram of each length for each of its characters, its two brackets and its own row.
    rows = np.empty((longest + 2) * max(classifier.max_ngram, 0) + 1, np.int32)
    chains = np.empty(max(classifier.word_ngrams, 1), np.uint64)
    sum_lines(
        values,
        offsets,
        (classifier.min_ngram, classifier.max_ngram, classifier.word_ngrams, classifier.eos),
        (classifier.entry_bytes, classifier.entry_offsets, classifier.slots, classifier.words),
        (classifier.bucket_bits, classifier.bucket_ranks, classifier.buckets, classifier.words),
        classifier.inputs,
        (np.empty(longest + 2, np.int64), rows, chains),
        _word_cache(classifier),
        sums,
        counts,
    )
    return sums, counts


_kept = threading.local()


def _word_cache(classifier: Classifier) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The sums of words that this thread has met with the classifier; empty when it is another one.

    What is kept changes the time and not the result: each word is always summed by itself.
    """
    if getattr(_kept, "classifier", None) is not classifier:
        width = classifier.inputs.shape[1]
        _kept.cache = (
            np.zeros(CACHED_WORDS, np.uint64),
            np.empty(CACHED_WORDS, np.int64),
            np.empty((CACHED_WORDS, width), np.float32),
        )
        _kept.classifier = classifier
    cache: tuple[np.ndarray, np.ndarray, np.ndarray] = _kept.cache
    return cache


def predict(
    lines: pa.LargeStringArray, *, classifier: Classifier, min_score: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """n lines → candidates of at least min_score: offsets int64 [n + 1], labels int32, probabilities float32.

    Candidates of a line are sorted by falling probability, then label. A line break is a space here, where
    the library refuses it; the word `</s>` ends a line, as it does there. Memory grows with the longest line,
    some 50 bytes for each of its bytes: sample long documents first.
    """
    values, offsets = text_buffers(lines)
    sums, counts = _sum_lines(values, offsets, classifier=classifier)
    hidden = sums * (1 / np.maximum(counts, 1)).astype(np.float32)[:, None]
    return classify(
        hidden,
        counts,
        loss=classifier.loss,
        min_score=min_score,
        outputs=classifier.outputs,
        children=classifier.children,
    )
