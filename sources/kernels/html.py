"""The bytes of a page that resiliparse's rules look at, in one pass, as its parser would cut them.

What is left out changes nothing of the text: contents of scripts, styles and comments, attributes that no
rule reads, all but one byte of white space. Where the parser may see other tags than are seen here, the rest
of the page stays as it is.
"""

import numpy as np

from layers.compiling import kernel_without_references as kernel
from sources.kernels import html_words as words
from sources.kernels.html_ends import (
    count_candidates,
    find_comment_end,
    find_script_end,
    is_behind_block,
    is_closed_by,
)
from sources.kernels.html_words import (
    AMPERSAND,
    BYTES,
    DASH,
    DOUBLE_QUOTE,
    ENDS_ATTRIBUTE,
    ENDS_NAME,
    ENDS_VALUE,
    EQUALS,
    GREATER,
    LESS,
    MARK,
    QUESTION,
    SINGLE_QUOTE,
    SLASH,
    SPACE,
    as_name,
    contains,
    find_attribute_kind,
    find_byte,
    find_tag_kind,
    lower_word,
)

STATE_NUMBERS, TAG_NUMBERS = 11, 4
SIZE, METAS, LISTS, SCRIPTS, BODY_END, CANDIDATES, PAST_HEAD, KEEPS_SPACE, DEPTH, HAS_HTML, HAS_SELECT = (
    range(11)
)
"""Indices of what is known of the page so far: bytes written; rows of `places`; where the body begins; what
may be the main element; whether the head has ended, whether white space is kept; how many SVG are open,
whether HTML may stand in one; whether there was a list of choices."""
END, IS_EMPTY, HAS_TARGET, TAG_CANDIDATES = range(4)
"""Indices of what is known of a tag: the byte behind it, -1 where it has none; whether it ends with `/`."""
_MIN_COMMENT_BYTES = 7
_JSON_LD, _LICENSE = as_name(b"application/ld+json"), as_name(b"license")
_NONE, _HIDDEN, _MAIN = as_name(b"none"), as_name(b"hidden"), as_name(b"main")


@kernel
def copy(values: np.ndarray, start: int, stop: int, out: np.ndarray, size: int) -> int:
    """Add bytes to the `size` that are written; how many these are then."""
    for index in range(stop - start):
        out[size + index] = values[start + index]
    return size + stop - start


@kernel
def keeps_attribute(
    values: np.ndarray, name: int, name_end: int, value: int, stop: int, tag: np.ndarray
) -> bool:
    """Whether a rule looks at an attribute; notes what else it says of its tag."""
    kind = find_attribute_kind(lower_word(values, name, name_end), name_end - name)
    if kind == words.TARGET:
        tag[HAS_TARGET] = 1
    elif kind == words.CLASS:
        tag[TAG_CANDIDATES] += count_candidates(values, value, stop)
    elif kind == words.ROLE:
        tag[TAG_CANDIDATES] += contains(values, value, stop, _MAIN)
        tag[TAG_CANDIDATES] += find_byte(values, value, stop, AMPERSAND) < stop
    elif kind == words.STYLES:
        is_reference = find_byte(values, value, stop, AMPERSAND) < stop
        return is_reference or contains(values, value, stop, _NONE) or contains(values, value, stop, _HIDDEN)
    return kind != 0 and kind != words.TARGET


@kernel
def copy_attributes(values: np.ndarray, place: int, out: np.ndarray, size: int, tag: np.ndarray) -> int:
    """Write what rules look at of the attributes that begin at a place; how many bytes are written then."""
    count = len(values)
    tag[END], tag[IS_EMPTY], tag[HAS_TARGET], tag[TAG_CANDIDATES] = -1, 0, 0, 0
    while place < count:
        byte = values[place]
        if byte == GREATER:
            tag[END] = place + 1
            break
        if byte == SLASH or BYTES[byte] & SPACE:
            tag[IS_EMPTY] = byte == SLASH
            place += 1
            continue
        name = place
        tag[IS_EMPTY] = 0
        place += 1
        while place < count and not BYTES[values[place]] & ENDS_ATTRIBUTE:
            place += 1
        name_end = place
        while place < count and BYTES[values[place]] & SPACE:
            place += 1
        value = stop = name_end
        if place < count and values[place] == EQUALS:
            place += 1
            while place < count and BYTES[values[place]] & SPACE:
                place += 1
            value = place
            if place < count and (values[place] == DOUBLE_QUOTE or values[place] == SINGLE_QUOTE):
                value = place + 1
                stop = find_byte(values, value, count, values[place])
                place = stop + 1
            else:
                while place < count and not BYTES[values[place]] & ENDS_VALUE:
                    place += 1
                stop = place
        else:
            place = name_end
        if place < count and keeps_attribute(values, name, name_end, value, stop, tag):
            out[size] = 32
            size = copy(values, name, place, out, size + 1)
    return size


@kernel
def copy_text(values: np.ndarray, start: int, out: np.ndarray, state: np.ndarray) -> int:
    """Write text up to the next tag, and say where that begins; white space becomes one byte."""
    place, size, keeps_space = start, state[SIZE], state[KEEPS_SPACE]
    while place < len(values):
        byte = values[place]
        if byte == LESS:
            break
        out[size] = byte
        size += 1
        place += 1
        if BYTES[byte] & SPACE and not keeps_space:
            begin = place
            while place < len(values) and BYTES[values[place]] & SPACE:
                place += 1
            if place > begin:
                out[size - 1] = 32
    state[SIZE] = size
    return place


@kernel
def copy_declaration(values: np.ndarray, start: int, out: np.ndarray, state: np.ndarray) -> int:
    """Write a comment, without what it says, or a document type; the byte behind it, or ~start in doubt."""
    size = state[SIZE]
    if values[start + 1] == MARK and values[start + 2] == DASH and values[start + 3] == DASH:
        end = find_comment_end(values, start + 4)
        if end < 0:
            return ~start
        if end - start > _MIN_COMMENT_BYTES and not contains(values, start, end, _LICENSE):
            size = copy(values, start, start + 4, out, size)
            state[SIZE] = copy(values, end - 3, end, out, size)
            return end
    elif values[start + 1] == MARK and values[start + 2] | 32 != 100:  # CDATA, as it may be
        return ~start
    else:
        end = find_byte(values, start, len(values), GREATER) + 1
        if end > len(values):
            return ~start
    state[SIZE] = copy(values, start, end, out, size)
    return end


@kernel
def copy_tag(
    values: np.ndarray, start: int, out: np.ndarray, places: np.ndarray, state: np.ndarray, tag: np.ndarray
) -> int:
    """Write a tag, and the text of one that holds none; the byte behind it, or ~place of doubt."""
    is_end = values[start + 1] == SLASH
    name = start + 1 + is_end
    if not 97 <= values[name] | 32 <= 122:
        return ~start
    name_end = name + 1
    while name_end < len(values) and not BYTES[values[name_end]] & ENDS_NAME:
        name_end += 1
    word = lower_word(values, name, name_end)
    kind = find_tag_kind(word, name_end - name)
    written = state[SIZE]
    size = copy_attributes(values, name_end, out, copy(values, start, name_end, out, written), tag)
    end: int = tag[END]
    if end < 0:
        return ~start
    is_whole = kind == words.WHOLE or kind == words.META or kind == words.BODY
    if is_end:
        size = copy(values, start, name_end, out, written)
    elif is_whole or (tag[HAS_TARGET] and contains(values, start, end, _LICENSE)):
        size = copy(values, start, end - 1, out, written)
    elif tag[IS_EMPTY]:
        out[size], out[size + 1] = 32, SLASH
        size += 2
    out[size] = GREATER
    state[SIZE] = size + 1
    if is_end:
        if kind == words.HEAD:
            state[PAST_HEAD] = 1
        elif kind == words.FOREIGN:
            state[DEPTH] = max(state[DEPTH] - 1, 0)
        return end
    if not is_whole:
        state[CANDIDATES] += tag[TAG_CANDIDATES]
    if kind == words.META:
        if not state[PAST_HEAD]:
            note(places, 0, written, state, METAS)
    elif kind == words.LIST:
        if is_behind_block(values, start):
            note(places, 1, written, state, LISTS)
    elif kind == words.BODY:
        state[PAST_HEAD] = 1
        if state[BODY_END] < 0:
            state[BODY_END] = state[SIZE]
    elif kind != 0:
        return follow(values, start, kind, out, places, state, tag)
    return end


@kernel
def note(places: np.ndarray, row: int, place: int, state: np.ndarray, count: int) -> None:
    """Add a place to a row, if there is room, and count it."""
    if state[count] < places.shape[1]:
        places[row, state[count]] = place
    state[count] += 1


@kernel
def follow(
    values: np.ndarray,
    start: int,
    kind: int,
    out: np.ndarray,
    places: np.ndarray,
    state: np.ndarray,
    tag: np.ndarray,
) -> int:
    """What a start tag changes for what follows; as copy_tag."""
    end: int = tag[END]
    if kind == words.BLOCK:
        if not state[HAS_HTML]:
            state[DEPTH] = 0
    elif kind == words.FOREIGN:
        state[DEPTH] += not tag[IS_EMPTY]
    elif kind == words.SELECT:
        state[HAS_SELECT] = 1
    elif kind == words.PREFORMATTED:
        state[KEEPS_SPACE] = 1
    elif kind == words.UNREADABLE:
        return ~end
    elif kind == words.INTEGRATION:
        state[HAS_HTML] |= state[DEPTH] > 0
    elif state[DEPTH] > 0 and tag[IS_EMPTY]:
        return end
    elif kind == words.SCRIPT or kind == words.STYLE:
        return leave_out_script(values, start, kind, end, places, state)
    elif kind == words.TEXT_ONLY or kind == words.TEXTAREA:
        state[HAS_HTML] |= state[DEPTH] > 0
        state[KEEPS_SPACE] |= kind == words.TEXTAREA
        stop = find_byte(values, end, len(values), LESS)
        if not is_closed_by(values, start, stop):
            return ~end
        state[SIZE] = copy(values, end, stop, out, state[SIZE])
        return stop
    return end


@kernel
def leave_out_script(
    values: np.ndarray, start: int, kind: int, end: int, places: np.ndarray, state: np.ndarray
) -> int:
    """Where the end tag of a script or style stands whose start tag is written; ~end: that is in doubt."""
    stop = find_byte(values, end, len(values), LESS)
    if not is_closed_by(values, start, stop):
        # in SVG, and styles in lists of choices, it is read as HTML
        if state[DEPTH] > 0 or (kind == words.STYLE and state[HAS_SELECT]):
            return ~end
        if kind == words.SCRIPT:
            stop = find_script_end(values, end)
        else:
            while stop < len(values) and not is_closed_by(values, start, stop):
                stop = find_byte(values, stop + 1, len(values), LESS)
    if not end <= stop < len(values):
        return ~end
    if kind == words.SCRIPT and contains(values, start, end, _JSON_LD):
        if state[SCRIPTS] < places.shape[1]:
            places[2, state[SCRIPTS]], places[3, state[SCRIPTS]] = end, stop
        state[SCRIPTS] += 1
    return stop


@kernel
def slim_page(
    values: np.ndarray, out: np.ndarray, places: np.ndarray, state: np.ndarray, tag: np.ndarray
) -> None:
    """n bytes of a page → `state[SIZE]` of them in `out`, which has room for 1.25 n: `<p/>` becomes `<p />`.

    places: four rows: where `<meta` stands in the head and `<ul` behind a paragraph or heading, in `out`;
    where contents of JSON-LD begin and end, in `values`. What a row has no room for is counted. tag: scratch.
    """
    place, count = 0, len(values)
    state[:] = 0
    state[BODY_END] = -1
    while 0 <= place < count:
        if values[place] != LESS:
            place = copy_text(values, place, out, state)
        elif place + 4 > count:
            place = ~place
        elif values[place + 1] == MARK or values[place + 1] == QUESTION:
            place = copy_declaration(values, place, out, state)
        elif values[place + 1] == SLASH or 97 <= values[place + 1] | 32 <= 122:
            place = copy_tag(values, place, out, places, state, tag)
        else:
            out[state[SIZE]] = LESS
            state[SIZE] += 1
            place += 1
    if place < 0:
        state[SIZE] = copy(values, ~place, count, out, state[SIZE])
        state[CANDIDATES] += 1
