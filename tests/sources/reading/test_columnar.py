"""Parquet and Arrow IPC: column types, row groups, damage in the middle of a file."""

import tracemalloc
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sources
from layers.entries import Unit
from layers.listing import list_inputs
from sources import arrow, parquet
from sources.base import RecordLog, SourceSpec

TEXTS = ["a", "é", "", "four"]


def spec_for(folder: Path, type: str = "parquet", **kwargs: Any) -> SourceSpec:
    return SourceSpec("u", type, str(folder), "MIT", **{"fields": {"text": "t"}} | kwargs)


def read(spec: SourceSpec, name: str, start: int = 0, stop: int | None = None) -> tuple[list[Any], RecordLog]:
    log = RecordLog(Unit("u", name, start, stop))
    batches = sources.load(spec.type).read(log.unit, spec=spec, log=log)
    return [row for batch in batches for row in batch.to_pylist()], log


@pytest.mark.parametrize(
    "dtype",
    [pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary(), pa.binary_view()],
)
def test_every_string_like_type_is_text(dtype: pa.DataType, tmp_path: Path) -> None:
    table = pa.table({"t": pa.array(TEXTS, pa.string()).cast(dtype)})
    with pa.ipc.new_file(str(tmp_path / "a.arrow"), table.schema) as file:
        file.write_table(table)
    rows, log = read(spec_for(tmp_path, "arrow"), "a.arrow")
    assert ([row["text"] for row in rows], log.rejected) == (TEXTS, [])


def test_an_id_may_be_several_columns(tmp_path: Path) -> None:
    """As in JSON lines: one array of the values, null where all are; what is rejected is told by it too."""
    table = pa.table(
        {
            "t": ["a", "b", "c", None],
            "l": pa.array(["en", None, None, "yo"], pa.string()).dictionary_encode(),
            "i": pa.array([7, 7, None, 8], pa.int32()),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    rows, log = read(spec_for(tmp_path, key_fields=("l", "i")), "a.parquet")
    digest = f"sha256:{rows[2]['raw_sha256'].hex()}"
    assert [row["record_id"] for row in rows] == ['["en","7"]', '[null,"7"]', digest]
    assert [(row["reason"], row["record_id"]) for row in log.rejected] == [("missing_field", '["yo","8"]')]
    _, log = read(spec_for(tmp_path, key_fields=("l", "x")), "a.parquet")
    assert "no column 'x' for id" in log.rejected[0]["detail"]


def test_memory_does_not_grow_with_a_row_group(tmp_path: Path) -> None:
    """Of a row group of 132 MB less than a quarter is held while its first documents are taken."""
    table = pa.table({"t": [f"{n} {'text ' * 200}" for n in range(1 << 17)]})
    path = tmp_path / "a.parquet"
    pq.write_table(table, path, row_group_size=len(table), compression="none", use_dictionary=False)
    del table
    held = pa.total_allocated_bytes()
    log = RecordLog(Unit("u", path.name))
    batches = parquet.read(log.unit, spec=spec_for(tmp_path), log=log)
    tracemalloc.start()  # what is read of a file of Python's is bytes of Python
    assert next(batches).num_rows > 0
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert path.stat().st_size > 120 << 20
    assert peak + pa.total_allocated_bytes() - held < 32 << 20


def test_a_dictionary_column_is_text(tmp_path: Path) -> None:
    pq.write_table(pa.table({"t": pa.array(TEXTS).dictionary_encode()}), tmp_path / "a.parquet")
    assert [row["text"] for row in read(spec_for(tmp_path), "a.parquet")[0]] == TEXTS


def test_an_all_null_column_is_as_many_missing_fields(tmp_path: Path) -> None:
    pq.write_table(pa.table({"t": pa.nulls(2)}), tmp_path / "a.parquet")
    rows, log = read(spec_for(tmp_path), "a.parquet")
    assert not rows
    assert [(row["reason"], row["offset"]) for row in log.rejected] == [
        ("missing_field", 0),
        ("missing_field", 1),
    ]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([1577934245], pa.timestamp("s")), "2020-01-02T03:04:05"),
        (pa.array([18263], pa.date32()), "2020-01-02"),
        (pa.array([2932896], pa.date32()), "9999-12-31"),
        (pa.array([86400005], pa.int64()).view(pa.date64()), "1970-01-02"),
        (pa.array([1], pa.timestamp("us", tz="Europe/Berlin")), "1970-01-01T01:00:00.000001+0100"),
        (pa.array([2020], pa.int16()), "2020"),
        (pa.array([""], pa.string()), None),
    ],
)
def test_dates_of_any_type_are_strings(column: pa.Array, expected: str | None, tmp_path: Path) -> None:
    table = pa.table({"t": ["x"], "d": column})
    with pa.ipc.new_stream(str(tmp_path / "a.arrow"), table.schema) as stream:
        stream.write_table(table)
    rows, _ = read(spec_for(tmp_path, "arrow", fields={"text": "t", "date": "d"}), "a.arrow")
    assert [row["date"] for row in rows] == [expected]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([0, 2932897, -719163, None], pa.date32()),
        pa.array([0, 1 << 50, -(1 << 50), None], pa.int64()).view(pa.date64()),
        pa.array([0, 1 << 62, -(1 << 62), None], pa.timestamp("us")),
        pa.array([0, 253402300800000, -62135596800001, None], pa.timestamp("ms")),
    ],
)
def test_a_date_that_no_calendar_has_costs_its_value_and_not_the_document(
    column: pa.Array, tmp_path: Path
) -> None:
    table = pa.table({"t": ["a", "b", "c", "d"], "d": column})
    with pa.ipc.new_file(str(tmp_path / "a.arrow"), table.schema) as file:
        file.write_table(table)
    found, log = read(spec_for(tmp_path, "arrow", fields={"text": "t", "date": "d"}), "a.arrow")
    assert [(row["text"], (row["date"] or "")[:10]) for row in found] == [
        ("a", "1970-01-01"),
        ("b", ""),
        ("c", ""),
        ("d", ""),
    ]
    assert (log.lost_values, log.rejected) == ({"date": 2}, [])


def test_a_time_zone_that_nobody_knows_costs_the_dates(tmp_path: Path) -> None:
    column = pa.array([1, None, 3], pa.timestamp("us", tz="Not/AZone"))
    pq.write_table(pa.table({"t": ["a", "b", "c"], "d": column}), tmp_path / "a.parquet")
    found, log = read(spec_for(tmp_path, fields={"text": "t", "date": "d"}), "a.parquet")
    assert [(row["text"], row["date"]) for row in found] == [("a", None), ("b", None), ("c", None)]
    assert (log.lost_values, log.rejected) == ({"date": 2}, [])


@pytest.mark.parametrize("type", ["parquet", "arrow"])
def test_a_uuid_is_an_id(type: str, tmp_path: Path) -> None:
    ids = [UUID(int=7), None]
    table = pa.table({"t": ["a", "b"], "i": pa.array([each and each.bytes for each in ids], pa.uuid())})
    if type == "parquet":
        pq.write_table(table, tmp_path / "a")
    else:
        with pa.ipc.new_file(str(tmp_path / "a"), table.schema) as file:
            file.write_table(table)
    found, log = read(spec_for(tmp_path, type, fields={"text": "t", "id": "i"}), "a")
    assert [row["record_id"][:8] for row in found] == ["00000000", "sha256:3"]
    assert found[0]["record_id"] == "00000000-0000-0000-0000-000000000007"
    assert log.rejected == []


def test_a_column_that_stands_twice_is_told_as_that(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["t", "t"])
    pq.write_table(table, tmp_path / "a.parquet")
    _, log = read(spec_for(tmp_path), "a.parquet")
    assert [(row["reason"], row["detail"]) for row in log.rejected] == [
        ("missing_field", "2 columns are called 't': rename one; the file has t, t")
    ]


def test_a_missing_column_is_one_row_per_row_group_with_its_records(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": range(5)}), tmp_path / "a.parquet", row_group_size=2)
    rows, log = read(spec_for(tmp_path), "a.parquet")
    assert not rows
    assert [(row["reason"], row["offset"], row["records"]) for row in log.rejected] == [
        ("missing_field", 0, 2),
        ("missing_field", 2, 2),
        ("missing_field", 4, 1),
    ]


def test_row_groups_are_gathered_into_spans_by_size(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"t": ["x" * 100] * 8}), tmp_path / "a.parquet", row_group_size=2, use_dictionary=False
    )
    [file] = list_inputs(["a.parquet"], root=str(tmp_path)).files
    assert parquet.split(file, spec=spec_for(tmp_path, unit_bytes=1)) == [(0, 1), (1, 2), (2, 3), (3, None)]
    assert parquet.split(file, spec=spec_for(tmp_path, unit_bytes=1 << 20)) == [(0, None)]
    assert [row["offset"] for row in read(spec_for(tmp_path), "a.parquet", 1, 3)[0]] == [2, 3, 4, 5]


def test_one_huge_row_group_is_streamed_in_small_batches(tmp_path: Path) -> None:
    pq.write_table(pa.table({"t": ["x" * 1000] * 5000}), tmp_path / "a.parquet")
    spec = spec_for(tmp_path, batch_bytes=100_000)
    log = RecordLog(Unit("u", "a.parquet"))
    sizes = [len(batch) for batch in parquet.read(log.unit, spec=spec, log=log)]
    assert (max(sizes), sum(sizes)) == (100, 5000)


def test_a_corrupt_record_batch_does_not_hide_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "a.arrow"
    table = pa.table({"t": [f"text {number} " * 50 for number in range(6)]})
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_file(str(path), table.schema, options=options) as file:
        file.write_table(table, max_chunksize=2)
    content = bytearray(path.read_bytes())
    with open(path, "rb") as stream:
        block = arrow._read_blocks(stream)[1]
    for place in range(block.offset + block.metadata_bytes, block.offset + block.size):
        content[place] = 0xFF
    path.write_bytes(content)
    rows, log = read(spec_for(tmp_path, "arrow"), "a.arrow")
    assert [row["offset"] for row in rows] == [0, 1, 4, 5]
    assert [(row["reason"], row["offset"], row["records"]) for row in log.rejected] == [("unreadable", 2, 2)]


def test_offsets_that_point_outside_their_buffer_are_unreadable_not_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "a.arrow"
    table = pa.table({"t": ["one", "two"]})
    with pa.ipc.new_file(str(path), table.schema) as file:
        file.write_table(table)
    content = path.read_bytes().replace(b"\3\0\0\0\6\0\0\0", b"\xff\xff\xff\x7f\6\0\0\0")
    path.write_bytes(content)
    rows, log = read(spec_for(tmp_path, "arrow"), "a.arrow")
    assert not rows
    assert [(row["reason"], row["records"]) for row in log.rejected] == [("unreadable", 2)]
