"""The kernels that read lines, paragraphs and rare characters of one decoded text."""

import numpy as np

from filters.kernels.text_code import CODE_BRACES, CODE_OPERATORS, is_indented_code
from filters.kernels.text_ngrams import GOLDEN
from filters.kernels.text_scan import hash_substring
from filters.kernels.text_tables import (
    CLOSER,
    CONTINUATION,
    CONTROL,
    DIGIT,
    LEAD,
    OPERATOR,
    SPACE,
    SPECIAL,
    TERMINAL,
)
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
(
    HASHES,
    ELLIPSES,
    CURLY,
    URL_CHARS,
    REPLACEMENTS,
    CONTROLS,
    MOJIBAKE_CHARS,
    CODE_LINES,
    CODE_CHARS,
    SENTENCES,
) = range(10)
RARE_COUNTS = 10

MAX_SHORT_LINE = 30
MAX_LIST_LINE, MAX_LIST_SEGMENTS = 30, 10
"""Characters of a line of a list: five words, in a language without spaces as many characters."""
_SPACE, _SPECIAL, _DIGIT = np.uint32(SPACE), np.uint32(SPECIAL), np.uint32(DIGIT)
_ONE = np.uint64(1)
_NEWLINE, _DOT, _ELLIPSIS, _SLASH, _W = 10, 0x2E, 0x2026, 0x2F, 0x77


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
    bits = 4
    while (1 << bits) < 2 * (count + 1):
        bits += 1
    epoch[0] += _ONE
    mark = epoch[0] << np.uint64(32)
    distinct = 0
    for i in range(count):
        distinct += not add_once(hashes[i], slots, bits, mark)
    return distinct


@kernel
def is_three_dots(units: np.ndarray, place: int) -> bool:
    """Whether three full stops stand at place, which has two characters after it."""
    return bool(units[place] == _DOT and units[place + 1] == _DOT and units[place + 2] == _DOT)


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
    bits = 4
    while (1 << bits) < 2 * (min(count, chars // 2) + 1):  # lines that hold something
        bits += 1
    epoch[0] += _ONE
    mark = epoch[0] << np.uint64(32)
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
            first, last = start, stop
            while first < last and (entries[first] & _SPACE) != 0:
                first += 1
            while first < last and (entries[last - 1] & _SPACE) != 0:
                last -= 1
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
    bits = 4
    while (1 << bits) < 2 * (min(count, chars // 2) + 1):  # lines that hold something
        bits += 1
    epoch[0] += _ONE
    mark = epoch[0] << np.uint64(32)
    first, last = 0, chars
    while first < last and (entries[first] & _SPACE) != 0:
        first += 1
    while first < last and (entries[last - 1] & _SPACE) != 0:
        last -= 1
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


@kernel
def find_sentence_stop(
    units: np.ndarray, entries: np.ndarray, marks: np.ndarray, place: int, stop: int
) -> int:
    """Where the sentence that may end at the terminal mark `place` stops, or 0 where it goes on.

    It stops after all terminal marks and closing quotes in a row, where white space or the end of the
    line follows; after a mark that is not . ! ? itself (danda, 。, ؟, ።) in any case.
    """
    after = place + 1
    while after < stop and (marks[units[after]] & (TERMINAL | CLOSER)) != 0:
        after += 1
    if after == stop or (entries[after] & _SPACE) != 0:
        return after
    mark = units[place]
    return 0 if mark == _DOT or mark == 0x21 or mark == 0x3F else after


@kernel
def measure_mojibake(units: np.ndarray, marks: np.ndarray, place: int, chars: int) -> int:
    """Characters of the UTF-8 sequence read as Windows-1252 whose first continuation is at place, or 0."""
    if place == 0:
        return 0
    lead = units[place - 1]
    if (marks[lead] & LEAD) == 0:
        return 0
    needed = 1 if lead < 0xE0 else 2 if lead < 0xF0 else 3
    if place + needed > chars:
        return 0
    for i in range(place, place + needed):
        if (marks[units[i]] & CONTINUATION) == 0:
            return 0
    return needed + 1


@kernel
def count_rare(
    units: np.ndarray,
    entries: np.ndarray,
    chars: int,
    newlines: np.ndarray,
    count: int,
    rare: np.ndarray,
    rare_count: int,
    marks: np.ndarray,
    result: np.ndarray,
) -> None:
    """Fill result (RARE_COUNTS integers, see HASHES …) from the characters that have marks; rare: where."""
    hashes, ellipses, curly, url_chars, replacements = 0, 0, 0, 0, 0
    controls, mojibake, code, code_chars, sentences = 0, 0, 0, 0, 0
    start, url_stop, damage_stop, dots_stop, event = 0, 0, 0, 0, 0
    for line in range(count + 1):
        stop = int(newlines[line]) if line < count else chars
        operators, braces, sentence_stop = 0, 0, start
        while event < rare_count and rare[event] < stop:
            i = int(rare[event])
            event += 1
            unit = units[i]
            mark = marks[unit]
            if (mark & TERMINAL) != 0 and i >= sentence_stop:
                after = find_sentence_stop(units, entries, marks, i, stop)
                if after > 0:
                    sentences += 1
                    sentence_stop = after
            if (mark & OPERATOR) != 0:
                operators += 1
                braces += unit == 0x7B or unit == 0x7D
            elif (mark & CONTROL) != 0:
                controls += 1
            if (mark & CONTINUATION) != 0 and i >= damage_stop:
                length = measure_mojibake(units, marks, i, stop)
                if length > 0:
                    mojibake += length
                    damage_stop = i - 1 + length
            if unit == 0x23:
                hashes += 1
            elif unit == _ELLIPSIS:
                ellipses += 1
            elif unit == 0xFFFD:
                replacements += 1
            elif i >= dots_stop and i + 2 < stop and is_three_dots(units, i):
                ellipses += 1
                dots_stop = i + 3
            if i >= url_stop and i >= 2:
                scheme = unit == _SLASH and units[i - 1] == _SLASH and units[i - 2] == 0x3A
                host = unit == _DOT and i >= 3 and units[i - 1] == _W and units[i - 2] == _W
                if scheme or (host and units[i - 3] == _W):
                    left, url_stop = i, i
                    while left > start and (entries[left - 1] & _SPACE) == 0:
                        left -= 1
                    while url_stop < stop and (entries[url_stop] & _SPACE) == 0:
                        url_stop += 1
                    url_chars += url_stop - left
        next_char = sentence_stop
        while next_char < stop and (entries[next_char] & _SPACE) != 0:
            next_char += 1
        sentences += next_char < stop
        curly += braces
        dense = braces * CODE_BRACES >= stop - start or operators * CODE_OPERATORS >= stop - start
        if (operators > 0 and dense) or is_indented_code(units, entries, start, stop):
            first, last = start, stop
            while (entries[first] & _SPACE) != 0:
                first += 1
            while (entries[last - 1] & _SPACE) != 0:
                last -= 1
            code += 1
            code_chars += last - first
        start = stop + 1
    result[HASHES], result[ELLIPSES], result[CURLY], result[URL_CHARS] = hashes, ellipses, curly, url_chars
    result[REPLACEMENTS], result[CONTROLS], result[MOJIBAKE_CHARS] = replacements, controls, mojibake
    result[CODE_LINES], result[CODE_CHARS], result[SENTENCES] = code, code_chars, sentences
