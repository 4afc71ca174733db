"""How small a text gets: repetition of any kind, without words; null for an empty text."""

import pyarrow as pa

from filters import text_counts
from filters.kernels import text as kernels
from filters.kernels.compression import MAX_SAMPLE_BYTES, WINDOWS
from filters.text_counts import measurable
from layers.document import make_field

CONTENT_VERSION = 1
GROUPS = kernels.COMPRESSION

SCHEMA = pa.schema(
    [
        make_field(
            "compression_ratio",
            pa.float32(),
            "Bytes of the text as a greedy LZ4 block, per byte: low is repetitive, and short texts are above "
            f"1; of more than {MAX_SAMPLE_BYTES} bytes, {WINDOWS} evenly spaced windows together.",
        )
    ]
)


def measure(batch: pa.RecordBatch, *, langs: pa.StringArray, options: None) -> pa.RecordBatch:
    """The compression ratio: n documents → n rows of SCHEMA. Memory: see filters.text_counts."""
    column = text_counts.count(batch, langs=langs, groups=GROUPS)
    array = measurable(column[kernels.COMPRESSED_BYTES], column[kernels.SAMPLED_BYTES])
    return pa.RecordBatch.from_arrays([array], schema=SCHEMA)
