"""Short gzip members one after the other, as web archives have them, decompressed by FastWARC's zlib-rs.

It takes half the time of Python's zlib. What it cannot say is where a member ends, so that is guessed from
where the next one seems to begin, and checked.
"""

import io
import re
from collections.abc import Iterator
from itertools import pairwise

MAGIC = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]")
BATCH_BYTES = 256 << 10
"""Of a file, in which whole members are looked for at once."""
_MIN_BYTES = 18
"""Of a member."""
_SIZE_BYTES = 4
"""At the end of a member: how long its content is."""


def read_whole_members(data: bytes, *, max_content_bytes: int) -> Iterator[tuple[int, int, bytes]]:
    """(start, end, content) of the members at the beginning of the data that are right to the last byte.

    It ends before the last member, which may go on behind the data, and before the first one that is not
    whole, has wrong bytes, no content or more than max_content_bytes of it: the caller reads that by zlib.
    """
    from fastwarc.stream_io import GzipReader

    begins = (match.start() for match in MAGIC.finditer(data, _MIN_BYTES))
    reader: GzipReader | None = None
    held: tuple[int, int, bytes] | None = None
    try:
        for begin, end in pairwise(_with_first(begins)):
            size = int.from_bytes(data[end - _SIZE_BYTES : end], "little")
            if not 0 < size <= max_content_bytes:
                break
            reader = reader or GzipReader(io.BytesIO(data))
            content = reader.read(size)
            # where another member begins, the one before has the checksum that it says
            if len(content) != size or reader.frame_start_position() != begin:
                break
            if held is not None:
                yield held
            held = begin, end, content
        if held is not None and reader is not None:
            reader.read(1)
            if reader.frame_start_position() == held[1]:
                yield held
    except (OSError, ValueError, EOFError):
        return


def _with_first(begins: Iterator[int]) -> Iterator[int]:
    yield 0
    yield from begins
