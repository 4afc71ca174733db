"""What travels between steps: one coder for all tasks, which knows the type that it was registered for."""

import pickle
from typing import Any

import pytest
from apache_beam import coders

from layers.entries import Unit
from pipeline.beam.coders import TASKS, TaskCoder
from pipeline.stages.count.lines import KeyRange
from pipeline.stages.raw_parts import PartTask


def travelled(task: type) -> Any:
    """The coder that Beam uses for a type, as a worker unpickles it."""
    return pickle.loads(pickle.dumps(coders.registry.get_coder(task)))


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_a_coder_that_knows_its_type(task: type) -> None:
    coder = travelled(task)
    assert isinstance(coder, TaskCoder)
    assert (coder.to_type_hint(), coder.is_deterministic()) == (task, True)


@pytest.mark.parametrize(
    "task", [PartTask(Unit("source", "data/ä.jsonl", 3, 7, 2)), KeyRange("source", 3, 8)]
)
def test_a_task_travels_as_its_json_and_comes_back(task: Any) -> None:
    coder = travelled(type(task))
    assert coder.encode(task) == task.to_json()
    assert coder.decode(coder.encode(task)) == task


def test_coders_of_two_types_are_two() -> None:
    assert TaskCoder(PartTask) == TaskCoder(PartTask)
    assert TaskCoder(PartTask) != TaskCoder(KeyRange)
