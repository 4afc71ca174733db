"""JSON arrays: every element once, at its place, whatever the chunks; damage is a row, and memory bounded."""

import json
import tracemalloc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sources
from layers.entries import Unit
from sources.base import RecordLog, SourceSpec
from sources.reading import json_values
from sources.reading.json_values import Event, LongValue, Value, ValueScanner
from sources.reading.lines import Damage

texts = st.text(st.sampled_from('ab"\\{}[],: \né'), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def scan(
    data: bytes, *, chunk_bytes: int = 1 << 20, max_value_bytes: int = 1 << 20, path: Iterable[str] = ()
) -> list[Event]:
    scanner = ValueScanner(max_value_bytes=max_value_bytes, path=[*path])
    chunks = [data[start : start + chunk_bytes] for start in range(0, len(data), chunk_bytes)]
    return [*(event for chunk in chunks for event in scanner.add(chunk)), *scanner.finish()]


def parse(events: Iterable[Event], *, data: bytes) -> list[Any]:
    """The values, each of which stands in the data where it says."""
    parsed = []
    for event in events:
        assert isinstance(event, Value)
        assert data[event.offset : event.offset + len(event.raw)] == event.raw
        parsed.append(orjson.loads(event.raw))
    return parsed


@given(st.lists(values, max_size=5), st.booleans(), st.sampled_from([None, 0, 2]), st.integers(1, 9))
def test_the_elements_are_those_that_a_parser_gives(
    elements: list[Any], ascii: bool, indent: int | None, chunk_bytes: int
) -> None:
    array = json.dumps(elements, ensure_ascii=ascii, indent=indent)
    data = f" {array}\n".encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_values, "_SLICE_BYTES", chunk_bytes)
        assert parse(scan(data), data=data) == elements
    marked = b"\xef\xbb\xbf" + data
    assert parse(scan(marked, chunk_bytes=4 + chunk_bytes), data=marked) == elements
    inner = json.dumps(
        {"items": [1], "data": {"x": [{}], "items": elements, "y": 1}, "z": [2]}, indent=indent
    )
    nested = f"{inner}\n{inner}".encode()
    assert parse(scan(nested, chunk_bytes=chunk_bytes, path=["data", "items"]), data=nested) == elements * 2


@given(st.lists(st.dictionaries(texts, values, max_size=3), max_size=5), st.sampled_from([None, 0, 2]))
def test_objects_may_follow_one_another(objects: list[Any], indent: int | None) -> None:
    data = "\n".join(json.dumps(each, indent=indent) for each in objects).encode()
    assert parse(scan(data, chunk_bytes=7), data=data) == objects


pieces = st.sampled_from([b"{", b"}", b"[", b"]", b",", b'"', b"\\", b":", b" ", b"\n", b"a", b"1", b"\xff"])


@given(
    st.lists(pieces, max_size=40).map(b"".join),
    st.integers(1, 6),
    st.integers(1, 9),
    st.sampled_from(["", "a"]),
)
def test_of_any_bytes_each_is_in_one_event_or_framing_whatever_the_chunks(
    data: bytes, chunk_bytes: int, max_value_bytes: int, path: str
) -> None:
    events = scan(data, max_value_bytes=max_value_bytes, path=path)
    assert scan(data, chunk_bytes=chunk_bytes, max_value_bytes=max_value_bytes, path=path) == events
    end = 0
    for event in events:
        length = len(event.raw) if isinstance(event, Value) else event.length
        assert end <= event.offset <= event.offset + length <= len(data)
        assert not isinstance(event, Value) or 0 < length <= max_value_bytes
        end = event.offset + length
    if not path:
        spans = [(e.offset, len(e.raw) if isinstance(e, Value) else e.length) for e in events]
        framing = bytearray(data)
        for offset, length in spans:
            framing[offset : offset + length] = b" " * length
        assert not bytes(framing).strip(b" \n,[]")


@given(st.lists(st.dictionaries(texts, values, max_size=2), min_size=1, max_size=4), st.data())
def test_a_file_that_is_cut_gives_the_whole_elements_then_one_row(objects: list[Any], data: Any) -> None:
    whole = json.dumps(objects).encode()
    cut = whole[: data.draw(st.integers(1, len(whole) - 1))]
    *values, last = scan(cut)
    assert isinstance(last, Damage)
    assert last.reason == "truncated"
    assert len(cut.rstrip()) <= last.offset + last.length <= len(cut)
    beginnings = [json.dumps(objects[:count])[:-1].encode() + b"," for count in range(1, len(objects))]
    assert parse(values, data=cut) == objects[: sum(map(cut.startswith, beginnings))]


def read(path: Path, **options: Any) -> tuple[list[str], list[tuple[str, int, int | None]]]:
    """(texts, (reason, offset, records) of what was rejected) of a file."""
    spec = SourceSpec("s", "json", str(path.parent), "CC0-1.0", fields={"text": "text"}, options=options)
    log = RecordLog(Unit("s", path.name))
    batches = [*sources.load("json").read(log.unit, spec=spec, log=log)]
    assert log.container_bytes == path.stat().st_size
    rejected = [(row["reason"], row["offset"], row["records"]) for row in log.rejected]
    return [text for batch in batches for text in batch["text"].to_pylist()], rejected


def test_brackets_without_end_are_one_row(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"[" * 100_000)
    assert read(path) == ([], [("truncated", 1, None)])
    path.write_bytes(b"[" * 100_000 + b"]" * 100_000)
    assert read(path) == ([], [("broken_json", 1, 1)])


def test_a_value_over_the_limit_is_not_held(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    long = b'{"text": "' + b"x" * 100_000_000 + b'"}'
    path.write_bytes(b'[{"text": "first"}, ' + long + b', {"text": "last"}]')
    del long
    tracemalloc.start()
    try:
        assert read(path, max_record_bytes=1 << 20) == (["first", "last"], [("record_too_long", 20, 1)])
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("spare", "is_kept"), [(0, True), (-1, False)])
def test_a_value_of_exactly_the_limit_is_kept(spare: int, is_kept: bool) -> None:
    raw = b'{"text": "12345"}'
    for chunk_bytes in (3, 100):
        events = scan(b"[" + raw + b" ]", chunk_bytes=chunk_bytes, max_value_bytes=len(raw) + spare)
        assert [isinstance(event, LongValue) for event in events] == [not is_kept]


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b'{"data": {"itemz": []}}', "no array at 'data.items'; did you mean 'data.itemz'?"),
        (b'{"data": {"a": 1}}', "no array at 'data.items'; known: data"),
        (b'{"a": "data"}', "no array at 'data.items'; there are no objects or arrays"),
        (b'{"data": {"items": {}}}', "'data.items' is an object"),
        (b'{"data": []}', "'data' is an array"),
        (b"[]", "the file is an array"),
    ],
)
def test_an_array_that_is_not_where_it_should_be_is_told(data: bytes, detail: str) -> None:
    (event,) = scan(data, path=["data", "items"])
    assert isinstance(event, Damage)
    assert (event.reason, event.detail) == ("unreadable", detail)
