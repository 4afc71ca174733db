"""Texts that are too long to be worked on at once: cut into pieces, so that memory is bounded."""

import numpy as np

MAX_PIECE_BYTES = 4 << 20
"""No shorter text is cut, whatever it is; the largest Bibles are one and a half."""
LINES, WORDS = b"\n", b"\n "
"""Behind which bytes a text may be cut, the first of them before the others."""


def cut_texts(
    values: np.ndarray,
    offsets: np.ndarray,
    *,
    behind: bytes = WORDS,
    anywhere: bool = False,
    max_bytes: int = MAX_PIECE_BYTES,
) -> tuple[np.ndarray, np.ndarray]:
    """Cut texts of more than max_bytes: n texts → offsets of m pieces, int64 [n + 1] first pieces.

    values and offsets as of filters.kernels.compiling.text_buffers. A piece ends at the last place in the
    second half of max_bytes that behind allows; where there is none, between two characters if it may be
    anywhere, else it goes on until one.
    """
    long = np.flatnonzero(np.diff(offsets) > max_bytes)
    if not len(long):
        return offsets, np.arange(len(offsets))
    cuts = [
        _cut(values, int(offsets[row]), int(offsets[row + 1]), behind, anywhere, max_bytes) for row in long
    ]
    pieces = np.sort(np.concatenate([offsets, *(np.array(inner, np.int64) for inner in cuts)]))
    pieces.flags.writeable = False  # to Numba a writable array is another type, compiled again
    first_pieces = np.arange(len(offsets))
    for row, inner in zip(long, cuts, strict=True):
        first_pieces[row + 1 :] += len(inner)
    return pieces, first_pieces


def _cut(
    values: np.ndarray, start: int, stop: int, behind: bytes, anywhere: bool, max_bytes: int
) -> list[int]:
    """Where the text from start to stop is cut."""
    cuts = []
    while stop - start > max_bytes:
        first = start + max_bytes // 2
        window = values[first : start + max_bytes].tobytes()
        place = next((end for byte in behind if (end := window.rfind(byte)) >= 0), -1)
        if place >= 0:
            cut = first + place + 1
        elif anywhere:
            cut = start + max_bytes
            while values[cut] & 0xC0 == 0x80:  # inside a character
                cut -= 1
        else:
            cut = _find_first(values, start + max_bytes, stop, behind)
            if cut == stop:
                break
        cuts.append(cut)
        start = cut
    return cuts


def _find_first(values: np.ndarray, start: int, stop: int, behind: bytes) -> int:
    """The first place after start that behind allows, else stop."""
    for first in range(start, stop, MAX_PIECE_BYTES):
        window = values[first : min(first + MAX_PIECE_BYTES, stop)].tobytes()
        places = [end for byte in behind if (end := window.find(byte)) >= 0]
        if places:
            return first + min(places) + 1
    return stop
