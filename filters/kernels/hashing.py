"""MurmurHash3 x64 128 (Austin Appleby, public domain) over bytes and over normalised text, and FNV-1a.

Fast and well mixed, not cryptographic: whoever wants a collision can construct one.
"""

import numpy as np

from filters.kernels import unicode_tables
from filters.kernels.utf8 import decode_utf8
from layers.compiling import kernel

FNV_BASIS = np.uint64(0xCBF29CE484222325)
FNV_PRIME = np.uint64(0x100000001B3)

_C1 = np.uint64(0x87C37B91114253D5)
_C2 = np.uint64(0x4CF5AD432745937F)
_FIVE = np.uint64(5)
_N1 = np.uint64(0x52DCE729)
_N2 = np.uint64(0x38495AB5)
_MIX1 = np.uint64(0xFF51AFD7ED558CCD)
_MIX2 = np.uint64(0xC4CEB9FE1A85EC53)
_ZERO = np.uint64(0)
_EIGHT = np.uint64(8)
_32 = np.uint64(32)
_33 = np.uint64(33)
_SIGN = np.uint32(1 << 31)
_LETTER, _NUMBER, _SPACE = (
    np.uint32(unicode_tables.LETTER),
    np.uint32(unicode_tables.NUMBER),
    np.uint32(unicode_tables.SPACE),
)
_WORD = np.uint32(unicode_tables.WORD)
_CHUNK = 2048
"""Normalised code points held at once: 8 KiB whatever the length of the text."""


@kernel
def rotate_left(value, bits):  # type: ignore[no-untyped-def]
    return (value << np.uint64(bits)) | (value >> np.uint64(64 - bits))


@kernel
def fmix64(value):  # type: ignore[no-untyped-def]
    """MurmurHash3's finaliser: a bijection of 64 bits in which every bit depends on every other."""
    value = (value ^ (value >> _33)) * _MIX1
    value = (value ^ (value >> _33)) * _MIX2
    return value ^ (value >> _33)


@kernel
def _mix_k1(k1):  # type: ignore[no-untyped-def]
    return rotate_left(k1 * _C1, 31) * _C2


@kernel
def _mix_k2(k2):  # type: ignore[no-untyped-def]
    return rotate_left(k2 * _C2, 33) * _C1


@kernel
def _block(h1, h2, k1, k2):  # type: ignore[no-untyped-def]
    h1 = (rotate_left(h1 ^ _mix_k1(k1), 27) + h2) * _FIVE + _N1
    h2 = (rotate_left(h2 ^ _mix_k2(k2), 31) + h1) * _FIVE + _N2
    return h1, h2


@kernel
def _finish(h1, h2, k1, k2, length):  # type: ignore[no-untyped-def]
    """The tail's 0–15 bytes (as k1, k2, zero-padded) and the length in bytes → the two halves."""
    h1 ^= _mix_k1(k1) ^ np.uint64(length)
    h2 ^= _mix_k2(k2) ^ np.uint64(length)
    h1 += h2
    h2 += h1
    h1 = fmix64(h1)
    h2 = fmix64(h2)
    h1 += h2
    return h1, h2 + h1


@kernel
def _word_at(values, start, stop):  # type: ignore[no-untyped-def]
    """Up to 8 bytes of values[start:stop], little-endian, zero-padded."""
    word = _ZERO
    for j in range(min(8, max(0, stop - start))):
        word |= np.uint64(values[start + j]) << (_EIGHT * np.uint64(j))
    return word


@kernel
def murmur3_128(values, start, stop, seed):  # type: ignore[no-untyped-def]
    """MurmurHash3 x64 128 of values[start:stop] (uint8): (h1, h2), uint64."""
    h1 = h2 = np.uint64(seed)
    i = start
    while i + 16 <= stop:
        h1, h2 = _block(h1, h2, _word_at(values, i, i + 8), _word_at(values, i + 8, i + 16))
        i += 16
    return _finish(h1, h2, _word_at(values, i, stop), _word_at(values, i + 8, stop), stop - start)


@kernel
def hash_ranges(values, offsets, seed):  # type: ignore[no-untyped-def]
    """MurmurHash3 x64 128 of each byte range: uint8 bytes, n + 1 int64 offsets → uint64 [n, 2]."""
    n = offsets.size - 1
    hashes = np.empty((n, 2), np.uint64)
    for row in range(n):
        hashes[row, 0], hashes[row, 1] = murmur3_128(values, offsets[row], offsets[row + 1], seed)
    return hashes


@kernel
def is_sign(sign, before, after):  # type: ignore[no-untyped-def]
    """Whether a mark (its code point, hyphens and dashes as -) counts between two entries of the table.

    Between two digits all marks do, as in 1.5 and 10:30; a hyphen before a digit and behind no letter, and a
    full stop before a digit and behind white space or nothing; % and the like behind a digit; # behind a
    letter or beside a digit.
    """
    digit_after = after & _NUMBER != 0
    if before & _NUMBER != 0:
        return digit_after or sign == 0x25 or sign == 0x2030 or sign == 0x66A or sign == 0x23
    if sign == 0x23:
        return digit_after or before & _LETTER != 0
    if sign == 0x2D:
        return digit_after and before & _WORD == 0
    return sign == 0x2E and digit_after and (before == 0 or before & _SPACE != 0)


@kernel
def hash_normalised(values, offsets, table, dropped):  # type: ignore[no-untyped-def]
    """MurmurHash3 x64 128 of each text's normalised UTF-32: n texts → uint64 [n, 2], uint64 lengths [n].

    Each code point becomes table[c] >> 8 (unicode_tables.packed) unless its class has a bit of
    dropped, and it is no sign that counts. Lengths are in code points after normalisation.
    """
    n = offsets.size - 1
    hashes = np.empty((n, 2), np.uint64)
    lengths = np.zeros(n, np.uint64)
    held = np.zeros(_CHUNK, np.uint32)
    for row in range(n):
        i = offsets[row]
        stop = offsets[row + 1]
        h1 = h2 = _ZERO
        count = 0
        total = 0
        before = np.uint32(0)
        while i < stop:
            while i < stop and count < _CHUNK:
                code_point, i = decode_utf8(values, i, stop)
                entry = table[code_point]
                if entry & _SIGN != 0:
                    entry &= ~_SIGN
                    after = table[decode_utf8(values, i, stop)[0]] if i < stop else np.uint32(0)
                    if is_sign(entry >> np.uint32(8), before, after):
                        entry &= ~dropped
                held[count] = entry >> np.uint32(8)
                count += 1 if entry & dropped == 0 else 0
                before = entry
            whole = count & ~3
            for j in range(0, whole, 4):
                k1 = np.uint64(held[j]) | np.uint64(held[j + 1]) << _32
                k2 = np.uint64(held[j + 2]) | np.uint64(held[j + 3]) << _32
                h1, h2 = _block(h1, h2, k1, k2)
            for j in range(whole, count):
                held[j - whole] = held[j]
            total += whole
            count -= whole
        k1 = np.uint64(held[0]) if count > 0 else _ZERO
        if count > 1:
            k1 |= np.uint64(held[1]) << _32
        k2 = np.uint64(held[2]) if count > 2 else _ZERO
        hashes[row, 0], hashes[row, 1] = _finish(h1, h2, k1, k2, 4 * (total + count))
        lengths[row] = total + count
    return hashes, lengths
