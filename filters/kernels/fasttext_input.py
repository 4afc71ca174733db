"""From the words and n-grams of a line to the sum of their vectors, as fastText's classifiers read it."""

import numpy as np

from filters.kernels.compiling import inlined_kernel, kernel, kernel_without_references

LANES = 16
"""Matrices are padded to a multiple of this many columns, so that sums stay in vector registers."""

Buckets = tuple[np.ndarray, int]
"""uint64 [ceil(b / 64), 2]: which of 64 buckets have a row, and the row of the first that has; b."""
Dictionary = tuple[np.ndarray, np.ndarray, np.ndarray, int]
"""UTF-8 of the entries, words first; their offsets; the hash table of them; how many words."""
Cache = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Words of this call: 64-bit hashes, 0 for none; how many rows each is the sum of; the sums [slots, d]."""

_FNV_BASIS = 2166136261
_FNV_PRIME = 16777619
_MASK = 0xFFFFFFFF
_WORD_NGRAM_PRIME = 116049371
_EOS_HASH = 3617362777  # of </s>, four bytes
_LABEL_HASH = 713211737  # of __label__, nine bytes
_KEY_PRIME = np.uint64(0x100000001B3)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_32 = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


@inlined_kernel
def _hash(values: np.ndarray, start: int, end: int) -> np.int64:
    h = np.int64(_FNV_BASIS)
    for i in range(start, end):
        # FNV-1a, but bytes from 128 on are sign-extended, as in every published model.
        h = ((h ^ (np.int64(np.int8(values[i])) & _MASK)) * _FNV_PRIME) & _MASK
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
def _popcount(bits: np.uint64) -> np.int64:
    bits = bits - ((bits >> np.uint64(1)) & np.uint64(0x5555555555555555))
    bits = (bits & np.uint64(0x3333333333333333)) + ((bits >> np.uint64(2)) & np.uint64(0x3333333333333333))
    bits = (bits + (bits >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((bits * np.uint64(0x0101010101010101)) >> np.uint64(56))


@inlined_kernel
def _find_row(bucket: np.uint64, rows: np.ndarray) -> tuple[np.int64, np.uint64]:
    """Row of a bucket, and 1 if it has one, else 0: rows of buckets stand in the buckets' order."""
    place = np.int64(bucket >> np.uint64(6))
    bits = rows[place, 0]
    bit = bucket & np.uint64(63)
    row = np.int64(rows[place, 1]) + _popcount(bits & ((np.uint64(1) << bit) - np.uint64(1)))
    return row, (bits >> bit) & np.uint64(1)


@inlined_kernel
def _push_ngrams(
    token: np.ndarray, end: int, sizes: tuple[int, int], buckets: Buckets, rows: np.ndarray, at: np.int64
) -> np.int64:
    """Add the rows of a bracketed token's n-grams to rows; their new end."""
    min_ngram, max_ngram = sizes
    bucket_rows, count = buckets
    divisor = np.uint64(count)
    # Lemire, Kaser, Kurz 2019, Faster remainder by direct computation (arXiv:1902.01961), exact for 32 bits:
    # a division costs some 25 cycles, and there is one for each n-gram.
    inverse = np.uint64(0xFFFFFFFFFFFFFFFF) // divisor + np.uint64(1)
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
                fraction = inverse * np.uint64(h)
                high = (fraction >> _32) * divisor
                bucket = (high + (((fraction & _LOW) * divisor) >> _32)) >> _32
                row, present = _find_row(bucket, bucket_rows)
                rows[at] = row  # overwritten where there is none: no branch can foretell which have one
                at += np.int64(present)
    return at


@inlined_kernel
def _add_row(matrix: np.ndarray, row: np.int64, total: np.ndarray, line: np.int64) -> None:
    # Indices, not views: each view of an array costs two atomic operations.
    for c in range(total.shape[1]):
        total[line, c] += matrix[row, c]


@inlined_kernel
def _add_rows(
    matrix: np.ndarray, rows: np.ndarray, count: np.int64, total: np.ndarray, line: np.int64
) -> None:
    whole = count & ~7
    for k in range(0, whole, 8):  # eight at a time, so that some wait for memory while others are added
        r0, r1, r2, r3 = (
            np.uint32(rows[k]),
            np.uint32(rows[k + 1]),
            np.uint32(rows[k + 2]),
            np.uint32(rows[k + 3]),
        )
        r4, r5, r6, r7 = (
            np.uint32(rows[k + 4]),
            np.uint32(rows[k + 5]),
            np.uint32(rows[k + 6]),
            np.uint32(rows[k + 7]),
        )
        for c in range(total.shape[1]):
            first = (matrix[r0, c] + matrix[r1, c]) + (matrix[r2, c] + matrix[r3, c])
            second = (matrix[r4, c] + matrix[r5, c]) + (matrix[r6, c] + matrix[r7, c])
            total[line, c] += first + second
    for k in range(whole, count):
        _add_row(matrix, rows[k], total, line)


@inlined_kernel
def _bracket(values: np.ndarray, start: int, end: int, token: np.ndarray) -> int:
    token[0] = 60  # <
    at = 1
    for i in range(start, end):
        token[at] = np.int64(np.int8(values[i])) & _MASK
        at += 1
    token[at] = 62  # >
    return at + 1


@inlined_kernel
def _scan(values: np.ndarray, i: int, end: int) -> tuple[int, int, np.int64, np.uint64]:
    """(start, end, hash as in the file, 64-bit hash) of the next word at or after i; start = end: none."""
    while i < end and (values[i] == 32 or (values[i] >= 9 and values[i] <= 13) or values[i] == 0):
        i += 1
    start = i
    h = np.int64(_FNV_BASIS)
    key = np.uint64(0xCBF29CE484222325)
    while i < end:
        byte = values[i]
        if byte <= 32 and (byte == 32 or (byte >= 9 and byte <= 13) or byte == 0):
            break
        h = ((h ^ (np.int64(np.int8(byte)) & _MASK)) * _FNV_PRIME) & _MASK
        key = (key ^ np.uint64(byte)) * _KEY_PRIME
        i += 1
    key = (key ^ (key >> _32)) * _MIX
    return start, i, h, (key ^ (key >> _32)) | np.uint64(1)


@inlined_kernel
def _sum_word(
    values: np.ndarray,
    span: tuple[int, int],
    entry: np.int64,
    sizes: tuple[int, int],
    buckets: Buckets,
    matrix: np.ndarray,
    scratch: tuple[np.ndarray, np.ndarray],
    sums: np.ndarray,
    slot: np.int64,
) -> np.int64:
    """The sum of a word's own row, if entry is not -1, and of its n-grams into sums[slot]; how many rows."""
    token, rows = scratch
    at = np.int64(0)
    if entry >= 0:
        rows[0] = entry
        at = np.int64(1)
    if sizes[1] > 0:
        size = _bracket(values, span[0], span[1], token)
        at = _push_ngrams(token, size, sizes, buckets, rows, at)
    for c in range(sums.shape[1]):
        sums[slot, c] = 0
    _add_rows(matrix, rows, at, sums, slot)
    return at


@inlined_kernel
def _sum_rows(
    values: np.ndarray,
    span: tuple[int, int],
    settings: tuple[int, int, int, int],
    dictionary: Dictionary,
    buckets: Buckets,
    matrix: np.ndarray,
    scratch: tuple[np.ndarray, np.ndarray],
    chains: np.ndarray,
    cache: Cache,
    hidden: np.ndarray,
    line: np.int64,
) -> np.int64:
    """The sum of the rows of a line's words, n-grams and end into hidden[line]; how many rows it is of.

    Each word is summed by itself, so that the sum does not depend on which words are in the cache.
    """
    i, end = span
    min_ngram, max_ngram, word_ngrams, eos = settings
    entries, offsets, slots, words = dictionary
    keys, counts, sums = cache
    for c in range(hidden.shape[1]):
        hidden[line, c] = 0
    count = np.int64(0)
    open_chains = 0
    ended = False
    while not ended:
        start, i, h, key = _scan(values, i, end)
        size = i - start
        if size == 0:
            ended = True  # as the library reads it, each line ends with the word </s>
            h = np.int64(_EOS_HASH)
        elif values[start] == 60:
            ended = size == 4 and h == _EOS_HASH
        elif values[start] == 95 and size >= 9 and _hash(values, start, start + 9) == _LABEL_HASH:
            continue  # a label
        if ended:
            if eos >= 0:
                _add_row(matrix, np.int64(eos), hidden, line)
                count += 1
        else:
            slot = np.int64(key >> np.uint64(20)) & np.int64(len(keys) - 1)
            if keys[slot] != key:
                entry = _find(values, (start, i), h, entries, offsets, slots)
                if entry >= words:
                    continue  # a label without the prefix
                counts[slot] = _sum_word(
                    values, (start, i), entry, (min_ngram, max_ngram), buckets, matrix, scratch, sums, slot
                )
                keys[slot] = key
            _add_row(sums, slot, hidden, line)
            count += counts[slot]
        if word_ngrams > 1:
            # Hashes of words are signed 32-bit there.
            signed = np.uint64(h if h < 0x80000000 else h - 0x100000000)
            for k in range(open_chains):
                chains[k] = chains[k] * np.uint64(_WORD_NGRAM_PRIME) + signed
                row, present = _find_row(chains[k] % np.uint64(buckets[1]), buckets[0])
                if present > 0:
                    _add_row(matrix, row, hidden, line)
                    count += 1
            if open_chains == word_ngrams - 1:
                open_chains -= 1
                for k in range(open_chains):
                    chains[k] = chains[k + 1]
            chains[open_chains] = signed
            open_chains += 1
    return count


@kernel_without_references
def average_lines(
    values: np.ndarray,
    offsets: np.ndarray,
    settings: tuple[int, int, int, int],
    dictionary: Dictionary,
    buckets: Buckets,
    matrix: np.ndarray,
    scratch: tuple[np.ndarray, np.ndarray, np.ndarray],
    cache: Cache,
    hidden: np.ndarray,
    counts: np.ndarray,
) -> None:
    """n lines → means of their rows float32 [n, d] into hidden, and of how many rows int64 [n] into counts.

    settings: shortest and longest n-gram, word n-grams, the row of </s> or -1. scratch: the longest word and
    its rows, hashes of the last words. cache: sums of words, a power of two: in running text most words have
    been met before. They are told apart by 64 bits of hash.
    """
    for line in range(len(counts)):
        counts[line] = _sum_rows(
            values,
            (offsets[line], offsets[line + 1]),
            settings,
            dictionary,
            buckets,
            matrix,
            (scratch[0], scratch[1]),
            scratch[2],
            cache,
            hidden,
            np.int64(line),
        )
        share = np.float32(1 / max(counts[line], 1))
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
