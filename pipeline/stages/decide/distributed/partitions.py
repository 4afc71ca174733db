"""Files whose rows stand in order of a partition, so that one task can read one partition of many files.

This is the shuffle of the distributed path: arrays by hash partition, one run of rows per partition
in each file, never a key per document. As files of a layer it is resumable and takes no memory of a
runner. When all tasks of a step are done, where each partition lies in their files is gathered into the
index of the step; a task of the next reads the lines of its own partition, and of the files those bytes.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from layers import storage
from layers.entries import Count, Entry, Unit
from layers.layer import Layer
from layers.shards import DamagedFile, FileRecord, digest_segment

PIECES = pa.schema(
    [
        pa.field("partition", pa.int32(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("bytes", pa.int64(), nullable=False),
        pa.field("digest", pa.uint64(), nullable=False),
    ]
)
"""The batches of a file: each lies in one partition."""
_INDEX = pa.schema([pa.field("task", pa.int32(), nullable=False), *list(PIECES)[1:]])
_INDEX_SLICE = 1024
"""Lines of an index that are read together."""


def hash_partitions(values: np.ndarray, *, count: int) -> np.ndarray:
    """Partition of each integer, evenly: n values → int32 [n] below count."""
    mixed = values.astype(np.uint64)
    # MurmurHash3's finaliser
    mixed = (mixed ^ (mixed >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    mixed = (mixed ^ (mixed >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    mixed ^= mixed >> np.uint64(33)
    return (mixed % np.uint64(count)).astype(np.int32)


class PartitionedCommit:
    """Writes tables in order of partitions and commits them as one unit of a layer."""

    def __init__(self, layer: Layer, *, unit: Unit, key: str) -> None:
        self._commit = layer.commit(unit, key=key)
        self._pieces: list[pa.RecordBatch] = []
        self._schemas: dict[str, str] = {}
        self._rows = 0

    def __enter__(self) -> "PartitionedCommit":
        self._commit.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._commit.__exit__(*exc)

    def write(self, name: str, columns: Mapping[str, object], *, partition: np.ndarray, count: int) -> None:
        """Write columns (arrays of one length); rows of a partition keep their order."""
        table = pa.table(dict(columns))
        # NumPy sorts up to 16 bits by radix, five times as fast
        small = (
            partition.astype(np.uint8 if count <= 1 << 8 else np.uint16) if count <= 1 << 16 else partition
        )
        order = np.argsort(small, kind="stable")
        bounds = np.concatenate([[0], np.cumsum(np.bincount(partition, minlength=count))])
        self._rows += len(table)
        ordered = table.take(pa.array(order))
        ends = np.unique(bounds)[1:-1].tolist()
        record = self._commit.write(
            name, iter(ordered.to_batches()), schema=table.schema, ends=ends, brief=True
        )
        self._schemas[name] = table.schema.serialize().to_pybytes().hex()
        self._pieces.append(_pieces(record, bounds=bounds))

    def commit(self, *, changed: int = 0) -> Entry:
        """changed: what a round changed; see stars."""
        starts = np.cumsum([0, *(len(pieces) for pieces in self._pieces)]).tolist()
        self._commit.write("pieces", iter(self._pieces), schema=PIECES)
        pieces = dict(zip(self._schemas, pairwise(starts), strict=True))
        facts = {"changed": changed, "schemas": self._schemas, "pieces": pieces}
        return self._commit.commit([Count("read", documents=self._rows)], facts=facts)


def _pieces(record: FileRecord, *, bounds: np.ndarray) -> pa.RecordBatch:
    """The PIECES of a file, of which no batch crosses one of the bounds."""
    partition = np.searchsorted(bounds, record.row_starts[:-1], side="right") - 1
    columns = [
        pa.array(partition.astype(np.int32)),
        pa.array(record.bounds[:-2], pa.int64()),
        pa.array(record.batch_bytes, pa.int64()),
        pa.array([int(digest, 16) for digest in record.segments[:-1]], pa.uint64()),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=PIECES)


def index_step(step: str, *, tasks: int, targets: int, key: str, layer: Layer) -> Entry | None:
    """Gather where each partition lies in the files of a step's tasks; None while a task is not done.

    targets: at least as many as there are partitions, of any file. Memory: the pieces of one file.
    """
    entries = [layer.current(step_unit(step, task), key=key) for task in range(tasks)]
    done = [entry for entry in entries if entry is not None]
    if len(done) < tasks:
        return None
    schemas = {name: schema for entry in done for name, schema in entry.facts["schemas"].items()}
    facts: dict[str, Any] = {
        "changed": sum(entry.facts["changed"] for entry in done),
        "schemas": schemas,
        "bounds": {},
    }
    with layer.commit(step_unit(step, None), key=key) as commit:
        for name in schemas:
            table = _gather(name, entries=done, layer=layer)
            counts = np.bincount(table["partition"].to_numpy(), minlength=targets)
            facts["bounds"][name] = [0, *np.cumsum(counts).tolist()]
            lines = table.select(_INDEX.names).to_batches()
            commit.write(name, iter(lines), schema=_INDEX, ends=range(_INDEX_SLICE, len(table), _INDEX_SLICE))
        return commit.commit([], facts=facts)


def _gather(name: str, *, entries: Sequence[Entry], layer: Layer) -> pa.Table:
    """The pieces of one file of all tasks, with their task, by partition and task."""
    tables = []
    for task, entry in enumerate(entries):
        if name in entry.facts["schemas"]:
            start, stop = entry.facts["pieces"][name]
            pieces = layer.table(entry, "pieces", start=start, stop=stop)
            number = pa.array(np.full(len(pieces), task, np.int32))
            tables.append(pieces.append_column("task", number))
    table = pa.concat_tables(tables).combine_chunks()
    return table.take(pa.array(np.argsort(table["partition"].to_numpy(), kind="stable")))


def step_unit(step: str, task: int | None) -> Unit:
    """The unit of a task of a step; None: of the step's index."""
    return Unit(step, "index") if task is None else Unit(step, "partition", task)


class StepIndex:
    """Where each partition lies in the files of a step, and those rows."""

    def __init__(self, step: str, *, key: str, layer: Layer) -> None:
        """Raises MissingEntry while the step is not complete."""
        self._layer = layer
        self._step = step
        self._entry = layer.require(step_unit(step, None), key=key)

    @property
    def changed(self) -> int:
        return int(self._entry.facts["changed"])

    def read(self, name: str, *, partition: int) -> dict[str, Any]:
        """Column → the values of one partition, task after task; empty: there are none.

        Values are NumPy arrays (of binary values: a row of bytes each), or Arrow's where they are lists.
        """
        bounds = self._entry.facts["bounds"].get(name)
        if bounds is None or bounds[partition] == bounds[partition + 1]:
            return {}
        schema = pa.ipc.read_schema(pa.py_buffer(bytes.fromhex(self._entry.facts["schemas"][name])))
        start, stop = bounds[partition : partition + 2]
        lines = self._layer.table(self._entry, name, start=start, stop=stop).to_pylist()
        batches = [self._read_piece(line, name=name, schema=schema) for line in lines]
        table = pa.Table.from_batches(batches, schema=schema)
        return {column: _to_array(table[column]) for column in table.schema.names}

    def _read_piece(self, line: Mapping[str, int], *, name: str, schema: pa.Schema) -> pa.RecordBatch:
        unit = step_unit(self._step, line["task"])
        url = self._layer.join(f"{unit.source}/{unit.name}.{name}.arrow")
        try:
            data = storage.read_range(url, start=line["offset"], stop=line["offset"] + line["bytes"])
        except FileNotFoundError as error:
            raise DamagedFile(url, "is missing") from error
        if int(digest_segment(data), 16) != line["digest"]:
            raise DamagedFile(url, "does not have the bytes that were committed")
        return _decode(data, schema=schema)


def _decode(data: bytes, *, schema: pa.Schema) -> pa.RecordBatch:
    """The batch of a piece; the first of a file has the file's head and schema before it."""
    start = 8 if data.startswith(b"ARROW1\0\0") else 0
    for message in _messages(pa.py_buffer(data).slice(start)):
        if message.type == "record batch":
            return pa.ipc.read_record_batch(message, schema)
    raise AssertionError("a piece without a record batch")


def _messages(data: pa.Buffer) -> Iterator[Any]:
    reader = pa.ipc.MessageReader.open_stream(pa.BufferReader(data))
    while True:
        yield reader.read_next_message()


def _to_array(column: pa.ChunkedArray) -> Any:
    if pa.types.is_list(column.type):
        return pa.concat_arrays(column.chunks)
    if pa.types.is_fixed_size_binary(column.type):
        width = column.type.byte_width
        pieces = [
            np.frombuffer(chunk.buffers()[1], np.uint8)[chunk.offset * width :][: len(chunk) * width]
            for chunk in column.chunks
        ]
        return np.concatenate(pieces).reshape(-1, width)
    return column.to_numpy()
