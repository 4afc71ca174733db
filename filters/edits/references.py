"""Removal of the list of references at the end (ROOTS' remove_references, arXiv:2303.03915).

The lines after the last one that reads like prose go. A line of prose has more than `line_stop_words` stop
words per word, which ROOTS has for twelve languages with spaces (the language's file); texts in others
stay as they are. It is an edit for sources of papers: elsewhere it takes lists and signatures at the end.

Differences, all deliberate: words are stripped of punctuation and in lower case, as the signals count them; a
text without any line of prose stays whole, where ROOTS left nothing of it: an edit drops no document.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters import languages, text_counts
from filters.kernels.text import STOP_HITS, WORDS
from filters.kernels.text_edits import replace_texts
from filters.text_counts import rows_by_language

CONTENT_VERSION = 1


def edit(texts: pa.LargeStringArray, *, langs: pa.StringArray) -> pa.LargeStringArray:
    """n texts → n texts; the same array where nothing changes."""
    stops = np.full(len(texts), -1, np.int64)
    for tag, rows in rows_by_language(langs):
        share = None if tag is None else languages.load(tag).line_stop_words
        if tag is not None and share is not None:
            stops[rows] = _find_stops(texts.take(pa.array(rows)), tag=tag, share=share)
    changed = np.flatnonzero(stops >= 0)
    if not len(changed):
        return texts
    shorter = [texts[row].as_py().encode()[: stops[row]].decode() for row in changed.tolist()]
    return replace_texts(texts, rows=changed.tolist(), values=shorter)


def _find_stops(texts: pa.LargeStringArray, *, tag: str, share: float) -> np.ndarray:
    """n texts in a language → bytes to keep of each; -1: all."""
    split = pc.split_pattern(texts, "\n")
    lines = pc.list_flatten(split)
    first = np.concatenate([[0], np.cumsum(pc.list_value_length(split).to_numpy(zero_copy_only=False))])
    counts = text_counts.count_texts(lines, langs=pa.repeat(pa.scalar(tag), len(lines)), groups=0)
    prose = counts[STOP_HITS] > counts[WORDS] * share
    ends = np.cumsum(pc.binary_length(lines).to_numpy(zero_copy_only=False) + 1)  # a newline after each
    stops = np.full(len(texts), -1, np.int64)
    for row in range(len(texts)):
        start, stop = int(first[row]), int(first[row + 1])
        prose_lines = np.flatnonzero(prose[start:stop])
        if len(prose_lines) and prose_lines[-1] < stop - start - 1:
            before = ends[start - 1] if start else 0
            stops[row] = ends[start + prose_lines[-1]] - 1 - before
    return stops
