"""Byte ranges: whatever the cuts, every line is read once and every byte is counted."""

import itertools
import tracemalloc
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.entries import Unit
from layers.storage import InputFile
from sources import jsonl
from sources.base import RecordLog, SourceSpec
from sources.reading import compression, lines
from sources.reading.lines import Lines, LongLine

contents = st.lists(
    st.sampled_from(
        [b"\n", b"\r\n", b" ", b'{"t":"a"}', b'{"t":"b c"}\n', b"{", b"\xff", b'{"t":"%s"}' % (b"x" * 40)]
    )
).map(b"".join)


def read_ranges(data: bytes, *, unit_bytes: int, max_line_bytes: int) -> tuple[list[tuple[int, object]], int]:
    """(offset, line or length of a long one) of every line over all ranges, and the sum of sizes."""
    events: list[tuple[int, object]] = []
    size = 0
    with TemporaryDirectory() as folder:
        path = Path(folder) / "data.txt"
        path.write_bytes(data)
        spans = lines.split_lines(InputFile("data.txt", len(data), ""), unit_bytes=unit_bytes)
        for start, stop in spans:
            for event in lines.read_lines(str(path), start=start, stop=stop, max_line_bytes=max_line_bytes):
                if isinstance(event, LongLine):
                    events.append((event.offset, event.length))
                    size += event.size
                elif isinstance(event, Lines):
                    offset = event.offset
                    for line in event.lines:
                        events.append((offset, line))
                        offset += len(line) + 1
                    size += event.size
    return events, size


def lines_by_hand(data: bytes, *, max_line_bytes: int) -> list[tuple[int, object]]:
    events: list[tuple[int, object]] = []
    offset = 0
    for line in data.split(b"\n"):
        if offset < len(data):
            events.append((offset, line if len(line) <= max_line_bytes else len(line)))
        offset += len(line) + 1
    return events


@given(contents, st.integers(1, 60), st.integers(1, 30), st.integers(1, 9))
def test_ranges_cover_every_line_once_and_sizes_add_up_to_the_file(
    data: bytes, unit_bytes: int, max_line_bytes: int, chunk_bytes: int
) -> None:
    expected = lines_by_hand(data, max_line_bytes=max_line_bytes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compression, "CHUNK_BYTES", chunk_bytes)
        patch.setattr(compression, "_TAIL_BYTES", chunk_bytes)
        events = read_ranges(data, unit_bytes=unit_bytes, max_line_bytes=max_line_bytes)
    assert events == (expected, len(data))


@given(contents, st.integers(1, 60))
def test_jsonl_units_give_the_same_records_and_their_bytes_add_up(data: bytes, unit_bytes: int) -> None:
    with TemporaryDirectory() as folder:
        (Path(folder) / "a.jsonl").write_bytes(data)

        def run(unit_bytes: int) -> tuple[list[object], list[object]]:
            spec = SourceSpec("u", "jsonl", folder, "MIT", fields={"text": "t"}, unit_bytes=unit_bytes)
            documents: list[object] = []
            rejected: list[object] = []
            total = 0
            for start, stop in jsonl.split(InputFile("a.jsonl", len(data), ""), spec=spec):
                log = RecordLog(Unit("u", "a.jsonl", start, stop))
                for batch in jsonl.read(log.unit, spec=spec, log=log):
                    documents += batch.to_pylist()
                rejected += log.rejected
                total += log.container_bytes
            assert total == len(data)
            return documents, rejected

        assert run(unit_bytes) == run(1 << 20)


def test_a_line_that_starts_at_the_stop_belongs_to_the_next_range(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one\ntwo\n")
    url = str(tmp_path / "a")
    assert list(lines.read_lines(url, start=0, stop=4, max_line_bytes=9)) == [Lines(0, [b"one"], 4)]
    assert list(lines.read_lines(url, start=4, stop=None, max_line_bytes=9)) == [Lines(4, [b"two"], 4)]
    assert list(lines.read_lines(url, start=5, stop=8, max_line_bytes=9)) == []


def test_a_line_of_exactly_the_limit_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345\n123456\n")
    assert list(lines.read_lines(str(tmp_path / "a"), max_line_bytes=5)) == [
        Lines(0, [b"12345"], 6),
        LongLine(6, 6, 7),
    ]


def test_a_byte_order_mark_is_framing_at_the_start_only(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfa\n\xef\xbb\xbfb")
    blocks = list(lines.read_lines(str(tmp_path / "a"), max_line_bytes=9))
    assert blocks == [Lines(3, [b"a"], 5), Lines(5, [b"\xef\xbb\xbfb"], 4)]


def batched(chunks: Iterable[bytes], *, max_lines: int, max_line_bytes: int) -> tuple[list[bytes], list[int]]:
    """All lines, and the numbers of those that were cut; no batch is empty or larger than asked."""
    texts: list[bytes] = []
    cut: list[int] = []
    for batch in lines.batch_lines(chunks, max_lines=max_lines, max_line_bytes=max_line_bytes):
        assert 1 <= len(batch.texts) <= max_lines
        cut += [len(texts) + index for index in batch.cut]
        texts += batch.texts.cast(pa.large_binary()).to_pylist()
    return texts, cut


streams = st.lists(
    st.one_of(st.binary(max_size=5), st.sampled_from([b"\n", b"\r\n", b"\r", b"\xef\xbb\xbf", b"a" * 9])),
    max_size=12,
).map(b"".join)


@given(streams, st.lists(st.integers(1, 12), min_size=1), st.integers(1, 3), st.integers(1, 12))
def test_batches_hold_each_line_once_whatever_the_chunks(
    data: bytes, sizes: list[int], max_lines: int, max_line_bytes: int
) -> None:
    chunks, remaining = [], data
    for size in itertools.cycle(sizes):
        chunks.append(remaining[:size])
        remaining = remaining[size:]
        if not remaining:
            break
    whole = data.removeprefix(lines.BYTE_ORDER_MARK).split(b"\n")
    whole = [line.removesuffix(b"\r") for line in (whole if not data.endswith(b"\n") else whole[:-1])]
    expected = whole if data else []
    texts, cut = batched(chunks, max_lines=max_lines, max_line_bytes=max_line_bytes)
    assert texts == [line[:max_line_bytes] for line in expected]
    assert cut == [number for number, line in enumerate(expected) if len(line) > max_line_bytes]


def test_a_line_at_the_limit_is_whole_and_one_byte_more_is_cut() -> None:
    data = b"12345\r\n123456\r\n\n1234\r5\r"
    assert batched([data], max_lines=9, max_line_bytes=5) == ([b"12345", b"12345", b"", b"1234\r"], [1, 3])


def test_each_chunk_gives_the_lines_that_it_completes() -> None:
    """So that a slow stream is answered line by line."""
    given: list[bytes] = []

    def stream() -> Iterator[bytes]:
        for chunk in (b"a\nb", b"", b"\nc", b"d"):
            given.append(chunk)
            yield chunk

    batches = lines.batch_lines(stream(), max_lines=9, max_line_bytes=9)
    seen = [(batch.texts.to_pylist(), len(given)) for batch in batches]
    assert seen == [(["a"], 1), (["b"], 3), (["cd"], 4)]


def test_an_endless_line_holds_no_more_than_the_limit() -> None:
    chunk = b"x" * 1_000_000
    tracemalloc.start()
    try:
        chunks = itertools.chain(itertools.repeat(chunk, 300), [b"\nb\n"])
        texts, cut = batched(chunks, max_lines=9, max_line_bytes=1_500_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (texts, cut) == ([b"x" * 1_500_000, b"b"], [0])
    assert peak < 30_000_000
