"""Traces of text that was decoded wrongly. Nothing is measured (null) in an empty text.

Mojibake here is UTF-8 that was read as Windows-1252 or Latin-1 ("Ã©" for "é", "â€™" for "’", "à¤•" for
"क"): a lead byte's character and as many continuation bytes' as it asks for. Damage by other encodings
(Windows-1251, Shift JIS) is not seen. Two neighbours can look alike by chance, as in "CAFÉ»". White space
(U+0085, U+00A0) after a lead byte's character begins no sequence, though it is the reading of a continuation
byte: clean French is full of it, as in "été »" with U+00A0.
"""

import pyarrow as pa

from filters import text_counts
from filters.kernels import text as kernels
from filters.kernels.text_rare import CONTROLS, MOJIBAKE_CHARS, REPLACEMENTS
from filters.text_counts import measurable
from layers.document import make_field

CONTENT_VERSION = 1
GROUPS = kernels.RARE

SCHEMA = pa.schema(
    [
        make_field("replacement_character_ratio", pa.float32(), "Share of characters U+FFFD."),
        make_field(
            "control_character_ratio",
            pa.float32(),
            "Share of control characters, white space (tab, line ends, U+0085) not counted.",
        ),
        make_field(
            "mojibake_ratio",
            pa.float32(),
            "Share of characters in sequences that are UTF-8 read as Windows-1252.",
        ),
    ]
)


def measure(batch: pa.RecordBatch, *, langs: pa.StringArray, options: None) -> pa.RecordBatch:
    """Shares of damaged characters: n documents → n rows of SCHEMA. Memory: see filters.text_counts."""
    column = text_counts.count(batch, langs=langs, groups=GROUPS)
    rare, chars = column[kernels.FIRST_RARE :], column[kernels.CHARS]
    arrays = [measurable(rare[name], chars) for name in (REPLACEMENTS, CONTROLS, MOJIBAKE_CHARS)]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)
