"""Candidates of personal data in UTF-8: one pass that finds where validators look, and decides nothing.

A number is a run of decimal digits of any script, with what is written between the groups of telephone
numbers, cards and accounts. Everything else is found from a mark: an at sign, two colons, the head of a key,
a degree. Each byte is walked over a bounded number of times, whatever the text is.
"""

import numpy as np

from filters.kernels.personal_data_shapes import (
    CLASSES,
    DIGITS,
    GAPS,
    MIN_DIGITS,
    count_account_characters,
    find_end,
    find_end_of_dashes,
    find_start,
    has_long_word,
    is_address,
    is_assigned,
    is_begin,
    is_capital,
    is_degree,
    is_mixed,
    is_site,
    read_number,
    read_point,
)
from layers.compiling import kernel_without_references as kernel

ADDRESS = 1
"""An at sign between a word and a name with a dot, or of the user of a URL: with the ASCII of both."""
HANDLE = 2
"""An at sign before a word and behind none: the sign."""
NUMBER = 3
"""At least MIN_DIGITS digits, four groups with points, six digits behind two capitals and a space.

From the first digit to behind the last.
"""
DECIMAL = 4
"""At most three digits, a point and at least MIN_DECIMALS digits."""
DEGREE = 5
"""A degree sign behind a digit: the sign."""
COLONS = 6
"""Hexadecimal digits and at least two colons."""
ACCOUNT = 7
"""Two Latin letters, two digits and more: from the first letter to behind the second digit."""
TOKEN = 8
"""A word of MIN_TOKEN_BYTES letters and digits with what is written on to it, or a value of a name."""
MIXED = 9
"""A word of 8 to 20 Latin letters and digits, at least four of them digits."""
KEY_BLOCK = 10
"""The head of a PEM block: from its first dash to behind BEGIN."""
PROFILE = 11
"""The slash behind the name of a site that ends with .com, .me, .net or .tv."""


@kernel
def _put(out: np.ndarray, count: int, text: int, kind: int, start: int, stop: int) -> int:
    if count < out.shape[0]:
        out[count, 0] = text
        out[count, 1] = kind
        out[count, 2] = start
        out[count, 3] = stop
    return count + 1


@kernel
def _put_words(
    values: np.ndarray,
    at: int,
    first: int,
    token_end: int,
    end: int,
    text: int,
    classes: np.ndarray,
    out: np.ndarray,
    count: int,
) -> tuple[int, int]:
    """(candidates, behind the token) that the first digit of a token gives: account, identifier, secret."""
    start = find_start(values, at, token_end, classes, 4)
    stop = find_end(values, at, end, classes, 4)
    is_value = stop - start >= 10 or (stop - start >= 8 and stop < end and values[stop] == 58)
    is_value &= values[start] == 61 or (
        start > first and values[start - 1] in (9, 10, 32, 34, 39, 44, 58, 62, 96, 124)
    )
    if has_long_word(values, start, stop) or (
        is_value and (values[start] == 61 or is_assigned(values, start, first))
    ):
        count = _put(out, count, text, TOKEN, start, stop)
    word = start
    while word < stop:
        behind = find_end(values, word, stop, classes, 1)
        if behind == word:
            word += 1
            continue
        if is_mixed(values, word, behind):
            count = _put(out, count, text, MIXED, word, behind)
        word = behind
    return count, stop


@kernel
def _put_number(
    values: np.ndarray,
    at: int,
    first: int,
    end: int,
    text: int,
    classes: np.ndarray,
    digits: np.ndarray,
    gaps: np.ndarray,
    out: np.ndarray,
    count: int,
) -> tuple[int, int]:
    """(candidates, behind the number) that the first digit of a number gives: account, coordinate, number."""
    head = at - 1 if at > first and values[at - 1] == 32 else at
    is_head = head - first >= 2 and classes[values[head - 1]] & 1 and classes[values[head - 2]] & 1
    is_head &= head - first == 2 or not classes[values[head - 3]] & 1
    if is_head and head == at and count_account_characters(values, at, end, classes, digits) >= 13:
        count = _put(out, count, text, ACCOUNT, at - 2, at)
    number_end, length, points, decimal_end = read_number(values, at, end, digits, gaps)
    if decimal_end:
        count = _put(out, count, text, DECIMAL, at, decimal_end)
    is_code = (
        length == 6
        and is_head
        and head < at
        and is_capital(values, head - 1)
        and is_capital(values, head - 2)
    )
    if length >= MIN_DIGITS or points >= 3 or is_code:
        count = _put(out, count, text, NUMBER, at, number_end)
    return count, number_end


@kernel
def _put_at_sign(
    values: np.ndarray,
    at: int,
    first: int,
    end: int,
    text: int,
    classes: np.ndarray,
    out: np.ndarray,
    count: int,
) -> int:
    """Candidates that an at sign gives, appended: address, handle."""
    before = values[at - 1] if at > first else 32
    following = values[at + 1]
    is_word = classes[before] & 8 or (before > 32 and before != 40 and before != 91 and before != 58)
    if (
        is_word
        and (classes[following] & 8 or following == 91)
        and is_address(values, at, first, end, classes)
    ):
        start = find_start(values, at, max(first, at - 128), classes, 32)
        stop = find_end(values, at + 1, min(end, at + 256), classes, 64)
        count = _put(out, count, text, ADDRESS, start, stop)
    if (before >= 0x80 or not classes[before] & 8) and (classes[following] & 1 or following == 95):
        stop = find_end(values, at + 1, min(end, at + 33), classes, 8)
        if stop - at >= 4:
            count = _put(out, count, text, HANDLE, at, at + 1)
    return count


@kernel
def _put_colons(
    values: np.ndarray,
    at: int,
    first: int,
    end: int,
    text: int,
    classes: np.ndarray,
    out: np.ndarray,
    count: int,
) -> tuple[int, int]:
    """(candidates, behind the run) that the first colon of a run of hexadecimal digits and colons gives."""
    start = find_start(values, at, first, classes, 2)
    stop = at
    colons = 0
    while stop < end and (classes[values[stop]] & 2 or values[stop] == 58 or values[stop] == 46):
        colons += values[stop] == 58
        stop += 1
    if colons >= 2 and stop - start >= 6:
        count = _put(out, count, text, COLONS, start, stop)
    return count, stop


@kernel
def _scan_text(
    values: np.ndarray,
    first: int,
    end: int,
    text: int,
    classes: np.ndarray,
    digits: np.ndarray,
    gaps: np.ndarray,
    out: np.ndarray,
    count: int,
) -> int:
    """Candidates of one text, appended from `count` on → their number, also where out is full."""
    at = first
    number_end = token_end = colons_end = first
    while at < end:
        byte = values[at]
        if not classes[byte] & 16:
            at += 1
            continue
        size = 1
        digit = 255
        if byte >= 0x80:
            point, size = read_point(values, at, end)
            digit = digits[point] if point < digits.size else 255
            if point == 0xB0 and is_degree(values, at, first, end):
                count = _put(out, count, text, DEGREE, at, at + 2)
        elif 48 <= byte <= 57:
            digit = byte - 48
        is_joint = byte == 95 or (byte == 45 and at > first and classes[values[at - 1]] & 1)
        if at >= token_end and byte < 0x80 and (digit != 255 or is_joint):
            count, token_end = _put_words(values, at, first, token_end, end, text, classes, out, count)
        if digit != 255 and at >= number_end:
            count, number_end = _put_number(values, at, first, end, text, classes, digits, gaps, out, count)
        elif byte == 64 and at + 1 < end:
            count = _put_at_sign(values, at, first, end, text, classes, out, count)
        elif byte == 58 and at >= colons_end:
            count, colons_end = _put_colons(values, at, colons_end, end, text, classes, out, count)
        elif byte == 47:
            if is_site(values, at, first, end):
                count = _put(out, count, text, PROFILE, at, at + 1)
        elif byte == 45 and at + 10 < end and values[at + 1] == 45 and values[at + 2] == 45:
            dashes = find_end_of_dashes(values, at, end)
            if dashes - at >= 5 and is_begin(values, dashes, end):
                count = _put(out, count, text, KEY_BLOCK, dashes - 5, dashes + 5)
            size = dashes - at
        at += size
    return count


@kernel
def _scan(
    values: np.ndarray,
    offsets: np.ndarray,
    classes: np.ndarray,
    digits: np.ndarray,
    gaps: np.ndarray,
    out: np.ndarray,
) -> int:
    count = 0
    for text in range(offsets.size - 1):
        count = _scan_text(values, offsets[text], offsets[text + 1], text, classes, digits, gaps, out, count)
    return count


def find_candidates(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """n texts → int64 [candidates, 4]: text, kind, start, end; bytes of the buffer, in order of the texts.

    Linear in the bytes. Kinds are the constants above; two candidates may overlap.
    """
    room = 1024 + int(offsets[-1] - offsets[0]) // 32
    while True:
        out = np.empty((room, 4), np.int64)
        count = _scan(values, offsets, CLASSES, DIGITS, GAPS, out)
        if count <= room:
            return out[:count]
        room = count
