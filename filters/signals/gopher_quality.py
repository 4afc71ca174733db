"""The quality signals of Gopher (Rae et al. 2021, arXiv:2112.11446, appendix A1), as datatrove counts them.

Words are what stands between white space, as it stands; in scripts without spaces each Han or Kana
character and each run of anything else but punctuation. Nothing is measured (null) where there are no
words or no lines. docs/signals.md lists the differences to datatrove.
"""

import pyarrow as pa

from filters import text_counts
from filters.kernels import text as kernels
from filters.kernels.text_lines import BULLET_LINES, ELLIPSIS_LINES, LINES
from filters.kernels.text_rare import ELLIPSES, HASHES
from filters.text_counts import measurable
from layers.document import make_field

CONTENT_VERSION = 4
GROUPS = kernels.LINES | kernels.RARE

SCHEMA = pa.schema(
    [
        make_field("gopher_words", pa.int64(), "Words between white space that are not all symbols."),
        make_field("gopher_mean_word_length", pa.float32(), "Code points per such word."),
        make_field("hash_to_word_ratio", pa.float32(), "Characters # per word between white space."),
        make_field("ellipsis_to_word_ratio", pa.float32(), "Ellipses (... and …) per word."),
        make_field("bullet_line_ratio", pa.float32(), "Share of lines that start with • or -."),
        make_field("ellipsis_line_ratio", pa.float32(), "Share of lines that end in ... or …."),
        make_field("alphabetic_word_ratio", pa.float32(), "Share of words with a letter."),
        make_field(
            "gopher_stop_words",
            pa.int64(),
            "Distinct words of the language's list for this rule; null: it has none.",
        ),
    ]
)


def measure(batch: pa.RecordBatch, *, langs: pa.StringArray, options: None) -> pa.RecordBatch:
    """The quality signals of Gopher: n documents → n rows of SCHEMA. Memory: see filters.text_counts."""
    column = text_counts.count(batch, langs=langs, groups=GROUPS)
    lines, rare = column[kernels.FIRST_LINE :], column[kernels.FIRST_RARE :]
    words = column[kernels.PIECES]
    stop_words = pa.array(
        column[kernels.GOPHER_STOP_WORDS], mask=text_counts.without_list(langs, name="gopher_stop_words")
    )
    arrays = [
        pa.array(column[kernels.WORDY_PIECES]),
        measurable(column[kernels.WORDY_CHARS], column[kernels.WORDY_PIECES]),
        measurable(rare[HASHES], words),
        measurable(rare[ELLIPSES], words),
        measurable(lines[BULLET_LINES], lines[LINES]),
        measurable(lines[ELLIPSIS_LINES], lines[LINES]),
        measurable(column[kernels.ALPHABETIC_PIECES], words),
        stop_words,
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)
