"""Kernels that edit text: each edit is a `find` (which texts would change) and a `write` (change those)."""

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.kernels.compiling import text_buffers
from layers.compiling import kernel

Find = Callable[[np.ndarray, np.ndarray], np.ndarray]
Write = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray], None]


def apply_edit(
    texts: pa.LargeStringArray, *, find: Find, write: Write, max_growth: int = 1
) -> pa.LargeStringArray:
    """n texts → n texts: the very array where no text changes, else new buffers.

    max_growth: bytes that one byte of a changed text may become.
    """
    values, offsets = text_buffers(texts)
    changes = find(values, offsets)
    if not changes.any():
        return texts
    out = np.empty((np.diff(offsets) * np.where(changes, max_growth, 1)).sum(), np.uint8)
    out_offsets = np.zeros(len(offsets), np.int64)
    write(values, offsets, changes, out, out_offsets)
    buffers = [None, pa.py_buffer(out_offsets), pa.py_buffer(out[: out_offsets[-1]])]
    return pa.Array.from_buffers(pa.large_string(), len(texts), buffers)


def replace_texts(
    texts: pa.LargeStringArray,
    *,
    rows: Sequence[int] | np.ndarray,
    values: Sequence[str] | pa.LargeStringArray,
) -> pa.LargeStringArray:
    """n texts → n texts with others at ascending rows."""
    mask = np.zeros(len(texts), bool)
    mask[np.asarray(rows, np.int64)] = True
    replaced = pc.replace_with_mask(texts, pa.array(mask), pa.array(values, pa.large_string()))
    return replaced.combine_chunks() if isinstance(replaced, pa.ChunkedArray) else replaced


@kernel
def copy_bytes(values: np.ndarray, start: int, stop: int, out: np.ndarray, end: int) -> int:
    """Copy values[start:stop] to out[end:], the new end; slice assignment costs 2 s more to compile."""
    # Unsigned: an index is not asked if it is negative, so that bytes fill vector registers.
    first, target = np.uint64(start), np.uint64(end)
    for i in range(np.uint64(max(stop - start, 0))):
        out[target + i] = values[first + i]
    return end + stop - start


@kernel
def is_byte_order_mark(values: np.ndarray, i: int, stop: int) -> bool:
    """Whether U+FEFF stands at i, where 0xEF does, with no variation selector behind it."""
    if values[i + 1] != 0xBB or values[i + 2] != 0xBF:
        return False
    if i + 6 <= stop and values[i + 3] == 0xEF and values[i + 4] == 0xB8 and values[i + 5] < 0x90:
        return False
    return not (
        i + 7 <= stop
        and values[i + 3] == 0xF3
        and values[i + 4] == 0xA0
        and (0x84 <= values[i + 5] <= 0x86 or (values[i + 5] == 0x87 and values[i + 6] < 0xB0))
    )


@kernel
def find_controls(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Which texts hold a control character that is no white space, or U+FEFF: n texts → n flags.

    A U+FEFF with a variation selector behind it begins what is one thing (filters.carriers), and stays.
    """
    flags = np.zeros(offsets.shape[0] - 1, np.bool_)
    for row in range(flags.shape[0]):
        for i in range(offsets[row], offsets[row + 1]):
            byte = values[i]
            if 0x20 <= byte < 0x7F:
                continue
            if byte < 0x20:
                hit = byte < 0x09 or byte > 0x0D
            elif byte == 0xC2:
                hit = values[i + 1] < 0xA0 and values[i + 1] != 0x85
            elif byte == 0xEF:
                hit = is_byte_order_mark(values, i, offsets[row + 1])
            else:
                hit = byte == 0x7F
            if hit:
                flags[row] = True
                break
    return flags


@kernel
def write_without_controls(
    values: np.ndarray, offsets: np.ndarray, changes: np.ndarray, out: np.ndarray, out_offsets: np.ndarray
) -> None:
    """Write the texts without the characters that find_controls finds."""
    end = 0
    for row in range(changes.shape[0]):
        i, stop = offsets[row], offsets[row + 1]
        if not changes[row]:
            end = copy_bytes(values, i, stop, out, end)
            i = stop
        while i < stop:
            byte = values[i]
            if byte < 0x09 or 0x0D < byte < 0x20 or byte == 0x7F:
                i += 1
            elif byte == 0xC2 and values[i + 1] < 0xA0 and values[i + 1] != 0x85:
                i += 2
            elif byte == 0xEF and is_byte_order_mark(values, i, stop):
                i += 3
            else:
                out[end] = byte
                end += 1
                i += 1
        out_offsets[row + 1] = end


@kernel
def wide_space(values: np.ndarray, i: int) -> int:
    """What starts at a byte ≥ 0x80: 2 or 3, a space of so many bytes; -2 or -3, a line end; else 0."""
    byte, second = values[i], values[i + 1]
    if byte == 0xC2:
        return 2 if second == 0xA0 else (-2 if second == 0x85 else 0)
    if byte == 0xE2:
        third = values[i + 2]
        if second == 0x80:
            return 3 if third <= 0x8A or third == 0xAF else (-3 if third == 0xA8 or third == 0xA9 else 0)
        return 3 if second == 0x81 and third == 0x9F else 0
    if byte == 0xE1:
        return 3 if second == 0x9A and values[i + 2] == 0x80 else 0
    if byte == 0xE3:
        return 3 if second == 0x80 and values[i + 2] == 0x80 else 0
    return 3 if byte == 0xEF and second == 0xBF and values[i + 2] == 0xBC else 0


@kernel
def find_uneven_whitespace(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Which texts write_even_whitespace would change: n texts → n flags."""
    flags = np.zeros(offsets.shape[0] - 1, np.bool_)
    for row in range(flags.shape[0]):
        start, stop = offsets[row], offsets[row + 1]
        if start == stop:
            continue
        hit = values[start] <= 0x20 and (values[start] == 0x20 or 0x09 <= values[start] <= 0x0D)
        newlines, blank = 0, False
        for i in range(start, stop):
            byte = values[i]
            if 0x20 < byte < 0xC2:
                newlines, blank = 0, False
            elif byte == 0x20 or byte == 0x09:
                blank = True  # newlines stay: a line of spaces becomes an empty one, found at its end
            elif byte == 0x0A:
                newlines += 1
                hit |= blank or newlines > 2
                blank = False
            elif 0x0B <= byte <= 0x0D:
                hit = True
            else:
                newlines, blank = 0, False
                if byte >= 0xC2:
                    hit |= wide_space(values, i) != 0
            if hit:
                break
        flags[row] = hit or blank or newlines > 0
    return flags


@kernel
def write_even_whitespace(
    values: np.ndarray, offsets: np.ndarray, changes: np.ndarray, out: np.ndarray, out_offsets: np.ndarray
) -> None:
    """Write the texts with spaces, line ends and blank lines made uniform and the ends stripped.

    Spaces and newlines are written ahead and taken back unless a visible character follows.
    """
    end = 0
    for row in range(changes.shape[0]):
        i, stop = offsets[row], offsets[row + 1]
        if not changes[row]:
            end = copy_bytes(values, i, stop, out, end)
            i = stop
        first, visible_end, newlines = end, end, 0
        while i < stop:
            byte = values[i]
            width = 1
            if 0x20 < byte < 0xC2:
                kind = 0
            elif byte >= 0xC2:
                kind = wide_space(values, i)
                width = max(abs(kind), 1)
            elif byte == 0x20 or byte == 0x09:
                kind = 1
            elif 0x0A <= byte <= 0x0D:
                kind = -1
                if byte == 0x0D and i + 1 < stop and values[i + 1] == 0x0A:
                    width = 2
            else:
                kind = 0
            if kind == 0:
                if visible_end == first:
                    end = first
                out[end] = byte
                end += 1
                visible_end, newlines = end, 0
            elif kind > 0:
                out[end] = 0x09 if byte == 0x09 else 0x20
                end += 1
            else:
                newlines = min(newlines + 1, 2)
                out[visible_end + newlines - 1] = 0x0A
                end = visible_end + newlines
            i += width
        if changes[row]:
            end = visible_end
        out_offsets[row + 1] = end
