"""The ordinary text of a web archive: a conversion in UTF-8, which needs none of what captures need."""

from sources.base import SourceFields
from sources.reading.canonical import encode_object
from sources.reading.captures import looks_binary, record_id, target_url
from sources.reading.charset import MARKS
from sources.reading.warc_records import Record

_CONTENT_TYPES = frozenset({"text/plain", "text/plain; charset=utf-8", "text/plain;charset=utf-8"})
_EXTRA = {
    "charset": "utf-8",
    "charset_evidence": "bytes",
    "mime_type": "text/plain",
    "warc_type": "conversion",
}
_UNUSUAL = ("warc-segment-number", "warc-truncated")


def map_conversion(record: Record) -> SourceFields | None:
    """What `map_record` makes of it, in a fourth of the time; None: look closer."""
    headers, block = record.headers, record.block
    if (
        block is None
        or headers.get("warc-type") != "conversion"
        or headers.get("content-type", "").lower() not in _CONTENT_TYPES
    ):
        return None
    url = target_url(headers)
    if url is None or not url.startswith(("https://", "http://")):
        return None
    for name in _UNUSUAL:
        if name in headers:
            return None
    if block.startswith(MARKS) or looks_binary(block):
        return None
    try:
        text = block.decode()
    except UnicodeDecodeError:
        return None
    if not text or text.isspace():
        return None
    extra = _EXTRA.copy()
    if original := headers.get("warc-refers-to", "").strip("<>"):
        extra["warc_refers_to"] = original
    language = headers.get("warc-identified-content-language")
    if language is not None:
        extra["warc_identified_content_language"] = language
    return SourceFields(
        block,
        record_id(headers),
        url=url,
        retrieved=headers.get("warc-date") or None,
        extra=encode_object(extra),
    )
