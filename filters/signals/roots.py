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
"""

from functools import cache

import numpy as np
import pyarrow as pa

from filters import languages
from filters.kernels import text as kernels
from filters.kernels.compiling import text_buffers
from filters.kernels.text_tables import characters
from pipeline.document import make_field

CONTENT_VERSION = 1


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
            "The same with k = ⌊√N⌋: the formula of the ROOTS paper.",
        ),
        make_field(
            "character_repetition_ratio_head",
            pa.float32(),
            "The same with k = min(⌊√N⌋, N − n-grams seen once): the formula of the published ROOTS code.",
        ),
        make_field(
            "word_repetition_ratio",
            pa.float32(),
            "Share of lower-cased word n-grams (5; ur 7) whose n-gram occurs more than once.",
        ),
        make_field(
            "special_characters_ratio", pa.float32(), "Share of punctuation, symbols, spaces, digits."
        ),
        make_field(
            "stop_words_ratio",
            pa.float32(),
            "Stop-word hits per word, at most 1; null: the language has no list.",
        ),
        make_field(
            "flagged_words_ratio",
            pa.float32(),
            "Flagged-word hits per word, at most 1; null: the language has no list.",
        ),
        make_field("mean_word_length", pa.float32(), "Code points per word; null: no words."),
        make_field("max_word_length", pa.int64(), "Code points of the longest word."),
    ]
)


def measure(texts: pa.LargeStringArray, *, langs: pa.StringArray) -> pa.RecordBatch:
    """The ROOTS signals: n documents → n rows of SCHEMA.

    Memory beyond the batch: at most 28 bytes per byte of the longest text, and 1 MiB.
    """
    values, offsets = text_buffers(texts)
    sizes = np.diff(offsets)
    counts = np.zeros((len(texts), kernels.COUNTS), np.int64)
    no_stop_words, no_flagged_words = np.zeros((2, len(texts)), bool)
    scratch = kernels.make_scratch(int(sizes.max(initial=0)))
    for tag, rows in _rows_by_language(langs):
        language = languages.DEFAULT if tag is None else languages.load(tag)
        no_stop_words[rows] = not language.stop_words
        no_flagged_words[rows] = not language.flagged_words
        policy = (
            language.segmentation == "characters",
            language.character_ngram,
            language.word_ngram,
            language.augment_ngrams,
        )
        kernels.count_texts(values, offsets, rows, characters(), policy, _word_table(tag), scratch, counts)
    return _signals(counts, sizes, no_stop_words=no_stop_words, no_flagged_words=no_flagged_words)


def _signals(
    counts: np.ndarray, sizes: np.ndarray, *, no_stop_words: np.ndarray, no_flagged_words: np.ndarray
) -> pa.RecordBatch:
    """Integer counts → rows of SCHEMA: each ratio is one division."""
    column = counts.T
    words = column[kernels.WORDS]
    columns = {
        "chars": column[kernels.CHARS],
        "words": words,
        "lines": column[kernels.LINES],
        "character_repetition_ratio": _ratio(column[kernels.TOP_AS_RUN], column[kernels.CHAR_NGRAMS]),
        "character_repetition_ratio_paper": _ratio(column[kernels.TOP_PAPER], column[kernels.CHAR_NGRAMS]),
        "character_repetition_ratio_head": _ratio(column[kernels.TOP_HEAD], column[kernels.CHAR_NGRAMS]),
        "word_repetition_ratio": _ratio(column[kernels.REPEATED_WORD_NGRAMS], column[kernels.WORD_NGRAMS]),
        "special_characters_ratio": _ratio(column[kernels.SPECIAL_CHARS], column[kernels.CHARS]),
        "stop_words_ratio": _ratio(np.minimum(column[kernels.STOP_HITS], words), words),
        "flagged_words_ratio": _ratio(np.minimum(column[kernels.FLAGGED_HITS], words), words),
        "mean_word_length": _ratio(column[kernels.WORD_CHARS], words),
        "max_word_length": column[kernels.LONGEST_WORD],
    }
    nulls = {
        "stop_words_ratio": no_stop_words,
        "flagged_words_ratio": no_flagged_words,
        "mean_word_length": words == 0,
    }
    arrays = [pa.array(columns[field.name], field.type, mask=nulls.get(field.name)) for field in SCHEMA]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole as float32, 0 where whole is 0."""
    ratio: np.ndarray = (part / np.maximum(whole, 1)).astype(np.float32)
    return ratio


def _rows_by_language(langs: pa.StringArray) -> list[tuple[str | None, np.ndarray]]:
    """Rows of each language with a policy, and of None for all others: n languages → ≤ 47 row lists."""
    encoded = langs.dictionary_encode()
    tags = [tag if tag in languages.TAGS else None for tag in encoded.dictionary.to_pylist()] + [None]
    codes = encoded.indices.fill_null(len(tags) - 1).to_numpy(zero_copy_only=False)
    known = sorted({tag for tag in tags if tag is not None})
    numbers = np.array([len(known) if tag is None else known.index(tag) for tag in tags])
    groups = numbers[codes] if len(codes) else np.zeros(0, np.int64)
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], np.arange(len(known) + 2))
    named: list[str | None] = [*known, None]
    return [
        (tag, order[starts[i] : starts[i + 1]]) for i, tag in enumerate(named) if starts[i] < starts[i + 1]
    ]


@cache
def _word_table(tag: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Hash table of the stop and flagged words of a language; None: the default policy."""
    language = languages.DEFAULT if tag is None else languages.load(tag)
    entries = pa.array([*language.stop_words, *language.flagged_words], pa.large_string())
    values, offsets = text_buffers(entries)
    hashes, usable = np.zeros(len(entries), np.uint64), np.zeros(len(entries), bool)
    segments = language.segmentation == "characters"
    scratch = kernels.make_scratch(int(np.diff(offsets).max(initial=0)))
    kernels.hash_entries(values, offsets, characters(), segments, scratch, hashes, usable)
    marks = np.full(len(entries), kernels.FLAGGED, np.uint8)
    marks[: len(language.stop_words)] = kernels.STOP
    return kernels.make_word_table(hashes[usable], marks[usable])
