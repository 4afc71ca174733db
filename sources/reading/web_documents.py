"""Captures of web archives as documents: options, fields and digest that all readers of them share."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from pydantic import PositiveInt

from governance.reasons import SKIPPED
from sources.base import RecordLog, SourceFields, SourceSpec
from sources.reading.canonical import encode_extra, encode_notices
from sources.reading.captures import Capture, read_capture, record_id, target_url
from sources.reading.charset import decode
from sources.reading.conversions import map_conversion
from sources.reading.html import HtmlOptions, extract
from sources.reading.mapping import BadRecord, refuse_fields
from sources.reading.warc_records import Record

COMMON_CRAWL = "https://data.commoncrawl.org"


class WebOptions(HtmlOptions):
    """Options of all source types that read captures."""

    max_record_bytes: PositiveInt = 16 << 20
    """A longer record, or one whose body is longer without its codings, is rejected as record_too_long."""


def check_no_fields(spec: SourceSpec) -> None:
    """Raises ValueError where fields are mapped, which a web archive does not have."""
    refuse_fields(spec, why="web archives have none to map")


def map_record(
    record: Record,
    *,
    options: WebOptions,
    extra: Mapping[str, object] | None = None,
    notices: Sequence[tuple[str, str, str]] = (),
) -> SourceFields:
    """A capture as the fields of a document, with further ones and what else was said of its use.

    Raises BadRecord for what is none.
    """
    if extra is None and not notices:
        conversion = map_conversion(record)
        if conversion is not None:
            return conversion
    capture = read_capture(record, max_bytes=options.max_record_bytes)
    capture = replace(capture, notices=[*dict.fromkeys([*notices, *capture.notices])])
    decoded = decode(capture.body, content_type=capture.content_type, is_html=capture.is_html)
    said = {
        **capture.extra,
        **(extra or {}),
        "mime_type": capture.mime,
        "charset": decoded.charset,
        "charset_evidence": decoded.evidence,
        "charset_replaced": decoded.replaced or None,
    }
    fields = SourceFields(
        decoded.content,
        record_id(record.headers),
        url=target_url(record.headers),
        retrieved=record.headers.get("warc-date") or None,
    )
    if capture.is_html:
        _extract(fields, capture, body=fields.text, options=options, extra=said)
    elif not decoded.text.strip():
        raise BadRecord("no_text", detail="it is empty")
    else:
        fields.notices = encode_notices(capture.notices)
    fields.extra = encode_extra(said)
    return fields


def _extract(
    fields: SourceFields,
    capture: Capture,
    *,
    body: str | bytes,
    options: WebOptions,
    extra: dict[str, object],
) -> None:
    """Put a page's text and what it says of itself in the place of its HTML."""
    page = extract(body, options=_html_options(options.extractor, options.structure))
    fields.text, fields.title, fields.author, fields.date = page.text, page.title, page.author, page.date
    fields.license, fields.lang = page.license, page.lang
    fields.notices = encode_notices([*capture.notices, *page.notices])
    extra["extractor"] = page.extractor


@cache
def _html_options(extractor: str, structure: str) -> HtmlOptions:
    return HtmlOptions.model_validate({"extractor": extractor, "structure": structure})


def put_aside(
    bad: BadRecord,
    *,
    log: RecordLog,
    offset: int,
    length: int,
    record_id: str | None = None,
    records: int | None = 1,
) -> None:
    """Log a record that is no document: as skipped where nothing is wrong with it, else as rejected."""
    if bad.reason in SKIPPED:
        log.skip(bad.reason, detail=bad.detail, offset=offset, length=length, record_id=record_id)
    else:
        log.reject(
            bad.reason,
            detail=bad.detail,
            offset=offset,
            length=length,
            record_id=record_id,
            records=records,
        )


def digest_record(record: Record) -> bytes:
    """SHA-256 of header and block."""
    digest = hashlib.sha256(record.head)
    digest.update(record.block or b"")
    return digest.digest()
