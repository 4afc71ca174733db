"""The kernel that measures texts: each is decoded and cut into words once, for all wanted signals."""

from typing import NamedTuple

import numpy as np

from filters.kernels.compression import MAX_SAMPLE_BYTES, TABLE_LOG2, compress_sample, four_bytes
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
from filters.kernels.text_ngrams import (
    MAX_SLOTS_LOG2,
    PLACES_LOG2,
    count_ngrams,
    hash_char_ngrams,
    hash_word_ngrams,
)
from filters.kernels.text_rare import RARE_COUNTS, count_rare
from filters.kernels.text_scan import (
    classify_pieces,
    count_mixed,
    decode,
    find_pieces,
    find_segments,
    hash_pieces,
    hash_words,
    make_powers,
)
from filters.kernels.text_tables import ALPHA, DIGIT, SPACE, SPECIAL, UPPER
from filters.kernels.word_lists import count_hits
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


class Scratch(NamedTuple):
    """Working memory of one thread."""

    units: np.ndarray
    entries: np.ndarray
    prefix: np.ndarray
    lower_prefix: np.ndarray
    events: np.ndarray
    starts: np.ndarray
    stops: np.ndarray
    newlines: np.ndarray
    pieces_before: np.ndarray
    words: np.ndarray
    piece_hashes: np.ndarray
    places: np.ndarray
    place_hashes: np.ndarray
    powers: np.ndarray
    slots: np.ndarray
    used: np.ndarray
    word_slots: np.ndarray
    words_used: np.ndarray
    line_slots: np.ndarray
    frequencies: np.ndarray
    epoch: np.ndarray
    ends: np.ndarray
    compression: np.ndarray
    sample: np.ndarray
    sample_fours: np.ndarray

    @property
    def scan(self) -> tuple[np.ndarray, ...]:
        """What hash_entries needs."""
        return (*self[:10], self.powers)


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
        (
            result[STOP_HITS],
            result[FLAGGED_HITS],
            result[ROOTS_FLAGGED_HITS],
            result[DISTINCT_FLAGGED],
            result[GOPHER_STOP_WORDS],
        ) = count_hits(s.words, words, join, keys, list_marks, seen_words, row + 1)
        if (groups & LINES) != 0:
            lines = result[FIRST_LINE:]
            measure_lines(
                s.units, s.entries, chars, s.newlines, newlines, s.prefix, s.powers, marks,
                s.line_slots, s.epoch, MAX_LIST_SEGMENTS if segments else MAX_LIST_LINE, lines,
            )  # fmt: skip
            measure_paragraphs(
                s.entries, chars, s.newlines, newlines, s.prefix, s.powers, s.line_slots, s.epoch, lines
            )
        if (groups & RARE) != 0:
            rare = result[FIRST_RARE:]
            count_rare(s.units, s.entries, chars, s.newlines, newlines, s.events, rare_chars, marks, rare)
        if (groups & C4) != 0:
            c4 = result[FIRST_C4:]
            search = may_hold_phrase(values, start, stop, triggers)
            measure_c4(
                s.units, s.entries, chars, s.newlines, s.pieces_before, newlines, white_pieces, search,
                phrases, c4,
            )  # fmt: skip
        if (groups & GOPHER) != 0:  # events and stops are overwritten
            hash_pieces(s.prefix, s.starts, s.stops, pieces, s.powers, s.piece_hashes)
            gopher = result[FIRST_GOPHER:]
            measure_gopher_ngrams(
                s.piece_hashes, s.starts, pieces, s.word_slots, s.words_used, s.places, s.place_hashes,
                s.events, s.stops, gopher,
            )  # fmt: skip
        if (groups & ROOTS) != 0:  # and the prefix arrays
            hashes = s.lower_prefix
            ngrams = hash_char_ngrams(s.prefix, chars, character_ngram, s.powers[character_ngram], hashes)
            result[CHAR_NGRAMS] = ngrams
            _, result[TOP_AS_RUN], result[TOP_PAPER], result[TOP_HEAD] = count_ngrams(
                hashes, ngrams, s.slots, s.used, s.events, s.frequencies, s.ends, s.prefix
            )
            ngrams = hash_word_ngrams(s.words, words, word_ngram, s.powers[word_ngram], hashes)
            result[WORD_NGRAMS] = ngrams
            result[REPEATED_WORD_NGRAMS], _, _, _ = count_ngrams(
                hashes, ngrams, s.slots, s.used, s.events, s.frequencies, s.ends, s.prefix
            )
        if (groups & COMPRESSION) != 0:
            result[SAMPLED_BYTES], result[COMPRESSED_BYTES] = compress_sample(
                values, fours, start, stop, s.compression, s.sample, s.sample_fours
            )


def make_scratch(longest_bytes: int, *, max_slots_log2: int = MAX_SLOTS_LOG2) -> Scratch:
    """Working memory for texts of up to longest_bytes: at most 24 bytes per byte, 20 per word, 1 MiB.

    Memory is only taken where a text reaches it. Tables are zeroed, so they must not be shared between
    threads; what of them is used grows over all calls.
    """
    n, half = longest_bytes + 1, longest_bytes // 2 + 2
    sample = np.zeros(MAX_SAMPLE_BYTES, np.uint8)
    places = 1 << PLACES_LOG2
    return Scratch(
        units=np.empty(n, np.uint32),
        entries=np.empty(n, np.uint32),
        prefix=np.empty(n, np.uint64),
        lower_prefix=np.empty(n, np.uint64),
        events=np.empty(n, np.int32),
        starts=np.empty(half, np.int32),
        stops=np.empty(half, np.int32),
        newlines=np.empty(n, np.int32),
        pieces_before=np.empty(n, np.int32),
        words=np.empty(half, np.uint64),
        piece_hashes=np.empty(half, np.uint64),
        places=np.empty(half, np.int32),
        place_hashes=np.empty(half, np.uint64),
        powers=make_powers(),
        slots=np.zeros(1 << min(max(places * n, 16).bit_length(), max_slots_log2), np.uint32),
        used=np.ones(1, np.int64),
        word_slots=np.zeros(1 << max(places * half, 16).bit_length(), np.uint32),
        words_used=np.ones(1, np.int64),
        line_slots=np.zeros((1 << max(2 * half, 16).bit_length(), 2), np.uint64),
        frequencies=np.zeros(n + 2, np.uint32),
        epoch=np.zeros(1, np.uint64),
        ends=np.zeros((2 * places * n >> max_slots_log2) + 2, np.int64),
        compression=np.empty(1 << TABLE_LOG2, np.int32),
        sample=sample,
        sample_fours=four_bytes(sample),
    )
