"""Indexes of web archives: lines of CDX or CDXJ and rows of Parquet say where captures are."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson

_CLASSIC = {
    "N": "key",
    "b": "timestamp",
    "a": "url",
    "m": "mime",
    "s": "status",
    "k": "digest",
    "S": "length",
    "V": "offset",
    "g": "filename",
}


@dataclass(frozen=True)
class IndexedCapture:
    """Where a capture lies, and what the index says of it; None: nothing."""

    key: str
    """The canonical URL, as SURT: `org,example)/path`."""
    timestamp: str
    """14 digits, in UTC."""
    url: str
    filename: str
    offset: int
    length: int
    status: str | None = None
    mime: str | None = None
    """As detected from the content where the index has that, else as the server said."""
    languages: str | None = None
    """ISO 639-3 codes with commas between them, as a program of the crawler told."""
    digest: str | None = None
    truncated: str | None = None

    @property
    def date(self) -> str | None:
        """The time as WARC has it; None where it is none."""
        digits = self.timestamp
        if len(digits) != 14 or not digits.isdecimal():
            return None
        day, time = (
            f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}",
            f"{digits[8:10]}:{digits[10:12]}:{digits[12:]}",
        )
        return f"{day}T{time}Z"

    def to_line(self) -> bytes:
        """The capture as a line of CDXJ."""
        fields = {name: str(value) for name, value in asdict(self).items() if value is not None}
        key, timestamp = fields.pop("key"), fields.pop("timestamp")
        return f"{key} {timestamp} {json.dumps(fields, ensure_ascii=False)}\n".encode()


def read_header(line: bytes) -> Sequence[str] | None:
    """The letters of a CDX header's columns; None: the line is none."""
    if not line.lstrip().upper().startswith(b"CDX "):
        return None
    return line.decode("ascii", "replace").split()[1:]


def parse_line(line: bytes, *, columns: Sequence[str] = ()) -> IndexedCapture:
    """A line of CDXJ, or of CDX with the columns of its header; raises ValueError."""
    if b" {" not in line:
        values = line.decode().split()
        if not columns or len(values) != len(columns):
            raise ValueError("it is neither CDXJ nor has the columns of a CDX header")
        named = dict(zip(columns, values, strict=True))
        return _make({name: named.get(letter) for letter, name in _CLASSIC.items()})
    head, _, fields = line.partition(b" {")
    entry = orjson.loads(b"{" + fields)
    key, _, timestamp = head.decode().partition(" ")
    mime = _said(entry.get("mime-detected")) or entry.get("mime")
    return _make({**entry, "key": key, "timestamp": timestamp.strip(), "mime": mime})


def parse_row(row: Mapping[str, Any]) -> IndexedCapture:
    """A row of the columnar index; raises ValueError."""
    time = row.get("fetch_time")
    return _make(
        {
            "key": row.get("url_surtkey"),
            "timestamp": None if time is None else f"{time:%Y%m%d%H%M%S}",
            "url": row.get("url"),
            "status": row.get("fetch_status"),
            "mime": row.get("content_mime_detected") or row.get("content_mime_type"),
            "languages": row.get("content_languages"),
            "digest": row.get("content_digest"),
            "truncated": row.get("content_truncated"),
            "filename": row.get("warc_filename"),
            "offset": row.get("warc_record_offset"),
            "length": row.get("warc_record_length"),
        }
    )


def _make(fields: Mapping[str, Any]) -> IndexedCapture:
    required = {
        name: fields.get(name) for name in ("key", "timestamp", "url", "filename", "offset", "length")
    }
    missing = [name for name, value in required.items() if value in (None, "", "-")]
    if missing:
        raise ValueError(f"it has no {', '.join(missing)}")
    offset, length = int(required.pop("offset") or 0), int(required.pop("length") or 0)
    if offset < 0 or length <= 0:
        raise ValueError(f"offset {offset} and length {length} are no place")
    others = {
        name: _said(fields.get(name)) for name in ("status", "mime", "languages", "digest", "truncated")
    }
    return IndexedCapture(
        key=str(required["key"]),
        timestamp=str(required["timestamp"]),
        url=str(required["url"]),
        filename=str(required["filename"]),
        offset=offset,
        length=length,
        **others,
    )


def _said(value: Any) -> str | None:
    """None for what indexes write where nothing is known."""
    return None if value in (None, "", "-", "unk") else str(value)
