"""The kernel that measures texts: each is decoded and cut into words once, for all wanted signals."""

from typing import NamedTuple

import numpy as np

from filters.kernels.compression import compress_sample
from filters.kernels.gopher_ngrams import MAX_N, MIN_N, measure_gopher_ngrams
from filters.kernels.text_c4 import C4_COUNTS, may_hold_phrase, measure_c4
from filters.kernels.text_lines import (
    LINE_COUNTS,
    MAX_LIST_LINE,
    MAX_LIST_SEGMENTS,
    count_distinct,
    measure_lines,
    measure_paragraphs,
)
from filters.kernels.text_ngrams import count_ngrams, hash_char_ngrams, hash_word_ngrams
from filters.kernels.text_rare import RARE_COUNTS, count_rare
from filters.kernels.text_scan import (
    classify_pieces,
    count_mixed,
    decode,
    find_pieces,
    find_segments,
    hash_pieces,
    hash_words,
)
from filters.kernels.text_scratch import Scratch
from filters.kernels.text_tables import ALPHA, DIGIT, SPACE, SPECIAL, UPPER
from filters.kernels.word_lists import count_hits
from layers.compiling import inlined_kernel
from layers.compiling import kernel_without_references as kernel

ROOTS, LINES, RARE, C4, GOPHER, COMPRESSION = 1, 2, 4, 8, 16, 32
"""Groups of counts; what every group needs (characters, words, pieces) is always there."""

(
    CHARS,
    BYTES,
    NEWLINES,
    SPECIAL_CHARS,
    LETTERS,
    DIGITS,
    UPPER_CHARS,
    WORDS,
    WORD_CHARS,
    LONGEST_WORD,
    PIECES,
    ALPHABETIC_PIECES,
    WORDY_PIECES,
    WORDY_CHARS,
    STOP_HITS,
    FLAGGED_HITS,
    GOPHER_STOP_WORDS,
    DISTINCT_FLAGGED,
    ROOTS_FLAGGED_HITS,
    FURTHER_SPACES,
    MIXED_PIECES,
    FIRST_WORDS,
    DISTINCT_WORDS,
) = range(23)
CHAR_NGRAMS, TOP_AS_RUN, TOP_PAPER, TOP_HEAD, WORD_NGRAMS, REPEATED_WORD_NGRAMS = range(23, 29)
SAMPLED_BYTES, COMPRESSED_BYTES = 29, 30
FIRST_LINE = 31
FIRST_RARE = FIRST_LINE + LINE_COUNTS
FIRST_C4 = FIRST_RARE + RARE_COUNTS
FIRST_GOPHER = FIRST_C4 + C4_COUNTS
COUNTS = FIRST_GOPHER + MAX_N - MIN_N + 1
"""Columns of count_texts; those from FIRST_LINE on are named where they are counted."""

MAX_FIRST_WORDS = 300
"""Of which the different ones are counted: of more words the share is smaller in any text."""

_SPACE = np.uint32(SPACE)
_SPECIAL, _ALPHA, _DIGIT, _UPPER = np.uint32(SPECIAL), np.uint32(ALPHA), np.uint32(DIGIT), np.uint32(UPPER)


@kernel
def count_classes(entries: np.ndarray, chars: int, result: np.ndarray) -> None:
    """Fill the counts of character classes, and of white space that follows white space."""
    special, letters, digits, upper, further = 0, 0, 0, 0, 0
    before = np.uint32(0)
    for i in range(chars):
        entry = entries[i]
        further += (entry & before & _SPACE) != 0
        before = entry
        special += (entry & _SPECIAL) != 0
        letters += (entry & _ALPHA) != 0
        digits += (entry & _DIGIT) != 0
        upper += (entry & _UPPER) != 0
    result[SPECIAL_CHARS], result[LETTERS], result[DIGITS], result[UPPER_CHARS] = (
        special,
        letters,
        digits,
        upper,
    )
    result[FURTHER_SPACES] = further


class TextRead(NamedTuple):
    """What is known of a text that is decoded and cut into the arrays of Scratch."""

    chars: int
    newlines: int
    white_pieces: int
    """Pieces between white space."""
    pieces: int
    """The same, or segments of a language without spaces."""
    words: int
    rare_chars: int
    """Characters that have marks; their places are in Scratch.events."""


@inlined_kernel
def _read_text(
    values: np.ndarray,
    start: int,
    stop: int,
    characters: np.ndarray,
    segments: bool,
    s: Scratch,
    result: np.ndarray,
) -> TextRead:
    """Decode a text, cut it into pieces and words, and fill the counts of these."""
    chars, events = decode(
        values, start, stop, characters, s.units, s.entries, s.prefix, s.lower_prefix, s.events
    )
    white_pieces, newlines, rare_chars = find_pieces(
        s.units, s.entries, chars, s.events, events, s.starts, s.stops, s.newlines, s.pieces_before
    )
    pieces = find_segments(s.entries, chars, s.starts, s.stops) if segments else white_pieces
    alphabetic, wordy, wordy_chars = classify_pieces(s.entries, s.starts, s.stops, pieces)
    words, word_chars, longest = hash_words(
        s.entries, s.lower_prefix, s.starts, s.stops, pieces, s.powers, s.words
    )
    count_classes(s.entries, chars, result)
    result[CHARS], result[BYTES], result[NEWLINES] = chars, stop - start, newlines
    result[WORDS], result[WORD_CHARS], result[LONGEST_WORD] = words, word_chars, longest
    result[PIECES], result[ALPHABETIC_PIECES] = pieces, alphabetic
    result[WORDY_PIECES], result[WORDY_CHARS] = wordy, wordy_chars
    first_words = min(words, MAX_FIRST_WORDS)
    result[FIRST_WORDS] = first_words
    result[DISTINCT_WORDS] = count_distinct(s.words, first_words, s.line_slots, s.epoch)
    result[MIXED_PIECES] = count_mixed(s.units, s.entries, s.starts, s.stops, pieces)
    return TextRead(chars, newlines, white_pieces, pieces, words, rare_chars)


@inlined_kernel
def _measure_lines(
    read: TextRead, max_list_line: int, marks: np.ndarray, s: Scratch, lines: np.ndarray
) -> None:
    """Fill lines (LINE_COUNTS integers)."""
    measure_lines(
        s.units, s.entries, read.chars, s.newlines, read.newlines, s.prefix, s.powers, marks,
        s.line_slots, s.epoch, max_list_line, lines,
    )  # fmt: skip
    measure_paragraphs(
        s.entries, read.chars, s.newlines, read.newlines, s.prefix, s.powers, s.line_slots, s.epoch, lines
    )


@inlined_kernel
def _measure_gopher(read: TextRead, s: Scratch, gopher: np.ndarray) -> None:
    """Fill gopher, one count for each length of n-gram; s.events and s.stops are overwritten."""
    hash_pieces(s.prefix, s.starts, s.stops, read.pieces, s.powers, s.piece_hashes)
    measure_gopher_ngrams(
        s.piece_hashes, s.starts, read.pieces, s.word_slots, s.words_used, s.places, s.place_hashes,
        s.events, s.stops, gopher,
    )  # fmt: skip


@inlined_kernel
def _measure_roots(
    read: TextRead, character_ngram: int, word_ngram: int, s: Scratch, result: np.ndarray
) -> None:
    """Fill the counts of ROOTS; the prefix arrays and s.events are overwritten."""
    hashes = s.lower_prefix
    ngrams = hash_char_ngrams(s.prefix, read.chars, character_ngram, s.powers[character_ngram], hashes)
    result[CHAR_NGRAMS] = ngrams
    _, result[TOP_AS_RUN], result[TOP_PAPER], result[TOP_HEAD] = count_ngrams(
        hashes, ngrams, s.slots, s.used, s.events, s.frequencies, s.ends, s.prefix
    )
    ngrams = hash_word_ngrams(s.words, read.words, word_ngram, s.powers[word_ngram], hashes)
    result[WORD_NGRAMS] = ngrams
    result[REPEATED_WORD_NGRAMS], _, _, _ = count_ngrams(
        hashes, ngrams, s.slots, s.used, s.events, s.frequencies, s.ends, s.prefix
    )


@kernel
def count_texts(
    values: np.ndarray,
    fours: np.ndarray,
    offsets: np.ndarray,
    rows: np.ndarray,
    tables: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    policy: tuple[bool, int, int, int],
    word_table: tuple[np.ndarray, np.ndarray, np.ndarray],
    groups: int,
    scratch: Scratch,
    counts: np.ndarray,
) -> None:
    """Fill counts[row] (COUNTS integers, see CHARS …) for the rows of one language policy.

    fours: see four_bytes. tables: (characters(), marks(), phrase_table(), trigger_table()). policy: (without
    spaces, characters per n-gram, words per n-gram, words to join for list hits). word_table: (keys, marks,
    last text that hit each slot).
    """
    characters, marks, phrases, triggers = tables
    segments, character_ngram, word_ngram, join = policy
    keys, list_marks, seen_words = word_table
    s = scratch
    for row in rows:
        start, stop = offsets[row], offsets[row + 1]
        result = counts[row]
        read = _read_text(values, start, stop, characters, segments, s, result)
        (
            result[STOP_HITS],
            result[FLAGGED_HITS],
            result[ROOTS_FLAGGED_HITS],
            result[DISTINCT_FLAGGED],
            result[GOPHER_STOP_WORDS],
        ) = count_hits(s.words, read.words, join, keys, list_marks, seen_words, row + 1)
        if (groups & LINES) != 0:
            max_list_line = MAX_LIST_SEGMENTS if segments else MAX_LIST_LINE
            _measure_lines(read, max_list_line, marks, s, result[FIRST_LINE:])
        if (groups & RARE) != 0:
            count_rare(
                s.units, s.entries, read.chars, s.newlines, read.newlines, s.events, read.rare_chars, marks,
                result[FIRST_RARE:],
            )  # fmt: skip
        if (groups & C4) != 0:
            search = may_hold_phrase(values, start, stop, triggers)
            measure_c4(
                s.units, s.entries, read.chars, s.newlines, s.pieces_before, read.newlines,
                read.white_pieces, search, phrases, result[FIRST_C4:],
            )  # fmt: skip
        if (groups & GOPHER) != 0:
            _measure_gopher(read, s, result[FIRST_GOPHER:])
        if (groups & ROOTS) != 0:
            _measure_roots(read, character_ngram, word_ngram, s, result)
        if (groups & COMPRESSION) != 0:
            result[SAMPLED_BYTES], result[COMPRESSED_BYTES] = compress_sample(
                values, fours, start, stop, s.compression, s.sample, s.sample_fours
            )
