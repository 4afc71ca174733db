"""Web archives of either format, WARC and ARC, read record by record."""

from collections.abc import Iterable, Iterator
from itertools import chain

from sources.reading.members import Event
from sources.reading.warc_records import ARC, WARC, BadSpan, Record, read_records

SUFFIXES = (".warc", ".arc")
"""Of names without that of a compression."""


def is_beginning(data: bytes) -> bool:
    """Whether what a member holds may begin with a record of either format."""
    return WARC.is_beginning(data) or ARC.is_beginning(data)


def read_archive(events: Iterable[Event], *, max_block_bytes: int) -> Iterator[Record | BadSpan]:
    """The records of a file, whose first bytes say its format."""
    stream = iter(events)
    head: list[Event] = []
    for event in stream:
        head.append(event)
        if isinstance(event, bytes):
            break
    first = head[-1] if head and isinstance(head[-1], bytes) else b""
    framing = ARC if ARC.is_beginning(first) or first.lstrip().startswith(b"filedesc:") else WARC
    return read_records(chain(head, stream), framing=framing, max_block_bytes=max_block_bytes)
