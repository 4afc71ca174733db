"""A bounded, evenly spaced, deterministic sample of each document, on one line."""

import numpy as np
import pyarrow as pa

from filters.kernels.compiling import kernel, text_buffers

WINDOWS = 8
"""Windows that a long document is sampled from, the first at its start and the last at its end."""
MAX_WORD_BYTES = 64
"""How far a window's edge moves to reach a space; beyond it the edge is a character boundary."""


@kernel
def _sample(
    values: np.ndarray, offsets: np.ndarray, max_bytes: int, windows: int, reach: int, out: np.ndarray
) -> np.ndarray:
    ends = np.zeros(len(offsets), np.int64)
    at = 0
    for document in range(len(offsets) - 1):
        first = offsets[document]
        last = offsets[document + 1]
        size = last - first
        parts = 1 if size <= max_bytes else windows
        width = size if parts == 1 else max_bytes // windows - 1  # a space after each window
        for part in range(parts):
            start = first if parts == 1 else first + (size - width) * part // (parts - 1)
            end = start + width
            if start > first:
                stop = min(start + min(reach, width // 4), last)
                i = start
                while i < stop and values[i] > 32:
                    i += 1
                if i < stop:
                    start = i
                while start < last and (values[start] & 0xC0) == 0x80:
                    start += 1
            if end < last:
                stop = max(end - min(reach, width // 4), start)
                i = end
                while i > stop and values[i] > 32:
                    i -= 1
                if i > stop:
                    end = i
                while end > start and (values[end] & 0xC0) == 0x80:
                    end -= 1
            for i in range(start, end):
                byte = values[i]
                # fastText separates tokens at space, \t \n \v \f \r and NUL; one kind is enough.
                out[at] = 32 if byte == 0 or (byte >= 9 and byte <= 13) else byte
                at += 1
            if parts > 1 and part + 1 < parts:
                out[at] = 32
                at += 1
        ends[document + 1] = at
    return ends


def sample(texts: pa.LargeStringArray, *, max_sample_bytes: int) -> pa.LargeStringArray:
    """n documents → n samples of at most max_sample_bytes UTF-8 bytes, without line breaks.

    Documents up to that size are whole. Longer ones give WINDOWS evenly spaced windows, cut at spaces
    where one is near and always at characters, joined by spaces. A byte ≤ 32 counts as a space.
    Raises ValueError if max_sample_bytes is too small for windows of 16 bytes.
    """
    if max_sample_bytes < WINDOWS * 16:
        raise ValueError(f"max_sample_bytes must be at least {WINDOWS * 16}, not {max_sample_bytes}")
    values, offsets = text_buffers(texts)
    capacity = int(np.minimum(np.diff(offsets), max_sample_bytes).sum())
    out = np.empty(capacity, np.uint8)
    ends = _sample(values, offsets, max_sample_bytes, WINDOWS, MAX_WORD_BYTES, out)
    return pa.LargeStringArray.from_buffers(len(texts), pa.py_buffer(ends), pa.py_buffer(out))
