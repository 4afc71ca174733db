"""The kernels of C4's line rules: terminal punctuation, word counts, phrases of web boilerplate."""

import numpy as np

from filters.kernels.compiling import kernel_without_references as kernel
from filters.kernels.text_lines import ends_in_ellipsis
from filters.kernels.text_tables import LOWER, SPACE

TERMINAL_LINES, KEPT_LINES, JAVASCRIPT_LINES, POLICY_LINES, LOREM_IPSUM = range(5)
C4_COUNTS = 5

PHRASES = (
    "javascript",
    "lorem ipsum",
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)
"""C4's: the first drops a line, the second a page, the others ("policy phrases") a line."""
MIN_WORDS, MAX_WORD_CHARS = 3, 1000

_SPACE, _LOWER = np.uint32(SPACE), np.uint32(LOWER)
_QUOTE, _APOSTROPHE, _DOT, _EXCLAMATION, _QUESTION = 0x22, 0x27, 0x2E, 0x21, 0x3F


def phrase_table() -> np.ndarray:
    """PHRASES as code points, padded with 0: uint32 [phrases, longest + 1]."""
    table = np.zeros((len(PHRASES), max(map(len, PHRASES)) + 1), np.uint32)
    for row, phrase in enumerate(PHRASES):
        table[row, : len(phrase)] = [ord(character) for character in phrase]
    return table


@kernel
def may_hold_phrase(entries: np.ndarray, chars: int) -> bool:
    """Whether the lower-cased text holds a trigger; vectorised, since most texts hold none."""
    hits = 0
    for i in range(chars - 3):
        a, b = entries[i] & _LOWER, entries[i + 1] & _LOWER
        c, d = entries[i + 2] & _LOWER, entries[i + 3] & _LOWER
        hit = (a == 0x6A) & (b == 0x61) & (c == 0x76) & (d == 0x61)
        hit |= (a == 0x6F) & (b == 0x6F) & (c == 0x6B) & (d == 0x69)
        hit |= (a == 0x61) & (b == 0x63) & (c == 0x79) & (d == 0x20)
        hit |= (a == 0x6D) & (b == 0x73) & (c == 0x20) & (d == 0x6F)
        hit |= (a == 0x6D) & (b == 0x20) & (c == 0x69) & (d == 0x70)
        hits += hit
    return hits > 0


@kernel
def find_phrases(entries: np.ndarray, start: int, stop: int, phrases: np.ndarray) -> int:
    """Bit p is set where the characters from start to stop, in lower case, hold phrase p."""
    found = 0
    for i in range(start, stop):
        first = entries[i] & _LOWER
        for p in range(phrases.shape[0]):
            if first != phrases[p, 0]:
                continue
            j = 1
            while phrases[p, j] != 0 and i + j < stop and (entries[i + j] & _LOWER) == phrases[p, j]:
                j += 1
            if phrases[p, j] == 0:
                found |= 1 << p
    return found


@kernel
def measure_c4(
    units: np.ndarray,
    entries: np.ndarray,
    chars: int,
    newlines: np.ndarray,
    count: int,
    starts: np.ndarray,
    stops: np.ndarray,
    pieces: int,
    phrases: np.ndarray,
    result: np.ndarray,
) -> None:
    """Fill result (C4_COUNTS integers, see TERMINAL_LINES …) from lines and pieces."""
    search = may_hold_phrase(entries, chars)
    terminal_lines, kept, javascript, policy, lorem = 0, 0, 0, 0, 0
    start, piece = 0, 0
    for line in range(count + 1):
        stop = np.int64(newlines[line]) if line < count else chars
        words, longest, first, last = 0, 0, start, start
        while piece < pieces and starts[piece] < stop:
            first = np.int64(starts[piece]) if words == 0 else first
            last = np.int64(stops[piece])
            longest = max(longest, last - np.int64(starts[piece]))
            words += 1
            piece += 1
        while last < stop and (entries[last] & _SPACE) == 0:
            last += 1
        if last > first:
            end = units[last - 1]
            ends = end == _DOT or end == _QUESTION or end == _EXCLAMATION
            terminal = ends or end == _QUOTE or end == _APOSTROPHE
            if terminal and end == _DOT and ends_in_ellipsis(units, first, last):
                terminal = False
            found = find_phrases(entries, start, stop, phrases) if search else 0
            terminal_lines += terminal
            javascript += (found & 1) != 0
            lorem += (found & 2) != 0
            policy += (found & ~3) != 0
            kept += terminal and words >= MIN_WORDS and longest <= MAX_WORD_CHARS and (found & ~2) == 0
        start = stop + 1
    result[TERMINAL_LINES], result[KEPT_LINES] = terminal_lines, kept
    result[JAVASCRIPT_LINES], result[POLICY_LINES], result[LOREM_IPSUM] = javascript, policy, lorem
