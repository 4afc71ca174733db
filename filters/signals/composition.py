"""What a text is made of: URLs, digits, capitals, lines of program text, sentences.

Nothing is measured (null) where there is nothing to count: no characters, letters or lines.
"""

import pyarrow as pa

from filters import text_counts
from filters.kernels import text as kernels
from filters.kernels.text_code import (
    CODE_BRACES,
    CODE_MARKS,
    CODE_OPERATORS,
    IDEOGRAPH_LETTERS,
    MIN_PROSE_LETTERS,
    PROSE_TENTHS,
)
from filters.kernels.text_lines import FILLED_LINES, STRIPPED_CHARS
from filters.kernels.text_rare import CODE_CHARS, CODE_LINES, PROSE_CHARS, SENTENCES, URL_CHARS
from filters.text_counts import measurable
from layers.document import make_field

CONTENT_VERSION = 4
GROUPS = kernels.LINES | kernels.RARE

SCHEMA = pa.schema(
    [
        make_field(
            "url_ratio", pa.float32(), "Share of characters in runs of non-space with :// or www. in them."
        ),
        make_field("digit_ratio", pa.float32(), "Share of characters that are decimal digits of any script."),
        make_field("upper_case_ratio", pa.float32(), "Share of letters that are upper case."),
        make_field(
            "code_line_ratio",
            pa.float32(),
            f"Share of lines with a curly bracket in at most {CODE_BRACES} characters, or with one of "
            f"[]<>=;|&*+\\^~_$@` in at most {CODE_OPERATORS}, and of indented ones with one of "
            f"{CODE_MARKS} or a bracket opened right behind a word; lines of prose are none.",
        ),
        make_field(
            "code_excess",
            pa.float32(),
            "Share of characters in such lines less the share in lines of prose, below zero where these "
            "hold more; white space around lines does not count. A line of prose is not indented, ends as a "
            f"sentence or with a colon, and has {MIN_PROSE_LETTERS} letters and marks, Han and Kana counting "
            f"as {IDEOGRAPH_LETTERS} each; {PROSE_TENTHS} characters in ten are these or spaces.",
        ),
        make_field(
            "sentences",
            pa.int64(),
            "Sentences: they end at a terminal mark of any script before white space, and with the line.",
        ),
    ]
)


def measure(batch: pa.RecordBatch, *, langs: pa.StringArray, options: None) -> pa.RecordBatch:
    """Shares of kinds of text: n documents → n rows of SCHEMA. Memory: see filters.text_counts."""
    column = text_counts.count(batch, langs=langs, groups=GROUPS)
    rare, chars = column[kernels.FIRST_RARE :], column[kernels.CHARS]
    lines = column[kernels.FIRST_LINE :]
    arrays = [
        measurable(rare[URL_CHARS], chars),
        measurable(column[kernels.DIGITS], chars),
        measurable(column[kernels.UPPER_CHARS], column[kernels.LETTERS]),
        measurable(rare[CODE_LINES], lines[FILLED_LINES]),
        measurable(rare[CODE_CHARS] - rare[PROSE_CHARS], lines[STRIPPED_CHARS]),
        pa.array(rare[SENTENCES]),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)
