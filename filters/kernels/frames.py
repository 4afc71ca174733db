"""Kernels that count the short lines without an end of a sentence around a text: a site's frame."""

import numpy as np

from filters.kernels.text_tables import CLOSER, TERMINAL
from filters.kernels.utf8 import count_chars, decode_utf8, find_character_start
from layers.compiling import kernel_without_references as kernel

MAX_FRAME_LINES = 12
"""At either end; a list of more short lines is no frame."""
MAX_FRAME_CHARS = 40
"""Prose that is broken into lines has longer ones."""
HEAD_LINES, FOOT_LINES = 2, 1
"""Short lines without an end that clean text has: a title and what stands below it, a signature."""
_MAX_FRAME_BYTES = 4 * MAX_FRAME_CHARS + 80
"""White space around it included."""
_CLOSES = TERMINAL | CLOSER


@kernel
def is_frame_line(values: np.ndarray, start: int, stop: int, marks: np.ndarray) -> bool:
    """Whether a line that holds something is short and ends like no sentence."""
    if count_chars(values, start, stop) > MAX_FRAME_CHARS:
        return False
    code, _ = decode_utf8(values, find_character_start(values, start, stop - 1), stop)
    if (marks[code] & _CLOSES) != 0:
        return False
    ends_clause = code == 0x2C or code == 0x3A or code == 0x3B or code == 0x60C or code == 0x61B
    return not (ends_clause or code == 0xFF0C or code == 0xFF1A or code == 0xFF1B or code == 0x3001)


@kernel
def count_head(values: np.ndarray, start: int, stop: int, marks: np.ndarray) -> int:
    """Frame lines before the first other line, MAX_FRAME_LINES at most."""
    count, i = 0, start
    while i < stop and count < MAX_FRAME_LINES:
        end = i
        while end < min(stop, i + _MAX_FRAME_BYTES) and values[end] != 0x0A:
            end += 1
        if end == i + _MAX_FRAME_BYTES:
            break
        last = end
        while last > i and values[last - 1] <= 0x20:
            last -= 1
        if last > i:
            if not is_frame_line(values, i, last, marks):
                break
            count += 1
        i = end + 1
    return count


@kernel
def count_foot(values: np.ndarray, start: int, stop: int, marks: np.ndarray) -> int:
    """Frame lines behind the last other line, MAX_FRAME_LINES at most."""
    count, end = 0, stop
    while end > start and count < MAX_FRAME_LINES:
        i = end
        while i > max(start, end - _MAX_FRAME_BYTES) and values[i - 1] != 0x0A:
            i -= 1
        if i == end - _MAX_FRAME_BYTES:
            break
        last = end
        while last > i and values[last - 1] <= 0x20:
            last -= 1
        if last > i:
            if not is_frame_line(values, i, last, marks):
                break
            count += 1
        end = i - 1
    return count
