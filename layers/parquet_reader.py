"""Parquet shards of a release, read batch by batch as Arrow's own readers give them."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

SUFFIX = ".parquet"
_FIELD_ID = b"PARQUET:field_id"


class ParquetReader:
    """A Parquet file as the reader of an Arrow file: its schema, and one record batch per row group."""

    def __init__(self, file: Any, *, columns: Sequence[str] | None = None) -> None:
        """file: a path or an open file; columns: which to read, all by default.

        Raises pa.ArrowInvalid where it is no Parquet, KeyError for a column that it lacks.
        """
        import pyarrow.parquet as pq  # 40 ms that readers of Arrow do not pay

        self._file = pq.ParquetFile(file)
        whole = without_field_ids(self._file.schema_arrow)
        missing = [name for name in columns or () if name not in whole.names]
        if missing:
            raise KeyError(f"it lacks the columns {missing}; it has {whole.names}")
        read = whole.names if columns is None else [name for name in whole.names if name in columns]
        self.schema: pa.Schema = pa.schema([whole.field(name) for name in read])
        """Of the columns that are read."""

    @property
    def num_record_batches(self) -> int:
        """Row groups of the file."""
        return int(self._file.num_row_groups)

    def get_batch(self, index: int) -> pa.RecordBatch:
        """The rows of a row group as one batch, its columns in the order of the schema."""
        table = self._file.read_row_group(index, columns=self.schema.names, use_threads=False)
        arrays = [_join(table[field.name], dtype=field.type) for field in self.schema]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def read_all(self) -> pa.Table:
        """All rows."""
        batches = [self.get_batch(index) for index in range(self.num_record_batches)]
        return pa.Table.from_batches(batches, schema=self.schema)


def without_field_ids(schema: pa.Schema) -> pa.Schema:
    """The schema as it was given to the writer: Parquet adds an id to each field's metadata and
    renames the values of lists."""
    return pa.schema([_without_id(field) for field in schema])


def _without_id(field: pa.Field) -> pa.Field:
    dtype = field.type
    if pa.types.is_list(dtype):
        dtype = pa.list_(_without_id(dtype.value_field).with_name("item"))  # Parquet: element
    elif pa.types.is_struct(dtype):
        dtype = pa.struct([_without_id(dtype.field(index)) for index in range(dtype.num_fields)])
    metadata = {key: value for key, value in (field.metadata or {}).items() if key != _FIELD_ID}
    return pa.field(field.name, dtype, nullable=field.nullable, metadata=metadata or None)


def _join(column: pa.ChunkedArray, *, dtype: pa.DataType) -> pa.Array:
    joined = column.combine_chunks()
    chunk = joined.chunk(0) if isinstance(joined, pa.ChunkedArray) else joined
    return chunk.cast(dtype)
