"""From the words and n-grams of a line to the sum of their vectors, as fastText's classifiers read it.

Each word is summed by itself, so that the sum does not depend on which words are in the cache. Rows of
several words that are not there are fetched while the next words are looked at.
"""

import numpy as np

from filters.kernels.compiling import prefetch
from filters.kernels.fasttext_cache import Cache, add_sum, find_sum, flush, slot_of, sum_queued
from filters.kernels.fasttext_rows import Buckets, NgramRoom, fetch_row, find_row, push_ngrams
from filters.kernels.fasttext_words import Dictionary, find_word, hash_bytes, scan_word
from layers.compiling import inlined_kernel, kernel_without_references

LANES = 16
"""Matrices are padded to a multiple of this many columns, so that sums stay in vector registers."""

Model = tuple[tuple[int, int, int, int], Dictionary, Buckets, np.ndarray]
"""Shortest and longest n-gram, word n-grams, the row of </s> or -1; words; buckets; rows float32 or int8."""
Scratch = tuple[np.ndarray, np.ndarray, NgramRoom, np.ndarray, np.ndarray, np.ndarray]
"""Room for a line's words int64 [words, 2] and their hashes uint64; for the n-grams of a word; for first row,
end and hash of words to be summed int64 [words, 3]; for their rows int32; hashes of the last words uint64."""

_WORD_NGRAM_PRIME = 116049371
_EOS_HASH = 3617362777  # of </s>, four bytes
_LABEL_HASH = 713211737  # of __label__, nine bytes


@inlined_kernel
def _find_words(
    values: np.ndarray, span: tuple[int, int], spans: np.ndarray, hashes: np.ndarray, cache: Cache
) -> int:
    """Spans and hashes of a line's words; how many. The cache fetches their sums, if it has them."""
    keys, sums = cache
    i, end = span
    count = 0
    while True:
        start, i, key = scan_word(values, i, end)
        if i == start:
            return count
        spans[count, 0], spans[count, 1] = start, i
        hashes[count] = key
        slot = slot_of(key, keys)
        prefetch(keys, slot)
        fetch_row(sums, slot)
        count += 1


@inlined_kernel
def _add_word_ngrams(
    h: np.int64,
    most: int,
    chains: np.ndarray,
    open_chains: int,
    buckets: Buckets,
    matrix: np.ndarray,
    max_rows: int,
    sums_of: tuple[np.ndarray, np.ndarray],
    line: np.int64,
    held: np.int64,
) -> tuple[int, np.int64, np.int64]:
    """Add the rows of the n-grams of up to `most` words that a word with hash h ends.

    How many chains of hashes are open afterwards, how many rows total is of, and how many were added.
    """
    signed = np.uint64(h if h < 0x80000000 else h - 0x100000000)  # 32 bits with a sign there
    added = np.int64(0)
    for k in range(open_chains):
        chains[k] = chains[k] * np.uint64(_WORD_NGRAM_PRIME) + signed
        row, present = find_row(chains[k] % np.uint64(buckets[1]), buckets[0])
        if present > 0:
            held = add_sum(matrix, np.uint64(row), np.int64(1), held, max_rows, sums_of, line)
            added += 1
    if open_chains == most - 1:
        open_chains -= 1
        for k in range(open_chains):
            chains[k] = chains[k + 1]
    chains[open_chains] = signed
    return open_chains + 1, held, added


@inlined_kernel
def _queue_word(
    values: np.ndarray,
    word: tuple[int, int],
    key: np.uint64,
    lengths: tuple[int, int],
    entry: np.int64,
    buckets: Buckets,
    matrix: np.ndarray,
    scratch: Scratch,
    queued: int,
    at: np.int64,
) -> np.int64:
    """Put a word and the rows of it and its n-grams, from place `at` of rows on, last into the queue, and
    fetch them; the place after them."""
    room, queue, rows = scratch[2], scratch[3], scratch[4]
    first = at
    if entry >= 0:
        rows[at] = entry
        at += 1
    if lengths[1] > 0:
        at = push_ngrams(values, word, lengths, buckets, room, rows, at)
    for k in range(first, at):
        fetch_row(matrix, np.uint64(rows[k]))
    queue[queued, 0], queue[queued, 1], queue[queued, 2] = first, at, np.int64(key)
    return at


@inlined_kernel
def _is_end(values: np.ndarray, start: int, size: int) -> bool:
    return size == 4 and values[start] == 60 and hash_bytes(values, start, start + 4) == _EOS_HASH


@inlined_kernel
def _is_label(values: np.ndarray, start: int, size: int) -> bool:
    return values[start] == 95 and size >= 9 and hash_bytes(values, start, start + 9) == _LABEL_HASH


@inlined_kernel
def _sum_line(
    values: np.ndarray,
    span: tuple[int, int],
    model: Model,
    limits: tuple[int, int],
    scratch: Scratch,
    cache: Cache,
    sums_of: tuple[np.ndarray, np.ndarray],
    line: np.int64,
) -> np.int64:
    """The sum of the rows of a line's words, n-grams and end into hidden[line]; how many rows it is of."""
    (min_ngram, max_ngram, word_ngrams, eos), dictionary, buckets, matrix = model
    max_rows, most_queued = limits
    spans, hashes, _, queue, rows, chains = scratch
    total, hidden = sums_of
    total[:] = 0
    hidden[line, :] = 0
    count, held, at = np.int64(0), np.int64(0), np.int64(0)
    open_chains, queued = 0, 0
    found = _find_words(values, span, spans, hashes, cache)
    for word in range(found + 1):
        is_last = word == found  # as the library reads it, each line ends with the word </s>
        start, end = (spans[word, 0], spans[word, 1]) if not is_last else (span[1], span[1])
        slot, kept = find_sum(hashes[word], cache[0]) if not is_last else (np.uint64(0), np.int64(-1))
        ended = is_last
        if not is_last and (kept < 0 or word_ngrams > 1):
            if _is_label(values, start, end - start):
                continue
            ended = _is_end(values, start, end - start)
        if ended:
            if eos >= 0:
                held = add_sum(matrix, np.uint64(eos), np.int64(1), held, max_rows, sums_of, line)
                count += 1
        elif kept >= 0:
            held = add_sum(cache[1], slot, kept, held, max_rows, sums_of, line)
            count += kept
        else:
            entry = find_word(values, (start, end), hashes[word], dictionary)
            if entry >= dictionary[3]:
                continue  # a label without the prefix
            first, lengths = at, (min_ngram, max_ngram)
            at = _queue_word(
                values, (start, end), hashes[word], lengths, entry, buckets, matrix, scratch, queued, at
            )
            queued += 1
            count += at - first
        if queued == most_queued or (queued > 0 and ended):
            held = sum_queued(queue, queued, matrix, max_rows, rows, cache, sums_of, line, held)
            queued, at = 0, np.int64(0)
        if word_ngrams > 1:
            h = np.int64(_EOS_HASH) if is_last else hash_bytes(values, start, end)
            open_chains, held, added = _add_word_ngrams(
                h, word_ngrams, chains, open_chains, buckets, matrix, max_rows, sums_of, line, held
            )
            count += added
        if ended:
            break
    flush(total, hidden, line)
    return count


@kernel_without_references
def average_lines(
    values: np.ndarray,
    offsets: np.ndarray,
    model: Model,
    limits: tuple[np.float32, int, int],
    scratch: Scratch,
    cache: Cache,
    total: np.ndarray,
    hidden: np.ndarray,
    counts: np.ndarray,
) -> None:
    """n lines → means of their rows float32 [n, d] into hidden, and of how many rows int64 [n] into counts.

    limits: what a step of the matrix means, how many rows one sum can be of, and how many words are summed
    together: sums of float32 depend on the order, and only with one at a time it is the words'. cache: sums
    of words, a power of two: in running text most words have been met before. They are told apart by 63 bits
    of hash. total: room for a sum as the cache has them [d].
    """
    for line in range(len(counts)):
        counts[line] = _sum_line(
            values,
            (offsets[line], offsets[line + 1]),
            model,
            (limits[1], limits[2]),
            scratch,
            cache,
            (total, hidden),
            np.int64(line),
        )
        share = np.float32(limits[0] / max(counts[line], 1))
        for c in range(hidden.shape[1]):
            hidden[line, c] *= share
