"""What a text is made of: URLs, digits, capitals, lines of program text, sentences.

Nothing is measured (null) where there is nothing to count: no characters, letters or lines.
"""

import pyarrow as pa

from filters import text_counts
from filters.kernels import text as kernels
from filters.kernels.text_code import CODE_BRACES, CODE_MARKS, CODE_OPERATORS
from filters.kernels.text_lines import FILLED_LINES, STRIPPED_CHARS
from filters.kernels.text_rare import CODE_CHARS, CODE_LINES, SENTENCES, URL_CHARS
from filters.text_counts import measurable
from layers.document import make_field

CONTENT_VERSION = 3
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
            f"{CODE_MARKS} or a bracket opened right behind a word.",
        ),
        make_field(
            "code_characters_ratio",
            pa.float32(),
            "Share of characters in such lines; white space around lines does not count.",
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
        measurable(rare[CODE_CHARS], lines[STRIPPED_CHARS]),
        pa.array(rare[SENTENCES]),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)
