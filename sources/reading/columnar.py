"""Mapping whole Arrow batches to DOCUMENT: what Parquet and Arrow IPC share."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, PositiveInt

from layers.document import DOCUMENT, make_doc_id
from layers.entries import Unit
from sources.base import MAX_RECORD_BYTES, RecordLog, SourceSpec, natural_key
from sources.reading.arrays import (
    as_binary,
    byte_lengths,
    decode,
    empty_to_null,
    is_binary_layout,
    is_list,
    is_stringlike,
    map_values,
    take_element,
    to_string,
    views,
)
from sources.reading.extra import map_columns
from sources.reading.keys import join_key
from sources.reading.language_tags import canonical_tag, join_tag
from sources.reading.license_statements import spdx_expression
from sources.reading.mapping import BadRecord, check_fields, missing_column

FORMAT_ERRORS = (
    pa.ArrowInvalid,
    pa.ArrowNotImplementedError,
    pa.ArrowKeyError,
    pa.ArrowIndexError,
    UnicodeDecodeError,  # names in a corrupt schema
    MemoryError,  # a corrupt length asks for petabytes; a machine that is really full kills the process
    OSError,
)
"""What pyarrow raises for bytes that are not what they should be; see raise_if_io_failed."""


_TIMES = ("date", "retrieved")
_KEY, _TAG = "id, part ", "lang, part "
"""Of the role of a column that is an id, or a language, together with others."""


def raise_if_io_failed(error: Exception) -> None:
    """Raise again what the file system, not the format, complains about: pyarrow's OSErrors have no errno."""
    if isinstance(error, OSError) and (error.errno is not None or type(error) is not OSError):
        raise error


class Options(BaseModel):
    """Options of the source types `parquet` and `arrow`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    max_record_bytes: PositiveInt = MAX_RECORD_BYTES
    """A row whose mapped columns hold more is rejected as record_too_long, once it has been decoded."""


def check(spec: SourceSpec) -> None:
    """Raises ValueError where text is not mapped, or for an option."""
    Options.model_validate(spec.options)
    check_fields(spec.fields)


@dataclass(frozen=True)
class _Column:
    role: str
    name: str
    path: tuple[str | int, ...]
    """Top-level column, then struct fields and places in lists."""
    type: pa.DataType

    @property
    def top(self) -> str:
        return str(self.path[0])

    @property
    def leaf(self) -> str:
        """As a dotted Parquet path, up to the first list."""
        return ".".join(takewhile(lambda part: isinstance(part, str), self.path))  # type: ignore[arg-type]


class TableMapper:
    """Maps batches of one file's schema; built once per file."""

    def __init__(self, schema: pa.Schema, *, spec: SourceSpec) -> None:
        """Raises BadRecord when a mapped column is absent or has a type that its role can't take."""
        check_fields(spec.fields)
        self._spec = spec
        self._max_record_bytes = Options.model_validate(spec.options).max_record_bytes
        self._columns = [_find(schema, role=role, name=name) for role, name in spec.fields.items()]
        self._keys = [f"{_KEY}{place}" for place in range(len(spec.key_fields))]
        keys = zip(self._keys, spec.key_fields, strict=True)
        self._columns += [replace(_find(schema, role="id", name=name), role=key) for key, name in keys]
        self._tags = [f"{_TAG}{place}" for place in range(len(spec.tag_fields))]
        tags = zip(self._tags, spec.tag_fields, strict=True)
        self._columns += [replace(_find(schema, role="lang", name=name), role=tag) for tag, name in tags]
        self._names = {column.role: column.name for column in self._columns}
        found = ((name, _search(schema, name=path)) for name, path in spec.extra.items())
        self._extra = [_Column(name, spec.extra[name], *place) for name, place in found if place is not None]

    @property
    def top_level(self) -> list[str]:
        """The columns that have to be read."""
        return sorted({column.top for column in (*self._columns, *self._extra)})

    @property
    def leaves(self) -> list[str]:
        """The same as dotted Parquet paths."""
        return sorted({column.leaf for column in (*self._columns, *self._extra)})

    def check(self, batch: pa.RecordBatch) -> None:
        """Raises ArrowInvalid where offsets, views or indices point outside; says nothing of plain UTF-8."""
        for column in (*self._columns, *self._extra):
            array = batch.column(column.top)
            array.validate()
            for part in column.path[1:]:
                if isinstance(part, int):
                    array.validate(full=True)
                    break
                array = array.field(part)
                array.validate()
            if pa.types.is_dictionary(array.type):
                array.validate(full=True)
            elif is_binary_layout(array.type):
                as_binary(array).validate(full=True)

    def map(self, batch: pa.RecordBatch, *, first_row: int, unit: Unit, log: RecordLog) -> pa.RecordBatch:
        """The batch as DOCUMENT rows; rows without a valid text go to the log. n rows → at most n rows."""
        raw = {column.role: _extract(batch, column) for column in self._columns}
        lengths = byte_lengths(raw["text"])
        too_long = self._drop_long(raw) if batch.nbytes > self._max_record_bytes else {}
        texts, invalid = decode(raw["text"])
        strings = {role: to_string(array) for role, array in raw.items() if role != "text"}
        for role, array in strings.items():
            lost = array.null_count - raw[role].null_count
            log.lose_values(role.partition(",")[0], count=lost)
        values = {role: decode(array) for role, array in strings.items()}
        problems: dict[int, tuple[str, str]] = {}
        for role, (_, bad) in reversed(values.items()):
            for row, detail in bad.items():
                problems[row] = ("invalid_utf8", f"column {self._names[role]!r}, {detail}")
        text_name = self._spec.fields["text"]
        for row, detail in invalid.items():
            problems[row] = ("invalid_utf8", f"column {text_name!r}, {detail}")
        for row in np.flatnonzero(raw["text"].is_null().to_numpy(zero_copy_only=False)).tolist():
            problems[row] = ("missing_field", f"text column {text_name!r} is null")
        for row, size in too_long.items():
            detail = f"{size} bytes; max_record_bytes is {self._max_record_bytes}"
            problems[row] = ("record_too_long", detail)
        columns = {role: empty_to_null(array) for role, (array, _) in values.items()}
        if self._keys:
            parts = zip(*(columns.pop(role).to_pylist() for role in self._keys), strict=True)
            columns["id"] = pa.array([join_key(values) for values in parts], pa.string())
        if self._tags:
            parts = zip(*(columns.pop(role).to_pylist() for role in self._tags), strict=True)
            columns["lang"] = pa.array([join_tag(values) for values in parts], pa.string())
        log.container_bytes += int(lengths.sum())
        for row, (reason, detail) in sorted(problems.items()):
            record_id = columns["id"][row].as_py() if "id" in columns else None
            log.reject(
                reason, detail=detail, offset=first_row + row, length=int(lengths[row]), record_id=record_id
            )
        rows = np.arange(first_row, first_row + len(batch), dtype=np.int64)
        extra = {column.role: _extract(batch, column) for column in self._extra}
        if problems:
            keep = np.ones(len(batch), dtype=bool)
            keep[list(problems)] = False
            mask = pa.array(keep)
            extra = {name: array.filter(mask) for name, array in extra.items()}
            texts = texts.filter(mask)
            columns = {role: array.filter(mask) for role, array in columns.items()}
            rows, lengths = rows[keep], lengths[keep]
        columns["extra"] = map_columns(
            extra, rows=len(rows), lose=lambda name: log.lose_values(f"extra.{name}", count=1)
        )
        return self._build(texts, columns=columns, rows=rows, lengths=lengths, unit=unit)

    def _drop_long(self, raw: dict[str, pa.Array]) -> dict[int, int]:
        """Set to null what records over the limit hold, but their ids → bytes of each such row."""
        strings = {role: array for role, array in raw.items() if is_stringlike(array.type)}
        sizes = np.sum([byte_lengths(array) for array in strings.values()], axis=0)
        is_long = sizes > self._max_record_bytes
        if is_long.any():
            for role, array in strings.items():
                if role != "id" and role not in self._keys:
                    raw[role] = pc.if_else(pa.array(is_long), pa.scalar(None, array.type), array)
        return {int(row): int(sizes[row]) for row in np.flatnonzero(is_long)}

    def _build(
        self,
        texts: pa.Array,
        *,
        columns: Mapping[str, pa.Array],
        rows: np.ndarray,
        lengths: np.ndarray,
        unit: Unit,
    ) -> pa.RecordBatch:
        spec, count = self._spec, len(texts)
        nulls = pa.nulls(count, pa.string())
        license = map_values(columns.get("license", nulls), spdx_expression)
        lang = map_values(columns.get("lang", nulls), canonical_tag)
        url, date = columns.get("url", nulls), columns.get("date", nulls)
        digests = [hashlib.sha256(view).digest() for view in views(texts)]
        keys = [
            natural_key(record_id, url=address, date=day, raw_sha256=digest)
            for record_id, address, day, digest in zip(
                columns.get("id", nulls).to_pylist(), url.to_pylist(), date.to_pylist(), digests, strict=True
            )
        ]
        evidence = pc.if_else(license.is_null(), "source_card", "document_metadata")
        built = {
            "doc_id": pa.array([make_doc_id(spec.uid, record_id=key) for key in keys], pa.binary(16)),
            "text": texts,
            "title": columns.get("title", nulls),
            "author": columns.get("author", nulls),
            "url": url,
            "date": date,
            "retrieved": columns.get("retrieved", nulls),
            "license": pc.fill_null(license, spec.license),
            "license_evidence": evidence,
            "lang_declared": lang if spec.lang is None else pc.fill_null(lang, spec.lang),
            "record_id": pa.array(keys, pa.string()),
            "container": pa.repeat(pa.scalar(unit.uri, pa.string()), count),
            "offset": pa.array(rows, pa.int64()),
            "length": pa.array(lengths, pa.int64()),
            "raw_sha256": pa.array(digests, pa.binary(32)),
            "notices": nulls,
            "reservation": nulls,
            "extra": columns["extra"],
        }
        return pa.RecordBatch.from_arrays([built[name] for name in DOCUMENT.names], schema=DOCUMENT)


def list_columns(schema: pa.Schema | pa.StructType) -> dict[str, str]:
    """Column → type, fields of structs with dots, as `fields` names them."""
    types: dict[str, str] = {}
    for field in schema:
        types[field.name] = str(field.type)
        if pa.types.is_struct(field.type):
            inner = list_columns(field.type)
            types |= {f"{field.name}.{name}": dtype for name, dtype in inner.items()}
    return types


def cut(batch: pa.RecordBatch, *, batch_bytes: int) -> Iterator[pa.RecordBatch]:
    """Slices of about batch_bytes of text each; none for an empty batch."""
    ends = np.cumsum(batch.column("length").to_numpy())
    start = 0
    while start < len(batch):
        before = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + batch_bytes, side="right")))
        yield batch.slice(start, stop - start)
        start = stop


def _accepts(role: str, dtype: pa.DataType) -> bool:
    if is_stringlike(dtype):
        return True
    if role in _TIMES and (pa.types.is_date(dtype) or pa.types.is_timestamp(dtype)):
        return True
    if role == "id" and dtype == pa.uuid():
        return True
    return role in ("id", *_TIMES) and bool(pa.types.is_integer(dtype))


def _find(schema: pa.Schema, *, role: str, name: str) -> _Column:
    place = _search(schema, name=name)
    if place is None:
        raise missing_column(name, role=role, columns=schema.names)
    path, dtype = place
    if not _accepts(role, dtype):
        article = "an" if role == "id" else "a"
        detail = f"column {name!r} is {dtype}, which cannot be {article} {role}"
        raise BadRecord("wrong_type", detail=detail)
    return _Column(role, name, path, dtype)


def _search(schema: pa.Schema, *, name: str) -> tuple[tuple[str | int, ...], pa.DataType] | None:
    """(path, type) of the column of that very name first, else of the path through structs and lists."""
    for top, *parts in ([name], name.split(".")):
        index = schema.get_field_index(top)
        place = None if index < 0 else _descend(schema.field(index).type, parts=parts)
        if place is not None:
            return (top, *place[0]), place[1]
    return None


def _descend(dtype: pa.DataType, *, parts: Sequence[str]) -> tuple[tuple[str | int, ...], pa.DataType] | None:
    path: list[str | int] = []
    for part in parts:
        if is_list(dtype) and part.isdecimal():
            path.append(int(part))
            dtype = dtype.value_type
            continue
        position = dtype.get_field_index(part) if pa.types.is_struct(dtype) else -1
        if position < 0:
            return None
        path.append(part)
        dtype = dtype.field(position).type
    return tuple(path), dtype


def _extract(batch: pa.RecordBatch, column: _Column) -> pa.Array:
    array = batch.column(column.top)
    for part in column.path[1:]:
        # a null struct has null fields
        array = take_element(array, part) if isinstance(part, int) else pc.struct_field(array, part)
    return array.dictionary_decode() if pa.types.is_dictionary(column.type) else array
