"""The words of a line, their hashes, and the dictionary of a fastText classifier."""

import numpy as np

from filters.kernels.fasttext_rows import FNV_BASIS, FNV_PRIME, MASK
from layers.compiling import inlined_kernel, kernel, load_word, trailing_zeros

Slots = tuple[np.ndarray, np.ndarray]
"""Open-addressed table of the entries, a power of two: 8 bits of each one's hash uint8, 0 for none; its
number int32."""
Dictionary = tuple[np.ndarray, np.ndarray, Slots, int]
"""UTF-8 of the entries, words first; their offsets; the hash table of them; how many words."""

_MIX = np.uint64(0xD6E8FEB86659FD93)
_BASIS = np.uint64(0xCBF29CE484222325)
_USED = np.uint64(1 << 63)
_32 = np.uint64(32)
_ONES = np.uint64(0x0101010101010101)


@inlined_kernel
def hash_bytes(values: np.ndarray, start: int, end: int) -> np.int64:
    """fastText's hash of some bytes, 32 bits."""
    h = np.int64(FNV_BASIS)
    for i in range(start, end):
        # FNV-1a, but bytes from 128 on are sign-extended, as in every published model.
        h = ((h ^ (np.int64(np.int8(values[i])) & MASK)) * FNV_PRIME) & MASK
    return h


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
def _mix(key: np.uint64, eight: np.uint64) -> np.uint64:
    key = (key ^ eight) * _MIX
    return key ^ (key >> _32)


@inlined_kernel
def _finish(key: np.uint64) -> np.uint64:
    key *= _MIX
    return (key ^ (key >> _32)) | _USED


@inlined_kernel
def scan_word(values: np.ndarray, i: int, end: int) -> tuple[int, int, np.uint64]:
    """(start, end, 64-bit hash) of the next word at or after i; start = end: none.

    Eight bytes at a time: most words have no more.
    """
    while i < end and _is_space(np.uint64(values[i])):
        i += 1
    start = i
    key = _BASIS
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
            key = _mix(key, eight)
        i += int(size)
    return start, i, _finish(key)


@inlined_kernel
def _key(values: np.ndarray, start: int, end: int) -> np.uint64:
    """The hash that scan_word gives a word."""
    key = _BASIS
    for first in range(start, end, 8):
        eight = np.uint64(0)
        for i in range(first, min(first + 8, end)):
            eight |= np.uint64(values[i]) << np.uint64(8 * (i - first))
        key = _mix(key, eight)
    return _finish(key)


@inlined_kernel
def _tag(key: np.uint64) -> np.uint8:
    return np.uint8(key >> np.uint64(56))  # never 0: it has _USED


@inlined_kernel
def find_word(
    values: np.ndarray,
    span: tuple[int, int],
    key: np.uint64,
    dictionary: Dictionary,
) -> np.int64:
    """Index of a word among the entries, or -1. Most are not there, which their tag tells nearly always."""
    entries, offsets, (tags, numbers), _ = dictionary
    start, end = span
    mask = np.uint64(len(tags) - 1)
    slot = (key >> _32) & mask
    while tags[slot] != 0:
        if tags[slot] == _tag(key):
            entry = np.int64(numbers[slot])
            first = offsets[entry]
            if offsets[entry + 1] - first == end - start:
                i = 0
                while i < end - start and values[start + i] == entries[first + i]:
                    i += 1
                if i == end - start:
                    return entry
        slot = (slot + np.uint64(1)) & mask
    return np.int64(-1)


@kernel
def _fill_slots(entries: np.ndarray, offsets: np.ndarray, slots: Slots) -> None:
    tags, numbers = slots
    mask = np.uint64(len(tags) - 1)
    for entry in range(len(offsets) - 1):
        key = _key(entries, offsets[entry], offsets[entry + 1])
        slot = (key >> _32) & mask
        while tags[slot] != 0:
            slot = (slot + np.uint64(1)) & mask
        tags[slot], numbers[slot] = _tag(key), entry


def hash_entries(entries: np.ndarray, offsets: np.ndarray) -> Slots:
    """Open-addressed table of a dictionary: UTF-8, offsets of n entries → its slots."""
    size = 1 << max(4, (2 * len(offsets)).bit_length())
    slots = (np.zeros(size, np.uint8), np.zeros(size, np.int32))
    _fill_slots(entries, offsets, slots)
    return slots


@kernel
def _find_one(values: np.ndarray, dictionary: Dictionary) -> np.int64:
    # What it calls is compiled into it, and kept; called from Python, each process compiled it again.
    return find_word(values, (0, len(values)), _key(values, 0, len(values)), dictionary)


def find_entry(entry: bytes, *, entries: np.ndarray, offsets: np.ndarray, slots: Slots) -> int:
    """Index of an entry of the dictionary, or -1."""
    return int(_find_one(np.frombuffer(entry, np.uint8), (entries, offsets, slots, len(offsets) - 1)))
