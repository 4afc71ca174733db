"""Writes Parquet shards whose bytes depend on their rows alone, and of which little changes when rows go.

A client of the Hub sends the chunks of a file that the server does not have. Pages end where the content
says so (content-defined chunking), and row groups where the id of a document says so, so that the bytes
behind a removed row are those of before. Without either, a row less is 44 % of a file anew, and with row
groups of a fixed number of rows ten scattered rows are half of it.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from layers.hashing_file import HashingFile
from layers.shards import FileRecord, text_lengths

COMPRESSION_LEVEL = 3
END_DIGITS = ("000", "800")
"""A row group ends behind a document whose id, which is a hash, ends with one of these: one of 2,048."""
MAX_GROUP_BYTES = 32 << 20
"""A row group ends before the row that would bring its text over this many UTF-8 bytes."""
PAGE_BYTES = {"min_chunk_size": 64 << 10, "max_chunk_size": 256 << 10, "norm_level": 0}

DICTIONARY_COLUMNS = frozenset(
    {
        "duplicate_method",
        "kept_source",
        "lang",
        "lang_declared",
        "lang_status",
        "license",
        "license_evidence",
        "reason",
        "script",
        "signals_lang",
        "source",
        "stage",
    }
)
"""Columns of few values. A dictionary of many values is written anew for each row that changes it."""

WITHOUT_STATISTICS = frozenset({"text"})
"""The least and the greatest text of a page say nothing and would stand in the footer. Columns of
lists have no statistics either."""


class ParquetShardWriter:
    """Writes rows to a local file as they come. Same rows, same bytes, however they are cut.

    Use as a context manager: leaving it closes the file, and `finish` must have been called before.
    """

    def __init__(self, local: Path, *, schema: pa.Schema, path: str) -> None:
        """path: of the record."""
        import pyarrow.parquet as pq

        self._path = path
        self._schema = schema
        self._groups = _RowGroups(schema)
        self._rows: list[int] = []
        self._sink = HashingFile(local)
        names = set(schema.names)
        self._writer = pq.ParquetWriter(
            pa.PythonFile(self._sink, mode="w"),
            schema,
            compression="zstd",
            compression_level=COMPRESSION_LEVEL,
            use_dictionary=sorted(DICTIONARY_COLUMNS & names),
            write_statistics=sorted(names - WITHOUT_STATISTICS),
            write_page_index=True,
            use_content_defined_chunking=PAGE_BYTES,
            store_schema=True,
        )

    def __enter__(self) -> "ParquetShardWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        if kind is None:
            self._sink.close()
        else:
            self._sink.abandon()

    def write(self, batch: pa.RecordBatch) -> None:
        self._write(self._groups.add(batch))

    def finish(self) -> FileRecord:
        """The record to commit: its batches are the row groups."""
        self._write(self._groups.rest())
        self._writer.close()
        return FileRecord(self._path, self._sink.hexdigest(), self._sink.size, batch_rows=tuple(self._rows))

    def _write(self, groups: Iterator[pa.Table]) -> None:
        for group in groups:
            self._writer.write_table(group, row_group_size=len(group))
            self._rows.append(len(group))


class _RowGroups:
    """Cuts rows behind each document whose id says so, and before the row that would be one byte too many.

    A row larger than the limit is a group of its own.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._pending: list[pa.RecordBatch] = []
        self._bytes = 0

    def add(self, batch: pa.RecordBatch) -> Iterator[pa.Table]:
        """The row groups that are full with these rows."""
        sizes = np.concatenate([[0], np.cumsum(_text_lengths(batch))])
        ends = _find_ends(batch)
        start = 0
        while start < len(batch):
            limit = sizes[start] + MAX_GROUP_BYTES - self._bytes
            fits = int(np.searchsorted(sizes[1:], limit, side="right"))
            if fits <= start and not self._pending:
                fits = start + 1  # one row over the limit
            end = ends[np.searchsorted(ends, start, side="right")] if len(ends) and ends[-1] > start else None
            stop = max(start, min(fits, len(batch) if end is None else int(end)))
            if stop > start:
                self._pending.append(batch.slice(start, stop - start))
                self._bytes += int(sizes[stop] - sizes[start])
                start = stop
            if start == end or start < len(batch):
                yield from self.rest()

    def rest(self) -> Iterator[pa.Table]:
        """What has not been given out, as one chunk: pages are cut chunk by chunk."""
        if self._pending:
            yield pa.Table.from_batches(self._pending, schema=self._schema).combine_chunks()
        self._pending, self._bytes = [], 0


def _text_lengths(batch: pa.RecordBatch) -> np.ndarray:
    """UTF-8 bytes of each row's text, 0 in tables without."""
    if "text" not in batch.schema.names:
        return np.zeros(len(batch), np.int64)
    return text_lengths(batch.column("text"))


def _find_ends(batch: pa.RecordBatch) -> np.ndarray:
    """Numbers of rows behind which a group ends, ascending, from 1: those whose id ends with END_DIGITS."""
    if "doc_id" not in batch.schema.names:
        return np.empty(0, np.int64)
    digits = pc.utf8_slice_codeunits(batch.column("doc_id"), -3)
    is_end = pc.fill_null(pc.is_in(digits, value_set=pa.array(END_DIGITS)), False)
    return np.flatnonzero(is_end.to_numpy(zero_copy_only=False)) + 1
