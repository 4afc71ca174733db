"""A signal with a bug, for faults.py: its kernel raises on the documents that hold a mark.

The bug is there while the file RHIZOTRON_POISON exists; without it this is the mended version.
"""

import os

import numba
import numpy as np
import pyarrow as pa

from layers.document import make_field

MARK = "⁂ poison ⁂"
HAS_BUG = os.path.exists(os.environ.get("RHIZOTRON_POISON", ""))
CONTENT_VERSION = 1 if HAS_BUG else 2
SCHEMA = pa.schema([make_field("marks", pa.int64(), "How often a text holds the mark.")])
_MARK = np.frombuffer(MARK.encode(), np.uint8)


@numba.njit(nogil=True)  # type: ignore[untyped-decorator]
def _count(values: np.ndarray, mark: np.ndarray, has_bug: bool) -> int:
    found = 0
    for start in range(len(values) - len(mark) + 1):
        same = True
        for i in range(len(mark)):
            if values[start + i] != mark[i]:
                same = False
                break
        if same and has_bug:
            raise ValueError("the kernel cannot take the mark")
        found += same
    return found


def measure(batch: pa.RecordBatch, *, langs: pa.StringArray, options: None) -> pa.RecordBatch:
    texts = batch.column("text").to_pylist()
    counts = [_count(np.frombuffer(text.encode(), np.uint8), _MARK, HAS_BUG) for text in texts]
    return pa.RecordBatch.from_arrays([pa.array(counts, pa.int64())], schema=SCHEMA)
