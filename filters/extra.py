"""Further fields of a source as typed columns: what a document's `extra` has under a name → n values."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import orjson
import pyarrow as pa

from layers.document import make_field

CONTENT_VERSION = 1

ExtraType = Literal["int", "float", "bool", "string"]
"""What `measure.extra` may declare."""

_ARROW = {"int": pa.int64(), "float": pa.float64(), "bool": pa.bool_(), "string": pa.string()}
_INTEGER = re.compile(r"-?[0-9]{1,19}")
_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,3})?")
_MAX_EXACT = 1 << 53
"""Of the whole numbers that a float can be."""


def make_schema(types: Mapping[str, ExtraType]) -> list[pa.Field]:
    """Columns `extra.NAME`, in the order of the names."""
    return [
        make_field(
            f"extra.{name}",
            _ARROW[types[name]],
            f"Field `{name}` of `extra` as {types[name]}; null: the document has none, or of another type.",
        )
        for name in sorted(types)
    ]


def read_columns(extra: pa.StringArray, *, types: Mapping[str, ExtraType]) -> list[pa.Array]:
    """`extra` of n documents → n values of each type, null where absent or of another type.

    Text that spells a number or truth value is one, since tables of text have no others; a whole float is an
    int.
    """
    rows = [*_parse(extra)] if types else []
    return [
        pa.array([_READ[types[name]](row.get(name)) for row in rows], _ARROW[types[name]])
        for name in sorted(types)
    ]


def count_mistyped(
    extra: pa.ChunkedArray, columns: pa.Table, *, types: Mapping[str, ExtraType]
) -> dict[str, int]:
    """`measure.extra.NAME` → documents whose value is of another type; columns are of the same documents."""
    having = Counter(name for row in _parse(extra) for name in row)
    counts = {}
    for name in sorted(types):
        column = columns[f"extra.{name}"]
        counts[f"measure.extra.{name}"] = having[name] - (len(column) - column.null_count)
    return {role: count for role, count in counts.items() if count}


def _parse(extra: Iterable[pa.Scalar]) -> Iterable[dict[str, Any]]:
    for value in extra:
        text = value.as_py()
        yield orjson.loads(text) if text else {}


def _read_int(value: Any) -> int | None:
    if type(value) is str and _INTEGER.fullmatch(value):
        value = int(value)
    if type(value) is float and value.is_integer() and abs(value) <= _MAX_EXACT:
        value = int(value)
    return value if type(value) is int and -(1 << 63) <= value < 1 << 63 else None


def _read_float(value: Any) -> float | None:
    if type(value) is str and _NUMBER.fullmatch(value):
        value = float(value)
    number = float(value) if type(value) in (int, float) else None
    return number if number is not None and abs(number) < float("inf") else None


def _read_bool(value: Any) -> bool | None:
    if type(value) is str:
        return {"true": True, "false": False}.get(value.lower())
    return value if type(value) is bool else None


def _read_string(value: Any) -> str | None:
    return value if type(value) is str else None


_READ: Mapping[str, Callable[[Any], Any]] = {
    "int": _read_int,
    "float": _read_float,
    "bool": _read_bool,
    "string": _read_string,
}
