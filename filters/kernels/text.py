"""Kernels that read text: words, character classes and hits of word lists, from UTF-8 bytes and offsets.

Words are compared by 64-bit hash, as n-grams are (see text_ngrams).
"""

import numpy as np

from filters.kernels.compiling import kernel
from filters.kernels.text_ngrams import MAX_SLOTS_LOG2, count_ngrams
from filters.kernels.text_tables import BREAK, IDEOGRAPH, MARK, SPACE, SPECIAL, STRIP

CHARS, WORDS, LINES, SPECIAL_CHARS, WORD_CHARS, LONGEST_WORD, STOP_HITS, FLAGGED_HITS = range(8)
CHAR_NGRAMS, TOP_AS_RUN, TOP_PAPER, TOP_HEAD, WORD_NGRAMS, REPEATED_WORD_NGRAMS = range(8, 14)
COUNTS = 14
"""Columns of count_texts."""

STOP, FLAGGED = 1, 2
"""Bits of the marks in a word table."""

Scratch = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""units, words, slots, frequencies, epoch, spare."""

_BASE = np.uint64(0x9E3779B97F4A7C15)
_SPACE, _BREAK, _STRIP = np.uint32(SPACE), np.uint32(BREAK), np.uint32(STRIP)
_IDEOGRAPH, _MARK, _SPECIAL = np.uint32(IDEOGRAPH), np.uint32(MARK), np.uint32(SPECIAL)
_LOWER = np.uint32(0xFFFFFF)


@kernel
def mix(value: np.uint64) -> np.uint64:
    """A bijection of 64 bits whose every output bit depends on every input bit."""
    value = (value ^ (value >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    value = (value ^ (value >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    return value ^ (value >> np.uint64(32))


@kernel
def scan_text(
    values: np.ndarray,
    start: int,
    stop: int,
    characters: np.ndarray,
    segments: bool,
    units: np.ndarray,
    words: np.ndarray,
) -> tuple[int, int, int, int, int, int]:
    """Decode one text, cut it into words: (chars, words, lines, special chars, word chars, longest word).

    Fills units with code points and words with the hash of each lower-cased, stripped word.
    segments: scripts without spaces, where an ideograph is a word and so is a run of other letters.
    """
    separator = _BREAK if segments else _SPACE
    position, chars, count, special, newlines, word_chars, longest = start, 0, 0, 0, 0, 0, 0
    code = np.int64(0)
    length, kept_length, running, kept, after_ideograph = 0, 0, np.uint64(0), np.uint64(0), False
    while position < stop:
        byte = np.int64(values[position])
        if byte < 0x80:
            code = byte
            position += 1
        elif byte < 0xE0:
            code = ((byte & 0x1F) << 6) | (np.int64(values[position + 1]) & 0x3F)
            position += 2
        elif byte < 0xF0:
            code = ((byte & 0x0F) << 12) | ((np.int64(values[position + 1]) & 0x3F) << 6)
            code |= np.int64(values[position + 2]) & 0x3F
            position += 3
        else:
            code = ((byte & 0x07) << 18) | ((np.int64(values[position + 1]) & 0x3F) << 12)
            code |= ((np.int64(values[position + 2]) & 0x3F) << 6) | (np.int64(values[position + 3]) & 0x3F)
            position += 4
        entry = characters[code]
        units[chars] = np.uint64(code)
        chars += 1
        special += (entry & _SPECIAL) != 0
        newlines += code == 10
        ends = (entry & separator) != 0
        if segments and not ends and length > 0:
            ends = (entry & _IDEOGRAPH) != 0 or (after_ideograph and (entry & _MARK) == 0)
        if ends:
            if kept_length > 0:
                words[count] = mix(kept)
                count += 1
                word_chars += kept_length
                longest = max(longest, kept_length)
            length, kept_length, running = 0, 0, np.uint64(0)
        strip = (entry & _STRIP) != 0
        if (entry & separator) != 0 or (strip and length == 0):
            continue
        if length == 0:
            after_ideograph = (entry & _IDEOGRAPH) != 0
        running = running * _BASE + np.uint64(entry & _LOWER)
        length += 1
        if not strip:
            kept, kept_length = running, length
    if kept_length > 0:
        words[count] = mix(kept)
        count += 1
        word_chars += kept_length
        longest = max(longest, kept_length)
    lines = newlines + (1 if chars > 0 and code != 10 else 0)
    return chars, count, lines, special, word_chars, longest


@kernel
def count_hits(
    words: np.ndarray, count: int, join: int, keys: np.ndarray, marks: np.ndarray
) -> tuple[int, int]:
    """Words, and joins of `join` words in a row (0: none), in the word table: (stop, flagged) hits."""
    stop, flagged = 0, 0
    mask = keys.shape[0] - 1
    for size in (1, join) if join > 1 else (1, count + 1):
        for i in range(count - size + 1):
            key = words[i]
            for j in range(i + 1, i + size):
                key = mix(key * _BASE + words[j])
            slot = np.int64(key & np.uint64(mask))
            while marks[slot] != 0 and keys[slot] != key:
                slot = (slot + 1) & mask
            stop += (marks[slot] & STOP) != 0
            flagged += (marks[slot] & FLAGGED) != 0
    return stop, flagged


@kernel
def hash_entries(
    values: np.ndarray,
    offsets: np.ndarray,
    characters: np.ndarray,
    segments: bool,
    scratch: Scratch,
    hashes: np.ndarray,
    usable: np.ndarray,
) -> None:
    """Fill the hash of each list entry as count_hits sees it, and whether any text can hit it.

    None can where cutting and stripping the entry would change it.
    """
    units, words = scratch[0], scratch[1]
    for row in range(hashes.shape[0]):
        chars, count, _, _, word_chars, _ = scan_text(
            values, offsets[row], offsets[row + 1], characters, segments, units, words
        )
        usable[row] = count > 0 and chars == word_chars + (0 if segments else count - 1)
        for j in range(count):
            hashes[row] = words[0] if j == 0 else mix(hashes[row] * _BASE + words[j])


@kernel
def count_texts(
    values: np.ndarray,
    offsets: np.ndarray,
    rows: np.ndarray,
    characters: np.ndarray,
    policy: tuple[bool, int, int, int],
    word_table: tuple[np.ndarray, np.ndarray],
    scratch: Scratch,
    counts: np.ndarray,
) -> None:
    """Fill counts[row] (COUNTS integers, see CHARS …) for the rows of one language policy.

    policy: (without spaces, characters per n-gram, words per n-gram, words to join for list hits).
    scratch: see make_scratch.
    """
    segments, character_ngram, word_ngram, join = policy
    units, words, slots, frequencies, epoch, spare = scratch
    for row in rows:
        chars, count, lines, special, word_chars, longest = scan_text(
            values, offsets[row], offsets[row + 1], characters, segments, units, words
        )
        stop, flagged = count_hits(words, count, join, word_table[0], word_table[1])
        ngrams, _, as_run, paper, head = count_ngrams(
            units, chars, character_ngram, slots, frequencies, epoch, spare
        )
        word_ngrams, repeated, _, _, _ = count_ngrams(
            words, count, word_ngram, slots, frequencies, epoch, spare
        )
        result = counts[row]
        result[CHARS], result[WORDS], result[LINES], result[SPECIAL_CHARS] = chars, count, lines, special
        result[WORD_CHARS], result[LONGEST_WORD] = word_chars, longest
        result[STOP_HITS], result[FLAGGED_HITS] = stop, flagged
        result[CHAR_NGRAMS], result[TOP_AS_RUN] = ngrams, as_run
        result[TOP_PAPER], result[TOP_HEAD] = paper, head
        result[WORD_NGRAMS], result[REPEATED_WORD_NGRAMS] = word_ngrams, repeated


def make_scratch(longest_bytes: int, *, max_slots_log2: int = MAX_SLOTS_LOG2) -> Scratch:
    """Working memory for texts of up to longest_bytes: 28 bytes per byte and 1 MiB of table.

    The table is zeroed, so it must not be shared between threads; epochs run over all calls.
    """
    slots_log2 = 4
    while (1 << slots_log2) < 2 * longest_bytes and slots_log2 < max_slots_log2:
        slots_log2 += 1
    return (
        np.empty(longest_bytes, np.uint64),
        np.empty(longest_bytes, np.uint64),
        np.zeros((1 << slots_log2, 2), np.uint64),
        np.zeros(longest_bytes + 2, np.uint32),
        np.zeros(1, np.uint64),
        np.empty(longest_bytes, np.uint64),
    )


def make_word_table(hashes: np.ndarray, marks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Open-addressing table of word hashes for count_hits: n hashes, n marks → keys, marks of 2^b slots."""
    size = 1 << max(2 * len(hashes), 1).bit_length()
    keys, values = np.zeros(size, np.uint64), np.zeros(size, np.uint8)
    for key, mark in zip(hashes.tolist(), marks.tolist(), strict=True):
        slot = key & (size - 1)
        while values[slot] and int(keys[slot]) != key:
            slot = (slot + 1) & (size - 1)
        keys[slot] = key
        values[slot] |= mark
    return keys, values
