"""JSON values as records: what JSON lines and JSON arrays share."""

from collections.abc import Iterable
from contextlib import suppress

import orjson

from sources.base import DocumentBatcher, RecordLog, sha256
from sources.reading.mapping import BadRecord, RecordMapper, flatten, type_name

BLANK = b" \t\r\n"
"""White space of JSON."""
LISTED_RECORDS = 100
"""Records whose fields are listed."""


def add_record(
    record: bytes, *, offset: int, mapper: RecordMapper, batcher: DocumentBatcher, log: RecordLog
) -> None:
    """Parse one JSON value and give it to the batcher, or to the log where it cannot become a document.

    A value of white space is neither.
    """
    try:
        fields = mapper.map(orjson.loads(record))
    except (orjson.JSONDecodeError, BadRecord) as error:
        _reject(record, error, offset=offset, log=log)
    else:
        batcher.add(fields, offset=offset, length=len(record), raw_sha256=sha256(record))


def list_record_fields(records: Iterable[bytes]) -> dict[str, str]:
    """Field → JSON type of its first value that is not null, of the records that can be parsed."""
    types: dict[str, str] = {}
    for raw in records:
        with suppress(orjson.JSONDecodeError):
            record = orjson.loads(raw)
            for name, value in flatten(record).items() if type(record) is dict else ():
                if value is not None or name not in types:
                    types[name] = type_name(value) if types.get(name, "null") == "null" else types[name]
    return types


def _reject(record: bytes, error: Exception, *, offset: int, log: RecordLog) -> None:
    if isinstance(error, BadRecord):
        reason, detail, record_id = error.reason, error.detail, error.record_id
    elif not record.strip(BLANK):
        return
    else:
        (reason, detail), record_id = _diagnose(record, error), None
    log.reject(reason, detail=detail, offset=offset, length=len(record), record_id=record_id)


def _diagnose(record: bytes, error: Exception) -> tuple[str, str]:
    """Reason and detail for a value that orjson refuses."""
    try:
        record.decode()
    except UnicodeDecodeError as invalid:
        return "invalid_utf8", f"byte {invalid.start} of the record: {invalid.reason}"
    reason = "invalid_unicode" if "surrogate" in str(error) else "broken_json"
    return reason, str(error)
