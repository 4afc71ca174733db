"""Coders for what travels between Beam steps, so that nothing is pickled and text is refused.

PCollections carry tasks (JSON) and, in other people's pipelines, RecordBatches (Arrow IPC).
Beam uses a registered coder only where it knows the element type: never let it infer Any.
"""

from typing import Any

import pyarrow as pa
from apache_beam import coders

from pipeline.stages.count.lines import KeyRange
from pipeline.stages.decide.distributed.clustering import ClusterTask
from pipeline.stages.publish.cut import ShardTask
from pipeline.stages.raw_parts import PartTask
from pipeline.stages.units import PlannedUnit

TASKS = (PlannedUnit, PartTask, KeyRange, ShardTask, ClusterTask)
"""What travels between the steps of the stages."""


class TaskCoder(coders.Coder):
    """A task of any type as the JSON that it prints: deterministic, readable in a job graph."""

    def __init__(self, task: type) -> None:
        self._task: Any = task

    def encode(self, value: Any) -> bytes:
        return value.to_json()

    def decode(self, encoded: bytes) -> object:
        return self._task.from_json(encoded)

    def is_deterministic(self) -> bool:
        return True

    @classmethod
    def from_type_hint(cls, typehint: type, registry: object) -> "TaskCoder":  # type: ignore[override]
        return cls(typehint)

    def to_type_hint(self) -> type:
        return self._task


class RecordBatchCoder(coders.Coder):
    """A RecordBatch as an Arrow IPC stream.

    Beam's default pickles: a 10-row slice of a 20 MB batch costs 20 MB pickled, 20 kB so.
    """

    def encode(self, value: pa.RecordBatch) -> bytes:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, value.schema) as writer:
            writer.write_batch(value)
        return sink.getvalue().to_pybytes()

    def decode(self, encoded: bytes) -> pa.RecordBatch:
        return pa.ipc.open_stream(encoded).read_next_batch()

    def estimate_size(self, value: pa.RecordBatch) -> int:
        return value.get_total_buffer_size()

    def is_deterministic(self) -> bool:
        return False

    def to_type_hint(self) -> type:
        return pa.RecordBatch


def register() -> None:
    """Make Beam use these coders; importing this module does it once per process."""
    for task in TASKS:
        coders.registry.register_coder(task, TaskCoder)
    coders.registry.register_coder(pa.RecordBatch, RecordBatchCoder)


register()
