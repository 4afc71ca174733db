"""Counts of a batch of texts that several signals share: each text is decoded and cut into words once."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pyarrow as pa

from filters import languages, letter_variants
from filters.kernels import text as kernels
from filters.kernels.compiling import text_buffers
from filters.kernels.compression import four_bytes
from filters.kernels.text_c4 import phrase_table, trigger_table
from filters.kernels.text_scratch import make_scratch
from filters.kernels.text_tables import characters, marks
from filters.kernels.word_lists import FLAGGED, GOPHER, ROOTS_FLAGGED, STOP, hash_entries, make_word_table
from filters.long_texts import cut_texts


@dataclass
class _Shared:
    batch: pa.RecordBatch
    texts: pa.LargeStringArray
    langs: pa.StringArray
    groups: int
    counts: list[np.ndarray] = field(default_factory=list)


_shared: ContextVar[_Shared | None] = ContextVar("shared_counts", default=None)


@contextmanager
def sharing(
    batch: pa.RecordBatch,
    *,
    langs: pa.StringArray,
    groups: int,
    texts: pa.LargeStringArray | None = None,
) -> Iterator[None]:
    """Inside, count() of this very batch counts all the groups at once, the first time it is asked.

    texts: its column `text`, where others share what is made of this very array.
    """
    token = _shared.set(_Shared(batch, batch.column("text") if texts is None else texts, langs, groups))
    try:
        yield
    finally:
        _shared.reset(token)


def count(batch: pa.RecordBatch, *, langs: pa.StringArray, groups: int) -> np.ndarray:
    """`count_texts` of the batch's column `text`, shared where `sharing` says so."""
    shared = _shared.get()
    if shared is None or shared.batch is not batch or shared.langs is not langs:
        return count_texts(batch.column("text"), langs=langs, groups=groups)
    if not shared.counts or groups & ~shared.groups:
        shared.groups |= groups
        shared.counts = [count_texts(shared.texts, langs=langs, groups=shared.groups)]
    return shared.counts[0]


def count_texts(texts: pa.LargeStringArray, *, langs: pa.StringArray, groups: int) -> np.ndarray:
    """Counts of the groups of filters.kernels.text: n texts → int64 [COUNTS, n], zeros in other groups.

    langs choose the policy of filters.languages; a null language or one without a file gets the default.
    Of a text of more than long_texts.MAX_PIECE_BYTES its pieces are counted, as texts of their own, and added
    up: what is repeated in another piece is not seen. Raises ValueError for a null text. Memory beyond the
    batch: at most 24 bytes per byte of the longest piece, 20 per word of it, and 3 MiB.
    """
    values, offsets = text_buffers(texts)
    pieces, first_pieces = cut_texts(values, offsets, anywhere=True)
    if len(pieces) > len(offsets):
        rows = np.repeat(np.arange(len(texts)), np.diff(first_pieces))
        of_pieces = _count_pieces(values, pieces, langs=langs.take(pa.array(rows)), groups=groups)
        counts = np.add.reduceat(of_pieces, first_pieces[:-1])
        counts[:, _NOT_ADDED] = np.maximum.reduceat(of_pieces[:, _NOT_ADDED], first_pieces[:-1])
    else:
        counts = _count_pieces(values, offsets, langs=langs, groups=groups)
    rows, folded = letter_variants.fold_rows(texts)
    if len(rows):  # words of lists are found however their letters are written
        hits = count_texts(folded, langs=langs.take(pa.array(rows)), groups=0)
        counts[rows[:, None], _LISTED] = hits[_LISTED].T
    return np.ascontiguousarray(counts.T)


_LISTED = [
    kernels.STOP_HITS,
    kernels.FLAGGED_HITS,
    kernels.ROOTS_FLAGGED_HITS,
    kernels.DISTINCT_FLAGGED,
    kernels.GOPHER_STOP_WORDS,
]
_NOT_ADDED = [kernels.LONGEST_WORD, kernels.GOPHER_STOP_WORDS, kernels.DISTINCT_FLAGGED]
"""Counts of which a text has the largest of its pieces."""


def _count_pieces(
    values: np.ndarray, offsets: np.ndarray, *, langs: pa.StringArray, groups: int
) -> np.ndarray:
    """Counts of n texts, each counted at once: int64 [n, COUNTS]."""
    fours = four_bytes(values)
    counts = np.zeros((len(offsets) - 1, kernels.COUNTS), np.int64)
    scratch = make_scratch(int(np.diff(offsets).max(initial=0)))
    tables = (characters(), marks(), phrase_table(), trigger_table())
    for tag, rows in rows_by_language(langs):
        language = languages.DEFAULT if tag is None else languages.load(tag)
        policy = (
            language.segmentation == "characters",
            language.character_ngram,
            language.word_ngram,
            language.augment_ngrams,
        )
        keys, list_marks = _word_table(language)
        table = (keys, list_marks, np.zeros(len(keys), np.int64))
        kernels.count_texts(values, fours, offsets, rows, tables, policy, table, groups, scratch, counts)
    return counts


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole as float32, 0 where whole is 0."""
    result: np.ndarray = (part / np.maximum(whole, 1)).astype(np.float32)
    return result


def measurable(part: np.ndarray, whole: np.ndarray) -> pa.Array:
    """part / whole as float32, null where whole is 0."""
    return pa.array(ratio(part, whole), pa.float32(), mask=np.asarray(whole) == 0)


def without_list(langs: pa.StringArray, *, name: str) -> np.ndarray:
    """Whether the language of each row has no such list ("stop_words" …): n languages → n truth values."""
    missing = np.zeros(len(langs), bool)
    for tag, rows in rows_by_language(langs):
        missing[rows] = not getattr(languages.DEFAULT if tag is None else languages.load(tag), name)
    return missing


def rows_by_language(langs: pa.StringArray) -> list[tuple[str | None, np.ndarray]]:
    """Rows of each language with a policy, and of None for all others: n languages → row lists."""
    encoded, known = langs.dictionary_encode(), frozenset(languages.tags())
    tags = [tag if tag in known else None for tag in encoded.dictionary.to_pylist()] + [None]
    codes = encoded.indices.fill_null(len(tags) - 1).to_numpy(zero_copy_only=False)
    present = sorted({tag for tag in tags if tag is not None})
    numbers = np.array([len(present) if tag is None else present.index(tag) for tag in tags])
    groups = numbers[codes] if len(codes) else np.zeros(0, np.int64)
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], np.arange(len(present) + 2))
    named: list[str | None] = [*present, None]
    return [
        (tag, order[starts[i] : starts[i + 1]]) for i, tag in enumerate(named) if starts[i] < starts[i + 1]
    ]


@cache
def _word_table(language: languages.Language) -> tuple[np.ndarray, np.ndarray]:
    """Hash table of the word lists of a language."""
    lists = (
        (STOP, language.stop_words),
        (FLAGGED, language.flagged_words),
        (GOPHER, language.gopher_stop_words),
        (ROOTS_FLAGGED, (*language.flagged_words, *language.flagged_only_in_roots)),
    )
    entries = pa.array([word for _, words in lists for word in words], pa.large_string())
    values, offsets = text_buffers(entries)
    hashes, usable = np.zeros(len(entries), np.uint64), np.zeros(len(entries), bool)
    segments = language.segmentation == "characters"
    scratch = make_scratch(int(np.diff(offsets).max(initial=0)))
    hash_entries(values, offsets, characters(), segments, scratch.scan, hashes, usable)
    bits = np.array([bit for bit, words in lists for _ in words], np.uint8)
    return make_word_table(hashes[usable], bits[usable])
