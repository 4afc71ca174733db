"""The kernel that writes one sentence per line."""

import numpy as np

from filters.kernels.text_edits import copy_bytes
from filters.kernels.text_lines import skip_space
from filters.kernels.text_rare import find_sentence_stop
from filters.kernels.text_scan import decode
from filters.kernels.text_tables import TERMINAL
from layers.compiling import kernel_without_references as kernel


@kernel
def count_bytes(units: np.ndarray, start: int, stop: int) -> int:
    """UTF-8 bytes of code points."""
    total = 0
    for i in range(start, stop):
        unit = units[i]
        total += 1 + (unit >= 0x80) + (unit >= 0x800) + (unit >= 0x10000)
    return total


@kernel
def write_sentences(
    values: np.ndarray,
    offsets: np.ndarray,
    tables: tuple[np.ndarray, np.ndarray],
    scratch: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    out: np.ndarray,
    out_offsets: np.ndarray,
) -> None:
    """Write each text with a newline for the white space between two sentences of a line.

    tables: (characters(), marks()). scratch: (units, entries, prefix, lower prefix, events).
    """
    characters, marks = tables
    units, entries, prefix, lower_prefix, events = scratch
    end = 0
    for row in range(offsets.shape[0] - 1):
        byte = offsets[row]
        chars, count = decode(
            values, byte, offsets[row + 1], characters, units, entries, prefix, lower_prefix, events
        )
        written, place, line_stop = 0, 0, -1
        for event in range(count):
            place = int(events[event])
            if place < written or (marks[units[place]] & TERMINAL) == 0:
                continue
            if line_stop < place:
                line_stop = place
                while line_stop < chars and units[line_stop] != 10:
                    line_stop += 1
            after = find_sentence_stop(units, entries, marks, place, line_stop)
            if after == 0:
                continue
            following = skip_space(entries, after, line_stop)
            size = count_bytes(units, written, after)
            end = copy_bytes(values, byte, byte + size, out, end)
            byte += size
            written = after
            if following < line_stop:
                out[end] = 10
                end += 1
                byte += count_bytes(units, after, following)
                written = following
        end = copy_bytes(values, byte, offsets[row + 1], out, end)
        out_offsets[row + 1] = end
