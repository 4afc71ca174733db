"""The kernel that counts traces of damage in one pass over UTF-8: places, not characters.

Most bytes of most texts begin nothing that is looked for, so a table of bytes says where to look closer.
Every search from a place is bounded, or ends where the next one begins: time is linear in the text.
"""

from functools import cache

import numpy as np

from filters.kernels.frames import FOOT_LINES, HEAD_LINES, count_foot, count_head
from filters.kernels.markup import find_entity_end, find_tag_end
from filters.kernels.text_tables import CONTINUATION
from filters.kernels.utf8 import count_chars, decode_utf8
from layers.compiling import kernel_without_references as kernel

(
    MOJIBAKE,
    REPLACEMENTS,
    ENTITIES,
    TAGS,
    HYPHENS,
    LIGATURES,
    FRAME_LINES,
    CAPITALS,
    MARKUP_CHARS,
    CARRIERS,
    CHARS,
) = range(11)
COUNTS = 11
KINDS = 8
"""The first of the counts are kinds of damage."""

MIN_CAPITALS = 24
"""Capitals without a small letter between them; the longest clean headings have fewer."""
CAPITALS_PER_PLACE = 8
_UPPER, _NEWLINE, _AMPERSAND, _LESS, _ACCENTED, _FORMS, _PLANE_14 = range(1, 8)
_ACTION, _BREAKS, _LETTER = 7, 64, 128


@cache
def byte_actions() -> np.ndarray:
    """What to look for at each byte, in the low bits; _LETTER: ASCII; _BREAKS: ends a run of capitals."""
    table = np.zeros(256, np.uint8)
    for byte, action in ((0x0A, _NEWLINE), (0x26, _AMPERSAND), (0x3C, _LESS)):
        table[byte] = action
    for byte, action in ((0xC3, _ACCENTED), (0xEF, _FORMS), (0xF3, _PLANE_14)):
        table[byte] = action
    table[0x41:0x5B] = _UPPER | _LETTER
    table[0x61:0x7B] = _LETTER | _BREAKS
    table[0xD0:0xE1] |= _BREAKS  # scripts without capitals: Latin is below, and E1 and E2
    table[0xE3:0xF0] |= _BREAKS
    table.flags.writeable = False
    return table


@kernel
def is_variation_selector(code: int) -> bool:
    return 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF


@kernel
def find_invisible(values: np.ndarray, start: int, place: int, stop: int) -> tuple[int, bool]:
    """(where the selectors or tags that begin at place end; place: none do; whether they carry data).

    Those that do are U+FEFF and variation selectors, two selectors or more, and tag characters that belong to
    no flag. start: where the text begins.
    """
    code, i = decode_utf8(values, place, stop)
    if 0xE0000 <= code <= 0xE007F:
        while i < stop:
            code, after = decode_utf8(values, i, stop)
            if not 0xE0000 <= code <= 0xE007F:
                break
            i = after
        flag = place - start >= 4 and (
            values[place - 4] == 0xF0
            and values[place - 3] == 0x9F
            and values[place - 2] == 0x8F
            and values[place - 1] == 0xB4
        )
        return i, not flag
    has_mark = code == 0xFEFF
    if not has_mark and not is_variation_selector(code):
        return place, False
    selectors = 0 if has_mark else 1
    while i < stop:
        code, after = decode_utf8(values, i, stop)
        if not is_variation_selector(code):
            break
        selectors += 1
        i = after
    return i, selectors >= (1 if has_mark else 2)


@kernel
def find_mojibake_end(values: np.ndarray, start: int, place: int, stop: int, marks: np.ndarray) -> int:
    """Where the UTF-8 sequence read as Windows-1252 whose lead is at place ends; else place.

    White space begins no sequence (filters.signals.encoding_damage), nor does a capital after a capital.
    """
    lead, i = decode_utf8(values, place, stop)
    if lead < 0xC2 or lead > 0xF4:
        return place
    needed = 1 if lead < 0xE0 else 2 if lead < 0xF0 else 3
    if needed == 1 and place > start and 0x41 <= values[place - 1] <= 0x5A:
        return place
    for number in range(needed):
        if i >= stop:
            return place
        code, i = decode_utf8(values, i, stop)
        if (marks[code] & CONTINUATION) == 0 or (number == 0 and (code == 0x85 or code == 0xA0)):
            return place
    return int(i)


@kernel
def is_hyphenated(values: np.ndarray, start: int, newline: int, stop: int, actions: np.ndarray) -> bool:
    """Whether a word is cut by a hyphen before this newline and goes on behind it."""
    last = newline - 1
    while last > start and (values[last] == 0x20 or values[last] == 0x0D or values[last] == 0x09):
        last -= 1
    if last <= start:
        return False
    if values[last] == 0x2D:
        before = last - 1
    elif last >= start + 2 and values[last - 1] == 0xC2 and (values[last] == 0xAD or values[last] == 0xAC):
        before = last - 2  # soft hyphen, and what some machines write for it
    elif last >= start + 3 and values[last - 2] == 0xE2 and values[last - 1] == 0x80 and values[last] == 0x90:
        before = last - 3
    else:
        return False
    after = newline + 1
    while after < stop and (values[after] == 0x20 or values[after] == 0x09):
        after += 1
    if after >= stop or not ((actions[values[before]] & _LETTER) != 0 or values[before] >= 0x80):
        return False
    return bool(0x61 <= values[after] <= 0x7A or (values[after] >= 0xC3 and values[after] != 0xE2))


@kernel
def is_form(code: int) -> bool:
    """Whether a code point is a letter's form: Latin ligatures, Arabic presentation forms.

    Phrases such as the honorifics at U+FDF0 are typed as they stand.
    """
    if code < 0xFB50:
        return 0xFB00 <= code <= 0xFB06
    if code < 0xFE70:
        return code <= 0xFBB1 or 0xFBD3 <= code <= 0xFD3D or 0xFD50 <= code <= 0xFDC7
    return code <= 0xFEFC


@kernel
def count_damage(
    values: np.ndarray,
    offsets: np.ndarray,
    actions: np.ndarray,
    marks: np.ndarray,
    names: np.ndarray,
    counts: np.ndarray,
) -> None:
    """Fill counts[row] (COUNTS integers, see MOJIBAKE …), which is 0, of n texts.

    actions: byte_actions(); marks: text_tables.marks(); names: markup.tag_names().
    """
    for row in range(offsets.shape[0] - 1):
        start, stop = offsets[row], offsets[row + 1]
        result = counts[row]
        result[CHARS] = count_chars(values, start, stop)
        head, foot = count_head(values, start, stop, marks), count_foot(values, start, stop, marks)
        result[FRAME_LINES] = max(head - HEAD_LINES, 0) + max(foot - FOOT_LINES, 0)
        i, capitals_stop = start, start
        while i < stop:
            while i < stop and (actions[values[i]] & _ACTION) == 0:
                i += 1
            if i == stop:
                break
            action = actions[values[i]] & _ACTION
            if action == _UPPER:
                if i >= capitals_stop:
                    capitals_stop, capitals = i, 0
                    while capitals_stop < stop and (actions[values[capitals_stop]] & _BREAKS) == 0:
                        capitals += (actions[values[capitals_stop]] & _ACTION) == _UPPER
                        capitals_stop += 1
                    if capitals >= MIN_CAPITALS:
                        result[CAPITALS] += capitals // CAPITALS_PER_PLACE
                i += 1
            elif action == _NEWLINE:
                result[HYPHENS] += is_hyphenated(values, start, i, stop, actions)
                i += 1
            elif action == _ACCENTED:
                end = find_mojibake_end(values, start, i, stop, marks)
                result[MOJIBAKE] += end > i
                i = max(end, i + 1)
            elif action in (_AMPERSAND, _LESS):
                is_tag = action == _LESS
                end = find_tag_end(values, i, stop, names) if is_tag else find_entity_end(values, i, stop)
                if end > i:
                    result[TAGS if is_tag else ENTITIES] += 1
                    result[MARKUP_CHARS] += count_chars(values, i, end)
                i = max(end, i + 1)
            else:
                code, after = decode_utf8(values, i, stop)
                result[REPLACEMENTS] += code == 0xFFFD
                result[LIGATURES] += is_form(code)
                end, carries = find_invisible(values, start, i, stop)
                result[CARRIERS] += carries
                i = max(end, after)
