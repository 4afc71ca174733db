"""Inputs are what was planned, and their digest is of what was read."""

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers import storage
from layers.inputs import ChangedInput, DigestingReader, check_unchanged

DATA = bytes(range(256)) * 3


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("input") / "data"
    path.write_bytes(DATA)
    return str(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    span=st.tuples(st.integers(0, len(DATA)), st.none() | st.integers(0, len(DATA))),
    moves=st.lists(st.tuples(st.none() | st.integers(0, len(DATA)), st.integers(0, 400)), max_size=8),
)
def test_the_digest_is_of_the_span_however_it_was_read(
    span: tuple[int, int | None], moves: list[tuple[int | None, int]], url: str
) -> None:
    start, stop = span
    if stop is not None and stop < start:
        return
    reader = DigestingReader(url, start=start, stop=stop)
    for place, size in moves:
        if place is not None:
            reader.seek(place)
        position = reader.tell()
        assert reader.read(size) == DATA[position : position + size]
    expected = DATA[start:stop]
    assert reader.finish() == (hashlib.sha256(expected).hexdigest(), len(expected))


@pytest.mark.parametrize("change", ["shorter", "longer", "touched", "gone"])
def test_a_file_that_is_not_what_was_planned_is_named(change: str, tmp_path: Path) -> None:
    path = tmp_path / "input.jsonl"
    path.write_bytes(DATA)
    size, mark = storage.stat_file(str(path))
    check_unchanged(str(path), size_bytes=size, mark=mark)
    if change == "gone":
        path.unlink()
    elif change == "touched":
        os.utime(path, ns=(1, int(mark) + 1))
    else:
        path.write_bytes(DATA[:-1] if change == "shorter" else DATA + b"x")
        os.utime(path, ns=(1, int(mark)))  # the clock alone does not tell
    with pytest.raises(ChangedInput, match=r"input\.jsonl"):
        check_unchanged(str(path), size_bytes=size, mark=mark)
