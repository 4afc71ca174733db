"""What stands at a place of UTF-8: numbers, words, names of hosts; `personal_data` says where to look.

Each kernel reads a bounded number of bytes, or is asked once for a run.
"""

import unicodedata

import numpy as np

from layers.compiling import kernel_without_references as kernel

MIN_DIGITS = 7
MIN_DECIMALS = 4
MIN_TOKEN_BYTES = 16
MAX_GAP_BYTES = 6
"""Between two digits of a number, and no more than three characters."""
_CODE_POINTS = 0x20000


def _digit_values() -> np.ndarray:
    """Value of each code point as a decimal digit, 255 for others: uint8 [_CODE_POINTS]."""
    values = np.full(_CODE_POINTS, 255, np.uint8)
    for point in range(_CODE_POINTS):
        digit = unicodedata.decimal(chr(point), -1)
        if digit >= 0:
            values[point] = digit
    return values


def _gap_marks() -> np.ndarray:
    """Whether a code point below U+10000 may stand between two digits of a number: uint8 [0x10000]."""
    marks = np.zeros(0x10000, np.uint8)
    spaces_and_dashes = "\u00a0\u2007\u2009\u202f\u3000\u2010\u2011\u2012\u2013\u2014\u2212"
    for mark in f" -.()/{spaces_and_dashes}\uff0d\uff08\uff09\uff0e\uff0f":
        marks[ord(mark)] = 1
    for mark in "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069\ufeff\u00ad":
        marks[ord(mark)] = 1
    return marks


def _byte_classes() -> np.ndarray:
    """Bits of each byte: what of ASCII it may be part of, and which bytes something begins with.

    1 letter or digit, 2 hexadecimal digit, 4 token, 8 name of a host or any byte of a longer character,
    16 where something may begin, 32 local part of an address, 64 name of a host.
    """
    classes = np.zeros(256, np.uint8)
    for byte in range(256):
        character = chr(byte)
        alphanumeric = byte < 128 and character.isalnum()
        classes[byte] |= 1 * alphanumeric | 2 * (byte < 128 and character in "0123456789abcdefABCDEF")
        classes[byte] |= 4 * (alphanumeric or character in "_-./+=~%") | 8 * (
            alphanumeric or character in "-._"
        )
        classes[byte] |= 32 * (alphanumeric or character in "._%+'-") | 64 * (
            alphanumeric or character in ".-"
        )
        classes[byte] |= 8 * (byte >= 128) | 16 * (character in "0123456789@:/-_" or byte >= 128)
    return classes


DIGITS = _digit_values()
GAPS = _gap_marks()
CLASSES = _byte_classes()


@kernel
def read_point(values: np.ndarray, at: int, end: int) -> tuple[int, int]:
    """(code point, bytes) of the character that starts here."""
    byte = int(values[at])
    if byte < 0x80:
        return byte, 1
    if byte < 0xE0 and at + 1 < end:
        return (byte & 31) << 6 | (int(values[at + 1]) & 63), 2
    if byte < 0xF0 and at + 2 < end:
        return (byte & 15) << 12 | (int(values[at + 1]) & 63) << 6 | (int(values[at + 2]) & 63), 3
    if at + 3 < end:
        high = (byte & 7) << 18 | (int(values[at + 1]) & 63) << 12
        return high | (int(values[at + 2]) & 63) << 6 | (int(values[at + 3]) & 63), 4
    return 0, 1


@kernel
def read_number(
    values: np.ndarray, start: int, end: int, digits: np.ndarray, gaps: np.ndarray
) -> tuple[int, int, int, int]:
    """(behind the last digit, digits, points before it, behind a fraction or 0) of a number's start."""
    at = last = start
    count = group = integers = gap = gap_bytes = points = next_points = 0
    decimal_end = 0
    is_fraction = False
    while at < end:
        point, size = read_point(values, at, end)
        digit = digits[point] if point < digits.size else 255
        if digit != 255:
            at += size
            last = at
            count += 1
            group += 1
            points += next_points
            gap = gap_bytes = next_points = 0
            continue
        if is_fraction and group >= MIN_DECIMALS and decimal_end == 0:
            decimal_end = last
        if point >= gaps.size or gaps[point] == 0 or gap == 3 or gap_bytes + size > MAX_GAP_BYTES:
            break
        if gap == 0:
            integers = group
            next_points = 1 if point == 46 or point == 0xFF0E else 0
            is_fraction = point == 46 and count == group and integers <= 3
            group = 0
        else:
            is_fraction = False
        gap += 1
        gap_bytes += size
        at += size
    if at >= end and is_fraction and group >= MIN_DECIMALS and decimal_end == 0:
        decimal_end = last
    return last, count, points, decimal_end


@kernel
def find_end(values: np.ndarray, start: int, end: int, classes: np.ndarray, bit: int) -> int:
    """Behind the last byte of a class, from here on."""
    at = start
    while at < end and classes[values[at]] & bit:
        at += 1
    return at


@kernel
def find_start(values: np.ndarray, at: int, first: int, classes: np.ndarray, bit: int) -> int:
    """The first byte of the run of a class that ends before here."""
    while at > first and classes[values[at - 1]] & bit:
        at -= 1
    return at


@kernel
def find_end_of_dashes(values: np.ndarray, at: int, end: int) -> int:
    while at < end and values[at] == 45:
        at += 1
    return at


@kernel
def is_address(values: np.ndarray, at: int, first: int, end: int, classes: np.ndarray) -> bool:
    """Whether a name with a dot follows the at sign, or a URL leads to it."""
    limit = min(end, at + 256)
    stop = find_end(values, at + 1, limit, classes, 8)
    for i in range(at + 2, stop - 1):
        if values[i] == 46 and (values[i + 1] >= 65):
            return True
    left = at
    limit = max(first, at - 256)
    while left > limit + 2:
        byte = values[left - 1]
        if byte <= 32 or byte == 64 or byte == 60 or byte == 34:
            return False
        if byte == 47 and values[left - 2] == 47 and values[left - 3] == 58:  # ://
            return True
        left -= 1
    return False


@kernel
def is_site(values: np.ndarray, at: int, first: int, end: int) -> bool:
    """Whether the slash here ends the name of a site that may have profiles."""
    if at - first < 5 or at + 1 >= end or values[at + 1] <= 32:
        return False
    a, b, c, d = values[at - 4], values[at - 3] | 32, values[at - 2] | 32, values[at - 1] | 32
    if a == 46:
        com = b == 99 and c == 111 and d == 109
        return bool(com or (b == 110 and c == 101 and d == 116))
    return bool(values[at - 3] == 46 and ((c == 109 and d == 101) or (c == 116 and d == 118)))


@kernel
def count_account_characters(
    values: np.ndarray, start: int, end: int, classes: np.ndarray, digits: np.ndarray
) -> int:
    """Letters and digits from here on, with at most one space or dash between them, up to 34."""
    at = start
    count = 0
    was_gap = False
    while at < end and count < 34:
        point, size = read_point(values, at, end)
        if (point < 128 and classes[point] & 1) or (point < digits.size and digits[point] != 255):
            count += 1
            was_gap = False
        elif (point == 32 or point == 45 or point == 0xA0 or point == 0x202F) and not was_gap:
            was_gap = True
        else:
            break
        at += size
    return count


@kernel
def is_mixed(values: np.ndarray, start: int, stop: int) -> bool:
    """Whether a word of ASCII has a letter, four digits, and a length of an identifier."""
    if stop - start < 8 or stop - start > 20:
        return False
    count = 0
    for i in range(start, stop):
        count += 48 <= values[i] <= 57
    return count >= 4 and count < stop - start


@kernel
def is_assigned(values: np.ndarray, start: int, first: int) -> bool:
    """Whether a colon, an equals sign, an arrow or two bars stand before a word, but for quotes and spaces.

    A comma counts where no space is next to the word.
    """
    at = start - 1
    while at > first and at > start - 8 and values[at] in (9, 10, 32, 34, 39, 96):
        at -= 1
    if at < first:
        return False
    byte = values[at]
    if byte == 44:
        return bool(values[start - 1] != 32 and values[start - 1] != 10)
    return bool(
        byte == 58 or byte == 61 or byte == 62 or (byte == 124 and at > first and values[at - 1] == 124)
    )


@kernel
def has_long_word(values: np.ndarray, start: int, stop: int) -> bool:
    """Whether a token may be a key: a word of 16 letters and a digit, 20 of both cases, or a value behind =.

    So may words that dashes join, of 24 letters and digits, two of them digits; those that dashes, slashes
    and plus signs join, of 18 with a digit and three of both cases; and one of 30 letters.
    """
    if stop - start < MIN_TOKEN_BYTES:
        return False
    run = digits = capitals = smalls = letters = 0
    joined = joined_digits = mixed = mixed_digits = mixed_capitals = mixed_smalls = 0
    for i in range(start, stop):
        byte = values[i]
        is_digit = 48 <= byte <= 57
        is_capital, is_small = 65 <= byte <= 90, 97 <= byte <= 122
        letters = letters + 1 if is_capital or is_small else 0
        if not (is_digit or is_capital or is_small or byte == 95):
            if byte == 61 and i > start and stop - i > 10:
                return True
            run = digits = capitals = smalls = 0
            if byte != 45:
                joined = joined_digits = 0
            if byte != 45 and byte != 47 and byte != 43:
                mixed = mixed_digits = mixed_capitals = mixed_smalls = 0
            continue
        digits += is_digit
        capitals += is_capital
        smalls += is_small
        run += 1
        joined += 1
        joined_digits += is_digit
        mixed += 1
        mixed_digits += is_digit
        mixed_capitals += is_capital
        mixed_smalls += is_small
        if run >= MIN_TOKEN_BYTES and (digits > 0 or (run >= 20 and capitals >= 4 and smalls >= 4)):
            return True
        if letters >= 30 or (joined >= 24 and joined_digits >= 2):
            return True
        if mixed >= 18 and mixed_digits > 0 and mixed_capitals >= 3 and mixed_smalls >= 3:
            return True
    return False


@kernel
def is_capital(values: np.ndarray, at: int) -> bool:
    return bool(65 <= values[at] <= 90)


@kernel
def is_begin(values: np.ndarray, at: int, end: int) -> bool:
    """Whether the word BEGIN stands here."""
    if at + 5 > end or values[at] != 66 or values[at + 1] != 69 or values[at + 2] != 71:
        return False
    return bool(values[at + 3] == 73 and values[at + 4] == 78)


@kernel
def is_degree(values: np.ndarray, at: int, first: int, end: int) -> bool:
    """Whether a digit stands before a degree sign, and a sign of minutes soon behind it."""
    if at == first or not (48 <= values[at - 1] <= 57 or values[at - 1] >= 0x80 or values[at - 1] == 32):
        return False
    for i in range(at + 3, min(end, at + 24)):
        if values[i] == 39 or values[i] == 0xE2 or values[i] == 0xB4:
            return True
        if values[i] == 0xB0 and values[i - 1] == 0xC2:
            return False
    return False
