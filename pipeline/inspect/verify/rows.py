"""Rows of one table of a release, Arrow or Parquet, checked as they are read."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from layers.parquet_reader import SUFFIX, ParquetReader


class Unreadable(Exception):
    """A file whose rows cannot be read, where it lies, and why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(reason)
        self.path = path


@dataclass(frozen=True)
class LocalFile:
    """A file as it lies on this machine; whole: with the digest that it should have."""

    path: Path
    is_whole: bool

    @cached_property
    def schema(self) -> pa.Schema:
        """Columns of the table; raises Unreadable."""
        return self._open().schema

    def read(
        self, columns: Mapping[str, pa.DataType], *, trusted: Collection[str] = ()
    ) -> Iterator[pa.RecordBatch]:
        """Some columns of every row, every value validated but those of trusted ones; raises Unreadable."""
        schema = self.schema
        missing = [
            f"{name} ({dtype})"
            for name, dtype in columns.items()
            if schema.get_field_index(name) < 0 or schema.field(name).type != dtype
        ]
        if missing:
            raise Unreadable(self.path, f"it has no column {', '.join(missing)}")
        reader = self._open(columns)
        for index in range(reader.num_record_batches):
            try:
                batch = reader.get_batch(index)
                batch.select([name for name in columns if name not in trusted]).validate(full=True)
            except (pa.ArrowException, OSError, MemoryError) as error:
                raise Unreadable(self.path, f"batch {index}: {error}") from error
            yield batch.select(list(columns))

    def count_rows(self) -> int:
        """Rows of the table, from its first column; raises Unreadable."""
        columns = {field.name: field.type for field in [*self.schema][:1]}
        return sum(map(len, self.read(columns)))

    def _open(self, columns: Collection[str] | None = None) -> pa.ipc.RecordBatchFileReader | ParquetReader:
        kind = "Parquet" if self.path.name.endswith(SUFFIX) else "Arrow"
        try:
            if kind == "Parquet":
                return ParquetReader(str(self.path), columns=columns if columns is None else [*columns])
            options = pa.ipc.IpcReadOptions(use_threads=False)
            if columns is not None:
                options.included_fields = sorted(self.schema.get_field_index(name) for name in columns)
            # no memory map: a file that shrinks under it would kill the process
            return pa.ipc.open_file(pa.OSFile(str(self.path)), options=options)
        except (pa.ArrowException, OSError) as error:
            raise Unreadable(self.path, f"it is no readable {kind} file: {error}") from error


class RowQueue:
    """Rows of batches, taken in any numbers: two files cut their batches differently."""

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self._batches = batches
        self._pending: pa.RecordBatch | None = None

    def take(self, count: int) -> list[pa.RecordBatch]:
        """The next count rows, fewer where there are no more."""
        taken: list[pa.RecordBatch] = []
        while count:
            batch = self._pending if self._pending is not None else next(self._batches, None)
            self._pending = None
            if batch is None:
                break
            if len(batch) > count:
                self._pending = batch.slice(count)
                batch = batch.slice(0, count)
            count -= len(batch)
            taken.append(batch)
        return taken

    def count_rest(self) -> int:
        """How many rows are left; none are after it."""
        pending = 0 if self._pending is None else len(self._pending)
        self._pending = None
        return pending + sum(map(len, self._batches))
