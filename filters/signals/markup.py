"""How much of a text is HTML that should have been read, before edits; null in an empty text."""

import pyarrow as pa

from filters import damage
from filters.kernels.damage import CHARS, MARKUP_CHARS
from filters.text_counts import measurable
from layers.document import make_field

CONTENT_VERSION = 1
BEFORE_EDITS = True
SCHEMA = pa.schema(
    [
        make_field(
            "html_ratio",
            pa.float32(),
            "Share of characters in HTML's tags, comments and character references, before edits.",
        )
    ]
)


def measure(batch: pa.RecordBatch, *, langs: pa.StringArray, options: None) -> pa.RecordBatch:
    """The share of markup: n documents before edits → n rows of SCHEMA. langs are not used."""
    counts = damage.count(batch)
    array = measurable(counts[MARKUP_CHARS], counts[CHARS])
    return pa.RecordBatch.from_arrays([array], schema=SCHEMA)
