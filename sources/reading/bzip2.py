"""Files of many bzip2 streams: each is read by itself, whatever is wrong with the others."""

import bz2
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from layers import storage
from sources.reading.compression import count_decoded
from sources.reading.decoders import Bzip2

_READ_BYTES = 64 << 10
_HEAD_BYTES = 64 << 10
MAX_HELD_BYTES = 64 << 20
"""Of a stream whose end, and with it the checksum, was not seen yet."""
_MAGICS = tuple(b"BZh%d1AY&SY" % level for level in range(1, 10))
_MAGIC_BYTES = 10


@dataclass(frozen=True)
class Stream:
    """The decompressed bytes of a stream; without damage its checksum is right."""

    offset: int
    """Byte of the file where the stream begins."""
    data: bytes
    end: int
    """Byte up to which the file was read for it: where the next begins, if nothing is wrong."""
    damage: str | None = None
    """What is wrong with it."""
    is_cut: bool = False
    """Whether the file ends inside of the stream: `data` are its whole blocks."""


def read_streams(
    file: BinaryIO, *, start: int = 0, stop: int | None = None, on_read: Callable[[int], None] | None = None
) -> Iterator[Stream]:
    """The streams that begin in [start, stop), in order.

    Of a stream with wrong bytes there are no data: what its decoder gave before the checksum may be any text.
    Reading goes on at the next ten bytes that begin a stream, which other data hold once in 10^24 bytes.
    """
    position = start if start == 0 else _find_stream(file, start, stop=stop)
    while position is not None and (stop is None or position < stop):
        stream = _read_stream(file, position)
        if stream is None:
            return
        if on_read is not None:
            on_read(stream.end)
        yield stream
        if stream.damage is not None and not stream.is_cut:
            position = _find_stream(file, position + 1, stop=stop)
        else:
            position = None if stream.is_cut else stream.end


def _read_stream(file: BinaryIO, offset: int) -> Stream | None:
    """The stream at a byte; None at the end of the file."""
    file.seek(offset)
    decoder, held, end = Bzip2(), 0, offset
    pieces: list[bytes] = []
    while not decoder.eof:
        data = file.read(_READ_BYTES) if decoder.needs_input else b""
        if decoder.needs_input and not data:
            if end == offset:
                return None
            detail = f"the file ends inside of the bzip2 stream at byte {offset}"
            return Stream(offset, b"".join(pieces), end, detail, is_cut=True)
        end += len(data)
        try:
            piece = decoder.decompress(data, max_length=MAX_HELD_BYTES)
        except (OSError, ValueError) as error:
            return Stream(offset, b"", end, f"the bzip2 stream at byte {offset} is damaged: {error}")
        count_decoded(len(piece))
        pieces.append(piece)
        held += len(piece)
        if held > MAX_HELD_BYTES:
            detail = f"the bzip2 stream at byte {offset} is longer than {MAX_HELD_BYTES} bytes"
            return Stream(offset, b"", end, detail)
    return Stream(offset, b"".join(pieces), end - len(decoder.unused_data))


def _find_stream(file: BinaryIO, start: int, *, stop: int | None) -> int | None:
    """First byte in [start, stop) where a stream begins."""
    file.seek(start)
    data, first = b"", start
    while stop is None or first < stop:
        read = file.read(_READ_BYTES)
        if not read:
            return None
        data += read
        places = [place for magic in _MAGICS if (place := data.find(magic)) >= 0]
        if places:
            return first + min(places) if stop is None or first + min(places) < stop else None
        kept = data[-(_MAGIC_BYTES - 1) :]
        first += len(data) - len(kept)
        data = kept
    return None


def is_multistream(url: str) -> bool:
    """Whether a file is a dump in streams that can be read by themselves: the first ends before any page.

    A file whose first stream is damaged is one where another begins close behind.
    """
    if not url.lower().endswith(".bz2"):
        return False
    with storage.open_input(url) as file:
        head = file.read(_HEAD_BYTES)
    decoder = bz2.BZ2Decompressor()
    try:
        data = decoder.decompress(head, max_length=MAX_HELD_BYTES)
    except (OSError, ValueError):
        return _find_stream(BytesIO(head), 1, stop=None) is not None
    return decoder.eof and b"<page>" not in data and decoder.unused_data.startswith(b"BZh")
