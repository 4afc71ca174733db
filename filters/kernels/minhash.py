"""MinHash over word n-grams in one pass over UTF-8: words → shingle hashes → minima → band hashes.

Three small buffers per call are the whole workspace, whatever the length of a text; there is no
matrix of shingles × permutations.
"""

import numpy as np

from filters.kernels.hashing import FNV_BASIS, FNV_PRIME, fmix64, murmur3_128
from filters.kernels.unicode_tables import FORMAT, HAN_KANA, LETTER, MARK, NUMBER, WORD
from filters.kernels.utf8 import decode_utf8
from layers.compiling import kernel

_CHUNK = 512
"""Words held at once: 4 KiB of word hashes, 2 KiB of shingle hashes."""
_BASE = np.uint64(0x9E3779B97F4A7C15)
_32 = np.uint64(32)
_FULL = np.uint32(0xFFFFFFFF)
_SIGN, _MINUS = np.uint32(1 << 31), np.uint32(0x2D)
_LETTER, _NUMBER = np.uint32(LETTER), np.uint32(NUMBER)
_WORD, _MARK, _FORMAT, _HAN_KANA = np.uint32(WORD), np.uint32(MARK), np.uint32(FORMAT), np.uint32(HAN_KANA)


@kernel
def _update_minima(minima, hashes, count, a, b):  # type: ignore[no-untyped-def]
    """Lower each minimum to the smallest a·h + b of the hashes, modulo 2³².

    Four hashes per round, so that minima and factors are loaded once for four products; the
    last round repeats a hash, which changes no minimum.
    """
    for j in range(count, (count + 3) & ~3):
        hashes[j] = hashes[count - 1]
    for j in range(0, count, 4):
        h0, h1, h2, h3 = hashes[j], hashes[j + 1], hashes[j + 2], hashes[j + 3]
        for k in range(minima.size):
            v0 = np.uint32(np.uint32(a[k] * h0) + b[k])
            v1 = np.uint32(np.uint32(a[k] * h1) + b[k])
            v2 = np.uint32(np.uint32(a[k] * h2) + b[k])
            v3 = np.uint32(np.uint32(a[k] * h3) + b[k])
            v0 = v0 if v0 < v1 else v1
            v2 = v2 if v2 < v3 else v3
            v0 = v0 if v0 < v2 else v2
            minima[k] = minima[k] if minima[k] < v0 else v0


@kernel
def _fmix32(value):  # type: ignore[no-untyped-def]
    """MurmurHash3's 32-bit finaliser, with which the scheme affine32 prepares every hash."""
    value = np.uint32((value ^ (value >> np.uint32(16))) * np.uint32(0x85EBCA6B))
    value = np.uint32((value ^ (value >> np.uint32(13))) * np.uint32(0xC2B2AE35))
    return np.uint32(value ^ (value >> np.uint32(16)))


@kernel
def _hash_shingles(words, first, count, ngram, hashes):  # type: ignore[no-untyped-def]
    """Shingle j is words[first + j : first + j + ngram]: their polynomial, mixed, upper 32 bits."""
    for j in range(count):
        total = np.uint64(0)
        for k in range(first + j, first + j + ngram):
            total = total * _BASE + words[k]
        hashes[j] = np.uint32(fmix64(total) >> _32)


@kernel
def _read_words(values, i, stop, table, split, words, count, limit):  # type: ignore[no-untyped-def]
    """Hash words from byte i on into words[count:limit]: (words held, next position).

    A word is read to its end before the next: one branch that is mispredicted per word, where a state per
    character cost twice the time. A minus behind no word and before a digit begins a word, and a % behind a
    digit or a # behind a letter ends it.
    """
    minus = False
    while i < stop and count < limit:
        code_point, i = decode_utf8(values, i, stop)
        entry = table[code_point]
        if entry & _WORD == 0:
            minus = entry & _SIGN != 0 and (entry & ~_SIGN) >> np.uint32(8) == _MINUS
            continue
        alone = entry & split != 0
        word = FNV_BASIS
        if minus and entry & _NUMBER != 0:
            word = (word ^ np.uint64(_MINUS)) * FNV_PRIME
        minus = False
        word = (word ^ np.uint64(entry >> np.uint32(8))) * FNV_PRIME
        last = entry
        while i < stop:
            code_point, after = decode_utf8(values, i, stop)
            entry = table[code_point]
            if entry & _WORD != 0:
                if entry & split != 0 or (alone and entry & _MARK == 0):
                    break
                word = (word ^ np.uint64(entry >> np.uint32(8))) * FNV_PRIME
                last = entry
            elif entry & _FORMAT == 0:
                if (code_point == 0x23 and last & _LETTER != 0) or (
                    code_point == 0x25 and last & _NUMBER != 0
                ):
                    word = (word ^ np.uint64(code_point)) * FNV_PRIME
                i = after
                break
            i = after
        words[count] = word
        count += 1
    return count, i


@kernel
def sign(values, offsets, characters, table, ngram, a, b, raw):  # type: ignore[no-untyped-def]
    """Signatures and shingle counts: n texts → uint32 [n, a.size], int32 [n].

    characters[i]: text i is segmented by Han and kana characters. table is unicode_tables.packed.
    raw receives the 32-bit hashes of the shingles of all texts, one after another, as far as it is
    long; pass an empty array when they are not wanted.
    """
    n = offsets.size - 1
    signatures = np.full((n, a.size), _FULL, np.uint32)
    shingles = np.zeros(n, np.int32)
    words = np.empty(_CHUNK + ngram, np.uint64)
    hashes = np.empty(_CHUNK + 4, np.uint32)
    written = 0
    for row in range(n):
        split = _HAN_KANA if characters[row] else np.uint32(0)
        i, stop = offsets[row], offsets[row + 1]
        count, total = 0, 0
        while i < stop:
            count, i = _read_words(values, i, stop, table, split, words, count, _CHUNK + ngram - 1)
            fresh = total if total < ngram - 1 else ngram - 1  # words kept from the chunk before
            for j in range(fresh, count):
                words[j] = fmix64(words[j])
            total += count - fresh
            length = ngram
            if i >= stop and total < ngram:
                length = total  # a text shorter than a shingle is one shingle
            ready = count - length + 1 if length > 0 and count >= length else 0
            if ready:
                _hash_shingles(words, 0, ready, length, hashes)
                for j in range(min(ready, raw.size - written)):
                    raw[written + j] = hashes[j]
                written += min(ready, raw.size - written)
                for j in range(ready):
                    hashes[j] = _fmix32(hashes[j])
                _update_minima(signatures[row], hashes, ready, a, b)
                shingles[row] += ready
            kept = count if count < ngram - 1 else ngram - 1
            for j in range(kept):
                words[j] = words[count - kept + j]
            count = kept
    return signatures, shingles


@kernel
def hash_bands(signatures, bands):  # type: ignore[no-untyped-def]
    """First half of MurmurHash3 x64 128 (seed: the band's number) of each band's minima as bytes.

    uint32 [n, bands × rows] → uint64 [bands, n].
    """
    n = signatures.shape[0]
    size = signatures.shape[1] * 4 // bands
    data = signatures.view(np.uint8).reshape(-1)
    hashes = np.empty((bands, n), np.uint64)
    for row in range(n):
        for band in range(bands):
            start = (row * bands + band) * size
            hashes[band, row], _ = murmur3_128(data, start, start + size, band)
    return hashes


@kernel
def pack_signatures(signatures):  # type: ignore[no-untyped-def]
    """The upper 8 bits of each mixed minimum: uint32 [n, permutations] → uint8 [n, permutations]."""
    packed = np.empty(signatures.shape, np.uint8)
    for row in range(signatures.shape[0]):
        for k in range(signatures.shape[1]):
            packed[row, k] = _fmix32(signatures[row, k]) >> np.uint32(24)
    return packed


@kernel
def count_equal(one, other):  # type: ignore[no-untyped-def]
    """Columns in which two rows agree: uint8 [n, k] twice → int32 [n]."""
    equal = np.zeros(one.shape[0], np.int32)
    for row in range(one.shape[0]):
        for k in range(one.shape[1]):
            equal[row] += one[row, k] == other[row, k]
    return equal
