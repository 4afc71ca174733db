"""Kernels that find where HTML's character references and tags end."""

from functools import cache

import numpy as np

from layers.compiling import kernel_without_references as kernel

MAX_ENTITY_BYTES, MAX_TAG_BYTES = 33, 2000
TAG_NAMES = """
a abbr acronym address applet area article aside audio b base bdi bdo big blockquote body br button canvas
caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt em embed fieldset
figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html i iframe img input ins
kbd label legend li link main map mark menu meta meter nav noscript object ol optgroup option output p param
picture pre progress q ref rp rt ruby s samp script section select small source span strike strong style sub
summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr
"""


@cache
def tag_names() -> np.ndarray:
    """Sorted first eight letters of the names of HTML's elements, as integers: uint64 [n]."""
    names = {int.from_bytes(name[:8].encode(), "big") for name in TAG_NAMES.split()}
    table = np.array(sorted(names), np.uint64)
    table.flags.writeable = False
    return table


@kernel
def find_entity_end(values: np.ndarray, place: int, stop: int) -> int:
    """Where the character reference that begins at & ends: &name; &#1; &#x1; else place."""
    i = place + 1
    last = min(stop, place + MAX_ENTITY_BYTES)
    digits = i < last and values[i] == 0x23
    hexadecimal = digits and i + 1 < last and (values[i + 1] | 0x20) == 0x78
    i += 2 if hexadecimal else 1 if digits else 0
    first = i
    while i < last:
        byte = values[i]
        lower = byte | 0x20
        is_digit = 0x30 <= byte <= 0x39
        if hexadecimal:
            inside = is_digit or 0x61 <= lower <= 0x66
        elif digits:
            inside = is_digit
        else:
            inside = 0x61 <= lower <= 0x7A or (is_digit and i > first)
        if not inside:
            break
        i += 1
    least = 1 if digits else 2
    return i + 1 if i < last and values[i] == 0x3B and i - first >= least else place


@kernel
def find_tag_end(values: np.ndarray, place: int, stop: int, names: np.ndarray) -> int:
    """Where the tag, comment or declaration of HTML that begins at < ends; else place."""
    i = place + 1
    last = min(stop, place + MAX_TAG_BYTES)
    if i + 2 < last and values[i] == 0x21:  # !
        if values[i + 1] == 0x2D and values[i + 2] == 0x2D:
            i += 3
            while i + 2 < last:
                if values[i] == 0x2D and values[i + 1] == 0x2D and values[i + 2] == 0x3E:
                    return i + 3
                if values[i] == 0x3C and values[i + 1] == 0x21:
                    return place
                i += 1
            return place
        if (values[i + 1] | 0x20) != 0x64:  # doctype
            return place
    else:
        if i < last and values[i] == 0x2F:
            i += 1
        name, length = np.uint64(0), 0
        while i < last and length <= 10:
            byte = values[i] | 0x20
            if not (0x61 <= byte <= 0x7A or (length > 0 and 0x31 <= values[i] <= 0x36)):
                break
            if length < 8:
                name = name << np.uint64(8) | np.uint64(byte)
            length += 1
            i += 1
        found = np.searchsorted(names, name)
        if length == 0 or found == names.shape[0] or names[found] != name:
            return place
        if i < last and not (
            values[i] == 0x3E or values[i] == 0x2F or values[i] == 0x20 or 0x09 <= values[i] <= 0x0D
        ):
            return place
    while i < last:
        if values[i] == 0x3E:
            return i + 1
        if values[i] == 0x3C:
            return place
        i += 1
    return place
