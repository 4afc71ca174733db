"""Short gzip members one after the other, as web archives have them: many of one piece of a file at once.

isal takes four fifths of the time of zlib-ng for them, and is asked for nothing but members that are right:
what it says of others, and how many bytes it gives of them, is not what zlib does.
"""

import re
from collections.abc import Iterator

from isal import isal_zlib

from sources.reading.decoders import GZIP_WINDOW

MAGIC = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]")
BATCH_BYTES = 256 << 10
"""Of a file, in which whole members are looked for at once."""
_MAGIC = b"\x1f\x8b\x08"
_FLAGS_PLACE, _MAX_FLAGS = 3, 0x1F
"""Other flags are reserved: zlib refuses them, isal does not."""
_MIN_BYTES = 18
"""Of a member."""
_ERROR: type[Exception] = isal_zlib.error  # type: ignore[assignment]  # a class, other than its stub says


def read_whole_members(data: bytes, *, max_content_bytes: int) -> Iterator[tuple[int, int, bytes]]:
    """(start, end, content) of the members at the beginning of the data that are right to the last byte.

    It ends before the first one that is not whole, has wrong bytes or more than max_content_bytes of content,
    and before the last one, which may go on behind the data: that is for a reader of any member.
    """
    view, begin = memoryview(data), 0
    # a decoder copies what follows its member, so it is given no more than up to where the next one may begin
    while (end := data.find(_MAGIC, begin + _MIN_BYTES)) >= 0 and data[begin + _FLAGS_PLACE] <= _MAX_FLAGS:
        decoder, start, left = isal_zlib.decompressobj(GZIP_WINDOW), begin, max_content_bytes
        pieces: list[bytes] = []
        try:
            while True:
                pieces.append(decoder.decompress(view[start:end], left + 1))
                left -= len(pieces[-1])
                if decoder.eof or left < 0:
                    break
                # what looks like the beginning of a member stands in this one
                start, end = end, data.find(_MAGIC, end + 1)
                if end < 0:
                    return
        except _ERROR:
            return
        if left < 0 or decoder.unused_data:
            return
        yield begin, end, pieces[0] if len(pieces) == 1 else b"".join(pieces)
        begin = end
