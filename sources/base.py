"""What every source type shares: the contract, the log of rejected records, building batches."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol, cast

import pyarrow as pa
from pydantic import BaseModel

from governance.reservations.site_file import SiteFile
from layers import storage
from layers.document import DOCUMENT, RECORD_DIGEST, REJECTED, make_doc_id
from layers.entries import Unit
from layers.inputs import DigestingReader
from layers.listing import PathList
from layers.storage import InputFile

MAX_PENDING_REJECTED = 4096
"""Rejected records that wait in memory for whoever takes them."""

MAX_RECORD_BYTES = 64 << 20
"""Default limit of a record. Reading and measuring one takes 3 to 6 times its size, so that a worker needs no
more for it than for the other documents of a unit."""

LONG_CHARS = 1 << 20
"""A text from this size on is held as UTF-8, no longer as a str."""

FIELDS = ("text", "id", "url", "title", "author", "license", "lang", "date", "retrieved")
"""What `fields:` of a source may map; text is required by every mapped source."""


@dataclass(frozen=True)
class SourceSpec:
    """One configured source, as a reader needs it: small and picklable."""

    uid: str
    type: str
    root: str
    """Folder or URL that unit URIs are relative to."""
    license: str
    """SPDX expression that the source's card concludes; documents may carry their own."""
    lang: str | None = None
    """BCP-47 language declared for every document; a mapped lang field wins."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """DOCUMENT role (see FIELDS) → name of the field or column in the source."""
    key_fields: tuple[str, ...] = ()
    """Fields or columns that are the id together, in order; then `fields` has no id."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """Name in a document's `extra` → name of the field or column in the source."""
    tag_fields: tuple[str, ...] = ()
    """Fields or columns that are the language together, as language and script; then `fields` has no lang."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of the source type, validated by its Options model."""
    unit_bytes: int = 128 << 20
    """Splittable files are cut into units of about this many bytes."""
    batch_bytes: int = 4 << 20

    @property
    def mapped(self) -> dict[str, str]:
        """Role → field, of several `[field, field]`, as the corpus file has it."""
        several = {"id": self.key_fields, "lang": self.tag_fields}
        return dict(self.fields) | {role: f"[{', '.join(names)}]" for role, names in several.items() if names}


Span = tuple[int, int | None]
"""start and stop of a unit, in the measure of the source type; stop None is the end."""


class SourceModule(Protocol):
    """The contract of `sources/<type>.py`: a module with these four names, and what `SourceExtras` has."""

    CONTENT_VERSION: int
    """Bumped by hand when the same input gives other documents."""
    Options: type[BaseModel]
    """Pydantic model of the type's own options, extra='forbid'."""

    def split(self, file: InputFile, *, spec: SourceSpec) -> Sequence[Span]:
        """Cut one file into spans, at launch: cheap, in order, covering every record exactly once."""

    def read(self, unit: Unit, *, spec: SourceSpec, log: "RecordLog") -> Iterator[pa.RecordBatch]:
        """Stream a unit as DOCUMENT batches of about spec.batch_bytes, in record order.

        Opens its file by log.open or log.open_range, which digest what is read.
        A record that cannot become a document goes to log.reject, never into an exception.
        log.container_bytes counts every byte of the unit that was read, framing included.
        """


class SourceExtras(Protocol):
    """What a source module may declare besides; without it, the default that is said here."""

    IS_STREAM: bool
    """True: records of any length follow one another, so that the beginning of a file, cut behind a line end,
    is a file. Default False."""
    MAY_ABORT: bool
    """True: the library that reads it can end the whole process, so files are opened in a child process
    first. Default False."""

    MAX_SAMPLE_DOCUMENTS: int
    """Documents that a look into a file takes, where each costs a request. Default 100."""

    READS_NOTICES: bool
    """True: what it reads stood in the web, and `notices` has what header or page said of its use. Default
    False."""

    def is_stream(self, spec: SourceSpec) -> bool:
        """As IS_STREAM, where that depends on options. Default: IS_STREAM."""

    def read_list(self, file: InputFile, *, spec: SourceSpec) -> PathList | None:
        """The files that a file of the source's paths lists, to be read in its place; None: it is no list.
        Raises OSError for a broken one. Default: no file is one."""

    def list_site_files(self, unit: Unit, *, spec: SourceSpec) -> Iterator[SiteFile]:
        """Files of sites (robots.txt, tdmrep.json, RSL licences) beside the documents. Default: none."""

    def check(self, spec: SourceSpec) -> None:
        """Raise ValueError for fields that cannot work, before any file is opened. Default: all can."""

    def list_fields(self, url: str, *, spec: SourceSpec) -> dict[str, str]:
        """Field → type, nested ones with dots, of a file's first records; for messages. Default: none."""

    def describe_format(self, url: str, *, spec: SourceSpec) -> str:
        """What was detected of a file's format, for people. Default: nothing."""

    def count_records(self, url: str) -> int | None:
        """Records of a file, where its index says it; for estimates. Default: None."""


@dataclass(frozen=True)
class Refusal:
    """Why a document is not taken, though nothing is wrong with it."""

    reason: str
    """Of `governance.reasons.REFUSED`."""
    detail: str
    """Who refuses it, for a person."""


@dataclass
class RecordLog:
    """What a reader reports beside documents: bytes seen and records rejected."""

    unit: Unit
    container_bytes: int = 0
    """All bytes of the unit: documents + rejected + framing (line ends, blank lines)."""
    rejected: list[dict[str, Any]] = field(default_factory=list)
    take_rejected: Callable[["RecordLog"], None] | None = None
    """Called when MAX_PENDING_REJECTED records wait in rejected, to empty it; None: they are all held."""
    find_refusal: Callable[[str, str | None], Refusal | None] | None = None
    """Asked with URL and date of a capture by a source that fetches, before it does; None: nobody refuses.
    What other sources have read is asked about afterwards."""
    input: DigestingReader | None = None
    """The unit's file, once it is open, where this unit digests it."""
    lost_values: Counter[str] = field(default_factory=Counter)
    """Role → values of documents that mean nothing and became null."""
    position: int | None = None
    """Byte of the file, compressed as it is, up to which it was read; None where a reader does not tell."""

    def reach(self, position: int) -> None:
        """Note how far the file was read: a progress bar asks for it, and nothing else."""
        self.position = position

    def open(self, url: str) -> BinaryIO:
        """The unit's file, which is digested whole by the unit that begins it."""
        return self._open(url, stop=None) if self.unit.start == 0 else storage.open_input(url)

    def open_range(self, url: str) -> BinaryIO:
        """The unit's file, of which the unit is the bytes from start to stop, and these are digested."""
        return self._open(url, start=self.unit.start, stop=self.unit.stop)

    def _open(self, url: str, *, stop: int | None, start: int = 0) -> BinaryIO:
        self.input = DigestingReader(url, start=start, stop=stop)
        return cast(BinaryIO, self.input)

    def reject(
        self,
        reason: str,
        *,
        detail: str,
        offset: int,
        length: int | None,
        record_id: str | None = None,
        records: int | None = 1,
    ) -> None:
        """Record what could not become a document; records None is an unreadable tail."""
        self.rejected.append(
            {
                "container": self.unit.uri,
                "offset": offset,
                "length": length,
                "record_id": record_id,
                "reason": reason,
                "detail": detail[:500],
                "records": records,
            }
        )
        if self.take_rejected is not None and len(self.rejected) >= MAX_PENDING_REJECTED:
            self.take_rejected(self)

    def skip(
        self, reason: str, *, detail: str, offset: int, length: int | None, record_id: str | None = None
    ) -> None:
        """Record what a format holds beside documents: a row as of `reject`, and nothing is wrong with it.

        The reason is one of `governance.reasons.SKIPPED`.
        """
        RecordLog.reject(self, reason, detail=detail, offset=offset, length=length, record_id=record_id)

    def lose_values(self, role: str, *, count: int) -> None:
        """Count values that became null though the record has them."""
        if count:
            self.lost_values[role] += count

    def rejected_batch(self) -> pa.RecordBatch:
        """The rejected records that wait, as one REJECTED batch."""
        return pa.RecordBatch.from_pylist(self.rejected, schema=REJECTED)


@dataclass(slots=True)
class SourceFields:
    """What a record says of a document, as it will stand in DOCUMENT; None: nothing."""

    text: str | bytes
    """In bytes it is UTF-8."""
    record_id: str | None = None
    """Without one the key is URL and date, else the raw record's hash."""
    title: str | None = None
    author: str | None = None
    url: str | None = None
    date: str | None = None
    retrieved: str | None = None
    license: str | None = None
    """An SPDX expression (see sources.reading.mapping); None takes the card's."""
    lang: str | None = None
    """A canonical BCP-47 tag; None takes the one declared for the source."""
    notices: str | None = None
    extra: str | None = None


@dataclass
class DocumentBatcher:
    """Builds DOCUMENT batches from records: n calls of add → batches of about spec.batch_bytes."""

    spec: SourceSpec
    unit: Unit
    trusts_bytes: bool = False
    """Whether texts in bytes were decoded before: to see once more that they are UTF-8 takes as long."""
    _rows: list[tuple[Any, ...]] = field(default_factory=list)
    _bytes: int = 0

    def add(self, fields: SourceFields, *, offset: int, length: int, raw_sha256: bytes) -> None:
        """Add one record: where it lies in its container, and the SHA-256 of what lies there."""
        text, url, date = fields.text, fields.url, fields.date
        key = natural_key(fields.record_id, url=url, date=date, raw_sha256=raw_sha256)
        self._rows.append(
            (
                make_doc_id(self.spec.uid, record_id=key),
                # Python has up to four bytes for a byte of UTF-8, and Arrow would have it keep both
                text.encode() if len(text) >= LONG_CHARS and isinstance(text, str) else text,
                fields.title,
                fields.author,
                url,
                date,
                fields.retrieved,
                self.spec.license if fields.license is None else fields.license,
                "source_card" if fields.license is None else "document_metadata",
                self.spec.lang if fields.lang is None else fields.lang,
                key,
                self.unit.uri,
                offset,
                length,
                raw_sha256,
                fields.notices,
                None,  # reservation: of the stage that reads, for all sources alike
                fields.extra,
            )
        )
        self._bytes += length

    @property
    def full(self) -> bool:
        return self._bytes >= self.spec.batch_bytes

    def take(self) -> pa.RecordBatch:
        """The rows so far as a batch; the batcher starts anew."""
        columns = list(zip(*self._rows, strict=True)) or [()] * len(DOCUMENT)
        arrays = [
            _strings(column, is_checked=self.trusts_bytes)
            if field.name == "text"
            else pa.array(column, type=field.type)
            for column, field in zip(columns, DOCUMENT, strict=True)
        ]
        self._rows, self._bytes = [], 0
        return pa.RecordBatch.from_arrays(arrays, schema=DOCUMENT)

    def __len__(self) -> int:
        return len(self._rows)


def _strings(texts: Sequence[str | bytes], *, is_checked: bool) -> pa.LargeStringArray:
    """Arrow would make a str of each bytes to check it; the cast checks them where they are."""
    if not any(isinstance(text, bytes) for text in texts):
        return pa.array(texts, pa.large_string())
    array = pa.array(texts, pa.large_binary())
    return array.view(pa.large_string()) if is_checked else array.cast(pa.large_string())


def natural_key(record_id: str | None, *, url: str | None, date: str | None, raw_sha256: bytes) -> str:
    """The key that identifies a record inside its source: id, else URL and date, else its hash."""
    if record_id is not None:
        return record_id
    if url is not None and date is not None:
        return f"{url} {date}"
    return RECORD_DIGEST + raw_sha256.hex()


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
