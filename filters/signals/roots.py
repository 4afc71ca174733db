"""The document signals of the ROOTS corpus (Laurençon et al. 2022, arXiv:2303.03915).

Definitions follow the code that filtered OSCAR for ROOTS (bigscience-workshop/data-preparation,
preprocessing/training/01b_oscar_cleaning_and_filtering). Where nothing can be counted (no n-gram, no
word, no character) a ratio is 0, as there; mean_word_length, which ROOTS lacks, is null.

Differences, all deliberate:

- Words end at any Unicode white space (ROOTS: space, newline, tab). In Chinese each Han or Kana
  character is a word and so is each run of other letters and digits (ROOTS: SentencePiece pieces).
- Special characters are Unicode categories P, S, Z, C (without the joiners U+200C and U+200D), Nd, No,
  and the emoji outside of them (ℹ, keycap, presentation selectors). The ROOTS list is ASCII
  punctuation, digits and white space, all emoji and 188 characters collected by hand. Of those it
  calls special and we do not: the letters ª º ø ı ɪ π Г ه ॽ ー シ ッ ツ ン 一 上 士, the modifier letters
  ʺ ʻ ʼ ˈ ˌ ː, and the Indic vowel signs ा ी े ্া and virama ् (which it strips off the ends of Hindi
  words). Of those we call special and it does not: digits of other scripts and the punctuation and
  symbols that its authors did not meet, such as the danda ।.
- Words are stripped of special characters and joiners. Lower case is Unicode's simple mapping.
- A list entry that stripping or cutting would change can never be hit; in ROOTS neither.
- Words and n-grams are compared by 64-bit hash.
- A run of white space is one special character (ROOTS: as many as it has; `special_characters_ratio_as_run`).
- Flagged words count from the third hit and of the second entry on, without words of medicine, law and
  kinship (ROOTS: all, from the first; `flagged_words_ratio_as_run`).
"""

import numpy as np
import pyarrow as pa

from filters import text_counts
from filters.kernels import text as kernels
from filters.kernels.text_lines import LINES
from filters.text_counts import ratio
from layers.document import make_field

CONTENT_VERSION = 4
GROUPS = kernels.ROOTS | kernels.LINES
MIN_FLAGGED_HITS, MIN_FLAGGED_ENTRIES = 3, 2
"""One word, or one word again and again, may be what a text is about."""

SCHEMA = pa.schema(
    [
        make_field("chars", pa.int64(), "Unicode code points."),
        make_field("words", pa.int64(), "Words, stripped of special characters; empty ones do not count."),
        make_field("lines", pa.int64(), "Lines, empty ones included; a newline at the end starts no line."),
        make_field(
            "character_repetition_ratio",
            pa.float32(),
            "Share of the k most frequent character n-grams (10; zh 3), k = min(⌊√N⌋, N − n-grams seen more "
            "than once), N distinct n-grams: the formula that filtered ROOTS.",
        ),
        make_field(
            "character_repetition_ratio_paper",
            pa.float32(),
            "As character_repetition_ratio, with k = ⌊√N⌋: the formula of the ROOTS paper.",
        ),
        make_field(
            "character_repetition_ratio_head",
            pa.float32(),
            "As character_repetition_ratio, with k = min(⌊√N⌋, N − n-grams seen once): "
            "the formula of the published ROOTS code.",
        ),
        make_field(
            "word_repetition_ratio",
            pa.float32(),
            "Share of lower-cased word n-grams (5; ur 7) whose n-gram occurs more than once.",
        ),
        make_field(
            "special_characters_ratio",
            pa.float32(),
            "Share of punctuation, symbols, spaces, digits; a run of white space is one character.",
        ),
        make_field(
            "special_characters_ratio_as_run",
            pa.float32(),
            "As special_characters_ratio, with every character of white space counted, as ROOTS did.",
        ),
        make_field(
            "stop_words_ratio",
            pa.float32(),
            "Stop-word hits per word, at most 1; null: the language has no list.",
        ),
        make_field(
            "flagged_words_ratio",
            pa.float32(),
            f"Flagged-word hits per word, at most 1; 0 with fewer than {MIN_FLAGGED_HITS} hits or of fewer "
            f"than {MIN_FLAGGED_ENTRIES} different entries; null: the language has no list.",
        ),
        make_field(
            "flagged_words_ratio_as_run",
            pa.float32(),
            "Hits per word of all that ROOTS flagged, from the first one on; null: the language has no list.",
        ),
        make_field("mean_word_length", pa.float32(), "Code points per word; null: no words."),
        make_field("max_word_length", pa.int64(), "Code points of the longest word."),
    ]
)


def measure(batch: pa.RecordBatch, *, langs: pa.StringArray, options: None) -> pa.RecordBatch:
    """The ROOTS signals: n documents → n rows of SCHEMA. Memory: see filters.text_counts."""
    column = text_counts.count(batch, langs=langs, groups=GROUPS)
    words, ngrams = column[kernels.WORDS], column[kernels.CHAR_NGRAMS]
    stop_hits = np.minimum(column[kernels.STOP_HITS], words)
    flagged_hits = np.minimum(column[kernels.FLAGGED_HITS], words)
    many = column[kernels.FLAGGED_HITS] >= MIN_FLAGGED_HITS
    many &= column[kernels.DISTINCT_FLAGGED] >= MIN_FLAGGED_ENTRIES
    special, further = column[kernels.SPECIAL_CHARS], column[kernels.FURTHER_SPACES]
    columns = {
        "chars": column[kernels.CHARS],
        "words": words,
        "lines": column[kernels.FIRST_LINE + LINES],
        "character_repetition_ratio": ratio(column[kernels.TOP_AS_RUN], ngrams),
        "character_repetition_ratio_paper": ratio(column[kernels.TOP_PAPER], ngrams),
        "character_repetition_ratio_head": ratio(column[kernels.TOP_HEAD], ngrams),
        "word_repetition_ratio": ratio(column[kernels.REPEATED_WORD_NGRAMS], column[kernels.WORD_NGRAMS]),
        "special_characters_ratio": ratio(special - further, column[kernels.CHARS] - further),
        "special_characters_ratio_as_run": ratio(special, column[kernels.CHARS]),
        "stop_words_ratio": ratio(stop_hits, words),
        "flagged_words_ratio": ratio(flagged_hits * many, words),
        "flagged_words_ratio_as_run": ratio(np.minimum(column[kernels.ROOTS_FLAGGED_HITS], words), words),
        "mean_word_length": ratio(column[kernels.WORD_CHARS], words),
        "max_word_length": column[kernels.LONGEST_WORD],
    }
    nulls = {
        "stop_words_ratio": text_counts.without_list(langs, name="stop_words"),
        "flagged_words_ratio": text_counts.without_list(langs, name="flagged_words"),
        "flagged_words_ratio_as_run": text_counts.without_list(langs, name="flagged_words"),
        "mean_word_length": words == 0,
    }
    arrays = [pa.array(columns[field.name], field.type, mask=nulls.get(field.name)) for field in SCHEMA]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)
