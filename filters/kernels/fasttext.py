"""Bulk inference of supervised fastText classifiers, directly on Arrow's UTF-8 buffers.

Joulin et al. 2017, Bag of Tricks for Efficient Text Classification (arXiv:1607.01759): the mean of the
vectors of words and hashed n-grams, then hierarchical softmax, softmax or independent logistic outputs.
Equal to the fastText library in labels and, to 1e-4, in probabilities; independent logistic outputs are
read from a table of 512 steps, as there, and now and then from the next step.
"""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from filters.kernels.compiling import kernel, text_buffers
from filters.kernels.fasttext_output import classify

LANES = 16
"""Matrices are padded to a multiple of this many columns, so that sums stay in vector registers."""

_FNV_BASIS = 2166136261
_FNV_PRIME = 16777619
_MASK = 0xFFFFFFFF
_WORD_NGRAM_PRIME = 116049371
_EOS_HASH = 3617362777  # of </s>, four bytes
_LABEL_HASH = 713211737  # of __label__, nine bytes


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
    word_rows: np.ndarray
    """int32 [w]: of how many rows that of the word is the sum; 0: of itself, n-grams not folded in."""
    bucket_bits: np.ndarray
    """uint8 [ceil(b / 8)]: which buckets have a row."""
    bucket_rows: np.ndarray
    """int32 [b]"""
    inputs: np.ndarray
    """float32 [r, d]"""
    outputs: np.ndarray
    """float32 [l, d]: labels, or inner nodes of the hierarchical softmax."""
    children: np.ndarray
    """int32 [2 l - 1, 2]: the tree of the hierarchical softmax, leaves first, the root last; -1: none."""


@kernel
def _hash(values: np.ndarray, start: int, end: int) -> np.int64:
    h = np.int64(_FNV_BASIS)
    for i in range(start, end):
        # FNV-1a, but bytes from 128 on are sign-extended, as in every published model.
        h = ((h ^ (np.int64(np.int8(values[i])) & _MASK)) * _FNV_PRIME) & _MASK
    return h


@kernel
def _find(
    values: np.ndarray,
    span: tuple[int, int],
    h: np.int64,
    entries: np.ndarray,
    offsets: np.ndarray,
    slots: np.ndarray,
) -> np.int64:
    start, end = span
    slot = h & np.int64(len(slots) - 1)
    while slots[slot] >= 0:
        entry = np.int64(slots[slot])
        first = offsets[entry]
        if offsets[entry + 1] - first == end - start:
            i = 0
            while i < end - start and values[start + i] == entries[first + i]:
                i += 1
            if i == end - start:
                return entry
        slot = (slot + 1) & np.int64(len(slots) - 1)
    return np.int64(-1)


@kernel
def _fill_slots(entries: np.ndarray, offsets: np.ndarray, slots: np.ndarray) -> None:
    for entry in range(len(offsets) - 1):
        slot = _hash(entries, offsets[entry], offsets[entry + 1]) & (len(slots) - 1)
        while slots[slot] >= 0:
            slot = (slot + 1) & (len(slots) - 1)
        slots[slot] = entry


@kernel
def _push_ngrams(
    token: np.ndarray,
    end: int,
    sizes: tuple[int, int],
    bits: np.ndarray,
    bucket_rows: np.ndarray,
    rows: np.ndarray,
    at: np.int64,
) -> np.int64:
    """Add the rows of a bracketed token's n-grams to rows; their new end."""
    min_ngram, max_ngram = sizes
    buckets = np.uint64(len(bucket_rows))
    for start in range(end):
        if token[start] & 0xC0 == 0x80:
            continue
        h = np.int64(_FNV_BASIS)
        i = start
        n = 0
        while i < end and n < max_ngram:
            h = ((h ^ token[i]) * _FNV_PRIME) & _MASK
            i += 1
            while i < end and token[i] & 0xC0 == 0x80:
                h = ((h ^ token[i]) * _FNV_PRIME) & _MASK
                i += 1
            n += 1
            if n >= min_ngram and not (n == 1 and (start == 0 or i == end)):
                bucket = np.int64(np.uint64(h) % buckets)
                if (bits[bucket >> 3] >> (bucket & 7)) & 1:
                    rows[at] = bucket_rows[bucket]
                    at += 1
    return at


@kernel
def _add_rows(matrix: np.ndarray, rows: np.ndarray, count: np.int64, total: np.ndarray) -> None:
    for c in range(0, len(total), LANES):
        a0, a1, a2, a3 = total[c], total[c + 1], total[c + 2], total[c + 3]
        a4, a5, a6, a7 = total[c + 4], total[c + 5], total[c + 6], total[c + 7]
        a8, a9, a10, a11 = total[c + 8], total[c + 9], total[c + 10], total[c + 11]
        a12, a13, a14, a15 = total[c + 12], total[c + 13], total[c + 14], total[c + 15]
        for k in range(count):
            row = matrix[rows[k]]
            a0 += row[c]
            a1 += row[c + 1]
            a2 += row[c + 2]
            a3 += row[c + 3]
            a4 += row[c + 4]
            a5 += row[c + 5]
            a6 += row[c + 6]
            a7 += row[c + 7]
            a8 += row[c + 8]
            a9 += row[c + 9]
            a10 += row[c + 10]
            a11 += row[c + 11]
            a12 += row[c + 12]
            a13 += row[c + 13]
            a14 += row[c + 14]
            a15 += row[c + 15]
        total[c], total[c + 1], total[c + 2], total[c + 3] = a0, a1, a2, a3
        total[c + 4], total[c + 5], total[c + 6], total[c + 7] = a4, a5, a6, a7
        total[c + 8], total[c + 9], total[c + 10], total[c + 11] = a8, a9, a10, a11
        total[c + 12], total[c + 13], total[c + 14], total[c + 15] = a12, a13, a14, a15


@kernel
def _bracket(values: np.ndarray, start: int, end: int, token: np.ndarray) -> int:
    token[0] = 60  # <
    at = 1
    for i in range(start, end):
        token[at] = np.int64(np.int8(values[i])) & _MASK
        at += 1
    token[at] = 62  # >
    return at + 1


@kernel
def _sum_rows(
    values: np.ndarray,
    span: tuple[int, int],
    settings: tuple[int, int, int, int],
    dictionary: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    buckets: tuple[np.ndarray, np.ndarray],
    matrix: np.ndarray,
    scratch: tuple[np.ndarray, np.ndarray, np.ndarray],
    total: np.ndarray,
) -> np.int64:
    """The sum of the rows of a line's words, n-grams and end into total; how many rows it is of."""
    i, end = span
    min_ngram, max_ngram, word_ngrams, eos = settings
    entries, offsets, slots, word_rows = dictionary
    bits, bucket_rows = buckets
    token, rows, chains = scratch
    for c in range(len(total)):
        total[c] = 0
    count = np.int64(0)
    at = np.int64(0)
    open_chains = 0
    ended = False
    while not ended:
        while i < end and (values[i] == 32 or (values[i] >= 9 and values[i] <= 13) or values[i] == 0):
            i += 1
        start = i
        while i < end and not (values[i] == 32 or (values[i] >= 9 and values[i] <= 13) or values[i] == 0):
            i += 1
        if start == i:
            ended = True  # as the library reads it, each line ends with the word </s>
            entry = np.int64(eos)
            h = np.int64(_EOS_HASH)
        else:
            h = _hash(values, start, i)
            entry = _find(values, (start, i), h, entries, offsets, slots)
            ended = i - start == 4 and values[start] == 60 and h == _EOS_HASH
            if entry >= len(word_rows):
                continue  # a label
            prefixed = entry < 0 and i - start >= 9 and values[start] == 95
            if prefixed and _hash(values, start, start + 9) == _LABEL_HASH:
                continue  # a label that the model does not know
        if entry >= 0:
            rows[at] = entry
            at += 1
            count += max(word_rows[entry], 1)
        if not ended and max_ngram > 0 and (entry < 0 or word_rows[entry] == 0):
            size = _bracket(values, start, i, token)
            before = at
            at = _push_ngrams(token, size, (min_ngram, max_ngram), bits, bucket_rows, rows, at)
            count += at - before
        if word_ngrams > 1:
            # Hashes of words are signed 32-bit there.
            signed = np.uint64(h if h < 0x80000000 else h - 0x100000000)
            for k in range(open_chains):
                chains[k] = chains[k] * np.uint64(_WORD_NGRAM_PRIME) + signed
                bucket = np.int64(chains[k] % np.uint64(len(bucket_rows)))
                if (bits[bucket >> 3] >> (bucket & 7)) & 1:
                    rows[at] = bucket_rows[bucket]
                    at += 1
                    count += 1
            if open_chains == word_ngrams - 1:
                open_chains -= 1
                for k in range(open_chains):
                    chains[k] = chains[k + 1]
            chains[open_chains] = signed
            open_chains += 1
    _add_rows(matrix, rows, at, total)
    return count


@kernel
def _sum_all(
    values: np.ndarray,
    offsets: np.ndarray,
    settings: tuple[int, int, int, int],
    dictionary: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    buckets: tuple[np.ndarray, np.ndarray],
    matrix: np.ndarray,
    hidden: np.ndarray,
    counts: np.ndarray,
) -> None:
    longest = np.int64(0)
    for line in range(len(counts)):
        longest = max(longest, offsets[line + 1] - offsets[line])
    # At most one token for two bytes, each with two brackets, its own row and those of its n-grams.
    most = (2 * longest + 4) * (max(settings[1], 0) + max(settings[2], 0) + 1)
    rows = np.empty(most, np.int32)
    scratch = (np.empty(longest + 2, np.int64), rows, np.empty(max(settings[2], 1), np.uint64))
    for line in range(len(counts)):
        span = (offsets[line], offsets[line + 1])
        counts[line] = _sum_rows(values, span, settings, dictionary, buckets, matrix, scratch, hidden[line])


def hash_entries(entries: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Open-addressed table of a dictionary: UTF-8, offsets of n entries → int32 [power of two], -1 empty."""
    slots = np.full(1 << max(4, (2 * len(offsets)).bit_length()), -1, np.int32)
    _fill_slots(entries, offsets, slots)
    return slots


def find_entry(entry: bytes, *, entries: np.ndarray, offsets: np.ndarray, slots: np.ndarray) -> int:
    """Index of an entry of the dictionary, or -1."""
    values = np.frombuffer(entry, np.uint8)
    return int(_find(values, (0, len(values)), _hash(values, 0, len(values)), entries, offsets, slots))


def fold_words(classifier: Classifier) -> Classifier:
    """The same classifier, where the row of each known word also holds those of its n-grams.

    One row is then read where a known word would need some ten. Written over the classifier's own inputs: a
    copy of GlotLID's takes 1.7 GB.
    """
    offsets = classifier.entry_offsets[: len(classifier.word_rows) + 1]
    sums, counts = _sum_lines(
        classifier.entry_bytes, offsets, classifier=replace(classifier, eos=-1, word_ngrams=1)
    )
    classifier.inputs[: len(counts)] = sums
    return replace(classifier, word_rows=counts.astype(np.int32))


def _sum_lines(
    values: np.ndarray, offsets: np.ndarray, *, classifier: Classifier
) -> tuple[np.ndarray, np.ndarray]:
    sums = np.empty((len(offsets) - 1, classifier.inputs.shape[1]), np.float32)
    counts = np.empty(len(sums), np.int64)
    values, offsets = values.view(), offsets.view()
    values.flags.writeable = offsets.flags.writeable = False  # else Numba compiles for both kinds
    _sum_all(
        values,
        offsets,
        (classifier.min_ngram, classifier.max_ngram, classifier.word_ngrams, classifier.eos),
        (classifier.entry_bytes, classifier.entry_offsets, classifier.slots, classifier.word_rows),
        (classifier.bucket_bits, classifier.bucket_rows),
        classifier.inputs,
        sums,
        counts,
    )
    return sums, counts


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
