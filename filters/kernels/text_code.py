"""What a line of program text looks like, and what a line of prose."""

import numpy as np

from filters.kernels.text_tables import ALPHA, CLOSER, IDEOGRAPH, MARK, SPACE, SPECIAL, TERMINAL
from layers.compiling import kernel_without_references as kernel

CODE_OPERATORS = 8
"""A line with an operator in at most this many characters looks like code: 12.5 %; prose has 1 in 200."""
CODE_BRACES = 100
"""So does one with a curly bracket in at most this many: an article on one line, with a formula, does not."""
CODE_INDENT = 2
"""So does one behind a tab or so many spaces with one of CODE_MARKS, or a bracket opened right behind a word.
Of Python with much documentation 4 % of lines have enough operators, 43 % look like code by any of these."""
CODE_MARKS = "[]{}<>=|\\^$@`_"
"""Not ; * & ~ +, which indented prose and verse have."""
MIN_PROSE_LETTERS = 30
"""Letters and marks of a line of prose: six words of English. Han and Kana count as so many:"""
IDEOGRAPH_LETTERS = 3
PROSE_TENTHS = 7
"""Of a line of prose so many characters in ten are letters, marks or spaces. Of 931 pages of program text 1 %
have three tenths of their letters in lines of prose, none half."""

_PLAIN = np.uint32(SPACE | SPECIAL)
_MARKS = tuple(map(ord, CODE_MARKS))
_OPENING, _BLANK, _TAB = 0x28, 0x20, 0x09
_COLON, _WIDE_COLON = 0x3A, 0xFF1A
_SPACE, _LETTER, _IDEOGRAPH = np.uint32(SPACE), np.uint32(ALPHA | MARK), np.uint32(IDEOGRAPH)


@kernel
def is_indented_code(units: np.ndarray, entries: np.ndarray, start: int, stop: int) -> bool:
    """Whether the characters from start to stop, a line, are indented, and have a mark of code or a call."""
    first = start
    while first < stop and (units[first] == _BLANK or units[first] == _TAB):
        first += 1
    if first == start or (first - start < CODE_INDENT and units[start] != _TAB):
        return False
    for i in range(first, stop):
        unit = units[i]
        if unit == _OPENING and i > first and (entries[i - 1] & _PLAIN) == 0:
            return True
        for mark in _MARKS:
            if unit == mark:
                return True
    return False


@kernel
def reads_as_prose(counts: tuple[int, int, int], chars: int, end: np.int64, mark: int) -> bool:
    """Whether a line that is not indented is prose.

    counts: its letters and marks, spaces, Han and Kana characters, up to its last character that is neither
    white space nor closes a quotation or bracket. chars: so many are there up to that. end, mark: that one.
    """
    letters, spaces, ideographs = counts
    ends = (mark & TERMINAL) != 0 or end in (_COLON, _WIDE_COLON)
    enough = letters + (IDEOGRAPH_LETTERS - 1) * ideographs >= MIN_PROSE_LETTERS
    return bool(ends and enough and 10 * (letters + spaces) >= PROSE_TENTHS * chars)


@kernel
def is_prose(units: np.ndarray, entries: np.ndarray, marks: np.ndarray, start: int, stop: int) -> bool:
    """Whether the characters from start to stop, a line, are a sentence, which may quote program text.

    It is not indented, ends with a mark or a colon, and most of it is letters.
    """
    last = stop
    while last > start and (
        (entries[last - 1] & _SPACE) != 0 or (marks[units[last - 1]] & (TERMINAL | CLOSER)) == CLOSER
    ):
        last -= 1
    if last - start < MIN_PROSE_LETTERS // IDEOGRAPH_LETTERS or (entries[start] & _SPACE) != 0:
        return False
    end = units[last - 1]
    mark = marks[end]
    if (mark & TERMINAL) == 0 and end != _COLON and end != _WIDE_COLON:
        return False  # most lines of code: their letters are not counted
    letters, spaces, ideographs = 0, 0, 0
    for i in range(start, last):
        entry = entries[i]
        letters += (entry & _LETTER) != 0
        spaces += (entry & _SPACE) != 0
        ideographs += (entry & _IDEOGRAPH) != 0
    return reads_as_prose((letters, spaces, ideographs), last - start, end, mark)
