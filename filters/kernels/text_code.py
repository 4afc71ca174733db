"""What a line of program text looks like."""

import numpy as np

from filters.kernels.text_tables import SPACE, SPECIAL
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

_PLAIN = np.uint32(SPACE | SPECIAL)
_MARKS = tuple(map(ord, CODE_MARKS))
_OPENING, _BLANK, _TAB = 0x28, 0x20, 0x09


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
