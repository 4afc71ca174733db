"""The kernels that read lines and paragraphs of one decoded text."""

import numpy as np

from filters.kernels.text_ngrams import GOLDEN
from filters.kernels.text_scan import hash_substring
from filters.kernels.text_tables import DIGIT, SPACE, SPECIAL, TERMINAL
from layers.compiling import inlined_kernel
from layers.compiling import kernel_without_references as kernel

(
    LINES,
    FILLED_LINES,
    BULLET_LINES,
    ELLIPSIS_LINES,
    PUNCTUATED_LINES,
    SHORT_LINES,
    FILLED_DUPLICATE_CHARS,
    SPLIT_LINES,
    DUPLICATE_LINES,
    DUPLICATE_LINE_CHARS,
    PARAGRAPHS,
    DUPLICATE_PARAGRAPHS,
    DUPLICATE_PARAGRAPH_CHARS,
    STRIPPED_CHARS,
    LIST_CHARS,
) = range(15)
LINE_COUNTS = 15

MAX_SHORT_LINE = 30
MAX_LIST_LINE, MAX_LIST_SEGMENTS = 30, 10
"""Characters of a line of a list: five words, in a language without spaces as many characters."""
_SPACE, _SPECIAL, _DIGIT = np.uint32(SPACE), np.uint32(SPECIAL), np.uint32(DIGIT)
_ONE = np.uint64(1)
_NEWLINE, _DOT, _ELLIPSIS = 10, 0x2E, 0x2026


@inlined_kernel
def open_table(lines: int, epoch: np.ndarray) -> tuple[int, np.uint64]:
    """(bits of a table for so many hashes, at most half full; the mark of a new epoch of it)."""
    bits = 4
    while (1 << bits) < 2 * (lines + 1):
        bits += 1
    epoch[0] += _ONE
    return bits, epoch[0] << np.uint64(32)


@inlined_kernel
def skip_space(entries: np.ndarray, place: int, stop: int) -> int:
    """The first character from place on that is no white space, or stop."""
    while place < stop and (entries[place] & _SPACE) != 0:
        place += 1
    return place


@inlined_kernel
def strip_space(entries: np.ndarray, start: int, stop: int) -> tuple[int, int]:
    """(first, end) of the characters from start to stop without the white space around them."""
    first = skip_space(entries, start, stop)
    while first < stop and (entries[stop - 1] & _SPACE) != 0:
        stop -= 1
    return first, stop


@kernel
def add_once(value: np.uint64, slots: np.ndarray, bits: int, mark: np.uint64) -> bool:
    """Put a hash into the table of this epoch; whether it was there."""
    slot_mask = (1 << bits) - 1
    slot = np.int64((value * GOLDEN) >> np.uint64(64 - bits))
    while slots[slot, 1] >= mark:
        if slots[slot, 0] == value:
            return True
        slot = (slot + 1) & slot_mask
    slots[slot, 0] = value
    slots[slot, 1] = mark + _ONE
    return False


@kernel
def count_distinct(hashes: np.ndarray, count: int, slots: np.ndarray, epoch: np.ndarray) -> int:
    """How many different ones are among the first count of hashes uint64 [n]."""
    bits, mark = open_table(count, epoch)
    distinct = 0
    for i in range(count):
        distinct += not add_once(hashes[i], slots, bits, mark)
    return distinct


@kernel
def ends_in_ellipsis(units: np.ndarray, start: int, stop: int) -> bool:
    """Whether the characters from start to stop, at least one, end in ... or …."""
    if units[stop - 1] == _ELLIPSIS:
        return True
    return (
        stop - start >= 3 and units[stop - 1] == _DOT and units[stop - 2] == _DOT and units[stop - 3] == _DOT
    )


@kernel
def measure_lines(
    units: np.ndarray,
    entries: np.ndarray,
    chars: int,
    newlines: np.ndarray,
    count: int,
    prefix: np.ndarray,
    powers: np.ndarray,
    marks: np.ndarray,
    slots: np.ndarray,
    epoch: np.ndarray,
    max_list_line: int,
    result: np.ndarray,
) -> None:
    """Fill result (LINE_COUNTS integers, see LINES …): the lines of Gopher, FineWeb and datatrove.

    LINES end at a newline; a newline at the end starts none. FILLED lines hold more than white space.
    SPLIT lines are what stands between runs of newlines, with an empty one before a newline that
    starts the text and after one that ends it. A line is a duplicate of one before. LIST characters are
    those of lines of at most max_list_line characters that no mark ends; a digit is none.
    """
    bits, mark = open_table(min(count, chars // 2), epoch)  # lines that hold something
    filled, bullets, ellipses, punctuated, short, split, duplicates = 0, 0, 0, 0, 0, 0, 0
    filled_duplicate_chars, duplicate_chars, stripped_chars, list_chars = 0, 0, 0, 0
    start = 0
    for line in range(count + 1):
        stop = int(newlines[line]) if line < count else chars
        if stop > start:
            repeated = add_once(hash_substring(prefix, start, stop, powers), slots, bits, mark)
            split += 1
            if repeated:
                duplicates += 1
                duplicate_chars += stop - start
            first, last = strip_space(entries, start, stop)
            if first < last:
                filled += 1
                bullets += units[first] == 0x2022 or units[first] == 0x2D
                ellipses += ends_in_ellipsis(units, first, last)
                punctuated += (marks[units[stop - 1]] & TERMINAL) != 0
                short += stop - start <= MAX_SHORT_LINE
                stripped_chars += last - first
                if last - first <= max_list_line and (entries[last - 1] & (_SPECIAL | _DIGIT)) != _SPECIAL:
                    list_chars += last - first
                if repeated:
                    filled_duplicate_chars += stop - start
        start = stop + 1
    leading = chars > 0 and units[0] == _NEWLINE
    trailing = chars > 0 and units[chars - 1] == _NEWLINE
    result[LINES] = count + (1 if chars > 0 and not trailing else 0)
    result[FILLED_LINES], result[BULLET_LINES], result[ELLIPSIS_LINES] = filled, bullets, ellipses
    result[PUNCTUATED_LINES], result[SHORT_LINES] = punctuated, short
    result[FILLED_DUPLICATE_CHARS] = filled_duplicate_chars
    result[SPLIT_LINES] = split + leading + trailing
    result[DUPLICATE_LINES] = duplicates + (leading and trailing)
    result[DUPLICATE_LINE_CHARS] = duplicate_chars
    result[STRIPPED_CHARS], result[LIST_CHARS] = stripped_chars, list_chars


@kernel
def measure_paragraphs(
    entries: np.ndarray,
    chars: int,
    newlines: np.ndarray,
    count: int,
    prefix: np.ndarray,
    powers: np.ndarray,
    slots: np.ndarray,
    epoch: np.ndarray,
    result: np.ndarray,
) -> None:
    """Fill result[PARAGRAPHS …]: what stands between runs of two or more newlines of the stripped text."""
    bits, mark = open_table(min(count, chars // 2), epoch)  # lines that hold something
    first, last = strip_space(entries, 0, chars)
    paragraphs, duplicates, duplicate_chars = 0, 0, 0
    start, line = first, 0
    while line <= count:
        place = int(newlines[line]) if line < count else last
        after = line + 1
        while after < count and newlines[after] == newlines[after - 1] + 1:
            after += 1
        ends = place >= last
        if place >= first and (ends or after - line >= 2):
            stop = min(place, last)
            paragraphs += 1
            if add_once(hash_substring(prefix, start, stop, powers), slots, bits, mark):
                duplicates += 1
                duplicate_chars += stop - start
            if ends:
                break
            start = int(newlines[after - 1]) + 1
        line = after
    result[PARAGRAPHS], result[DUPLICATE_PARAGRAPHS] = paragraphs, duplicates
    result[DUPLICATE_PARAGRAPH_CHARS] = duplicate_chars
