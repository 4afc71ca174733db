"""Further fields of a record (`fields.extra`): JSON values of the source, under names of the corpus file."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sources.reading.arrays import byte_lengths, decode, is_stringlike, to_string
from sources.reading.canonical import encode_extra, encode_object
from sources.reading.paths import make_getter

MAX_VALUE_BYTES = 256 << 10
"""Of a value in canonical JSON: a longer one is left out, and counted."""

_SHORT_CHARS = MAX_VALUE_BYTES // 4
"""A character has four bytes at most."""

Lose = Callable[[str], None]
"""Is told the name of a value that is left out."""


class ExtraMapper:
    """Reads the further fields of parsed records."""

    def __init__(self, fields: Mapping[str, str], *, lose: Lose) -> None:
        """fields: name in `extra` → name of the field in the source."""
        self._getters = [(name, make_getter(path)) for name, path in fields.items()]
        self._lose = lose

    def map(self, record: Mapping[str, Any]) -> str | None:
        """The canonical JSON object; None where the record has none of the fields."""
        kept = {}
        for name, get in self._getters:
            value = get(record)
            if value is not None and value != "":
                kept[name] = value
        return _encode(kept, lose=self._lose)


def encode_values(values: Mapping[str, Any], *, lose: Lose) -> str | None:
    """JSON values → canonical JSON object, without null, empty strings, and what is too long or too deep."""
    return _encode(
        {name: value for name, value in values.items() if value is not None and value != ""}, lose=lose
    )


def _encode(kept: dict[str, Any], *, lose: Lose) -> str | None:
    if not kept:
        return None
    try:
        encoded = encode_object(kept)
        # to count the bytes of each takes as long as to write them, and few are near the limit
        if len(encoded) <= _SHORT_CHARS or len(encoded.encode()) <= MAX_VALUE_BYTES:
            return encoded
    except ValueError:  # lists in lists, deeper than the encoder goes
        pass
    for name in [*kept]:
        if not _fits(kept[name]):
            del kept[name]
            lose(name)
    return encode_extra(kept)


def _fits(value: Any) -> bool:
    try:
        return len((encode_extra({"": value}) or "").encode()) <= MAX_VALUE_BYTES + len('{"":}')
    except ValueError:
        return False


def map_columns(columns: Mapping[str, pa.Array], *, rows: int, lose: Lose) -> pa.Array:
    """Columns of a table, by their names in `extra` → one of canonical JSON objects, null where they are."""
    if not columns:
        return pa.nulls(rows, pa.string())
    values = {name: _to_json(array, lose=partial(lose, name)) for name, array in columns.items()}
    encoded = [
        encode_values(dict(zip(values, each, strict=True)), lose=lose)
        for each in zip(*values.values(), strict=True)
    ]
    return pa.array(encoded, pa.string())


def _to_json(array: pa.Array, *, lose: Callable[[], None]) -> Iterator[Any]:
    """Each value as JSON has it, None for what JSON cannot hold: NaN, bytes that are no UTF-8, durations."""
    if is_stringlike(array.type):
        strings, invalid = decode(_drop_long(array, lose=lose))
        for _ in invalid:
            lose()
        yield from strings.to_pylist()
        return
    if pa.types.is_timestamp(array.type) or pa.types.is_date(array.type):
        text = to_string(array)
        for _ in range(text.null_count - array.null_count):
            lose()
        yield from text.to_pylist()
        return
    for value in _to_python(array):
        try:
            yield _to_value(value)
        except ValueError:
            lose()
            yield None


def _drop_long(array: pa.Array, *, lose: Callable[[], None]) -> pa.Array:
    is_long = byte_lengths(array) > MAX_VALUE_BYTES
    if not is_long.any():
        return array
    for _ in range(int(np.count_nonzero(is_long))):
        lose()
    return pc.if_else(pa.array(is_long), pa.scalar(None, array.type), array)


def _to_python(array: pa.Array) -> Sequence[Any]:
    with suppress(pa.ArrowInvalid, pa.ArrowNotImplementedError):
        array = array.cast(_plain_type(array.type), safe=False)
    try:
        return array.to_pylist(maps_as_pydicts="strict")  # type: ignore[no-any-return]
    except (ValueError, KeyError, OverflowError, ArithmeticError):  # of some rows: years, zones, equal keys
        return [_scalar_to_python(scalar) for scalar in array]


def _scalar_to_python(scalar: pa.Scalar) -> Any:
    try:
        return scalar.as_py(maps_as_pydicts="strict")
    except (ValueError, KeyError, OverflowError, ArithmeticError):
        return _NOTHING


_NOTHING = object()
"""A value that Python has no form for."""


def _plain_type(dtype: pa.DataType) -> pa.DataType:
    """The same with strings as bytes, which need not be UTF-8, and times of microseconds."""
    if pa.types.is_string(dtype) or pa.types.is_large_string(dtype):
        return pa.large_binary()
    if pa.types.is_timestamp(dtype):
        return pa.timestamp("us", dtype.tz)
    if pa.types.is_dictionary(dtype):
        return _plain_type(dtype.value_type)
    if pa.types.is_list(dtype) or pa.types.is_large_list(dtype):
        return pa.large_list(_plain_type(dtype.value_type))
    if pa.types.is_struct(dtype):
        return pa.struct([field.with_type(_plain_type(field.type)) for field in dtype])
    return dtype


def _to_value(value: Any) -> Any:
    """A Python value as JSON has it; raises ValueError for what JSON cannot hold."""
    if value is None or type(value) in (str, int, bool):
        return value
    if type(value) is bytes:
        return value.decode()
    if type(value) is float:
        if not math.isfinite(value):
            raise ValueError("no number")
        return value
    if type(value) is list:
        return [_to_value(each) for each in value]
    if type(value) is dict:
        return {_to_key(name): _to_value(each) for name, each in value.items()}
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    raise ValueError(f"no JSON: {type(value).__name__}")


def _to_key(name: Any) -> str:
    if type(name) is bytes:
        return name.decode()
    if type(name) is str:
        return name
    raise ValueError("the key is no string")
