"""The first records of a file, in bounded time and memory whatever its size: what `plan` looks at."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import sources
from layers import storage
from layers.entries import Unit
from layers.storage import InputFile
from sources.base import RecordLog, SourceSpec
from sources.reading.compression import DamagedStream, EnoughDecoded, limit_decoded, read_chunks
from sources.reading.lines import BYTE_ORDER_MARK

MAX_DOCUMENTS = 100
MAX_REJECTED = 50
MAX_FILES = 3
HEAD_BYTES = 1 << 20
"""Of a file that is read as a stream: compressed text of 4 MB, as a rule."""
MAX_READ_BYTES = (64 << 20) + HEAD_BYTES
"""Of any file, decompressed: the longest record that is taken by default, and a little more."""
_BATCH_BYTES = 1
"""A document a batch: none of those that were read waits in a batch when the reading stops."""
_MAX_LOST = 65_536
"""Rejected records, of which the first MAX_REJECTED are kept: readers of columns reject all of a batch before
they pass on its documents, and Parquet is decoded by as many rows."""

_T = TypeVar("_T")


@dataclass
class Sample:
    """The first records of a file."""

    uri: str
    documents: list[dict[str, Any]] = field(default_factory=list)
    """DOCUMENT rows."""
    rejected: list[dict[str, Any]] = field(default_factory=list)
    """REJECTED rows; none for a record that only the sample cut off."""
    skipped: list[dict[str, Any]] = field(default_factory=list)
    """REJECTED rows of what a format holds beside documents, once somebody told them apart."""
    fields: dict[str, str] = field(default_factory=dict)
    """Fields that the file has, nested ones with dots, and their types; none for types without fields."""
    format: str = ""
    """What was detected of its format, for people."""
    head: bytes = b""
    """First bytes of the file as it lies there."""
    first_line: bytes = b""
    """Of a file that is read as a stream, decompressed."""
    cut_bytes: int | None = None
    """Bytes that were read of a file that goes on behind them; None: all that a reader asked for."""

    @property
    def compared_documents(self) -> int:
        """Documents before the last rejected record, where MAX_REJECTED are kept and further ones are not."""
        if len(self.rejected) < MAX_REJECTED:
            return len(self.documents)
        last = self.rejected[-1]
        return sum(not _is_behind(row, other=last) for row in self.documents)


class _Enough(Exception):
    """So many records were rejected that the others will not be better."""


@dataclass
class _SampleLog(RecordLog):
    lost: int = 0

    def reject(self, reason: str, **details: Any) -> None:
        self.lost += 1
        if self.lost <= MAX_REJECTED:
            super().reject(reason, **details)
        if self.lost >= _MAX_LOST:
            raise _Enough


def choose_files(files: Sequence[_T], *, most: int = MAX_FILES) -> list[_T]:
    """The first, some at even steps, by default one in the middle, the last: files of a source may differ."""
    places = {round(step * (len(files) - 1) / (most - 1)) for step in range(most)} if files else {}
    return [files[place] for place in sorted(places)]


def read_sample(file: InputFile, *, spec: SourceSpec) -> Sample:
    """At most MAX_DOCUMENTS documents and MAX_REJECTED rejected records; raises OSError."""
    module = sources.load(spec.type)
    decide = getattr(module, "is_stream", None)
    is_stream = getattr(module, "IS_STREAM", False) if decide is None else decide(spec)
    with storage.open_input(storage.join(spec.root, file.uri)) as stream:
        head = stream.read(HEAD_BYTES if is_stream else 16)
    spec = replace(spec, batch_bytes=_BATCH_BYTES)
    if not is_stream:
        return _read(file.uri, spec=spec, head=head)
    # records of any length, read as a stream: only a copy of its beginning bounds the time
    with tempfile.TemporaryDirectory() as folder:
        name = storage.name_of(file.uri)
        is_cut = len(head) == HEAD_BYTES
        beginning = head[: head.rfind(b"\n") + 1 or None] if is_cut else head
        (Path(folder) / name).write_bytes(beginning)
        sample = _read(name, spec=replace(spec, root=folder), head=head[:16])
        sample.first_line = _first_line(f"{folder}/{name}")
    if is_cut:
        sample.cut_bytes = sample.cut_bytes or HEAD_BYTES
        _forget_cut(sample.rejected)
    sample.uri = file.uri
    for row in (*sample.documents, *sample.rejected):
        row["container"] = file.uri
    for row in sample.documents:
        row["record_id"] = file.uri if row["record_id"] == name else row["record_id"]
    return sample


def _forget_cut(rejected: list[dict[str, Any]]) -> None:
    """Remove the row of the record that only the sample cut: an unreadable rest, else the last."""
    rests = [place for place, row in enumerate(rejected) if row["records"] is None]
    if rejected:
        del rejected[rests[-1] if rests else -1]


def _first_line(url: str) -> bytes:
    """Empty where nothing decodes: that is a rejected row of the sample already."""
    try:
        chunk = next(read_chunks(url), b"")
    except DamagedStream:
        return b""
    return chunk.removeprefix(BYTE_ORDER_MARK).lstrip().partition(b"\n")[0]


def _read(uri: str, *, spec: SourceSpec, head: bytes) -> Sample:
    module, log = sources.load(spec.type), _SampleLog(Unit(spec.uid, uri))
    limit = getattr(module, "MAX_SAMPLE_DOCUMENTS", MAX_DOCUMENTS)
    sample = Sample(uri, head=head, rejected=log.rejected)
    url = storage.join(spec.root, uri)
    try:
        if hasattr(module, "list_fields"):
            with limit_decoded(MAX_READ_BYTES):
                sample.fields = module.list_fields(url, spec=spec)
        if hasattr(module, "describe_format"):
            with limit_decoded(MAX_READ_BYTES):
                sample.format = module.describe_format(url, spec=spec)
        with limit_decoded(MAX_READ_BYTES):
            for batch in module.read(log.unit, spec=spec, log=log):
                left = limit - len(sample.documents)
                sample.documents += batch.slice(0, left).to_pylist()
                if len(sample.documents) == limit:
                    break
    except _Enough:
        pass
    except EnoughDecoded:
        sample.cut_bytes = MAX_READ_BYTES
    if len(sample.documents) == limit:
        _forget_behind(sample)
    return sample


def _forget_behind(sample: Sample) -> None:
    """Remove the rejected records behind the last document: what else lies there was not looked at."""
    last = sample.documents[-1]
    sample.rejected[:] = [row for row in sample.rejected if not _is_behind(row, other=last)]


def _is_behind(row: Mapping[str, Any], *, other: Mapping[str, Any]) -> bool:
    """Whether a row of the sample begins where another of the same container does, or behind it."""
    return bool(row["container"] == other["container"] and row["offset"] >= other["offset"])
