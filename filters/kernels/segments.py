"""Cut documents into segments of a few hundred bytes, and copy them side by side."""

import numpy as np

from filters.kernels.utf8 import find_character_start
from layers.compiling import kernel

_REACH = 64
"""How far the end of a segment moves back to reach a space; beyond it the end is a character boundary."""


@kernel
def _end_before(values: np.ndarray, start: int, end: int) -> int:
    """The last space at most _REACH, and half the segment, before end; else the character boundary there."""
    stop = max(end - _REACH, (start + end) // 2)
    i = end
    while i > stop and values[i] > 32:
        i -= 1
    if i > stop:
        return i
    i = find_character_start(values, max(start, end - 4), end)
    return i if i > start and (values[i] & 0xC0) != 0x80 else end


@kernel
def _start_after(values: np.ndarray, start: int, end: int) -> int:
    """The first space at most _REACH, and a quarter of the segment, after start; else the boundary there."""
    stop = min(start + _REACH, start + (end - start) // 4)
    i = start
    while i < stop and values[i] > 32:
        i += 1
    if i < stop:
        return i
    i = start
    while i < end and i < start + 4 and (values[i] & 0xC0) == 0x80:
        i += 1
    return i


@kernel
def _end_of_segment(values: np.ndarray, start: int, last: int, min_bytes: int, max_bytes: int) -> int:
    """End of a segment: the first line end from min_bytes on, else within max_bytes, else with the text."""
    end = last
    stop = min(start + max_bytes, last)
    for i in range(min(start + min_bytes, last), stop):
        if values[i] == 10:
            end = i + 1
            break
    else:
        if last - start > max_bytes + min_bytes:
            end = _end_before(values, start, start + max_bytes)
    return end if last - end >= min_bytes else last


@kernel
def cut_segments(
    values: np.ndarray,
    offsets: np.ndarray,
    max_sample_bytes: int,
    windows: int,
    min_bytes: int,
    max_bytes: int,
    cuts_windows: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """n documents → m segments: document, first byte, end, int64 [m] each; an empty document has none.

    Documents of up to max_sample_bytes are cut completely, at line ends from min_bytes on and at
    max_bytes at the latest. Longer ones give evenly spaced windows, the first at their start, the last
    at their end; with cuts_windows these are cut in the same way.
    """
    width = max_sample_bytes // windows
    parts = width // min_bytes + 1 if cuts_windows else 1
    most = 0
    for document in range(len(offsets) - 1):
        size = offsets[document + 1] - offsets[document]
        most += size // min_bytes + 1 if size <= max_sample_bytes else windows * parts
    documents = np.empty(most, np.int64)
    starts = np.empty(most, np.int64)
    ends = np.empty(most, np.int64)
    count = 0
    for document in range(len(offsets) - 1):
        first = offsets[document]
        last = offsets[document + 1]
        size = last - first
        whole = size <= max_sample_bytes
        for window in range(1 if whole else windows):
            start, stop = first, last
            if not whole:
                start = first + (size - width) * window // (windows - 1)
                stop = start + width
                if window > 0:
                    start = _start_after(values, start, stop)
                if window + 1 < windows:
                    stop = _end_before(values, start, stop)
            while start < stop:
                end = stop
                if whole or cuts_windows:
                    end = _end_of_segment(values, start, stop, min_bytes, max_bytes)
                documents[count], starts[count], ends[count] = document, start, end
                count += 1
                start = end
    return documents[:count], starts[:count], ends[:count]


@kernel
def copy_segments(
    values: np.ndarray, starts: np.ndarray, ends: np.ndarray, out: np.ndarray, out_offsets: np.ndarray
) -> None:
    """Copy m segments side by side; NUL and the white space of ASCII become a space."""
    at = np.uint64(
        0
    )  # unsigned: an index is not asked if it is negative, so that bytes fill vector registers
    for segment in range(len(starts)):
        start, size = np.uint64(starts[segment]), np.uint64(ends[segment] - starts[segment])
        for i in range(size):
            byte = values[start + i]
            out[at + i] = np.uint8(32) if (byte == 0) | (np.uint8(byte - np.uint8(9)) <= 4) else byte
        at += size
        out_offsets[segment + 1] = at
