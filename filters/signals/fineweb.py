"""The quality signals of FineWeb (Penedo et al. 2024, arXiv:2406.17557), as datatrove counts them.

Lines are those between newlines that hold more than white space; words are those of gopher_quality. Nothing
is measured (null) where there are no such lines or words. docs/signals.md lists the differences.
"""

import pyarrow as pa

from filters import text_counts
from filters.kernels import text as kernels
from filters.kernels.text_lines import (
    FILLED_DUPLICATE_CHARS,
    FILLED_LINES,
    MAX_SHORT_LINE,
    PUNCTUATED_LINES,
    SHORT_LINES,
)
from filters.text_counts import measurable
from layers.document import make_field

CONTENT_VERSION = 1
GROUPS = kernels.LINES

SCHEMA = pa.schema(
    [
        make_field(
            "punctuated_line_ratio",
            pa.float32(),
            "Share of lines that end with a mark that ends sentences, of any script.",
        ),
        make_field(
            "short_line_ratio", pa.float32(), f"Share of lines of at most {MAX_SHORT_LINE} code points."
        ),
        make_field(
            "fineweb_duplicate_line_characters_ratio",
            pa.float32(),
            "Share of characters, newlines not counted, in lines equal to a line before.",
        ),
        make_field("newline_to_word_ratio", pa.float32(), "Newlines per word between white space."),
    ]
)


def measure(batch: pa.RecordBatch, *, langs: pa.StringArray, options: None) -> pa.RecordBatch:
    """The quality signals of FineWeb: n documents → n rows of SCHEMA. Memory: see filters.text_counts."""
    column = text_counts.count(batch, langs=langs, groups=GROUPS)
    lines, newlines = column[kernels.FIRST_LINE :], column[kernels.NEWLINES]
    filled = lines[FILLED_LINES]
    arrays = [
        measurable(lines[PUNCTUATED_LINES], filled),
        measurable(lines[SHORT_LINES], filled),
        measurable(lines[FILLED_DUPLICATE_CHARS], (column[kernels.CHARS] - newlines) * (filled > 0)),
        measurable(newlines, column[kernels.PIECES]),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)
