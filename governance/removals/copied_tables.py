"""A table of somebody's copy, Arrow (file or stream) or Parquet: read and written in its own form."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from governance.removals.request import InvalidRequest
from layers.parquet_reader import without_field_ids
from layers.parquet_writer import ParquetShardWriter


class TableReader:
    """Batches of a file, whatever its format."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_parquet = path.suffix == ".parquet"
        self.is_stream = False
        self._source = pa.memory_map(str(path))
        if self.is_parquet:
            import pyarrow.parquet as pq  # 40 ms that readers of Arrow do not pay

            self.parquet = pq.ParquetFile(self._source)
            self.schema = self.parquet.schema_arrow
            return
        try:
            self._file = pa.ipc.open_file(self._source)
        except pa.ArrowInvalid:
            self._source.seek(0)
            self._file = pa.ipc.open_stream(self._source)
            self.is_stream = True
        self.schema = self._file.schema

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Checked whole, for Arrow follows offsets wherever they lead; raises InvalidRequest."""
        try:
            for batch in self._read():
                batch.validate(full=True)
                yield batch
        except (pa.ArrowInvalid, OSError) as error:
            raise InvalidRequest(str(self.path), [f"it is damaged: {error}"]) from error

    def _read(self) -> Iterator[pa.RecordBatch]:
        if self.is_parquet:
            yield from self.parquet.iter_batches(batch_size=8192)
        elif self.is_stream:
            yield from self._file
        else:
            for number in range(self._file.num_record_batches):
                yield self._file.get_batch(number)

    def close(self) -> None:
        self._source.close()


@contextmanager
def open_table(path: Path) -> Iterator[TableReader]:
    """A table of a copy; raises InvalidRequest for a file that is none, or is damaged."""
    try:
        reader = TableReader(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise InvalidRequest(str(path), [f"neither Arrow nor Parquet: {error}"]) from error
    try:
        yield reader
    finally:
        reader.close()


def write_table(batches: Sequence[pa.RecordBatch], *, local: Path, reader: TableReader, size: int) -> None:
    schema = reader.schema
    if reader.is_parquet:
        import pyarrow.parquet as pq

        metadata = reader.parquet.metadata
        group = metadata.row_group(0) if metadata.num_row_groups else None
        codec = group.column(0).compression if group is not None and group.num_columns else "ZSTD"
        if codec == "ZSTD" and "doc_id" in schema.names:  # a table of a release: cut as its other shards are
            own = without_field_ids(schema)
            with ParquetShardWriter(local, schema=own, path=local.name) as shard:
                for batch in pa.Table.from_batches(batches, schema=schema).cast(own).to_batches():
                    shard.write(batch)
                shard.finish()
            return
        with pq.ParquetWriter(local, schema, compression=codec, use_content_defined_chunking=True) as writer:
            table = pa.Table.from_batches(batches, schema=schema)
            writer.write_table(table, row_group_size=max(group.num_rows if group else 1, 1))
        return
    is_compressed = size < 0.9 * sum(batch.nbytes for batch in batches)
    options = pa.ipc.IpcWriteOptions(
        compression=pa.Codec("zstd", compression_level=1) if is_compressed else None
    )
    make = pa.ipc.new_stream if reader.is_stream else pa.ipc.new_file
    with make(str(local), schema, options=options) as writer:
        for batch in batches:
            writer.write_batch(batch)


def hex_ids(ids: pa.Array) -> pa.Array:
    if pa.types.is_binary(ids.type) or pa.types.is_fixed_size_binary(ids.type):
        return pa.array([None if each is None else each.hex() for each in ids.to_pylist()], pa.string())
    return ids.cast(pa.string())


def with_column(batch: pa.RecordBatch, name: str, values: pa.Array) -> pa.RecordBatch:
    place = batch.schema.get_field_index(name)
    return batch.set_column(place, batch.schema.field(place), values)


def replace_values(batch: pa.RecordBatch, name: str, values: Mapping[int, Any]) -> pa.RecordBatch:
    column = batch[name].to_pylist()
    for row, value in values.items():
        column[row] = value
    return with_column(batch, name, pa.array(column, batch.schema.field(name).type))
