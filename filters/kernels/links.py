"""Blank what surrounds prose on the web and is in no language: addresses, handles, hashtags, markup."""

import numpy as np

from layers.compiling import kernel

SYMBOL, LINKING, ENTITY, ENDING, OF_CODE = 1, 2, 4, 8, 16
"""What a byte is: a symbol that is counted; one of links; `&`; one that ends a word; a symbol, no quote."""
_MAX_TAG = 256
"""Bytes between `<` and `>`; a longer one is no tag."""
_MAX_ENTITY = 10
_MAX_WORD = 4096
"""Bytes that are looked at as one word, so that megabytes without a space cost no more than others."""


@kernel
def _is_letter(byte: int) -> bool:
    """Of ASCII, or any byte of a longer character."""
    lower = byte | 32
    return byte >= 0x80 or (lower >= 97 and lower <= 122)


@kernel
def _is_link(values: np.ndarray, start: int, end: int) -> bool:
    """Whether a word is a web or mail address, a path, a handle or a hashtag."""
    first = start
    while first < end and (values[first] == 40 or values[first] == 34 or values[first] == 39):  # ( " '
        first += 1
    if end - first < 2:
        return False
    if (values[first] == 64 or values[first] == 35) and _is_letter(values[first + 1]):  # @ #
        return True
    slashes = 0
    dots = 0
    for i in range(first, end):
        byte = values[i]
        if byte == 47:
            slashes += 1
            if i > first and i + 1 < end and values[i - 1] == 58 and values[i + 1] == 47:  # ://
                return True
        elif byte == 64 and i > first and i + 1 < end and values[i - 1] < 0x80 and _is_letter(values[i + 1]):
            return True
        elif byte == 46 and i > first and i + 3 < end:  # a dot and com, org or net at the end of a name
            dots += 1
            a, b, c = values[i + 1] | 32, values[i + 2] | 32, values[i + 3] | 32
            named = (a == 99 and b == 111 and c == 109) or (a == 111 and b == 114 and c == 103)
            named |= a == 110 and b == 101 and c == 116
            if named and (i + 4 == end or not _is_letter(values[i + 4])):
                return True
    www = end - first > 4 and values[first] | 32 == 119 and values[first + 1] | 32 == 119
    if www and values[first + 2] | 32 == 119 and values[first + 3] == 46:
        return True
    return slashes >= 2 and (dots >= 1 or values[first] == 47)


@kernel
def _end_of_markup(values: np.ndarray, start: int, end: int) -> int:
    """Behind the tag or entity that starts here, or start if none does."""
    if values[start] == 60 and start + 1 < end:  # <
        following = values[start + 1]
        if following != 47 and following != 33 and (following >= 0x80 or not _is_letter(following)):
            return start
        for i in range(start + 1, min(end, start + _MAX_TAG)):
            if values[i] == 62:
                return i + 1
            if values[i] == 60:
                return start
    elif values[start] == 38:  # &
        for i in range(start + 1, min(end, start + _MAX_ENTITY)):
            if values[i] == 59:
                return i + 1 if i > start + 1 else start
            if values[i] >= 0x80 or not (_is_letter(values[i]) or values[i] == 35 or 48 <= values[i] <= 57):
                return start
    return start


@kernel
def blank_links(
    values: np.ndarray, offsets: np.ndarray, kinds: np.ndarray, out: np.ndarray, counts: np.ndarray
) -> None:
    """n lines → the same with spaces for links and markup in out, which has their bytes.

    counts int64 [n, 2] becomes how many bytes of what is left are more than spaces, and how many a SYMBOL:
    none where no symbol is OF_CODE. kinds uint8 [256]: SYMBOL, LINKING … of each byte.
    """
    base = offsets[0]
    for line in range(len(offsets) - 1):
        i, end = offsets[line], offsets[line + 1]
        filled = symbols = np.int64(0)
        any_met = np.uint8(0)
        while i < end:
            first = values[i]
            if first <= 32:
                out[i - base] = first
                i += 1
                continue
            if first == 60 or first == 38:
                stop = _end_of_markup(values, i, end)
                if stop > i:
                    out[i - base : stop - base] = 32
                    i = stop
                    continue
            stop = i
            last = min(end, i + _MAX_WORD)
            # Nearly all words have none of these characters, and are only copied.
            met = np.uint8(0)
            marked = np.int64(0)
            while stop < last:
                byte = values[stop]
                kind = kinds[byte]
                if kind & ENDING or (byte == 60 and stop > i):
                    break
                out[stop - base] = byte
                met |= kind
                marked += kind & SYMBOL
                stop += 1
            if met & LINKING and _is_link(values, i, stop):
                out[i - base : stop - base] = 32
                i = stop
                continue
            if met & ENTITY:
                whole, stop, marked, met = stop, i, np.int64(0), np.uint8(0)
                while stop < whole and (values[stop] != 38 or _end_of_markup(values, stop, end) == stop):
                    marked += kinds[values[stop]] & SYMBOL
                    met |= kinds[values[stop]]
                    stop += 1
            filled += stop - i
            symbols += marked
            any_met |= met
            i = stop
        counts[line, 0], counts[line, 1] = filled, symbols if any_met & OF_CODE else np.int64(0)
