"""The rules of C4 (Raffel et al. 2020, JMLR 21:140) that make sense as signals.

C4 drops lines, and pages with a curly bracket or placeholder text; here all of it is counted and nothing
changed. The phrases are English, and stand in pages of any language. Lines hold more than white space;
nothing is measured (null) where there are none. docs/signals.md lists the differences to datatrove.
"""

import pyarrow as pa

from filters import text_counts
from filters.kernels import text as kernels
from filters.kernels.text_c4 import (
    JAVASCRIPT_LINES,
    KEPT_LINES,
    LOREM_IPSUM,
    MAX_WORD_CHARS,
    MIN_WORDS,
    POLICY_LINES,
    TERMINAL_LINES,
)
from filters.kernels.text_lines import FILLED_LINES
from filters.kernels.text_rare import CURLY
from filters.text_counts import measurable
from layers.document import make_field

CONTENT_VERSION = 1
GROUPS = kernels.LINES | kernels.RARE | kernels.C4

SCHEMA = pa.schema(
    [
        make_field(
            "c4_terminal_line_ratio",
            pa.float32(),
            "Share of lines that end in . ? ! \" or ', and not in an ellipsis.",
        ),
        make_field(
            "c4_kept_line_ratio",
            pa.float32(),
            f"Share of lines that C4 keeps: such an end, at least {MIN_WORDS} words, none above "
            f"{MAX_WORD_CHARS} code points, no javascript, no policy phrase.",
        ),
        make_field("javascript_lines", pa.int64(), "Lines with the word javascript."),
        make_field(
            "policy_lines",
            pa.int64(),
            "Lines with terms of use, privacy policy, cookie policy, use(s) (of) cookies.",
        ),
        make_field("lorem_ipsum_lines", pa.int64(), "Lines with lorem ipsum."),
        make_field("curly_brackets", pa.int64(), "Characters { and }."),
        make_field("curly_brackets_ratio", pa.float32(), "Share of characters { and }."),
    ]
)


def measure(batch: pa.RecordBatch, *, langs: pa.StringArray, options: None) -> pa.RecordBatch:
    """The signals of C4: n documents → n rows of SCHEMA. Memory: see filters.text_counts."""
    column = text_counts.count(batch, langs=langs, groups=GROUPS)
    c4, curly = column[kernels.FIRST_C4 :], column[kernels.FIRST_RARE + CURLY]
    filled = column[kernels.FIRST_LINE + FILLED_LINES]
    arrays = [
        measurable(c4[TERMINAL_LINES], filled),
        measurable(c4[KEPT_LINES], filled),
        pa.array(c4[JAVASCRIPT_LINES]),
        pa.array(c4[POLICY_LINES]),
        pa.array(c4[LOREM_IPSUM]),
        pa.array(curly),
        measurable(curly, column[kernels.CHARS]),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)
