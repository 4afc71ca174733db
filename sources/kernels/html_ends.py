"""Where what a tag of HTML begins ends, as its parser sees it, and what stands around a place."""

import numpy as np

from layers.compiling import kernel_without_references as kernel
from sources.kernels.html_words import (
    AMPERSAND,
    BYTES,
    DASH,
    ENDS_NAME,
    GREATER,
    LESS,
    MARK,
    SLASH,
    SPACE,
    as_name,
    find_byte,
    is_end_tag,
    starts_with,
)

_LIST_WINDOW_BYTES = 40
_SCRIPT = as_name(b"script")
_ARTICLE_BODY, _ARTICLEBODY = as_name(b"article-body"), as_name(b"articlebody")
_CONTENTBODY, _ARTICLE_TEXT = as_name(b"contentbody"), as_name(b"article-text")
_MAIN_CONTENT, _SINGLE_POST = as_name(b"main-content"), as_name(b"single-post")
_POSTCONTENT, _POST_CONTENT = as_name(b"postcontent"), as_name(b"post-content")


@kernel
def find_arrow(values: np.ndarray, start: int) -> int:
    """The byte behind the first `-->` that ends from a place on; -1: there is none."""
    end = start
    while True:
        end = find_byte(values, end, len(values), GREATER) + 1
        if end > len(values):
            return -1
        if values[end - 2] == DASH and values[end - 3] == DASH:
            return end


@kernel
def find_comment_end(values: np.ndarray, start: int) -> int:
    """The byte behind a comment whose content begins at start; -1: there is none, or it is in doubt."""
    end = find_arrow(values, start)
    place = find_byte(values, start + 2, end, MARK)
    while place < end:
        if values[place + 1] == GREATER and values[place - 1] == DASH and values[place - 2] == DASH:
            return -1
        place = find_byte(values, place + 1, end, MARK)
    return end


@kernel
def find_script_end(values: np.ndarray, start: int) -> int:
    """Where the end tag stands of a script whose content begins at start; -1: it has none.

    A comment in it may hold a script with an end tag of its own.
    """
    place, comment_end, is_nested = start, 0, False
    while True:
        place = find_byte(values, place, len(values), LESS)
        if place + 9 > len(values):
            return -1
        is_comment = place < comment_end
        is_nested = is_nested and is_comment
        following = values[place + 1]
        if following == MARK:
            if not is_comment and values[place + 2] == DASH and values[place + 3] == DASH:
                comment_end = find_arrow(values, place + 4)
                if comment_end < 0:
                    comment_end = len(values)
        elif following == SLASH:
            if is_end_tag(values, place, _SCRIPT):
                if not is_nested:
                    return place
                is_nested = False
        elif is_comment and starts_with(values, place + 1, place + 7, _SCRIPT):
            is_nested = is_nested or BYTES[values[place + 7]] & ENDS_NAME != 0
        place += 1


@kernel
def is_closed_by(values: np.ndarray, start: int, place: int) -> bool:
    """Whether the end tag of the tag that begins at start stands at a place."""
    name, other = start + 1, place + 2
    if other > len(values) or values[place + 1] != SLASH:
        return False
    while not BYTES[values[name]] & ENDS_NAME:
        if other >= len(values) or values[other] | 32 != values[name] | 32:
            return False
        name += 1
        other += 1
    return other < len(values) and BYTES[values[other]] & ENDS_NAME != 0


@kernel
def is_behind_block(values: np.ndarray, place: int) -> bool:
    """Whether a paragraph or heading ends shortly before a place, with nothing but white space between."""
    first, end = max(place - _LIST_WINDOW_BYTES, 0), place
    while end > first and (BYTES[values[end - 1]] & SPACE or values[end - 1] == 11):
        end -= 1
    if end - 4 < first or values[end - 1] != GREATER:
        return False
    if values[end - 4] == LESS and values[end - 3] == SLASH:
        return bool(values[end - 2] | 32 == 112)
    is_heading = end - 5 >= first and values[end - 5] == LESS and values[end - 4] == SLASH
    return bool(is_heading and values[end - 3] | 32 == 104 and 50 <= values[end - 2] <= 52)


@kernel
def count_candidates(values: np.ndarray, start: int, stop: int) -> int:
    """Classes by which resiliparse knows the main element, in whatever case; a character reference is one."""
    count, place = 0, start
    while place < stop:
        begin = place
        while place < stop and not BYTES[values[place]] & SPACE:
            count += values[place] == AMPERSAND
            place += 1
        if place - begin == 11:
            count += starts_with(values, begin, place, _ARTICLEBODY)
            count += starts_with(values, begin, place, _CONTENTBODY)
            count += starts_with(values, begin, place, _POSTCONTENT)
            count += starts_with(values, begin, place, _SINGLE_POST)
        elif place - begin == 12:
            count += starts_with(values, begin, place, _ARTICLE_BODY)
            count += starts_with(values, begin, place, _ARTICLE_TEXT)
            count += starts_with(values, begin, place, _MAIN_CONTENT)
            count += starts_with(values, begin, place, _POST_CONTENT)
        place += 1
    return count
