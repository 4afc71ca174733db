"""A Parquet shard: its bytes depend on its rows alone, and few of them change when rows go."""

import hashlib
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers import parquet_writer
from layers.document import make_field
from layers.parquet_reader import ParquetReader
from layers.parquet_writer import END_DIGITS, ParquetShardWriter
from layers.shards import FileRecord, read_shard, read_table

PAIR = pa.struct([("kind", pa.string()), ("count", pa.int64())])
SCHEMA = pa.schema(
    [
        make_field("doc_id", pa.string(), "The id.", nullable=False),
        make_field("text", pa.large_string(), "The text.", nullable=False),
        make_field("lang", pa.string(), "The language."),
        make_field("pairs", pa.list_(PAIR), "A list."),
    ]
)


def make_rows(count: int, *, words: int = 60) -> pa.Table:
    """Rows with ids as documents have them, and texts that do not compress away."""
    generator = np.random.default_rng(7)
    vocabulary = np.array([f"w{number}" for number in range(4000)])
    rows = [
        {
            "doc_id": hashlib.sha256(b"%d" % number).hexdigest()[:32],
            "text": " ".join(generator.choice(vocabulary, size=words)),
            "lang": "sw",
            "pairs": [{"kind": "email", "count": number % 5}] if number % 3 else None,
        }
        for number in range(count)
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def write(path: Path, table: pa.Table, *, cuts: Sequence[int] = ()) -> FileRecord:
    """Write a table that comes in pieces."""
    bounds = [0, *sorted({cut for cut in cuts if cut < len(table)}), len(table)]
    with ParquetShardWriter(path, schema=SCHEMA, path=path.name) as writer:
        for start, stop in pairwise(bounds):
            for batch in table.slice(start, stop - start).to_batches():
                writer.write(batch)
        return writer.finish()


ROWS = make_rows(9_000)


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    record = write(tmp_path / "a.parquet", ROWS)
    table = read_table(str(tmp_path / "a.parquet"))
    assert table.equals(ROWS) and table.schema.equals(SCHEMA, check_metadata=True)
    assert [len(batch) for batch in read_shard(str(tmp_path / "a.parquet"))] == [*record.batch_rows]
    chosen = read_table(str(tmp_path / "a.parquet"), columns=["lang", "doc_id"])
    assert chosen.equals(ROWS.select(["lang", "doc_id"]))
    assert (record.bytes, record.rows) == ((tmp_path / "a.parquet").stat().st_size, len(ROWS))
    assert record.sha256 == hashlib.sha256((tmp_path / "a.parquet").read_bytes()).hexdigest()


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", ROWS.slice(0, 3))
    with pytest.raises(KeyError, match="it lacks the columns \\['title'\\]; it has \\['doc_id', 'text'"):
        read_table(str(tmp_path / "a.parquet"), columns=["title"])


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(ValueError, match=r"a\.parquet is not a readable shard"):
        read_table(str(tmp_path / "a.parquet"))


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(1, 2_999), max_size=30))
def test_bytes_do_not_depend_on_how_rows_come(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("cuts")
    rows = ROWS.slice(0, 3_000)
    whole, cut = write(folder / "x.parquet", rows), write(folder / "y.parquet", rows, cuts=cuts)
    assert (whole.sha256, whole.batch_rows) == (cut.sha256, cut.batch_rows)


def test_a_row_group_ends_behind_an_id_that_ends_so(tmp_path: Path) -> None:
    record = write(tmp_path / "a.parquet", ROWS)
    ids = ROWS["doc_id"].to_pylist()
    ends = [row + 1 for row, each in enumerate(ids) if each.endswith(END_DIGITS)]
    assert [*np.cumsum(record.batch_rows)] == [*ends, len(ROWS)]
    assert len(ends) >= 2


def test_a_row_group_ends_before_the_text_that_is_a_byte_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["a" * 40, "b" * 60, "", "c", "d" * 101, "e" * 100]
    ids = [f"{number:032x}" for number in range(1, 7)]
    table = pa.table({"doc_id": ids, "text": texts, "lang": ["sw"] * 6, "pairs": [None] * 6}).cast(SCHEMA)
    monkeypatch.setattr(parquet_writer, "MAX_GROUP_BYTES", 100)
    for cuts in ((), (1,), (2,), (3,), (1, 2, 3, 4, 5)):
        assert write(tmp_path / "a.parquet", table, cuts=cuts).batch_rows == (3, 1, 1, 1)


def test_columns_of_few_values_have_a_dictionary_and_no_other(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", ROWS)
    group = pq.ParquetFile(tmp_path / "a.parquet").metadata.row_group(0)
    columns = [group.column(place) for place in range(group.num_columns)]
    assert {each.path_in_schema for each in columns if each.has_dictionary_page} == {"lang"}
    assert {each.compression for each in columns} == {"ZSTD"}
    assert all(each.has_offset_index for each in columns)
    assert {each.path_in_schema for each in columns if each.is_stats_set} == {"doc_id", "lang"}


@pytest.mark.parametrize(("rows", "max_share"), [([4_500], 0.35), ([*range(300, 9_000, 900)], 0.65)])
def test_rows_less_change_far_less_than_of_parquet_as_is(
    tmp_path: Path, rows: list[int], max_share: float
) -> None:
    """Of what changes in the same table as pyarrow writes it, in blocks as clients of the Hub cut them."""
    own, plain = (
        new_share(blocks_of(drop(ROWS, rows), way, tmp_path), old=blocks_of(ROWS, way, tmp_path))
        for way in (write, lambda path, table: pq.write_table(table, path, compression="zstd"))
    )
    assert own < max_share * plain


def drop(table: pa.Table, rows: Sequence[int]) -> pa.Table:
    keep = np.ones(len(table), bool)
    keep[[*rows]] = False
    return table.filter(pa.array(keep))


def blocks_of(table: pa.Table, way: Callable[[Path, pa.Table], object], folder: Path) -> dict[bytes, int]:
    """Write a table → digest and size of each block of the file; blocks end where the content says so."""
    path = folder / "x.parquet"
    way(path, table)
    data = np.frombuffer(path.read_bytes(), np.uint8)
    windows = np.convolve(data.astype(np.int64) ** 2, np.arange(1, 49), mode="valid")
    ends = [*(np.flatnonzero(windows % 4096 == 7) + 48), len(data)]
    blocks = (data[start:stop].tobytes() for start, stop in pairwise([0, *ends]))
    return {hashlib.sha256(block).digest(): len(block) for block in blocks}


def new_share(blocks: dict[bytes, int], *, old: dict[bytes, int]) -> float:
    """Bytes in blocks that the old file has not, of all bytes."""
    return sum(size for digest, size in blocks.items() if digest not in old) / sum(blocks.values())


def test_the_reader_is_read_group_by_group(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", ROWS)
    reader = ParquetReader(str(tmp_path / "a.parquet"), columns=["doc_id"])
    batches = [reader.get_batch(index) for index in range(reader.num_record_batches)]
    assert pa.Table.from_batches(batches).equals(ROWS.select(["doc_id"])) and len(batches) == 3
