"""The kernel that reads what is rare in one decoded text: marks of sentences and code, URLs, damage."""

import numpy as np

from filters.kernels.text_code import CODE_BRACES, CODE_OPERATORS, is_indented_code, is_prose
from filters.kernels.text_lines import skip_space, strip_space
from filters.kernels.text_tables import CLOSER, CONTINUATION, CONTROL, LEAD, OPERATOR, SPACE, TERMINAL
from layers.compiling import inlined_kernel
from layers.compiling import kernel_without_references as kernel

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
    PROSE_CHARS,
) = range(11)
RARE_COUNTS = 11

_SPACE = np.uint32(SPACE)
_DOT, _ELLIPSIS, _SLASH, _COLON, _W, _HASH, _REPLACEMENT = 0x2E, 0x2026, 0x2F, 0x3A, 0x77, 0x23, 0xFFFD
_BRACES = (0x7B, 0x7D)


@kernel
def is_three_dots(units: np.ndarray, place: int) -> bool:
    """Whether three full stops stand at place, which has two characters after it."""
    return bool(units[place] == _DOT and units[place + 1] == _DOT and units[place + 2] == _DOT)


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


@inlined_kernel
def is_in_url(units: np.ndarray, place: int) -> bool:
    """Whether the second slash of `://` or the full stop of `www.` stands at place."""
    if place >= 2 and units[place] == _SLASH:
        return bool(units[place - 1] == _SLASH and units[place - 2] == _COLON)
    return bool(
        place >= 3
        and units[place] == _DOT
        and units[place - 1] == _W
        and units[place - 2] == _W
        and units[place - 3] == _W
    )


@inlined_kernel
def _count_character(
    units: np.ndarray,
    entries: np.ndarray,
    marks: np.ndarray,
    place: int,
    line: tuple[int, int],
    stops: tuple[int, int, int, int],
    result: np.ndarray,
) -> tuple[int, int, int, int]:
    """Count what the rare character at place of a line is, ends or begins.

    stops: where the last sentence, URL, damaged sequence and dots end; as they are then.
    """
    start, stop = line
    sentence_stop, url_stop, damage_stop, dots_stop = stops
    unit, mark = units[place], marks[units[place]]
    if (mark & TERMINAL) != 0 and place >= sentence_stop:
        after = find_sentence_stop(units, entries, marks, place, stop)
        if after > 0:
            result[SENTENCES] += 1
            sentence_stop = after
    result[CONTROLS] += (mark & OPERATOR) == 0 and (mark & CONTROL) != 0
    if (mark & CONTINUATION) != 0 and place >= damage_stop:
        length = measure_mojibake(units, marks, place, stop)
        if length > 0:
            result[MOJIBAKE_CHARS] += length
            damage_stop = place - 1 + length
    if unit == _HASH:
        result[HASHES] += 1
    elif unit == _ELLIPSIS:
        result[ELLIPSES] += 1
    elif unit == _REPLACEMENT:
        result[REPLACEMENTS] += 1
    elif place >= dots_stop and place + 2 < stop and is_three_dots(units, place):
        result[ELLIPSES] += 1
        dots_stop = place + 3
    if place >= url_stop and is_in_url(units, place):
        left, url_stop = place, place
        while left > start and (entries[left - 1] & _SPACE) == 0:
            left -= 1
        while url_stop < stop and (entries[url_stop] & _SPACE) == 0:
            url_stop += 1
        result[URL_CHARS] += url_stop - left
    return sentence_stop, url_stop, damage_stop, dots_stop


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
    """Fill result, which is 0 (RARE_COUNTS integers, see HASHES …), from rare_count places of characters."""
    start, event = 0, 0
    url_stop, damage_stop, dots_stop = 0, 0, 0
    for line in range(count + 1):
        stop = int(newlines[line]) if line < count else chars
        operators, braces, sentence_stop = 0, 0, start
        while event < rare_count and rare[event] < stop:
            place = int(rare[event])
            event += 1
            unit = units[place]
            operators += (marks[unit] & OPERATOR) != 0
            braces += unit in _BRACES
            stops = (sentence_stop, url_stop, damage_stop, dots_stop)
            sentence_stop, url_stop, damage_stop, dots_stop = _count_character(
                units, entries, marks, place, (start, stop), stops, result
            )
        result[SENTENCES] += skip_space(entries, sentence_stop, stop) < stop
        result[CURLY] += braces
        dense = braces * CODE_BRACES >= stop - start or operators * CODE_OPERATORS >= stop - start
        first, last = strip_space(entries, start, stop)
        if is_prose(units, entries, marks, start, stop):
            result[PROSE_CHARS] += last - first
        elif (operators > 0 and dense) or is_indented_code(units, entries, start, stop):
            result[CODE_LINES] += 1
            result[CODE_CHARS] += last - first
        start = stop + 1
