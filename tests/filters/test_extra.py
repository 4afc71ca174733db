"""Further fields as typed columns: a value of the type, or null, and both counted."""

from typing import Any

import orjson
import pyarrow as pa
import pytest

from filters.extra import ExtraType, count_mistyped, make_schema, read_columns

CASES: list[tuple[ExtraType, list[tuple[Any, Any]]]] = [
    (
        "int",
        [
            (1999, 1999), (0, 0), (-(1 << 63), -(1 << 63)), ((1 << 63) - 1, (1 << 63) - 1), (1 << 63, None),
            (1999.0, 1999), (1999.5, None), (2.0**53, 1 << 53), (2.0**54, None), ("1999", 1999), ("-1", -1),
            ("1999.0", None), (" 1", None), ("٣", None), ("", None), (True, None), ([1], None), ({}, None),
            ("9" * 19, None), ("9" * 5000, None),
        ],
    ),
    (
        "float",
        [
            (0.5, 0.5), (1, 1.0), ("1e3", 1000.0), ("-0.5", -0.5), ("nan", None), ("inf", None),
            ("1e999", None), (True, None), ("x", None), ([], None),
        ],
    ),
    ("bool", [(True, True), (False, False), ("true", True), ("False", False), (1, None), ("yes", None)]),
    ("string", [("a", "a"), ("", ""), (1, None), (["a"], None)]),
]  # fmt: skip


@pytest.mark.parametrize("type, pairs", CASES, ids=[case[0] for case in CASES])
def test_a_value_of_the_type_stays_and_any_other_is_null_and_counted(
    type: ExtraType, pairs: list[tuple[Any, Any]]
) -> None:
    texts = pa.array([orjson.dumps({"x": value}).decode() for value, _ in pairs] + [None, '{"y":1}'])
    types: dict[str, ExtraType] = {"x": type}
    columns = read_columns(texts, types=types)
    (field,) = make_schema(types)
    assert columns[0].to_pylist() == [expected for _, expected in pairs] + [None, None]
    assert (columns[0].type, field.name) == (field.type, "extra.x")
    wrong = sum(expected is None for _, expected in pairs)
    table = pa.table(columns, schema=pa.schema([field]))
    counts = count_mistyped(pa.chunked_array([texts]), table, types=types)
    assert counts == ({"measure.extra.x": wrong} if wrong else {})


def test_columns_are_in_the_order_of_their_names_and_nothing_is_declared_by_default() -> None:
    types: dict[str, ExtraType] = {"b": "int", "a": "string"}
    assert [field.name for field in make_schema(types)] == ["extra.a", "extra.b"]
    columns = read_columns(pa.array(['{"a":"x","b":2}']), types=types)
    assert [column.to_pylist() for column in columns] == [["x"], [2]]
    assert (make_schema({}), read_columns(pa.array(["{}"]), types={})) == ([], [])
