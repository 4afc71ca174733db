"""Arrow arrays as a source has them → strings, lengths and bytes: n values → n values."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_BINARY_OF = {
    pa.string(): pa.binary(),
    pa.large_string(): pa.large_binary(),
    pa.string_view(): pa.binary_view(),
}


def is_binary_layout(dtype: pa.DataType) -> bool:
    """Whether an array has offsets or views into bytes."""
    return not pa.types.is_dictionary(dtype) and not pa.types.is_null(dtype) and is_stringlike(dtype)


def as_binary(array: pa.Array) -> pa.Array:
    """The same values, of which nobody says that they are UTF-8."""
    return array.view(_BINARY_OF.get(array.type, array.type))


def is_stringlike(dtype: pa.DataType) -> bool:
    """Whether values are strings, bytes or null, plain, as views or in a dictionary."""
    checks = ("string", "large_string", "string_view", "binary", "large_binary", "binary_view", "null")
    if pa.types.is_dictionary(dtype):
        return is_stringlike(dtype.value_type)
    return any(getattr(pa.types, f"is_{check}")(dtype) for check in checks)


def to_string(array: pa.Array) -> pa.Array:
    """Dates and times as ISO 8601, integers in decimal, UUIDs as text; string-like arrays as they are."""
    if pa.types.is_timestamp(array.type) or pa.types.is_date(array.type):
        return _to_iso(array)
    if array.type == pa.uuid():
        return pa.array([None if value is None else str(value) for value in array.to_pylist()], pa.string())
    return array.cast(pa.string()) if pa.types.is_integer(array.type) else array


def _to_iso(array: pa.Array) -> pa.Array:
    """Dates of the years 1 to 9999; others, which ISO 8601 has no room for, and those of a zone that nobody
    knows are null."""
    try:
        text = array.cast(pa.string())
    except pa.ArrowInvalid:  # an unknown time zone: it is the column's, so no value has a meaning
        return pa.nulls(len(array), pa.string())
    valid = pc.and_not(pc.match_substring_regex(text, r"^\d{4}-"), pc.starts_with(text, "0000-"))
    text = pc.if_else(valid, text, pa.scalar(None, pa.string()))
    return pc.replace_substring(text, " ", "T", max_replacements=1)


def decode(array: pa.Array) -> tuple[pa.Array, dict[int, str]]:
    """Strings that are valid UTF-8, and what is wrong with the others by row; those rows are null."""
    large = array.cast(pa.large_binary()) if not pa.types.is_null(array.type) else array
    try:
        return large.cast(pa.large_string()), {}  # the cast from binary checks UTF-8
    except pa.ArrowInvalid:
        bad: dict[int, str] = {}
        for row, value in enumerate(large.to_pylist()):
            try:
                (value or b"").decode()
            except UnicodeDecodeError as error:
                bad[row] = f"byte {error.start}: {error.reason}"
        mask = np.zeros(len(large), dtype=bool)
        mask[list(bad)] = True
        return pc.if_else(pa.array(mask), pa.scalar(None, large.type), large).cast(pa.large_string()), bad


def empty_to_null(array: pa.Array) -> pa.Array:
    """Strings, of which empty ones are null."""
    strings = array.cast(pa.string())
    return pc.if_else(pc.equal(strings, ""), pa.scalar(None, pa.string()), strings)


def byte_lengths(array: pa.Array) -> np.ndarray:
    """Bytes of each value, 0 for null: int64."""
    if pa.types.is_null(array.type):
        return np.zeros(len(array), dtype=np.int64)
    lengths = pc.fill_null(pc.binary_length(array.cast(pa.large_binary())), 0)
    return np.asarray(lengths.to_numpy(zero_copy_only=False), dtype=np.int64)


def map_values(array: pa.Array, function: Callable[[str], str]) -> pa.Array:
    """function of each distinct value, null for null."""
    encoded = array.dictionary_encode()
    mapped = pa.array([function(value) for value in encoded.dictionary.to_pylist()], pa.string())
    return mapped.take(encoded.indices)


def is_list(dtype: pa.DataType) -> bool:
    """Whether values are lists of any length."""
    return bool(pa.types.is_list(dtype) or pa.types.is_large_list(dtype))


def take_element(lists: pa.Array, index: int) -> pa.Array:
    """The element at a place of each list, null where a list is null or shorter."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    starts = lists.offsets.to_numpy()[:-1]
    return lists.values.take(pa.array(starts + index, mask=lengths <= index))


def views(texts: pa.Array) -> Iterator[memoryview]:
    """The UTF-8 bytes of each text, without copying."""
    if not len(texts):
        return
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
    data = memoryview(texts.buffers()[2] or b"")
    bounds = offsets.tolist()
    for start, stop in pairwise(bounds):
        yield data[start:stop]
