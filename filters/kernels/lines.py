"""Kernels over the lines of texts: hash each normalised line, and write texts without some of them."""

import numpy as np

from filters.kernels.hashing import FNV_BASIS, FNV_PRIME, fmix64
from filters.kernels.text_edits import copy_bytes
from filters.kernels.unicode_tables import FORMAT, SPACE
from filters.kernels.utf8 import count_chars, decode_utf8, find_character_start
from layers.compiling import kernel

NEWLINE = 0x0A
CARRIAGE_RETURN = 0x0D
_BLANK = np.uint64(0x20)
_FORMAT = np.uint32(FORMAT)
_SPACE = np.uint32(SPACE)


@kernel
def count_lines(values, offsets):  # type: ignore[no-untyped-def]
    """Lines of all texts that hold at least one byte: n texts → their number."""
    lines = 0
    for row in range(offsets.size - 1):
        is_inside = False
        for i in range(offsets[row], offsets[row + 1]):
            byte = values[i]
            if (byte == NEWLINE) | (byte == CARRIAGE_RETURN):
                is_inside = False
            elif not is_inside:
                is_inside = True
                lines += 1
    return lines


COLON = 0x3A
MAX_NAME_BYTES = 40
MIN_REFRAIN = 3
"""A line that stands so often in one document is its refrain."""


@kernel
def is_indented(values, start, stop):  # type: ignore[no-untyped-def]
    """Whether a line begins with a tab or two spaces, as the lines of code and verse do."""
    return stop - start > 1 and (
        values[start] == 0x09 or (values[start] == 0x20 and values[start + 1] == 0x20)
    )


@kernel
def begins_turn(values, start, stop):  # type: ignore[no-untyped-def]
    """Whether a line begins with `NAME:`: a letter, and up to MAX_NAME_BYTES on a colon and a space."""
    first = values[start]
    if not ((first >= 0x41 and first <= 0x5A) or first >= 0x80):
        return False
    for i in range(start, min(stop, start + MAX_NAME_BYTES)):
        if values[i] == COLON:
            return i + 1 >= stop or values[i + 1] == 0x20
    return False


MIN_VERSES = 4
MAX_VERSE_CHARS = 80
"""Of a verse on average: longer lines are paragraphs."""
_ASCII_PAUSES = (0x2C, 0x3B)  # comma, semicolon
_PAUSES = (0x060C, 0x061B, 0x1363, 0x3001, 0xFF0C, 0xFF1B)  # Arabic, Ethiopic, Chinese


@kernel
def ends_in_pause(values, start, stop):  # type: ignore[no-untyped-def]
    """Whether a line's last character, but for white space, is a comma or semicolon of any script."""
    end = stop
    while end > start and values[end - 1] <= 0x20:
        end -= 1
    if end > start and values[end - 1] in _ASCII_PAUSES:
        return True
    return (
        end > start and decode_utf8(values, find_character_start(values, start, end - 1), end)[0] in _PAUSES
    )


@kernel
def mark_verses(values, spans, spared):  # type: ignore[no-untyped-def]
    """Fill spared [m]: the lines of one document that stand as verses among verses.

    A quarter of MIN_VERSES lines or more end in a comma or semicolon, and they have up to MAX_VERSE_CHARS
    on average; a verse has half to twice as many characters as the average.
    """
    chars = np.empty(len(spans), np.int64)
    pauses = 0
    for line in range(len(spans)):
        chars[line] = count_chars(values, spans[line, 0], spans[line, 1])
        pauses += ends_in_pause(values, spans[line, 0], spans[line, 1])
    total = chars.sum()
    lines = len(spans)
    is_verse = lines >= MIN_VERSES and 4 * pauses >= lines and total <= MAX_VERSE_CHARS * lines
    for line in range(lines):
        spared[line] = is_verse and total <= 2 * lines * chars[line] and lines * chars[line] <= 2 * total


@kernel
def mark_spared(values, hashes, rows, spans, spared):  # type: ignore[no-untyped-def]
    """Fill spared [m]: lines of hash_lines that no rule removes.

    Indented lines; turns, where at least half of a document's lines are some; refrains, lines that stand
    MIN_REFRAIN times in a document; and verses, of which a refrain may stand once in many songs. hashes
    uint64 [m], rows and spans as hash_lines gives them.
    """
    first = 0
    while first < hashes.size:
        last = first
        turns = 0
        while last < hashes.size and rows[last] == rows[first]:
            turns += begins_turn(values, spans[last, 0], spans[last, 1])
            last += 1
        mark_verses(values, spans[first:last], spared[first:last])
        is_dialogue = 2 * turns >= last - first and turns > 1
        order = np.argsort(hashes[first:last])
        place = 0
        while place < order.size:
            until = place
            while until < order.size and hashes[first + order[until]] == hashes[first + order[place]]:
                until += 1
            for k in range(place, until):
                line = first + order[k]
                spared[line] |= (
                    until - place >= MIN_REFRAIN
                    or is_indented(values, spans[line, 0], spans[line, 1])
                    or (is_dialogue and begins_turn(values, spans[line, 0], spans[line, 1]))
                )
            place = until
        first = last


@kernel
def hash_lines(values, offsets, table, min_chars, hashes, rows, spans):  # type: ignore[no-untyped-def]
    """Hash every line of at least min_chars normalised characters: n texts → the number of lines found.

    The first so many places of hashes (uint64), rows (int64) and spans (int64 [, 2]: first byte of the
    line, first byte after its line end) are written; count_lines says how many there can be. A line
    ends at LF or CR. Normalised: table[c] >> 8 (unicode_tables.packed: lower case) of each code point,
    a run of white space is one space, white space at both ends and format characters are left out.
    The hash is FNV-1a over code points, finalised as in MurmurHash3.
    """
    count = 0
    for row in range(offsets.size - 1):
        i, stop = offsets[row], offsets[row + 1]
        while i < stop:
            start = i
            state = FNV_BASIS
            chars = 0
            is_blank = False
            while i < stop:
                byte = values[i]
                if (byte == NEWLINE) | (byte == CARRIAGE_RETURN):
                    break
                code_point, i = decode_utf8(values, i, stop)
                entry = table[code_point]
                if entry & _FORMAT:
                    continue
                if entry & _SPACE:
                    is_blank = chars > 0
                    continue
                if is_blank:
                    state = (state ^ _BLANK) * FNV_PRIME
                    chars += 1
                    is_blank = False
                state = (state ^ np.uint64(entry >> np.uint32(8))) * FNV_PRIME
                chars += 1
            if i < stop:
                is_pair = values[i] == CARRIAGE_RETURN and i + 1 < stop and values[i + 1] == NEWLINE
                i += 2 if is_pair else 1
            if chars > 0 and chars >= min_chars:
                hashes[count] = fmix64(state)
                rows[count] = row
                spans[count, 0] = start
                spans[count, 1] = i
                count += 1
    return count


@kernel
def write_without_spans(values, offsets, rows, spans, out, out_offsets):  # type: ignore[no-untyped-def]
    """Write n texts without the byte spans [m, 2], which are in order of place; rows says whose they are."""
    end = 0
    span = 0
    out_offsets[0] = 0
    for row in range(offsets.size - 1):
        i, stop = offsets[row], offsets[row + 1]
        while span < rows.size and rows[span] == row:
            end = copy_bytes(values, i, spans[span, 0], out, end)
            i = spans[span, 1]
            span += 1
        end = copy_bytes(values, i, stop, out, end)
        out_offsets[row + 1] = end
    return end


@kernel
def mix_keys(hashes, scopes):  # type: ignore[no-untyped-def]
    """One key of a line hash and the hash of what it is counted in: n, n → n; scope 0 is the line alone."""
    keys = np.empty(hashes.size, np.uint64)
    for i in range(hashes.size):
        keys[i] = hashes[i] if scopes[i] == 0 else fmix64(hashes[i] ^ scopes[i])
    return keys
