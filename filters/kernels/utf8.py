"""Kernels over the bytes of UTF-8: a code point, where a character starts, how many there are."""

import numpy as np

from layers.compiling import inlined_kernel, kernel, kernel_without_references


@kernel
def decode_utf8(values, i, stop):  # type: ignore[no-untyped-def]
    """(code point, next position) at values[i]; text that ends inside a character gives U+FFFD.

    Meant for valid UTF-8; whatever the bytes, it reads none beyond stop and gives at most U+10FFFF.
    """
    first = np.uint32(values[i])
    if first < 0x80:
        return first, i + 1
    length = 2 if first < 0xE0 else (3 if first < 0xF0 else 4)
    if i + length > stop:
        return np.uint32(0xFFFD), stop
    second = np.uint32(values[i + 1] & 0x3F)
    if length == 2:
        return np.uint32((first & 0x1F) << 6 | second), i + 2
    third = np.uint32(values[i + 2] & 0x3F)
    if length == 3:
        return np.uint32((first & 0x0F) << 12 | second << 6 | third), i + 3
    fourth = np.uint32(values[i + 3] & 0x3F)
    code_point = np.uint32((first & 0x07) << 18 | second << 12 | third << 6 | fourth)
    return (code_point if code_point < 0x110000 else np.uint32(0xFFFD)), i + 4


@inlined_kernel
def find_character_start(values: np.ndarray, first: int, place: int) -> int:
    """Where the character with the byte at place starts, searched back to first at most."""
    while place > first and values[place] & 0xC0 == 0x80:
        place -= 1
    return place


@kernel_without_references
def count_chars(values: np.ndarray, start: int, stop: int) -> int:
    """Characters of UTF-8: bytes that continue none. So written, eight and more are counted at once."""
    count = np.int32(0)
    for byte in values[start:stop]:
        count += np.int32(np.int8(byte) >= np.int8(-64))
    return int(count)
