"""Shards: cuts depend on the rows alone, the same rows give the same bytes."""

import gc
import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers import storage
from layers.shard_writer import rebatch, write_shard
from layers.shards import (
    DamagedFile,
    FileRecord,
    Shard,
    digest_segment,
    read_table,
    text_lengths,
)

SCHEMA = pa.schema([("id", pa.int64()), ("text", pa.large_string())])


def batches(texts: list[str], cuts: list[int]) -> Iterator[pa.RecordBatch]:
    """texts as batches that end at the given places."""
    table = pa.record_batch(
        {"id": pa.array(range(len(texts)), pa.int64()), "text": pa.array(texts, pa.large_string())}
    )
    edges = [0, *sorted(cut % (len(texts) + 1) for cut in cuts), len(texts)]
    for start, stop in pairwise(edges):
        yield table.slice(start, stop - start)


def greedy(sizes: list[int], *, max_rows: int, max_bytes: int) -> list[int]:
    """The rule, slowly: rows per batch."""
    rows: list[int] = []
    count = total = 0
    for size in sizes:
        if count and (count == max_rows or total + size > max_bytes):
            rows.append(count)
            count = total = 0
        count, total = count + 1, total + size
    return [*rows, count] if count else rows


@given(
    texts=st.lists(st.text(max_size=12), max_size=30),
    cuts=st.lists(st.integers(0, 30), max_size=6),
    max_rows=st.integers(1, 8),
    max_bytes=st.integers(1, 40),
)
def test_batches_are_cut_by_rows_and_bytes_however_the_rows_arrive(
    texts: list[str], cuts: list[int], max_rows: int, max_bytes: int
) -> None:
    cut = list(rebatch(batches(texts, cuts), schema=SCHEMA, max_rows=max_rows, max_bytes=max_bytes))
    assert [text for batch in cut for text in batch["text"].to_pylist()] == texts
    assert [len(batch) for batch in cut] == greedy(
        [len(text.encode()) for text in texts], max_rows=max_rows, max_bytes=max_bytes
    )


@given(
    texts=st.lists(st.text(max_size=12), max_size=30),
    cuts=st.lists(st.integers(0, 30), max_size=6),
    ends=st.sets(st.integers(1, 30), max_size=6),
)
def test_a_batch_ends_at_each_row_that_is_asked_for(
    texts: list[str], cuts: list[int], ends: set[int]
) -> None:
    inside = [end for end in sorted(ends) if end < len(texts)]
    parts = [texts[start:stop] for start, stop in pairwise([0, *inside, len(texts)])]
    expected = [
        len(batch)
        for part in parts
        for batch in rebatch(batches(part, []), schema=SCHEMA, max_rows=4, max_bytes=20)
    ]
    cut = list(rebatch(batches(texts, cuts), schema=SCHEMA, max_rows=4, max_bytes=20, ends=sorted(ends)))
    assert [text for batch in cut for text in batch["text"].to_pylist()] == texts
    assert [len(batch) for batch in cut] == expected


def test_a_text_over_the_limit_is_a_batch_of_its_own() -> None:
    cut = rebatch(batches(["a", "bbbbb", "c"], []), schema=SCHEMA, max_bytes=3)
    assert [batch["text"].to_pylist() for batch in cut] == [["a"], ["bbbbb"], ["c"]]


@given(texts=st.lists(st.text(max_size=12), max_size=20), cuts=st.lists(st.integers(0, 20), max_size=4))
def test_the_same_rows_give_the_same_file(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("shards")
    whole = write_shard(folder / "whole.arrow", batches(texts, []), schema=SCHEMA, path="x")
    pieces = write_shard(folder / "pieces.arrow", batches(texts, cuts), schema=SCHEMA, path="x")
    assert whole == pieces
    assert (folder / "whole.arrow").read_bytes() == (folder / "pieces.arrow").read_bytes()


@given(
    before=st.text(max_size=200),
    texts=st.lists(st.text(max_size=12), max_size=20),
    after=st.text(max_size=200),
)
def test_a_slice_gives_the_file_of_its_rows_alone(
    tmp_path_factory: pytest.TempPathFactory, before: str, texts: list[str], after: str
) -> None:
    """Arrow writes into the padding of a buffer what follows it in memory."""
    folder = tmp_path_factory.mktemp("shards")
    (whole,) = batches([before, *texts, after], [])
    rows = pa.record_batch(
        [
            pa.array(whole[name].to_pylist()[1:-1], whole.schema.field(name).type)
            for name in whole.schema.names
        ],
        schema=SCHEMA,
    )
    alone = write_shard(folder / "alone.arrow", iter([rows]), schema=SCHEMA, path="x")
    sliced = write_shard(folder / "sliced.arrow", iter([whole.slice(1, len(texts))]), schema=SCHEMA, path="x")
    assert sliced == alone


@pytest.fixture
def shard(tmp_path: Path) -> tuple[str, FileRecord]:
    record = write_shard(
        tmp_path / "s.arrow", batches([str(n) * 500_000 for n in range(30)], []), schema=SCHEMA, path="s"
    )
    assert len(record.batch_rows) > 2
    return str(tmp_path / "s.arrow"), record


@pytest.mark.parametrize(
    ("start", "stop"), [(0, None), (0, 0), (3, 4), (7, 9), (5, 23), (29, 30), (30, None)]
)
def test_a_range_of_rows_is_read(shard: tuple[str, FileRecord], start: int, stop: int | None) -> None:
    url, record = shard
    rows = Shard(url, record=record, columns=["id"]).table(start=start, stop=stop)
    assert rows["id"].to_pylist() == list(range(30))[start:stop]


def test_segments_cover_the_file(shard: tuple[str, FileRecord]) -> None:
    url, record = shard
    data = Path(url).read_bytes()
    assert (record.bounds[0], record.bounds[-1]) == (0, len(data))
    assert [digest_segment(data[a:b]) for a, b in pairwise(record.bounds)] == list(record.segments)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_any_flipped_bit_is_noticed_by_whoever_reads_its_rows(
    shard: tuple[str, FileRecord], data: st.DataObject
) -> None:
    url, record = shard
    whole = Path(url).read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytes([whole[place] ^ (1 << data.draw(st.integers(0, 7)))])
    Path(url).write_bytes(whole[:place] + flipped + whole[place + 1 :])
    try:
        with pytest.raises(DamagedFile, match="does not have the bytes that were committed"):
            Shard(url, record=record).table()
        # whoever reads other rows pays for, and is stopped by, other bytes
        segment = next(n for n, end in enumerate(record.bounds[1:]) if place < end)
        if segment < len(record.batch_rows):
            others = {*range(record.rows)} - {*range(*record.row_starts[segment : segment + 2])}
            row = data.draw(st.sampled_from(sorted(others)))
            assert Shard(url, record=record).table(start=row, stop=row + 1)["id"].to_pylist() == [row]
    finally:
        Path(url).write_bytes(whole)


@pytest.mark.parametrize("size", [0, 1, -1])
def test_a_cut_or_grown_file_is_named_with_both_sizes(shard: tuple[str, FileRecord], size: int) -> None:
    url, record = shard
    whole = Path(url).read_bytes()
    changed = whole[:size] if size <= 0 else whole + b"x"
    Path(url).write_bytes(changed)
    with pytest.raises(DamagedFile, match=f"s.arrow has {len(changed)} bytes; {len(whole)} were committed"):
        Shard(url, record=record)


def test_a_missing_file_is_named(shard: tuple[str, FileRecord]) -> None:
    url, record = shard
    Path(url).unlink()
    with pytest.raises(DamagedFile, match=r"s\.arrow is missing"):
        Shard(url, record=record)


def test_a_shard_of_an_object_store_is_read_and_checked_like_a_local_one(
    shard: tuple[str, FileRecord],
) -> None:
    url, record = shard
    remote = "memory://shards/s.arrow"
    storage.write_bytes(remote, Path(url).read_bytes())
    assert Shard(remote, record=record).table(start=7, stop=9) == Shard(url, record=record).table(
        start=7, stop=9
    )
    whole = Path(url).read_bytes()
    storage.write_bytes(remote, whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    with pytest.raises(DamagedFile):
        Shard(remote, record=record).table()


def test_columns_come_in_the_order_asked_for(shard: tuple[str, FileRecord]) -> None:
    assert read_table(shard[0], columns=["text", "id"]).schema.names == ["text", "id"]


def test_a_missing_column_is_named(shard: tuple[str, FileRecord]) -> None:
    with pytest.raises(KeyError, match="nowhere"):
        read_table(shard[0], columns=["nowhere"])


def test_a_file_that_is_no_shard_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.arrow").write_bytes(b"ARROW1\0\0 but not really")
    with pytest.raises(ValueError, match=r"broken\.arrow is not a readable shard"):
        read_table(str(tmp_path / "broken.arrow"))


def test_text_lengths_are_utf8_bytes_of_slices_too() -> None:
    column = pa.array(["a", "é", "", "日本"], pa.large_string())
    assert text_lengths(column).tolist() == [1, 2, 0, 6]
    assert text_lengths(column.slice(1, 2)).tolist() == [2, 0]


@pytest.mark.parametrize("path", ["rows.arrow", "rows.parquet"])
def test_a_full_disk_is_one_error_that_names_the_file(path: str, capfd: pytest.CaptureFixture[str]) -> None:
    schema = pa.schema([("text", pa.large_string())])
    rows = pa.record_batch(
        [pa.array([os.urandom(8).hex() for _ in range(100_000)], pa.large_string())], schema
    )
    with pytest.raises(OSError, match="No space left on device: '/dev/full'"):
        write_shard(Path("/dev/full"), iter([rows]), schema=schema, path=path)
    gc.collect()
    assert capfd.readouterr().err == ""
