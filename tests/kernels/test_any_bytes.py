"""Language identification reads lines that nobody has validated: any bytes, within their bounds.

NUMBA_BOUNDSCHECK=1 makes a read past a buffer an IndexError here.
"""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from filters.language_id import IdentifyOptions, SegmentOptions, identify, load_model

MODEL = load_model("lid.176")
OPTIONS = IdentifyOptions(SegmentOptions(max_sample_bytes=256, windows=4, min_bytes=16, max_bytes=64))
"""The smallest sample, so that short texts are sampled too."""

pieces = st.one_of(
    st.binary(max_size=8),
    st.integers(0x80, 0xFF).map(lambda byte: bytes([byte]) * 70),  # longer than a window's reach
    st.sampled_from([b" ", b"\r\n", b"\0", b"</s>", b"__label__en", b"the root ", "根の根".encode()]),
)
any_bytes = st.lists(st.lists(pieces, max_size=12).map(b"".join), max_size=5)


def unvalidated(*values: bytes) -> pa.LargeStringArray:
    binary = pa.array(values, pa.large_binary())
    return pa.LargeStringArray.from_buffers(len(values), binary.buffers()[1], binary.buffers()[2])


def rows(*values: bytes) -> list[dict[str, object]]:
    batch = identify(
        unvalidated(*values),
        declared=pa.nulls(len(values), pa.string()),
        model=MODEL,
        options=OPTIONS,
    )
    return [dict(row) for row in batch.to_pylist()]


@given(any_bytes)
def test_each_text_has_its_own_row_whatever_lies_beside_it(values: list[bytes]) -> None:
    together = rows(*values)
    assert together == [row for value in values for row in rows(value)]
    assert all(row["lang"] for row in together)
