"""Opening possibly compressed streams: the suffix names the codec, damage is an exception with a reason."""

import lzma
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any, BinaryIO

import zstandard

from layers import storage
from sources.reading.decoders import CHUNK_BYTES, GZIP_ERROR, Bzip2, Gzip, Zstandard

_TAIL_BYTES = 64 << 10
"""Chunk size behind a range's end, where only the rest of one record is wanted."""


class DamagedStream(Exception):
    """A compressed stream ends early or does not decode; everything before the damage was delivered.

    reason is "truncated" (the file ends inside a member) or "unreadable" (its bytes are wrong).
    """

    def __init__(self, detail: str, *, reason: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.reason = reason


class EnoughDecoded(Exception):
    """More of a file was decoded than `limit_decoded` allows."""


_decoded_left: ContextVar[list[int] | None] = ContextVar("decoded_left", default=None)


@contextmanager
def limit_decoded(max_bytes: int) -> Iterator[None]:
    """Within it, reading files raises EnoughDecoded once they have given more bytes: for a look at some."""
    token = _decoded_left.set([max_bytes])
    try:
        yield
    finally:
        _decoded_left.reset(token)


def count_decoded(size: int) -> None:
    """Raise EnoughDecoded where these bytes are more than the limit, if there is one."""
    left = _decoded_left.get()
    if left is not None:
        left[0] -= size
        if left[0] < 0:
            raise EnoughDecoded


@dataclass(frozen=True)
class Codec:
    """How a suffix is decompressed."""

    name: str
    suffix: str
    open: Callable[..., Any]
    errors: tuple[type[Exception], ...]
    step_bytes: int
    """Input given at once."""
    zero_padding: bool
    """Whether zero bytes may stand between and behind members (gzip on tape, xz stream padding)."""


_CODECS = (
    Codec("gzip", ".gz", Gzip, (GZIP_ERROR,), 64 << 10, True),
    Codec("bzip2", ".bz2", Bzip2, (OSError, ValueError), CHUNK_BYTES, False),
    Codec("xz", ".xz", lzma.LZMADecompressor, (lzma.LZMAError,), CHUNK_BYTES, True),
    Codec("zstandard", ".zst", Zstandard, (zstandard.ZstdError,), 16 << 10, False),
)


def codec_of(uri: str) -> Codec | None:
    """The codec that the file name says; None: a plain file."""
    return next((codec for codec in _CODECS if uri.lower().endswith(codec.suffix)), None)


MAX_GZIP_EXPANSION = 1032
"""Bytes that deflate gives for one, at most; the other codecs know no such bound."""


def max_expansion(uri: str) -> int | None:
    """Decompressed bytes per byte of a file, at most; None: its codec has no bound."""
    codec = codec_of(uri)
    return 1 if codec is None else MAX_GZIP_EXPANSION if codec.name == "gzip" else None


def is_compressed(uri: str) -> bool:
    """Whether the file name says that the content is compressed: .gz, .zst, .bz2 or .xz."""
    return codec_of(uri) is not None


def read_chunks(
    url: str,
    *,
    start: int = 0,
    stop: int | None = None,
    open_input: Callable[[str], BinaryIO] = storage.open_input,
    on_read: Callable[[int], None] | None = None,
) -> Iterator[bytes]:
    """The decompressed bytes of a file in non-empty chunks of about 1 MiB, several members included.

    A plain file may be read from byte `start`; reading goes on behind `stop`, in smaller chunks, for
    a caller that wants the end of a record. on_read is told the byte of the file, compressed as it is, up to
    which it was read. Raises DamagedStream after all bytes that decode, and ValueError for a start inside a
    compressed file.
    """
    codec = codec_of(url)
    if codec is not None and start:
        raise ValueError(f"{url} is {codec.name} and can only be read from its start, not from byte {start}")
    with open_input(url) as stream:
        if codec is None:
            yield from _read_plain(stream, start=start, stop=stop, on_read=on_read)
        else:
            yield from _Members(stream, codec=codec, url=url, on_read=on_read).read()


def _read_plain(
    stream: BinaryIO, *, start: int, stop: int | None, on_read: Callable[[int], None] | None
) -> Iterator[bytes]:
    stream.seek(start)
    position = start
    while True:
        left = CHUNK_BYTES if stop is None else stop - position
        chunk = stream.read(min(CHUNK_BYTES, left) if left > 0 else _TAIL_BYTES)
        if not chunk:
            return
        position += len(chunk)
        if on_read is not None:
            on_read(position)
        count_decoded(len(chunk))
        yield chunk


class _Members:
    """Decodes member after member. On damage the member is decoded once more, its last input byte by byte.

    A decoder that raises keeps what it had decoded in that call; one byte at a time, that is nothing.
    """

    def __init__(
        self, stream: BinaryIO, *, codec: Codec, url: str, on_read: Callable[[int], None] | None
    ) -> None:
        self._stream = stream
        self._on_read = on_read
        self._codec = codec
        self._name = storage.name_of(url)

    def read(self) -> Iterator[bytes]:
        start, pending, members = 0, b"", 0
        while True:
            if members and self._codec.zero_padding:
                start, pending = self._skip_zeros(start, pending)
            pending = pending or self._read_step()
            if not pending and members:
                return
            decoder = self._codec.open()
            yield from self._read_member(decoder, start=start, pending=pending)
            members += 1
            pending = decoder.unused_data
            start = self._stream.tell() - len(pending)

    def _read_member(self, decoder: Any, *, start: int, pending: bytes) -> Iterator[bytes]:
        codec, taken, delivered = self._codec, 0, 0
        while not decoder.eof:
            if not pending:
                detail = f"{self._name} ends inside the {codec.name} member that starts at byte {start}"
                raise DamagedStream(detail, reason="truncated")
            try:
                for piece in expand(decoder, pending):
                    delivered += len(piece)
                    yield piece
            except codec.errors as error:
                yield from self._salvage(start, taken, last=len(pending), delivered=delivered)
                detail = f"{self._name} is not valid {codec.name} after byte {start + taken}: {error}"
                raise DamagedStream(detail, reason="unreadable") from error
            taken += len(pending)
            pending = b"" if decoder.eof else self._read_step()

    def _salvage(self, start: int, taken: int, *, last: int, delivered: int) -> Iterator[bytes]:
        """What the member decodes to behind its first `delivered` bytes, up to the very damage."""
        codec, decoder, produced = self._codec, self._codec.open(), 0
        self._stream.seek(start)
        sizes = chain(
            repeat(codec.step_bytes, taken // codec.step_bytes),
            repeat(taken % codec.step_bytes, 1),
            repeat(1, last),
        )
        with suppress(*codec.errors):  # the damage that the caller reports
            for size in sizes:
                for piece in expand(decoder, self._stream.read(size)):
                    produced += len(piece)
                    if produced > delivered:
                        yield piece[-(produced - delivered) :]
                        delivered = produced

    def _skip_zeros(self, start: int, pending: bytes) -> tuple[int, bytes]:
        while True:
            data = pending.lstrip(b"\0")
            start += len(pending) - len(data)
            if data:
                return start, data
            pending = self._read_step()
            if not pending:
                return start, b""

    def _read_step(self) -> bytes:
        data = self._stream.read(self._codec.step_bytes)
        if self._on_read is not None:
            self._on_read(self._stream.tell())
        return data


def expand(decoder: Any, data: bytes) -> Iterator[bytes]:
    """What a decoder makes of its next input, in pieces of about 1 MiB."""
    while data or not decoder.needs_input:
        piece = decoder.decompress(data, CHUNK_BYTES)
        if piece:
            count_decoded(len(piece))
            yield piece
        if decoder.eof:
            return
        data = b""
