"""From the words and n-grams of a line to the sum of their vectors, as fastText's classifiers read it."""

import numpy as np

from filters.kernels.compiling import inlined_kernel, kernel_without_references, prefetch
from filters.kernels.fasttext_rows import (
    Buckets,
    NgramRoom,
    add_row,
    fetch_row,
    find_row,
    push_ngrams,
    sum_rows,
)
from filters.kernels.fasttext_words import Dictionary, find_word, hash_bytes, scan_word

LANES = 16
"""Matrices are padded to a multiple of this many columns, so that sums stay in vector registers."""

Cache = tuple[np.ndarray, np.ndarray]
"""Words met before: their hashes uint64, in the lowest bits of how many rows each is the
sum, 0 for none; the sums [slots, d]."""
Scratch = tuple[np.ndarray, np.ndarray, NgramRoom, np.ndarray, np.ndarray, np.ndarray]
"""Room for a line's words int64 [words, 2] and their hashes uint64; for the n-grams of a word; for first row,
end and hash of words to be summed int64 [words, 3]; for their rows int32; hashes of the last words uint64."""

_WORD_NGRAM_PRIME = 116049371
_EOS_HASH = 3617362777  # of </s>, four bytes
_LABEL_HASH = 713211737  # of __label__, nine bytes
_COUNT = np.uint64(511)
"""The bits of a key that say of how many rows its sum is."""


@inlined_kernel
def _slot_of(key: np.uint64, keys: np.ndarray) -> np.uint64:
    # The lowest bits are not among those that are kept.
    mixed = (key & _COUNT) | ((key >> np.uint64(32)) & ~_COUNT)
    return mixed & np.uint64(len(keys) - 1)


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
        slot = _slot_of(key, keys)
        prefetch(keys, slot)
        fetch_row(sums, slot)
        count += 1


@inlined_kernel
def _flush(total: np.ndarray, hidden: np.ndarray, line: np.int64) -> None:
    """Move what total is to hidden[line]."""
    for c in range(len(total)):
        hidden[line, c] += np.float32(total[c])
        total[c] = 0


@kernel_without_references
def _sum_queued(
    queue: np.ndarray,
    queued: int,
    matrix: np.ndarray,
    max_rows: int,
    rows: np.ndarray,
    cache: Cache,
    sums_of: tuple[np.ndarray, np.ndarray],
    line: np.int64,
    held: np.int64,
) -> np.int64:
    """Add the sums of the rows of queued words to total, of held rows, and keep them in the cache.

    How many rows total is of afterwards: of more than max_rows it moves to hidden[line].
    """
    keys, sums = cache
    total, hidden = sums_of
    for word in range(queued):
        first, end = queue[word, 0], queue[word, 1]
        key = np.uint64(queue[word, 2])
        slot = _slot_of(key, keys)
        kept = end - first <= min(max_rows, np.int64(_COUNT))
        keys[slot] = ((key & ~_COUNT) | np.uint64(end - first)) if kept else np.uint64(0)
        while True:
            last = min(end, first + max_rows)
            if held + last - first > max_rows:
                _flush(total, hidden, line)
                held = np.int64(0)
            sum_rows(matrix, rows, (first, last), sums, slot)
            add_row(sums, slot, total)
            held += last - first
            first = last
            if first == end:
                break
    return held


@inlined_kernel
def _sum_line(
    values: np.ndarray,
    span: tuple[int, int],
    settings: tuple[int, int, int, int],
    dictionary: Dictionary,
    buckets: Buckets,
    matrix: np.ndarray,
    limits: tuple[int, int],
    scratch: Scratch,
    cache: Cache,
    sums_of: tuple[np.ndarray, np.ndarray],
    line: np.int64,
) -> np.int64:
    """The sum of the rows of a line's words, n-grams and end into hidden[line]; how many rows it is of.

    Each word is summed by itself, so that the sum does not depend on which words are in the cache. Rows of
    several words that are not there are fetched while the next words are looked at.
    """
    min_ngram, max_ngram, word_ngrams, eos = settings
    entries, offsets, slots, words = dictionary
    max_rows, most_queued = limits
    keys, sums = cache
    spans, hashes, room, queue, rows, chains = scratch
    total, hidden = sums_of
    for c in range(hidden.shape[1]):
        hidden[line, c] = 0
        total[c] = 0
    count, held, at = np.int64(0), np.int64(0), np.int64(0)
    open_chains, queued = 0, 0
    found = _find_words(values, span, spans, hashes, cache)
    for word in range(found + 1):
        start, end = (spans[word, 0], spans[word, 1]) if word < found else (span[1], span[1])
        size = end - start
        ended = word == found  # as the library reads it, each line ends with the word </s>
        h = np.int64(_EOS_HASH)
        slot = _slot_of(hashes[word], keys) if not ended else np.uint64(0)
        kept = np.int64(keys[slot] ^ (hashes[word] & ~_COUNT))
        hit = not ended and np.uint64(kept) <= _COUNT
        if not ended and word_ngrams > 1:
            h = hash_bytes(values, start, end)
        if not ended and (not hit or word_ngrams > 1):
            ended = size == 4 and values[start] == 60 and hash_bytes(values, start, end) == _EOS_HASH
            if values[start] == 95 and size >= 9 and hash_bytes(values, start, start + 9) == _LABEL_HASH:
                continue  # a label
        if ended:
            if eos >= 0:
                if held == max_rows:
                    _flush(total, hidden, line)
                    held = np.int64(0)
                add_row(matrix, np.uint64(eos), total)
                held += 1
                count += 1
        elif hit:
            if held + kept > max_rows:
                _flush(total, hidden, line)
                held = np.int64(0)
            add_row(sums, slot, total)
            held += kept
            count += kept
        else:
            entry = find_word(values, (start, end), hashes[word], entries, offsets, slots)
            if entry >= words:
                continue  # a label without the prefix
            first = at
            if entry >= 0:
                rows[at] = entry
                at += 1
            if max_ngram > 0:
                at = push_ngrams(values, (start, end), (min_ngram, max_ngram), buckets, room, rows, at)
            for k in range(first, at):
                fetch_row(matrix, np.uint64(rows[k]))
            queue[queued, 0], queue[queued, 1], queue[queued, 2] = first, at, np.int64(hashes[word])
            queued += 1
            count += at - first
        if queued == most_queued or (queued > 0 and ended):
            held = _sum_queued(queue, queued, matrix, max_rows, rows, cache, sums_of, line, held)
            queued, at = 0, np.int64(0)
        if word_ngrams > 1:
            # Hashes of words are signed 32-bit there.
            signed = np.uint64(h if h < 0x80000000 else h - 0x100000000)
            for k in range(open_chains):
                chains[k] = chains[k] * np.uint64(_WORD_NGRAM_PRIME) + signed
                row, present = find_row(chains[k] % np.uint64(buckets[1]), buckets[0])
                if present > 0:
                    if held == max_rows:
                        _flush(total, hidden, line)
                        held = np.int64(0)
                    add_row(matrix, np.uint64(row), total)
                    held += 1
                    count += 1
            if open_chains == word_ngrams - 1:
                open_chains -= 1
                for k in range(open_chains):
                    chains[k] = chains[k + 1]
            chains[open_chains] = signed
            open_chains += 1
        if ended:
            break
    _flush(total, hidden, line)
    return count


@kernel_without_references
def average_lines(
    values: np.ndarray,
    offsets: np.ndarray,
    settings: tuple[int, int, int, int],
    dictionary: Dictionary,
    buckets: Buckets,
    matrix: np.ndarray,
    limits: tuple[np.float32, int, int],
    scratch: Scratch,
    cache: Cache,
    total: np.ndarray,
    hidden: np.ndarray,
    counts: np.ndarray,
) -> None:
    """n lines → means of their rows float32 [n, d] into hidden, and of how many rows int64 [n] into counts.

    settings: shortest and longest n-gram, word n-grams, the row of </s> or -1. matrix: float32 or int8.
    limits: what a step of the matrix means, how many rows one sum can be of, and how many words are summed
    together: sums of float32 depend on the order, and only with one at a time it is the words'. cache: sums
    of words, a power of two: in running text most words have been met before. They are told apart by 63 bits
    of hash. total: room for a sum as the cache has them [d].
    """
    for line in range(len(counts)):
        counts[line] = _sum_line(
            values,
            (offsets[line], offsets[line + 1]),
            settings,
            dictionary,
            buckets,
            matrix,
            (limits[1], limits[2]),
            scratch,
            cache,
            (total, hidden),
            np.int64(line),
        )
        share = np.float32(limits[0] / max(counts[line], 1))
        for c in range(hidden.shape[1]):
            hidden[line, c] *= share
