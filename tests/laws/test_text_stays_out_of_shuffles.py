"""Law 1: text never enters a shuffle. Every byte that Beam moves between steps is watched."""

from collections.abc import Iterator
from pathlib import Path

import apache_beam as beam
import pytest
import small_corpus
from apache_beam.runners.portability.fn_api_runner import execution

from pipeline.beam import runners
from pipeline.plan.make import make_plan

MARK = "watchword"


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """Everything that is appended to a buffer between two fused steps, encoded."""
    seen: list[bytes] = []
    for buffer in (execution.ListBuffer, execution.GroupingBuffer):
        original = buffer.append

        def append(self: object, element: bytes, original: object = original) -> None:
            seen.append(element)
            original(self, element)  # type: ignore[operator]

        monkeypatch.setattr(buffer, "append", append)
    yield seen


def test_no_text_travels_between_the_steps_of_a_run(tmp_path: Path, moved: list[bytes]) -> None:
    rows = [{**row, "text": f"{MARK} {row['text']}"} for row in small_corpus.records()]
    config = small_corpus.write_corpus(tmp_path, rows=rows, changes={"local": {"workers": 1}})
    plan = make_plan(config)
    runners.run(plan)
    released = [path for path in (tmp_path / "out" / "release" / "data").rglob("*.arrow")]
    assert released
    assert sum(len(element) for element in moved) > 0
    assert [element for element in moved if MARK.encode() in element] == []


def test_the_watch_sees_text_that_does_travel(moved: list[bytes]) -> None:
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        pipeline | beam.Create([f"{MARK} in the open"]) | beam.Reshuffle() | beam.Map(len)
    assert [element for element in moved if MARK.encode() in element]
