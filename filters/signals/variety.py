"""How much of a text is a list of short lines, and how many of its words are different ones.

Menus and lists of links are short lines that no mark ends; spam of keywords is a few words again and again.
Neither has to repeat a line or an n-gram.
"""

import numpy as np
import pyarrow as pa

from filters import text_counts
from filters.kernels import text as kernels
from filters.kernels.text_lines import LIST_CHARS, MAX_LIST_LINE, MAX_LIST_SEGMENTS, STRIPPED_CHARS
from filters.text_counts import measurable
from layers.document import make_field

CONTENT_VERSION = 1
GROUPS = kernels.LINES
MIN_FIRST_WORDS = 100
"""Of fewer words a story for children repeats most."""

SCHEMA = pa.schema(
    [
        make_field(
            "list_characters_ratio",
            pa.float32(),
            f"Share of characters in lines of at most {MAX_LIST_LINE} code points (Chinese: "
            f"{MAX_LIST_SEGMENTS}) that end in a letter or digit; white space around lines does not count; "
            "null: no line holds more than that.",
        ),
        make_field(
            "distinct_word_ratio",
            pa.float32(),
            f"Different words among the first {kernels.MAX_FIRST_WORDS}, of them; "
            f"null: fewer than {MIN_FIRST_WORDS}.",
        ),
    ]
)


def measure(batch: pa.RecordBatch, *, langs: pa.StringArray, options: None) -> pa.RecordBatch:
    """Lists and different words: n documents → n rows of SCHEMA."""
    column = text_counts.count(batch, langs=langs, groups=GROUPS)
    lines, first = column[kernels.FIRST_LINE :], column[kernels.FIRST_WORDS]
    arrays = [
        measurable(lines[LIST_CHARS], lines[STRIPPED_CHARS]),
        measurable(column[kernels.DISTINCT_WORDS], np.where(first < MIN_FIRST_WORDS, 0, first)),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)
