"""Short gzip members one after the other, as web archives have them: many of one piece of a file at once."""

import re
from collections.abc import Iterator

from zlib_ng import zlib_ng

from sources.reading.compression import GZIP_WINDOW

MAGIC = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]")
BATCH_BYTES = 256 << 10
"""Of a file, in which whole members are looked for at once."""
_MAGIC = b"\x1f\x8b\x08"
_MIN_BYTES = 18
"""Of a member."""


def read_whole_members(data: bytes, *, max_content_bytes: int) -> Iterator[tuple[int, int, bytes]]:
    """(start, end, content) of the members at the beginning of the data that are right to the last byte.

    It ends before the first one that is not whole, has wrong bytes or more than max_content_bytes of content,
    and before the last one, which may go on behind the data: that is for a reader of any member.
    """
    view, begin = memoryview(data), 0
    # a decoder copies what follows its member, so it is given no more than up to where the next one may begin
    end = data.find(_MAGIC, _MIN_BYTES)
    decoder, start = zlib_ng.decompressobj(GZIP_WINDOW), begin
    pieces: list[bytes] = []
    left = max_content_bytes
    while end >= 0:
        try:
            piece = decoder.decompress(view[start:end], left + 1)
        except zlib_ng.error:
            return
        left -= len(piece)
        if left < 0:
            return
        if not decoder.eof:  # what looks like the beginning of a member stands in this one
            pieces.append(piece)
            start, end = end, data.find(_MAGIC, end + 1)
            continue
        if decoder.unused_data:
            return
        yield begin, end, b"".join([*pieces, piece]) if pieces else piece
        begin = start = end
        end = data.find(_MAGIC, begin + _MIN_BYTES)
        decoder, pieces, left = zlib_ng.decompressobj(GZIP_WINDOW), [], max_content_bytes
