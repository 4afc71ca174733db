"""Whether words are spelt as the language spells them: null where it has no table, or the text no letters."""

import numpy as np
import pyarrow as pa

from filters import text_counts
from filters.kernels import text as kernels
from filters.language_id import trigrams
from filters.text_counts import measurable
from layers.document import make_field

CONTENT_VERSION = 5
GROUPS = 0

SCHEMA = pa.schema(
    [
        make_field(
            "mixed_word_ratio",
            pa.float32(),
            "Share of words of letters with a digit, or with a symbol inside that is no part of spelling "
            "(apostrophe, hyphen, full stop, middle dot, slash).",
        ),
        make_field(
            "known_trigram_ratio",
            pa.float32(),
            "Share of character trigrams that the training text of the language model has in the language; "
            f"of more than {trigrams.SAMPLE_LETTERS} letters, of {trigrams.WINDOWS} evenly spaced windows; "
            "letters that the language does not write do not count, letters that look alike count as one, "
            f"traditional Chinese as simplified; null: fewer than {trigrams.MIN_COUNTED}, "
            f"{trigrams.MIN_COUNTED_OF_CHARACTERS} of Chinese.",
        ),
    ]
)


def measure(batch: pa.RecordBatch, *, langs: pa.StringArray, options: None) -> pa.RecordBatch:
    """Spelling: n documents → n rows of SCHEMA."""
    column = text_counts.count(batch, langs=langs, groups=GROUPS)
    known, total = trigrams.count_known(batch.column("text"), langs=langs)
    arrays = [
        measurable(np.asarray(column[kernels.MIXED_PIECES]), column[kernels.PIECES]),
        measurable(known, np.where(trigrams.find_counted(total, langs=langs), total, 0)),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def digest(options: None) -> object:
    """The tables of trigrams."""
    return trigrams.digest()
