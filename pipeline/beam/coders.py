"""Coders for what travels between Beam steps, so that nothing is pickled and text is refused.

PCollections carry tasks (JSON) and, in other people's pipelines, RecordBatches (Arrow IPC).
Beam uses a registered coder only where it knows the element type: never let it infer Any.
"""

from typing import TypeVar

import pyarrow as pa
from apache_beam import coders

from pipeline.stages.count.lines import KeyRange
from pipeline.stages.decide.distributed.clustering import ClusterTask
from pipeline.stages.ingest import PartTask
from pipeline.stages.publish.cut import ShardTask
from pipeline.stages.units import PlannedUnit

_T = TypeVar("_T", PlannedUnit, PartTask, KeyRange, ShardTask, ClusterTask)


class _JsonCoder(coders.Coder):
    """A task as the JSON that it prints: deterministic, readable in a job graph."""

    task: type

    def encode(self, value: _T) -> bytes:
        return value.to_json()

    def decode(self, encoded: bytes) -> object:
        return self.task.from_json(encoded)  # type: ignore[attr-defined]

    def is_deterministic(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))


class PlannedUnitCoder(_JsonCoder):
    task = PlannedUnit

    def to_type_hint(self) -> type:
        return PlannedUnit


class PartTaskCoder(_JsonCoder):
    task = PartTask

    def to_type_hint(self) -> type:
        return PartTask


class KeyRangeCoder(_JsonCoder):
    task = KeyRange

    def to_type_hint(self) -> type:
        return KeyRange


class ShardTaskCoder(_JsonCoder):
    task = ShardTask

    def to_type_hint(self) -> type:
        return ShardTask


class ClusterTaskCoder(_JsonCoder):
    task = ClusterTask

    def to_type_hint(self) -> type:
        return ClusterTask


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

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))


def register() -> None:
    """Make Beam use these coders; importing this module does it once per process."""
    coders.registry.register_coder(PlannedUnit, PlannedUnitCoder)
    coders.registry.register_coder(PartTask, PartTaskCoder)
    coders.registry.register_coder(KeyRange, KeyRangeCoder)
    coders.registry.register_coder(ShardTask, ShardTaskCoder)
    coders.registry.register_coder(ClusterTask, ClusterTaskCoder)
    coders.registry.register_coder(pa.RecordBatch, RecordBatchCoder)


register()
