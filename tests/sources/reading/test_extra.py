"""Further fields: any JSON value of the source, in one canonical form, whatever the format it lies in."""

import datetime
import json
import uuid
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.entries import Unit
from sources.base import RecordLog, SourceSpec
from sources.reading.columnar import TableMapper
from sources.reading.extra import MAX_VALUE_BYTES, encode_values
from sources.reading.mapping import RecordMapper

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=10,
)


def new_log() -> RecordLog:
    return RecordLog(Unit("u", "f"))


def map_record(record: dict[str, Any], extra: dict[str, str]) -> tuple[str | None, dict[str, int]]:
    log = new_log()
    mapper = RecordMapper.of_source(
        SourceSpec("u", "jsonl", "", "", fields={"text": "t"}, extra=extra), log=log
    )
    return mapper.map({"t": "text", **record}).extra, dict(log.lost_values)


def map_column(values: pa.Array, *, path: str = "v") -> tuple[list[str | None], dict[str, int]]:
    log = new_log()
    batch = pa.record_batch({"t": pa.array(["text"] * len(values)), "v": values})
    spec = SourceSpec("u", "parquet", "", "", fields={"text": "t"}, extra={"x": path})
    rows = TableMapper(batch.schema, spec=spec).map(batch, first_row=0, unit=Unit("u", "f"), log=log)
    assert (len(rows), log.rejected) == (len(values), [])
    return rows["extra"].to_pylist(), dict(log.lost_values)


def test_fields_are_found_by_name_or_path_and_what_is_nothing_is_left_out() -> None:
    record = {"meta": {"year": 1999, "none": None, "empty": ""}, "a.b": [1], "zero": 0, "no": False, "{}": {}}
    extra = {
        "year": "meta.year",
        "dots": "a.b",
        "gone": "meta.gone.deeper",
        "none": "meta.none",
        "e": "meta.empty",
    }
    assert map_record(record, extra) == ('{"dots":[1],"year":1999}', {})
    assert map_record(record, {"z": "zero", "n": "no", "o": "{}"}) == ('{"n":false,"o":{},"z":0}', {})
    assert map_record(record, {"gone": "gone"}) == (None, {})


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), JSON))
def test_any_json_value_comes_back(values: dict[str, Any]) -> None:
    encoded = encode_values(values, lose=lambda name: pytest.fail(name))
    expected = {name: value for name, value in values.items() if value not in (None, "")}
    assert (json.loads(encoded) if encoded else {}) == expected


def test_a_value_over_the_limit_is_left_out_and_counted_and_the_others_stay() -> None:
    fits = "é" * (MAX_VALUE_BYTES // 2 - 1)
    for value, kept in ((fits, True), (fits + "e", False)):
        extra, lost = map_record({"v": value, "w": 1}, {"long": "v", "short": "w"})
        assert json.loads(extra or "") == ({"long": value, "short": 1} if kept else {"short": 1})
        assert lost == ({} if kept else {"extra.long": 1})
        both = [json.dumps({"x": value}, ensure_ascii=False, separators=(",", ":")) if kept else None]
        assert map_column(pa.array([value])) == (both, {} if kept else {"extra.x": 1})


def test_lists_too_deep_to_be_written_are_left_out() -> None:
    deep: list[Any] = []
    for _ in range(500):
        deep = [deep]
    assert map_record({"v": deep, "w": 1}, {"deep": "v", "other": "w"}) == ('{"other":1}', {"extra.deep": 1})


STRUCT = pa.struct([("a", pa.struct([("b", pa.binary())])), ("when", pa.timestamp("us", "UTC"))])
DAY = datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.UTC)
COLUMNS: dict[str, tuple[pa.Array, list[Any], int]] = {
    "integers": (pa.array([1, None, -(1 << 63)]), [1, None, -(1 << 63)], 0),
    "floats": (pa.array([0.5, float("nan"), float("inf"), None]), [0.5, None, None, None], 2),
    "strings": (pa.array(["é", "", None]), ["é", None, None], 0),
    "bytes": (pa.array([b"text", b"\xff"]), ["text", None], 1),
    "dictionary": (pa.array(["a", "b"]).dictionary_encode(), ["a", "b"], 0),
    "timestamps": (pa.array([DAY], pa.timestamp("ns", "UTC")), ["2024-02-29T12:30:00.000000000Z"], 0),
    "dates": (pa.array([datetime.date(2024, 2, 29)]), ["2024-02-29"], 0),
    "a date of no calendar": (pa.array([10**9], pa.int32()).cast(pa.date32()), [None], 1),
    "decimals": (pa.array([Decimal("1.50")]), ["1.50"], 0),
    "uuids": (pa.array([uuid.UUID(int=1).bytes], pa.uuid()), [str(uuid.UUID(int=1))], 0),
    "durations": (pa.array([datetime.timedelta(1)]), [None], 1),
    "lists": (pa.array([[0.5, None], [float("nan")], []]), [[0.5, None], None, []], 1),
    "bytes in lists": (pa.array([[b"a"], [b"\xff"]]), [["a"], None], 1),
    "objects": (
        pa.array([{"a": {"b": b"c"}, "when": DAY}], STRUCT),
        [{"a": {"b": "c"}, "when": "2024-02-29T12:30:00+00:00"}],
        0,
    ),
    "maps": (
        pa.array([[("k", 1)], [("k", 1), ("k", 2)]], pa.map_(pa.string(), pa.int64())),
        [{"k": 1}, None],
        1,
    ),
    "nothing": (pa.nulls(2), [None, None], 0),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_of_any_type_becomes_json_or_is_counted(name: str) -> None:
    column, values, lost = COLUMNS[name]
    encoded, counts = map_column(column)
    assert [json.loads(text)["x"] if text else None for text in encoded] == values
    assert counts == ({"extra.x": lost} if lost else {})


def test_strings_that_are_no_utf8_are_left_out_wherever_they_stand() -> None:
    broken = pa.array([b"ok", b"\xff"]).view(pa.string())
    nested = pa.ListArray.from_arrays(pa.array([0, 1, 2], pa.int32()), broken)
    assert map_column(broken) == (['{"x":"ok"}', None], {"extra.x": 1})
    assert map_column(nested) == (['{"x":["ok"]}', None], {"extra.x": 1})


def test_a_path_goes_through_structs_and_a_column_that_is_absent_is_left_out() -> None:
    column = pa.array([{"a": {"b": 1}}, None, {"a": None}])
    assert map_column(column, path="v.a.b") == (['{"x":1}', None, None], {})
    assert map_column(column, path="v.a.c") == ([None, None, None], {})
    assert map_column(column, path="w") == ([None, None, None], {})
