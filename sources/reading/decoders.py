"""Decoders of compressed streams, of one interface: output in pieces; input not decoded yet is kept."""

import bz2
from collections import deque
from typing import Any

import zstandard
from zlib_ng import zlib_ng

CHUNK_BYTES = 1 << 20
GZIP_WINDOW = 31
"""What zlib's functions call the format of gzip."""
GZIP_ERROR: type[Exception] = zlib_ng.error  # type: ignore[assignment]  # a class, other than its stub says
_MAX_WINDOW_BYTES = 1 << 31  # archives packed with `zstd --long=31` are common among dumps
_MAX_BZIP2_BLOCK_BYTES = 900_000 * 52
"""A block has 900,000 bytes at most, of which each five may stand for a run of 259."""


class _Decoder:
    """A decoder with the interface of those of bz2 and lzma: it keeps input that it was not to decode yet."""

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder
        self._tail = b""
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return bool(self._decoder.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._decoder.unused_data + self._tail)


class Gzip(_Decoder):
    """zlib-ng's, which takes half the time of zlib and gives the same bytes of damaged members, too."""

    def __init__(self) -> None:
        super().__init__(zlib_ng.decompressobj(GZIP_WINDOW))

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most max_length bytes; what they leave of the input is kept."""
        piece: bytes = self._decoder.decompress(self._tail + data, max_length)
        # at the end of a member it has what follows twice
        self._tail = b"" if self._decoder.eof else self._decoder.unconsumed_tail
        self.needs_input = not self._tail and len(piece) < max_length
        return piece


class Zstandard(_Decoder):
    """zstandard's, which has no max_length, so it is given little at a time.

    Four bytes can become 128 KiB, so steps are the smaller the more the last one became.
    """

    _MIN_STEP, _MAX_STEP = 64, 4096

    def __init__(self, dictionary: zstandard.ZstdCompressionDict | None = None) -> None:
        decompressor = zstandard.ZstdDecompressor(dictionary, max_window_size=_MAX_WINDOW_BYTES)
        super().__init__(decompressor.decompressobj())
        self._step = self._MIN_STEP

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """About max_length bytes, more by those of one step; what they leave of the input is kept."""
        left, place, held = self._tail + data, 0, 0
        pieces = []
        while place < len(left) and held < max_length and not self._decoder.eof:
            step = self._step
            piece = self._decoder.decompress(left[place : place + step])
            place += step
            pieces.append(piece)
            held += len(piece)
            fitting = step * CHUNK_BYTES // max(len(piece), 1)
            self._step = min(max(fitting, self._MIN_STEP), 2 * step, self._MAX_STEP)
        self._tail = left[place:]
        self.needs_input = not self._tail
        return b"".join(pieces)


class Bzip2:
    """bz2's, which gives a block out before it compares its checksum: here it is given once it is right.

    Held are the bytes of the block in progress. Once the decoder has nothing more to give it has read into
    the next block, and what lies further back than the longest block is of one that has ended.
    """

    def __init__(self) -> None:
        self._decoder = bz2.BZ2Decompressor()
        self._held: deque[bytes] = deque()
        self._held_bytes = 0
        self._ready: deque[bytes] = deque()
        self._is_drained = True

    @property
    def needs_input(self) -> bool:
        return self._is_drained and not self._ready and not self._decoder.eof

    @property
    def eof(self) -> bool:
        return self._decoder.eof and not self._ready

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most max_length bytes, often none; what they leave of the input is kept."""
        if not self._ready:
            piece = self._decoder.decompress(data, max_length)
            # its own needs_input is true, too, while it has output left that fits no buffer
            self._is_drained = not piece
            if piece:
                self._held.append(piece)
                self._held_bytes += len(piece)
            is_right = self._is_drained or self._decoder.eof
            while self._held and (is_right or self._held_bytes - len(self._held[0]) > _MAX_BZIP2_BLOCK_BYTES):
                self._held_bytes -= len(self._held[0])
                self._ready.append(self._held.popleft())
        return self._ready.popleft() if self._ready else b""
