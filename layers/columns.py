"""Columns of Arrow tables as arrays: one chunk, and 128-bit values as pairs of integers."""

import sys
from importlib.abc import MetaPathFinder

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Halves = tuple[np.ndarray, np.ndarray]
"""n 128-bit values as (high, low) uint64, read big-endian, so that their order is byte order."""


def column(table: pa.Table, name: str) -> pa.Array:
    """A column as one array."""
    chunked = table[name]
    return (
        chunked.chunk(0)
        if chunked.num_chunks == 1
        else pa.concat_arrays([pa.array([], chunked.type), *chunked.chunks])
    )


def halves(ids: pa.FixedSizeBinaryArray) -> Halves:
    """128-bit values as two big-endian uint64 arrays, so that numeric order is byte order; null is 0."""
    data = ids.buffers()[1]
    if data is None or not len(ids):
        return np.zeros(0, np.uint64), np.zeros(0, np.uint64)
    pairs = np.frombuffer(data, dtype=">u8").reshape(-1, 2)[ids.offset : ids.offset + len(ids)]
    high, low = pairs[:, 0].astype(np.uint64), pairs[:, 1].astype(np.uint64)
    if ids.null_count:
        valid = ids.is_valid().to_numpy(zero_copy_only=False)
        high, low = np.where(valid, high, np.uint64(0)), np.where(valid, low, np.uint64(0))
    return high, low


def binary(ids: Halves, *, valid: np.ndarray | None = None) -> pa.FixedSizeBinaryArray:
    """128-bit values as bytes, the inverse of `halves`; null where not valid."""
    pairs = np.stack(ids, axis=1)
    if valid is not None:
        pairs = np.where(valid[:, None], pairs, 0)  # what lies under a null must not vary
    # byte order last: NumPy returns native order from stack and where
    data = pa.py_buffer(np.ascontiguousarray(pairs, dtype=">u8"))
    mask = None if valid is None else pa.array(valid).buffers()[1]
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(pairs), [mask, data])


def take(ids: Halves, rows: np.ndarray | slice) -> Halves:
    return ids[0][rows], ids[1][rows]


def hex_ids(ids: pa.FixedSizeBinaryArray) -> pa.StringArray:
    """n binary ids → n lower-case hexadecimal strings; null stays null."""
    width = ids.type.byte_width
    if not len(ids):
        return pa.array([], pa.string())
    raw = np.frombuffer(ids.buffers()[1], np.uint8)[ids.offset * width : (ids.offset + len(ids)) * width]
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    text = np.empty((len(raw), 2), np.uint8)
    text[:, 0], text[:, 1] = digits[raw >> 4], digits[raw & 15]
    offsets = np.arange(len(ids) + 1, dtype=np.int32) * (2 * width)
    values = pa.StringArray.from_buffers(len(ids), pa.py_buffer(offsets), pa.py_buffer(text))
    return values if not ids.null_count else pc.if_else(ids.is_valid(), values, pa.scalar(None, pa.string()))


def postpone_pandas() -> None:
    """Have pyarrow import pandas when it is asked for a data frame; without this, at the first list.

    That import takes longer than all else that a command such as `plan` imports, and tells pyarrow only
    whether the list is an object of pandas.
    """
    if "pandas" not in sys.modules:
        sys.meta_path.insert(0, _NoPandas())
        try:
            pa.array([0])
        finally:
            del sys.meta_path[0]


class _NoPandas(MetaPathFinder):
    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("not now", name=fullname)
