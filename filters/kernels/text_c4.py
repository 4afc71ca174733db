"""The kernels of C4's line rules: terminal punctuation, word counts, phrases of web boilerplate."""

import numpy as np

from filters.kernels.text_lines import ends_in_ellipsis, strip_space
from filters.kernels.text_tables import LOWER, SPACE
from layers.compiling import kernel_without_references as kernel

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

TRIGGERS = ("java", "ooki", "acy ", "ms o", "m ip")
"""Each phrase holds one of these; most texts hold none, and are not searched."""

_CASE = np.uint8(0x20)
_SPACE, _LOWER = np.uint32(SPACE), np.uint32(LOWER)
_QUOTE, _APOSTROPHE, _DOT, _EXCLAMATION, _QUESTION = 0x22, 0x27, 0x2E, 0x21, 0x3F


def phrase_table() -> np.ndarray:
    """PHRASES as code points, padded with 0: uint32 [phrases, longest + 1]."""
    table = np.zeros((len(PHRASES), max(map(len, PHRASES)) + 1), np.uint32)
    for row, phrase in enumerate(PHRASES):
        table[row, : len(phrase)] = [ord(character) for character in phrase]
    return table


def trigger_table() -> np.ndarray:
    """TRIGGERS with the bit set that lower case has and white space too: uint8 [triggers, 4]."""
    return np.array([list(text.encode()) for text in TRIGGERS], np.uint8) | np.uint8(_CASE)


@kernel
def may_hold_phrase(values: np.ndarray, start: int, stop: int, triggers: np.ndarray) -> bool:
    """Whether the bytes from start to stop hold a trigger in any case: many bytes at once, no branch."""
    if stop - start < 4:
        return False
    a, b = values[start : stop - 3], values[start + 1 : stop - 2]
    c, d = values[start + 2 : stop - 1], values[start + 3 : stop]
    for t in range(triggers.shape[0]):
        first, second, third, fourth = triggers[t, 0], triggers[t, 1], triggers[t, 2], triggers[t, 3]
        nearest = np.uint8(255)
        for i in range(a.size):
            one = np.uint8(np.uint8(a[i] | _CASE) ^ first) | np.uint8(np.uint8(b[i] | _CASE) ^ second)
            two = np.uint8(np.uint8(c[i] | _CASE) ^ third) | np.uint8(np.uint8(d[i] | _CASE) ^ fourth)
            nearest = min(nearest, np.uint8(np.uint8(one) | np.uint8(two)))
        if nearest == 0:
            return True
    return False


@kernel
def find_phrases(entries: np.ndarray, start: int, stop: int, phrases: np.ndarray) -> int:
    """Bit p is set where the characters from start to stop, in lower case, hold phrase p."""
    bits = 0
    for i in range(start, stop):
        first = entries[i] & _LOWER
        for p in range(phrases.shape[0]):
            if first != phrases[p, 0]:
                continue
            j = 1
            while phrases[p, j] != 0 and i + j < stop and (entries[i + j] & _LOWER) == phrases[p, j]:
                j += 1
            if phrases[p, j] == 0:
                bits |= 1 << p
    return bits


@kernel
def has_long_word(entries: np.ndarray, start: int, stop: int) -> bool:
    """Whether more than MAX_WORD_CHARS characters in a row are no white space."""
    if stop - start <= MAX_WORD_CHARS:
        return False
    run = 0
    for i in range(start, stop):
        run = 0 if (entries[i] & _SPACE) != 0 else run + 1
        if run > MAX_WORD_CHARS:
            return True
    return False


@kernel
def measure_c4(
    units: np.ndarray,
    entries: np.ndarray,
    chars: int,
    newlines: np.ndarray,
    pieces_before: np.ndarray,
    count: int,
    pieces: int,
    search: bool,
    phrases: np.ndarray,
    result: np.ndarray,
) -> None:
    """Fill result (C4_COUNTS integers, see TERMINAL_LINES …) from lines and pieces between white space.

    search: whether the text may hold a phrase.
    """
    terminal_lines, kept, javascript, policy, lorem = 0, 0, 0, 0, 0
    start, before = 0, 0
    for line in range(count + 1):
        stop = int(newlines[line]) if line < count else chars
        words = (int(pieces_before[line]) if line < count else pieces) - before
        before += words
        if words > 0:
            first, last = strip_space(entries, start, stop)
            end = units[last - 1]
            terminal = end in (_QUOTE, _APOSTROPHE, _QUESTION, _EXCLAMATION)
            terminal = terminal or (end == _DOT and not ends_in_ellipsis(units, first, last))
            phrase_bits = find_phrases(entries, start, stop, phrases) if search else 0
            terminal_lines += terminal
            javascript += (phrase_bits & 1) != 0
            lorem += (phrase_bits & 2) != 0
            policy += (phrase_bits & ~3) != 0
            if terminal and words >= MIN_WORDS and (phrase_bits & ~2) == 0:
                kept += not has_long_word(entries, first, last)
        start = stop + 1
    result[TERMINAL_LINES], result[KEPT_LINES] = terminal_lines, kept
    result[JAVASCRIPT_LINES], result[POLICY_LINES], result[LOREM_IPSUM] = javascript, policy, lorem
