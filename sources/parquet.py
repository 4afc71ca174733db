"""Parquet: row groups are the spans, and only mapped columns are read."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from layers import storage
from layers.entries import Unit
from layers.storage import InputFile
from sources.base import RecordLog, SourceSpec, Span
from sources.reading.columnar import FORMAT_ERRORS, TableMapper, cut, list_columns, raise_if_io_failed
from sources.reading.columnar import Options as Options
from sources.reading.columnar import check as check
from sources.reading.mapping import BadRecord

CONTENT_VERSION = 3
MAY_ABORT = True
"""Some footers, of encrypted files for one, end the process with an uncaught C++ exception."""

_READ_BYTES = 4 << 20
"""Rows decoded at once, by their average size. Not spec.batch_bytes: which rows come before a corrupt page
must not depend on it."""
_MAX_READ_ROWS = 65_536


def split(file: InputFile, *, spec: SourceSpec) -> Sequence[Span]:
    """Runs of row groups of about spec.unit_bytes, by the uncompressed size of the mapped columns.

    A row group is never cut. A file whose footer can't be read is one span, and reading it says why.
    """
    check(spec)
    with storage.open_input(storage.join(spec.root, file.uri)) as stream:
        try:
            metadata = pq.ParquetFile(stream).metadata
            schema = metadata.schema.to_arrow_schema()
            leaves = _leaves(schema, spec=spec)
            sizes = [
                _mapped_bytes(metadata.row_group(index), leaves=leaves)
                for index in range(metadata.num_row_groups)
            ]
        except FORMAT_ERRORS as error:
            raise_if_io_failed(error)
            return [(0, None)]
    starts, size = [0], 0
    for index, added in enumerate(sizes):
        if size and size + added > spec.unit_bytes:
            starts.append(index)
            size = 0
        size += added
    return list(zip(starts, [*starts[1:], None], strict=True))


def read(unit: Unit, *, spec: SourceSpec, log: RecordLog) -> Iterator[pa.RecordBatch]:
    """The unit's row groups as DOCUMENT batches, streamed: memory does not grow with the row group.

    offset is the row in the file. What can't be read is logged per row group, the others are read.
    """
    check(spec)
    with log.open(storage.join(spec.root, unit.uri)) as stream:
        try:
            # A buffer makes pyarrow stream column chunks; it loads them whole where it may buffer before.
            file = pq.ParquetFile(
                stream, buffer_size=1 << 20, pre_buffer=False, page_checksum_verification=True
            )
            groups = [file.metadata.row_group(index) for index in range(file.metadata.num_row_groups)]
            leaves = _leaves(file.schema_arrow, spec=spec)
            averages = [_mapped_bytes(group, leaves=leaves) // max(1, group.num_rows) for group in groups]
        except FORMAT_ERRORS as error:
            raise_if_io_failed(error)
            log.reject("unreadable", detail=f"footer: {error}", offset=0, length=None, records=None)
            return
        stop = len(groups) if unit.stop is None else unit.stop
        first_row = sum(group.num_rows for group in groups[: unit.start])
        try:
            mapper = TableMapper(file.schema_arrow, spec=spec)
        except BadRecord as bad:
            for group in groups[unit.start : stop]:
                if group.num_rows:
                    log.reject(
                        bad.reason, detail=bad.detail, offset=first_row, length=None, records=group.num_rows
                    )
                first_row += group.num_rows
            return
        for index in range(unit.start, stop):
            batches = _read_group(
                file, index, mapper=mapper, row_bytes=averages[index], first_row=first_row, log=log
            )
            for batch in batches:
                yield from cut(batch, batch_bytes=spec.batch_bytes)
            first_row += groups[index].num_rows


def list_fields(url: str, *, spec: SourceSpec) -> dict[str, str]:
    """Column → type, of a file's schema; none where it cannot be read."""
    with storage.open_input(url) as stream, suppress(*FORMAT_ERRORS):
        return list_columns(pq.ParquetFile(stream).schema_arrow)
    return {}


def count_records(url: str) -> int | None:
    """Rows of a file, from its footer; None where it cannot be read."""
    with storage.open_input(url) as stream, suppress(*FORMAT_ERRORS):
        return int(pq.ParquetFile(stream).metadata.num_rows)
    return None


def _read_group(
    file: pq.ParquetFile, index: int, *, mapper: TableMapper, row_bytes: int, first_row: int, log: RecordLog
) -> Iterator[pa.RecordBatch]:
    group = file.metadata.row_group(index)
    row, end = first_row, first_row + group.num_rows
    batches = file.iter_batches(
        batch_size=min(_MAX_READ_ROWS, max(1, _READ_BYTES // max(1, row_bytes))),
        row_groups=[index],
        columns=mapper.leaves,
        use_threads=False,
    )
    while row < end:
        try:
            batch = next(batches, None)
            rows = len(batch) if batch is not None else 0
            mapped = mapper.map(batch, first_row=row, unit=log.unit, log=log) if rows else None
        except FORMAT_ERRORS as error:
            raise_if_io_failed(error)
            detail = f"row group {index}, from row {row} on: {error}"
        else:
            if mapped is not None:
                yield mapped
                row += rows
                continue
            detail = f"row group {index} ends {end - row} rows early"
        log.reject("unreadable", detail=detail, offset=row, length=None, records=end - row)
        return


def _leaves(schema: pa.Schema, *, spec: SourceSpec) -> list[str]:
    try:
        return TableMapper(schema, spec=spec).leaves
    except BadRecord:
        return []  # read() logs it; here only sizes are wanted


def _mapped_bytes(group: Any, *, leaves: Sequence[str]) -> int:
    columns = [group.column(index) for index in range(group.num_columns)]
    mapped = [
        column
        for column in columns
        if any(
            column.path_in_schema == leaf or column.path_in_schema.startswith(f"{leaf}.") for leaf in leaves
        )
    ]
    return int(sum(column.total_uncompressed_size for column in mapped or columns))
