"""From the words and n-grams of a line to the sum of their vectors, as fastText's classifiers read it."""

import numpy as np

from filters.kernels.compiling import (
    inlined_kernel,
    kernel,
    kernel_without_references,
    load_word,
    trailing_zeros,
)
from filters.kernels.fasttext_rows import (
    FNV_BASIS,
    FNV_PRIME,
    MASK,
    Buckets,
    add_row,
    fetch_row,
    find_row,
    push_ngrams,
    sum_rows,
)

LANES = 16
"""Matrices are padded to a multiple of this many columns, so that sums stay in vector registers."""

Dictionary = tuple[np.ndarray, np.ndarray, np.ndarray, int]
"""UTF-8 of the entries, words first; their offsets; the hash table of them; how many words."""
Cache = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Words of this call: 64-bit hashes, 0 for none; how many rows each is the sum of; the sums [slots, d]."""
Scratch = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Room for a line's words int64 [words, 2] and their hashes uint64; for a bracketed word int64; for its rows
int32; hashes of the last words uint64."""

_WORD_NGRAM_PRIME = 116049371
_EOS_HASH = 3617362777  # of </s>, four bytes
_LABEL_HASH = 713211737  # of __label__, nine bytes
_MIX = np.uint64(0xD6E8FEB86659FD93)
_32 = np.uint64(32)
_ONES = np.uint64(0x0101010101010101)


@inlined_kernel
def _hash(values: np.ndarray, start: int, end: int) -> np.int64:
    h = np.int64(FNV_BASIS)
    for i in range(start, end):
        # FNV-1a, but bytes from 128 on are sign-extended, as in every published model.
        h = ((h ^ (np.int64(np.int8(values[i])) & MASK)) * FNV_PRIME) & MASK
    return h


@inlined_kernel
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


@inlined_kernel
def _is_space(byte: np.uint64) -> bool:
    return bool(byte == 32 or (byte >= 9 and byte <= 13) or byte == 0)


@inlined_kernel
def _bytes_before_space(eight: np.uint64) -> np.int64:
    # Each byte up to 32 has its highest bit set here, and some behind such a byte.
    low = (eight - _ONES * np.uint64(33)) & ~eight & (_ONES * np.uint64(128))
    size = np.int64(8)
    while low != 0 and size == 8:
        place = trailing_zeros(low) >> 3
        if _is_space((eight >> np.uint64(8 * place)) & np.uint64(255)):
            size = place
        low &= low - np.uint64(1)
    return size


@inlined_kernel
def _scan(values: np.ndarray, i: int, end: int) -> tuple[int, int, np.uint64]:
    """(start, end, 64-bit hash) of the next word at or after i; start = end: none.

    Eight bytes at a time: most words have no more.
    """
    while i < end and _is_space(np.uint64(values[i])):
        i += 1
    start = i
    key = np.uint64(0xCBF29CE484222325)
    size = np.int64(8)
    while size == 8 and i < end:
        eight = np.uint64(0)
        if i + 8 <= len(values):
            eight = load_word(values, np.int64(i))
        else:
            for k in range(end - i):
                eight |= np.uint64(values[i + k]) << np.uint64(8 * k)
        size = min(_bytes_before_space(eight), np.int64(end - i))
        if size < 8:
            eight &= (np.uint64(1) << np.uint64(8 * size)) - np.uint64(1)
        if size > 0:
            key = (key ^ eight) * _MIX
            key ^= key >> _32
        i += int(size)
    key *= _MIX
    return start, i, (key ^ (key >> _32)) | np.uint64(1)


@inlined_kernel
def _slot_of(key: np.uint64, keys: np.ndarray) -> np.int64:
    return np.int64(key >> np.uint64(20)) & np.int64(len(keys) - 1)


@inlined_kernel
def _find_words(
    values: np.ndarray, span: tuple[int, int], spans: np.ndarray, hashes: np.ndarray, cache: Cache
) -> int:
    """Spans and hashes of a line's words; how many. The cache fetches their sums, if it has them."""
    keys, _, sums = cache
    i, end = span
    count = 0
    while True:
        start, i, key = _scan(values, i, end)
        if i == start:
            return count
        spans[count, 0], spans[count, 1] = start, i
        hashes[count] = key
        fetch_row(sums, _slot_of(key, keys))
        count += 1


@inlined_kernel
def _add_word(
    values: np.ndarray,
    span: tuple[int, int],
    entry: np.int64,
    sizes: tuple[int, int],
    buckets: Buckets,
    matrix: np.ndarray,
    max_rows: int,
    scratch: Scratch,
    cache: Cache,
    key: np.uint64,
    hidden: np.ndarray,
    line: np.int64,
) -> np.int64:
    """Add the sum of a word's row, if entry is not -1, and of its n-grams' to hidden[line]; how many rows.

    The sum is kept in the cache, unless it is of more than max_rows, which are added in parts.
    """
    keys, counts, sums = cache
    _, _, token, rows, _ = scratch
    at = np.int64(0)
    if entry >= 0:
        rows[0] = entry
        at = np.int64(1)
    if sizes[1] > 0:
        at = push_ngrams(values, span, sizes, buckets, (token, rows), at)
    slot = _slot_of(key, keys)
    first = np.int64(0)
    while True:
        last = min(at, first + max_rows)
        sum_rows(matrix, rows, (first, last), sums, slot)
        if last == at:
            break
        add_row(sums, slot, hidden, line)
        first = last
    counts[slot] = at
    keys[slot] = key if first == 0 else np.uint64(0)
    add_row(sums, slot, hidden, line)
    return at


@inlined_kernel
def _sum_line(
    values: np.ndarray,
    span: tuple[int, int],
    settings: tuple[int, int, int, int],
    dictionary: Dictionary,
    buckets: Buckets,
    matrix: np.ndarray,
    max_rows: int,
    scratch: Scratch,
    cache: Cache,
    hidden: np.ndarray,
    line: np.int64,
) -> np.int64:
    """The sum of the rows of a line's words, n-grams and end into hidden[line]; how many rows it is of.

    Each word is summed by itself, so that the sum does not depend on which words are in the cache.
    """
    min_ngram, max_ngram, word_ngrams, eos = settings
    entries, offsets, slots, words = dictionary
    keys, counts, sums = cache
    spans, hashes, _, _, chains = scratch
    for c in range(hidden.shape[1]):
        hidden[line, c] = 0
    count = np.int64(0)
    open_chains = 0
    found = _find_words(values, span, spans, hashes, cache)
    for word in range(found + 1):
        start, end = (spans[word, 0], spans[word, 1]) if word < found else (span[1], span[1])
        size = end - start
        ended = word == found  # as the library reads it, each line ends with the word </s>
        h = np.int64(_EOS_HASH)
        slot = _slot_of(hashes[word], keys) if not ended else np.int64(0)
        hit = not ended and keys[slot] == hashes[word]
        if not ended and (not hit or word_ngrams > 1):
            h = _hash(values, start, end)
            ended = size == 4 and values[start] == 60 and h == _EOS_HASH
            if values[start] == 95 and size >= 9 and _hash(values, start, start + 9) == _LABEL_HASH:
                continue  # a label
        if ended:
            if eos >= 0:
                add_row(matrix, np.int64(eos), hidden, line)
                count += 1
        elif hit:
            add_row(sums, slot, hidden, line)
            count += counts[slot]
        else:
            entry = _find(values, (start, end), h, entries, offsets, slots)
            if entry >= words:
                continue  # a label without the prefix
            count += _add_word(
                values, (start, end), entry, (min_ngram, max_ngram), buckets, matrix, max_rows, scratch,
                cache, hashes[word], hidden, line,
            )  # fmt: skip
        if word_ngrams > 1:
            # Hashes of words are signed 32-bit there.
            signed = np.uint64(h if h < 0x80000000 else h - 0x100000000)
            for k in range(open_chains):
                chains[k] = chains[k] * np.uint64(_WORD_NGRAM_PRIME) + signed
                row, present = find_row(chains[k] % np.uint64(buckets[1]), buckets[0])
                if present > 0:
                    add_row(matrix, row, hidden, line)
                    count += 1
            if open_chains == word_ngrams - 1:
                open_chains -= 1
                for k in range(open_chains):
                    chains[k] = chains[k + 1]
            chains[open_chains] = signed
            open_chains += 1
        if ended:
            break
    return count


@kernel_without_references
def average_lines(
    values: np.ndarray,
    offsets: np.ndarray,
    settings: tuple[int, int, int, int],
    dictionary: Dictionary,
    buckets: Buckets,
    matrix: np.ndarray,
    limits: tuple[np.float32, int],
    scratch: Scratch,
    cache: Cache,
    hidden: np.ndarray,
    counts: np.ndarray,
) -> None:
    """n lines → means of their rows float32 [n, d] into hidden, and of how many rows int64 [n] into counts.

    settings: shortest and longest n-gram, word n-grams, the row of </s> or -1. matrix: float32 or int8.
    limits: what a step of the matrix means, and how many rows one sum can be of. cache: sums of words, a
    power of two: in running text most words have been met before. They are told apart by 64 bits of hash.
    """
    for line in range(len(counts)):
        counts[line] = _sum_line(
            values,
            (offsets[line], offsets[line + 1]),
            settings,
            dictionary,
            buckets,
            matrix,
            limits[1],
            scratch,
            cache,
            hidden,
            np.int64(line),
        )
        share = np.float32(limits[0] / max(counts[line], 1))
        for c in range(hidden.shape[1]):
            hidden[line, c] *= share


def hash_entries(entries: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Open-addressed table of a dictionary: UTF-8, offsets of n entries → int32 [power of two], -1 empty."""
    slots = np.full(1 << max(4, (2 * len(offsets)).bit_length()), -1, np.int32)
    _fill_slots(entries, offsets, slots)
    return slots


@kernel
def _find_one(values: np.ndarray, entries: np.ndarray, offsets: np.ndarray, slots: np.ndarray) -> np.int64:
    # what it calls is compiled into it, and kept; called from Python, each process compiled it again
    return _find(values, (0, len(values)), _hash(values, 0, len(values)), entries, offsets, slots)


def find_entry(entry: bytes, *, entries: np.ndarray, offsets: np.ndarray, slots: np.ndarray) -> int:
    """Index of an entry of the dictionary, or -1."""
    return int(_find_one(np.frombuffer(entry, np.uint8), entries, offsets, slots))
