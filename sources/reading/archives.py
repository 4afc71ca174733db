"""Web archives of either format, WARC and ARC, read record by record."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from sources.reading.members import Event
from sources.reading.segments import CONTINUATION, join_segments
from sources.reading.warc_records import ARC, WARC, BadSpan, Record, read_records

SUFFIXES = (".warc", ".arc")
"""Of names without that of a compression."""


_HEAD_END = re.compile(rb"\n\r*\n")
_TYPE = re.compile(rb"^WARC-Type[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)


def is_beginning(data: bytes) -> bool:
    """Whether what a member holds may begin with a record of either format."""
    return WARC.is_beginning(data) or ARC.is_beginning(data)


def may_cut(data: bytes) -> bool:
    """Whether a file may be cut before what a member holds: before a record, and not before part of one."""
    if not is_beginning(data):
        return False
    head = _HEAD_END.split(data.lstrip(b"\r\n"), maxsplit=1)[0]
    type = _TYPE.search(head)
    return type is None or type[1].lower() != CONTINUATION.encode()


def read_archive(events: Iterable[Event], *, max_block_bytes: int) -> Iterator[Record | BadSpan]:
    """The records of a file, whose first bytes say its format; those in parts are put together."""
    stream = iter(events)
    head: list[Event] = []
    for event in stream:
        head.append(event)
        if isinstance(event, bytes):
            break
    first = head[-1] if head and isinstance(head[-1], bytes) else b""
    framing = ARC if ARC.is_beginning(first) or first.lstrip().startswith(b"filedesc:") else WARC
    records = read_records(chain(head, stream), framing=framing, max_block_bytes=max_block_bytes)
    return join_segments(records, max_block_bytes=max_block_bytes)
