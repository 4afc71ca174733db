"""Writes shards: Arrow IPC (file format) in batches whose cuts depend on the rows alone, or Parquet."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

from layers.hashing_file import HashingFile
from layers.parquet_reader import SUFFIX
from layers.parquet_writer import ParquetShardWriter
from layers.shards import FileRecord, text_lengths

MAX_BATCH_ROWS = 4096
MAX_BATCH_BYTES = 4 << 20
"""A batch ends before the row that would bring its text over this many UTF-8 bytes."""

WRITE_BYTES = 1 << 20

ZSTD = pa.Codec("zstd", compression_level=1)  # level 3 costs 2x the time for 4 % of the size
LZ4 = pa.Codec("lz4")
"""Between two stages: small buffers take a seventh of the time, text two thirds, for 1.4 × the size."""


class Rebatcher:
    """Cuts rows anew, greedily by rows and text bytes: the cuts forget how the rows arrived.

    A row larger than max_bytes is a batch of its own. A batch ends at each row number of ends, which ascend.
    """

    def __init__(
        self,
        schema: pa.Schema,
        *,
        max_rows: int = MAX_BATCH_ROWS,
        max_bytes: int = MAX_BATCH_BYTES,
        ends: Sequence[int] = (),
    ) -> None:
        self._schema = schema
        self._has_text = "text" in schema.names
        self._max_rows = max_rows
        self._max_bytes = max_bytes
        self._ends = [*reversed(ends)]
        self._pending: list[pa.RecordBatch] = []
        self._rows = self._bytes = self._passed = 0

    def add(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """The batches that are full with these rows."""
        rows = len(batch)
        sizes = np.cumsum(text_lengths(batch.column("text"))) if self._has_text else None
        start = 0
        while start < rows:
            stop = min(rows, start + self._max_rows - self._rows)
            before = 0
            if sizes is not None:
                before = int(sizes[start - 1]) if start else 0
                fits = int(np.searchsorted(sizes, before + self._max_bytes - self._bytes, side="right"))
                stop = min(max(fits, start), stop)
            if stop == start and not self._rows:
                stop = start + 1  # one row over max_bytes
            if self._ends:
                stop = min(stop, start + self._ends[-1] - self._passed)
            if stop > start:
                self._pending.append(batch.slice(start, stop - start))
                self._rows += stop - start
                self._bytes += int(sizes[stop - 1]) - before if sizes is not None else 0
                self._passed += stop - start
                start = stop
            at_end = bool(self._ends) and self._ends[-1] == self._passed
            if start < rows or self._rows == self._max_rows or at_end:
                yield from self.rest()  # a full batch still takes empty texts
            if at_end:
                self._ends.pop()

    def rest(self) -> Iterator[pa.RecordBatch]:
        """What has not been given out, as one batch."""
        if self._pending:
            yield _concatenate(self._pending, schema=self._schema)
            self._pending, self._rows, self._bytes = [], 0, 0


def rebatch(
    batches: Iterator[pa.RecordBatch],
    *,
    schema: pa.Schema,
    max_rows: int = MAX_BATCH_ROWS,
    max_bytes: int = MAX_BATCH_BYTES,
    ends: Sequence[int] = (),
) -> Iterator[pa.RecordBatch]:
    """The same rows cut anew, as Rebatcher."""
    rebatcher = Rebatcher(schema, max_rows=max_rows, max_bytes=max_bytes, ends=ends)
    for batch in batches:
        yield from rebatcher.add(batch)
    yield from rebatcher.rest()


def _concatenate(batches: Sequence[pa.RecordBatch], *, schema: pa.Schema) -> pa.RecordBatch:
    """Rows of all batches in buffers of their own, no longer than they need.

    Arrow writes up to 63 bytes of what follows the rows in a longer buffer, so the file of a mere slice would
    depend on what it was cut from.
    """
    pieces = [*batches, batches[0].slice(0, 0)] if len(batches) == 1 else batches
    columns = [
        pa.concat_arrays([piece.column(index) for piece in pieces]) for index in range(len(schema.names))
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


class ShardWriter:
    """Writes rows to a local file as they come. Same rows, same bytes, however they are cut.

    Use as a context manager: leaving it closes the file, and `finish` must have been called before.
    """

    def __init__(
        self,
        local: Path,
        *,
        schema: pa.Schema,
        path: str,
        ends: Sequence[int] = (),
        codec: pa.Codec = ZSTD,
    ) -> None:
        """path: of the record; ends: rows at which a batch ends, so that a reader decodes no others."""
        self._path = path
        self._rebatcher = Rebatcher(schema, ends=ends)
        self._rows: list[int] = []
        self._sink = HashingFile(local)
        options = pa.ipc.IpcWriteOptions(compression=codec, use_threads=False)
        # Arrow writes each buffer and its padding alone, some 180 times for a batch of 70 columns
        self._buffer = pa.BufferedOutputStream(pa.PythonFile(self._sink, mode="w"), WRITE_BYTES)
        self._writer = pa.ipc.new_file(self._buffer, schema, options=options)

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        if kind is None:
            self._sink.close()
        else:
            self._sink.abandon()

    def write(self, batch: pa.RecordBatch) -> None:
        self._write(self._rebatcher.add(batch))

    def finish(self) -> FileRecord:
        """The record to commit."""
        self._write(self._rebatcher.rest())
        self._writer.close()
        self._buffer.flush()
        sink = self._sink
        sink.end_segment()
        self._buffer.close()
        return FileRecord(
            self._path,
            sink.hexdigest(),
            sink.size,
            batch_rows=tuple(self._rows),
            batch_bytes=tuple(stop - start for start, stop in pairwise([0, *sink.ends[:-1]])),
            segments=tuple(sink.segments),
        )

    def _write(self, batches: Iterator[pa.RecordBatch]) -> None:
        for batch in batches:
            self._writer.write_batch(batch)
            self._rows.append(len(batch))
            self._buffer.flush()
            self._sink.end_segment()


def open_writer(
    local: Path, *, schema: pa.Schema, path: str, ends: Sequence[int] = (), codec: pa.Codec = ZSTD
) -> ShardWriter | ParquetShardWriter:
    """A writer of the format that the path's ending names; ends and codec are for Arrow alone."""
    if path.endswith(SUFFIX):
        return ParquetShardWriter(local, schema=schema, path=path)
    return ShardWriter(local, schema=schema, path=path, ends=ends, codec=codec)


def write_shard(
    local: Path,
    batches: Iterator[pa.RecordBatch],
    *,
    schema: pa.Schema,
    path: str,
    ends: Sequence[int] = (),
) -> FileRecord:
    """Write rows to a local file; returns the record to commit under `path`, as open_writer."""
    with open_writer(local, schema=schema, path=path, ends=ends) as writer:
        for batch in batches:
            writer.write(batch)
        return writer.finish()
