"""The kernel that tells how small a text gets: the size of its LZ4 block, which is not written.

Greedy matching as in LZ4's fast mode: one candidate per hash of four bytes, steps that grow where nothing
matches. It follows the block format's sizes, not lz4's own tuning, so that it never changes with a library.
Of a long text four evenly spaced windows are joined and compressed together.
"""

import numpy as np

from layers.compiling import kernel_without_references as kernel

TABLE_LOG2 = 12
MAX_DISTANCE = 65535
MIN_MATCH = 4
SKIP_LOG2 = 6
MAX_SAMPLE_BYTES, WINDOWS = 2048, 4

_MULTIPLIER = np.uint32(2654435761)
_SHIFT = np.uint32(32 - TABLE_LOG2)


@kernel
def extra_bytes(length: int) -> int:
    """Bytes beyond the token that a length takes: none below 15."""
    return 0 if length < 15 else (length - 15) // 255 + 1


@kernel
def compress_size(values: np.ndarray, fours: np.ndarray, start: int, stop: int, table: np.ndarray) -> int:
    """Bytes of the LZ4 block of values[start:stop]; table is int32 [2 ** TABLE_LOG2], overwritten.

    fours: the four bytes from each place on (see four_bytes).
    """
    for slot in range(table.shape[0]):
        table[slot] = 0
    size, anchor, place, misses = 0, start, start, 0
    while place + MIN_MATCH <= stop:
        four = fours[place]
        slot = int(np.uint32(np.uint32(four * _MULTIPLIER) >> _SHIFT))
        candidate = int(table[slot]) - 1 + start
        table[slot] = place - start + 1
        if candidate < start or place - candidate > MAX_DISTANCE or fours[candidate] != four:
            place += 1 + (misses >> SKIP_LOG2)
            misses += 1
            continue
        length = MIN_MATCH
        while place + length < stop and values[candidate + length] == values[place + length]:
            length += 1
        size += 3 + place - anchor + extra_bytes(place - anchor) + extra_bytes(length - MIN_MATCH)
        place += length
        anchor = place
        misses = 0
    return size + 1 + stop - anchor + extra_bytes(stop - anchor)


@kernel
def compress_sample(
    values: np.ndarray,
    fours: np.ndarray,
    start: int,
    stop: int,
    table: np.ndarray,
    sample: np.ndarray,
    sample_fours: np.ndarray,
) -> tuple[int, int]:
    """(bytes looked at, bytes of their LZ4 block): all of a text of MAX_SAMPLE_BYTES, else windows."""
    size = stop - start
    if size <= MAX_SAMPLE_BYTES:
        return size, compress_size(values, fours, start, stop, table)
    width = MAX_SAMPLE_BYTES // WINDOWS
    for window in range(WINDOWS):
        first = start + window * (size - width) // (WINDOWS - 1)
        for i in range(width):
            sample[window * width + i] = values[first + i]
    return MAX_SAMPLE_BYTES, compress_size(sample, sample_fours, 0, MAX_SAMPLE_BYTES, table)


def four_bytes(values: np.ndarray) -> np.ndarray:
    """The little-endian integer of four bytes at every place but the last three, without a copy."""
    count = max(len(values) - 3, 0)
    if count == 0:
        values = np.zeros(4, np.uint8)  # an array needs a buffer, even with nothing in it
    return np.ndarray((count,), "<u4", buffer=values, strides=(1,))
