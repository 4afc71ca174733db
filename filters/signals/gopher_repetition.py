"""The repetition signals of Gopher (Rae et al. 2021, arXiv:2112.11446, appendix A1), as datatrove counts.

A line or paragraph is a duplicate of an equal one before it. Shares of characters are of all characters of
the text. Words are those of gopher_quality. Nothing is measured (null) in an empty text, nor of n-grams in
a text with fewer than n words. docs/signals.md lists the differences to datatrove.
"""

import pyarrow as pa

from filters import text_counts
from filters.kernels import text as kernels
from filters.kernels.gopher_ngrams import MAX_N, MAX_TOP_N, MIN_N
from filters.kernels.text_lines import (
    DUPLICATE_LINE_CHARS,
    DUPLICATE_LINES,
    DUPLICATE_PARAGRAPH_CHARS,
    DUPLICATE_PARAGRAPHS,
    PARAGRAPHS,
    SPLIT_LINES,
)
from filters.text_counts import measurable
from layers.document import make_field

CONTENT_VERSION = 1
GROUPS = kernels.LINES | kernels.GOPHER

_TOP = range(MIN_N, MAX_TOP_N + 1)
_DUPLICATED = range(MAX_TOP_N + 1, MAX_N + 1)

SCHEMA = pa.schema(
    [
        make_field("duplicate_line_ratio", pa.float32(), "Share of lines equal to a line before."),
        make_field("duplicate_line_characters_ratio", pa.float32(), "Share of characters in such lines."),
        make_field(
            "duplicate_paragraph_ratio", pa.float32(), "Share of paragraphs equal to a paragraph before."
        ),
        make_field(
            "duplicate_paragraph_characters_ratio", pa.float32(), "Share of characters in such paragraphs."
        ),
        *(
            make_field(
                f"top_{n}_gram_characters_ratio",
                pa.float32(),
                f"Characters of the most frequent {n} words in a row, times its frequency, per character.",
            )
            for n in _TOP
        ),
        *(
            make_field(
                f"duplicated_{n}_gram_characters_ratio",
                pa.float32(),
                f"Share of characters in {n} words in a row that stood before, without overlap.",
            )
            for n in _DUPLICATED
        ),
    ]
)


def measure(batch: pa.RecordBatch, *, langs: pa.StringArray, options: None) -> pa.RecordBatch:
    """The repetition signals of Gopher: n documents → n rows of SCHEMA. Memory: see filters.text_counts."""
    column = text_counts.count(batch, langs=langs, groups=GROUPS)
    lines, chars, words = column[kernels.FIRST_LINE :], column[kernels.CHARS], column[kernels.PIECES]
    arrays = [
        measurable(lines[DUPLICATE_LINES], lines[SPLIT_LINES] * (chars > 0)),
        measurable(lines[DUPLICATE_LINE_CHARS], chars),
        measurable(lines[DUPLICATE_PARAGRAPHS], lines[PARAGRAPHS] * (chars > 0)),
        measurable(lines[DUPLICATE_PARAGRAPH_CHARS], chars),
    ]
    for n in (*_TOP, *_DUPLICATED):
        arrays.append(measurable(column[kernels.FIRST_GOPHER + n - MIN_N], chars * (words >= n)))
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)
