"""Byte ranges: whatever the cuts, every line is read once and every byte is counted."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.layers.entries import Unit
from pipeline.layers.storage import InputFile
from sources import compression, jsonl, lines
from sources.base import RecordLog, SourceSpec
from sources.lines import Lines, LongLine

contents = st.lists(
    st.sampled_from(
        [b"\n", b"\r\n", b" ", b'{"t":"a"}', b'{"t":"b c"}\n', b"{", b"\xff", b'{"t":"%s"}' % (b"x" * 40)]
    )
).map(b"".join)


def read_ranges(data: bytes, *, unit_bytes: int, max_line_bytes: int) -> tuple[list[tuple[int, object]], int]:
    """(offset, line or length of a long one) of every line over all ranges, and the sum of sizes."""
    found: list[tuple[int, object]] = []
    size = 0
    with TemporaryDirectory() as folder:
        path = Path(folder) / "data.txt"
        path.write_bytes(data)
        spans = lines.split_lines(InputFile("data.txt", len(data), ""), unit_bytes=unit_bytes)
        for start, stop in spans:
            for event in lines.read_lines(str(path), start=start, stop=stop, max_line_bytes=max_line_bytes):
                if isinstance(event, LongLine):
                    found.append((event.offset, event.length))
                    size += event.size
                elif isinstance(event, Lines):
                    offset = event.offset
                    for line in event.lines:
                        found.append((offset, line))
                        offset += len(line) + 1
                    size += event.size
    return found, size


def lines_by_hand(data: bytes, *, max_line_bytes: int) -> list[tuple[int, object]]:
    found: list[tuple[int, object]] = []
    offset = 0
    for line in data.split(b"\n"):
        if offset < len(data):
            found.append((offset, line if len(line) <= max_line_bytes else len(line)))
        offset += len(line) + 1
    return found


@given(contents, st.integers(1, 60), st.integers(1, 30), st.integers(1, 9))
def test_ranges_cover_every_line_once_and_sizes_add_up_to_the_file(
    data: bytes, unit_bytes: int, max_line_bytes: int, chunk_bytes: int
) -> None:
    expected = lines_by_hand(data, max_line_bytes=max_line_bytes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compression, "CHUNK_BYTES", chunk_bytes)
        patch.setattr(compression, "_TAIL_BYTES", chunk_bytes)
        found = read_ranges(data, unit_bytes=unit_bytes, max_line_bytes=max_line_bytes)
    assert found == (expected, len(data))


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
    found = list(lines.read_lines(str(tmp_path / "a"), max_line_bytes=9))
    assert found == [Lines(3, [b"a"], 5), Lines(5, [b"\xef\xbb\xbfb"], 4)]
