"""How much of texts stands in lines of prose, whatever bytes they are: see filters.kernels.text_code."""

import numpy as np

from filters.kernels.text_code import IDEOGRAPH_LETTERS, reads_as_prose
from filters.kernels.text_tables import ALPHA, CLOSER, IDEOGRAPH, MARK, SPACE, TERMINAL
from filters.kernels.utf8 import decode_utf8
from layers.compiling import kernel

_SPACE, _LETTER, _IDEOGRAPH = np.uint32(SPACE), np.uint32(ALPHA | MARK), np.uint32(IDEOGRAPH)
_NEWLINE = 10


@kernel
def count_prose(
    values: np.ndarray,
    offsets: np.ndarray,
    rows: np.ndarray,
    tables: tuple[np.ndarray, np.ndarray],
    counts: np.ndarray,
) -> None:
    """k of n texts → counts int64 [k, 2]: letters and marks in lines of prose, and all.

    Han and Kana characters count as IDEOGRAPH_LETTERS. rows int64 [k]: which texts. tables: (characters(),
    marks()).
    """
    characters, marks = tables
    for k in range(len(rows)):
        i, stop = offsets[rows[k]], offsets[rows[k] + 1]
        prose, total = 0, 0
        while i < stop:
            indented, length, letters, spaces, ideographs = False, 0, 0, 0, 0
            body, of_body, end = 0, (0, 0, 0), np.int64(0)
            while i < stop:
                point, i = decode_utf8(values, i, stop)
                if point == _NEWLINE:
                    break
                entry = characters[point]
                space = (entry & _SPACE) != 0
                indented |= space and length == 0
                length += 1
                letters += (entry & _LETTER) != 0
                ideographs += (entry & _IDEOGRAPH) != 0
                spaces += space
                if not space and (marks[point] & (TERMINAL | CLOSER)) != CLOSER:
                    body, of_body, end = length, (letters, spaces, ideographs), np.int64(point)
            content = letters + (IDEOGRAPH_LETTERS - 1) * ideographs
            total += content
            if body > 0 and not indented and reads_as_prose(of_body, body, end, marks[end]):
                prose += content
        counts[k, 0], counts[k, 1] = prose, total
