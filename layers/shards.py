"""Arrow IPC shards: reading rows and columns of them, checked. `shard_writer` writes them.

A compressed frame of Arrow has no check sum: a flipped bit would be other rows and not an error. So the
record of a shard has a digest of each of its segments (each batch, and the footer with the schema), and
what is read is compared with them first; a task that reads a slice pays for its slice.
"""

import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import xxhash

from layers import storage
from layers.parquet_reader import SUFFIX, ParquetReader


class DamagedFile(Exception):
    """A committed file is missing, cut, or has other bytes than its record says."""

    def __init__(self, url: str, problem: str, others: Sequence["DamagedFile"] = ()) -> None:
        """others were looked at in the same task."""
        super().__init__("; ".join([f"{url} {problem}", *map(str, others)]))
        self.url = url
        self.problem = problem
        self.others = tuple(others)

    @property
    def urls(self) -> list[str]:
        """All the files."""
        return [self.url, *(other.url for other in self.others)]

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.url, self.problem, self.others)


def digest_segment(data: Any) -> str:
    """XXH3, 64 bits in hexadecimal: finds damage, at memory speed; it is no protection against intent."""
    return xxhash.xxh3_64_hexdigest(data)


@dataclass(frozen=True)
class FileRecord:
    """A finished shard: its path below the layer, its digest, and its segments.

    Segments are one per batch and, behind the last, the footer with the schema.
    """

    path: str
    sha256: str
    bytes: int
    batch_rows: tuple[int, ...]
    batch_bytes: tuple[int, ...] = ()
    segments: tuple[str, ...] = ()
    """Digest of each segment, in the order of the file; none in records of version 0.1."""

    @property
    def rows(self) -> int:
        return sum(self.batch_rows)

    @property
    def bounds(self) -> list[int]:
        """First byte of each segment, and the size of the file."""
        return [*accumulate(self.batch_bytes, initial=0), self.bytes]

    @property
    def row_starts(self) -> list[int]:
        """First row of each batch, and the number of rows."""
        return [*accumulate(self.batch_rows, initial=0)]


def text_lengths(column: pa.Array) -> np.ndarray:
    """UTF-8 bytes of each value, from the offsets alone: n strings → n int64."""
    offsets = np.frombuffer(
        column.buffers()[1], dtype=np.int64 if pa.types.is_large_string(column.type) else np.int32
    )
    return np.diff(offsets[column.offset : column.offset + len(column) + 1]).astype(np.int64)


class Shard:
    """A committed shard, opened: batches and columns of it, each segment checked before it is decoded.

    Raises DamagedFile naming the file, at once for its size and footer, else when a batch is read.
    """

    def __init__(self, url: str, *, record: FileRecord, columns: Sequence[str] | None = None) -> None:
        self._url = url
        self._record = record
        self._bounds = record.bounds
        self._checked: set[int] = set()
        self._bytes = _Bytes(url, size=record.bytes)
        self._check(len(record.batch_bytes))
        self.schema: pa.Schema = pa.ipc.open_file(self._bytes.buffer).schema
        self._columns = self.schema.names if columns is None else list(columns)
        options = pa.ipc.IpcReadOptions(use_threads=False)
        if columns is not None:
            missing = [name for name in columns if name not in self.schema.names]
            if missing:
                raise KeyError(f"{url} lacks the columns {missing}; it has {self.schema.names}")
            options.included_fields = sorted(self.schema.get_field_index(name) for name in columns)
        self._reader = pa.ipc.open_file(self._bytes.buffer, options=options)

    def check(self) -> None:
        """Compare every segment with its digest."""
        for segment in range(len(self._record.segments)):
            self._check(segment)

    def batches(self, *, start: int = 0, stop: int | None = None) -> Iterator[pa.RecordBatch]:
        """Rows start to stop; batches that hold none of them are neither read nor checked."""
        for index, (first, last) in enumerate(pairwise(self._record.row_starts)):
            low, high = max(start, first), last if stop is None else min(stop, last)
            if low < high:
                yield self._batch(index).slice(low - first, high - low)

    def table(self, *, start: int = 0, stop: int | None = None) -> pa.Table:
        """Rows start to stop, as a table."""
        fields = pa.schema([self.schema.field(name) for name in self._columns], self.schema.metadata)
        return pa.Table.from_batches(self.batches(start=start, stop=stop), schema=fields)

    def _batch(self, index: int) -> pa.RecordBatch:
        self._check(index)
        return self._reader.get_batch(index).select(self._columns)

    def _check(self, segment: int) -> None:
        if segment in self._checked or not self._record.segments:
            return
        data = self._bytes.read(self._bounds[segment], self._bounds[segment + 1])
        if digest_segment(data) != self._record.segments[segment]:
            raise DamagedFile(self._url, "does not have the bytes that were committed")
        self._checked.add(segment)


class _Bytes:
    """The bytes of a file as one buffer: mapped, or fetched piece by piece into memory of its size."""

    def __init__(self, url: str, *, size: int) -> None:
        try:
            actual = storage.size_bytes(url)
        except FileNotFoundError as error:
            raise DamagedFile(url, "is missing") from error
        if actual != size:
            raise DamagedFile(url, f"has {actual} bytes; {size} were committed")
        self._url = url
        self._is_remote = storage.is_remote(url)
        if self._is_remote:
            # pages that nothing is fetched into take no memory
            self._memory = mmap.mmap(-1, max(size, 1))
            self.buffer = pa.py_buffer(self._memory).slice(0, size)
        else:
            self.buffer = pa.memory_map(str(storage.local_path(url))).read_buffer()

    def read(self, start: int, stop: int) -> memoryview:
        if self._is_remote and stop > start:
            data = storage.read_range(self._url, start=start, stop=stop)
            if len(data) != stop - start:
                raise DamagedFile(self._url, f"ends at byte {start + len(data)}")
            self._memory[start:stop] = data
        return memoryview(self.buffer)[start:stop]


def open_unchecked(
    url: str, *, columns: Sequence[str] | None = None
) -> pa.ipc.RecordBatchFileReader | ParquetReader:
    """A reader of a shard that no record is at hand of, such as one of a release, restricted to columns.

    Raises ValueError naming a file that is none, KeyError for a column that it lacks.
    """
    try:
        if url.endswith(SUFFIX):
            return ParquetReader(_open_file(url, whole=columns is None), columns=columns)
        options = pa.ipc.IpcReadOptions(use_threads=False)
        if columns is not None:
            schema = pa.ipc.open_file(_open_file(url, whole=False)).schema
            options.included_fields = sorted(schema.get_field_index(name) for name in columns)
            if options.included_fields[:1] == [-1]:
                raise KeyError(f"{url} lacks one of the columns {list(columns)}; it has {schema.names}")
        return pa.ipc.open_file(_open_file(url, whole=columns is None), options=options)
    except pa.ArrowInvalid as error:
        raise ValueError(f"{url} is not a readable shard ({error})") from error


def _open_file(url: str, *, whole: bool) -> Any:
    if storage.is_remote(url):
        return storage.open_input(url)
    path = str(storage.local_path(url))
    # behind a map the kernel reads ahead over the columns that are left out: 29 times as much for a band
    return pa.memory_map(path) if whole else pa.OSFile(path)


def read_shard(url: str, *, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The batches of a shard that no record is at hand of; as open_unchecked."""
    reader = open_unchecked(url, columns=columns)
    for index in range(reader.num_record_batches):
        batch = reader.get_batch(index)
        yield batch if columns is None else batch.select(list(columns))


def read_table(url: str, *, columns: Sequence[str] | None = None) -> pa.Table:
    """A whole shard that no record is at hand of, as a table; as open_unchecked."""
    reader = open_unchecked(url, columns=columns)
    table = pa.Table.from_batches(
        [reader.get_batch(index) for index in range(reader.num_record_batches)], schema=reader.schema
    )
    return table if columns is None else table.select(list(columns))
