"""A record of a web archive → what it holds: a page or a text, or the reason why it is no document."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sources.reading import http
from sources.reading.mapping import BadRecord
from sources.reading.warc_records import Record

HTML = ("text/html", "application/xhtml+xml")
PLAIN = "text/plain"
_UNSAID = (
    "",
    "application/octet-stream",
    "application/x-unknown-content-type",
    "unknown/unknown",
    "*/*",
    "unk",
)
"""Types that say nothing: the content is looked at."""
_BINARY = re.compile(
    rb"%PDF-|PK\x03\x04|\x1f\x8b\x08|BZh|7z\xbc|Rar!|\x89PNG|GIF8|\xff\xd8\xff|RIFF|OggS|ID3|\x7fELF|MZ|wOF[F2]|"
    rb"\xd0\xcf\x11\xe0|\x28\xb5\x2f\xfd|\xfd7zXZ"
)
_MARKUP = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*|<\?xml[^>]*>\s*)*"
    rb"<(?:!doctype\s+html|html|head|title|body|meta|script|style|table|div|h1|p|br|a|b)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_SNIFFED_BYTES = 1445
_CAPTURES = ("response", "resource", "conversion")
_PAGE_SCHEMES = ("http:", "https:", "ftp:", "file:")
_NOTICE_HEADERS = ("x-robots-tag", "content-usage", "content-signal")
_LICENSE_LINK = re.compile(r"""rel\s*=\s*["']?[^"',;]*\b(?:license|tdm[\w-]*)\b""", re.IGNORECASE)


@dataclass(frozen=True)
class Capture:
    """What was at an address at a time."""

    body: bytes
    mime: str
    content_type: str | None
    """As it is said, with its charset."""
    notices: list[tuple[str, str, str]] = field(default_factory=list)
    """(place, name, value) of headers about the use of the content."""
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_html(self) -> bool:
        return self.mime in HTML


def record_id(headers: Mapping[str, str]) -> str | None:
    """The record's own id without its brackets; else its address and time."""
    own = headers.get("warc-record-id", "").strip("<> ")
    if own:
        return own
    url, date = target_url(headers), headers.get("warc-date")
    return f"{url} {date}" if url and date else None


def target_url(headers: Mapping[str, str]) -> str | None:
    """The address, without the brackets that some crawlers write."""
    return headers.get("warc-target-uri", "").strip().removeprefix("<").removesuffix(">") or None


def read_capture(record: Record, *, max_bytes: int) -> Capture:
    """Raises BadRecord for what is no capture of a page or text, or cannot be decoded."""
    headers = record.headers
    type = headers.get("warc-type", "").lower()
    if type == "revisit":
        raise BadRecord("revisit", detail=headers.get("warc-profile", "")[:200])
    url = target_url(headers) or ""
    if type not in _CAPTURES or not url[:8].lower().startswith(_PAGE_SCHEMES):
        raise BadRecord("not_a_capture", detail=f"{type or 'of no type'} {url[:200]}".rstrip())
    if "warc-segment-number" in headers:
        raise BadRecord("broken_record", detail="it is a part of a record, and parts are not put together")
    if record.block is None:
        raise _too_long(record.length, limit=max_bytes)
    extra = {
        "warc_type": type,
        "warc_truncated": headers.get("warc-truncated"),
        "warc_refers_to": headers.get("warc-refers-to", "").strip("<>") or None,
        "warc_identified_content_language": headers.get("warc-identified-content-language"),
    }
    if type == "response":
        return _read_response(record.block, url=url, extra=extra, max_bytes=max_bytes)
    content_type = headers.get("content-type")
    mime = _check_mime(content_type, record.block)
    return Capture(record.block, mime, content_type, extra=extra)


def _read_response(block: bytes, *, url: str, extra: dict[str, Any], max_bytes: int) -> Capture:
    response = http.parse_response(block)
    if response is None:
        raise BadRecord("broken_record", detail=f"no response of HTTP: it begins with {block[:20]!r}")
    if response.status != 200:
        raise BadRecord("http_status", detail=str(response.status))
    if url.partition("://")[2].partition("/")[2] == "robots.txt":
        raise BadRecord("robots_txt", detail=url)
    content_type = response.header("content-type")
    mime = _mime_of(content_type)
    if mime not in (*HTML, PLAIN, *_UNSAID):
        raise BadRecord("mime_type", detail=mime[:200])
    is_cut = extra["warc_truncated"] is not None
    try:
        body = http.decode_body(response, max_bytes=max_bytes, is_cut=is_cut)
    except http.BrokenBody as error:
        raise BadRecord("broken_body", detail=str(error)) from error
    except http.LongBody as error:
        raise _too_long(None, limit=max_bytes) from error
    extra |= {
        "http_content_type": content_type,
        "http_content_language": response.header("content-language"),
        "http_last_modified": response.header("last-modified"),
    }
    return Capture(body, _check_mime(content_type, body), content_type, header_notices(response), extra)


def header_notices(response: http.Response) -> list[tuple[str, str, str]]:
    """(place, name, value) of the header fields about the use of the content."""
    return [("http", name, value) for name, value in response.headers if is_notice(name, value)]


def is_notice(name: str, value: str) -> bool:
    """Whether a header field, its name in lower case, says something about the use of the content."""
    if name == "link":
        return _LICENSE_LINK.search(value) is not None
    return name in _NOTICE_HEADERS or name.startswith("tdm-")


def _too_long(length: int | None, *, limit: int) -> BadRecord:
    what = "its body without codings is longer" if length is None else f"{length} bytes"
    return BadRecord("record_too_long", detail=f"{what}; max_record_bytes is {limit}")


def looks_binary(body: bytes) -> bool:
    """Whether it begins as no text does, unless it is UTF-16."""
    return _BINARY.match(body) is not None or b"\0" in body[:512]


def _mime_of(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].partition(",")[0].strip().lower()


def _check_mime(content_type: str | None, body: bytes) -> str:
    """The type that is said, or looks right where none is; raises BadRecord for other than HTML and text."""
    mime, head = _mime_of(content_type), body[:_SNIFFED_BYTES]
    if mime not in (*HTML, PLAIN, *_UNSAID):
        raise BadRecord("mime_type", detail=mime[:200])
    has_mark = head.startswith((b"\xff\xfe", b"\xfe\xff")) or "utf-16" in (content_type or "").lower()
    if not has_mark and looks_binary(head):
        raise BadRecord("mime_type", detail=f"{mime or 'no type'}, but it begins with {head[:8]!r}")
    if mime in _UNSAID:
        return "text/html" if _MARKUP.match(head) else PLAIN
    return mime
