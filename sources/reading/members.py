"""Compressed files member by member: where each begins, and what can be read behind damage."""

import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any, BinaryIO

import zstandard

from layers import storage
from sources.reading.compression import Codec, codec_of, expand
from sources.reading.decoders import CHUNK_BYTES
from sources.reading.gzip_members import BATCH_BYTES, MAGIC, read_whole_members

_PROBE_BYTES = 16 << 10
"""Compressed bytes with which a member that may begin somewhere is tried."""
_MAGIC = {
    "gzip": MAGIC,
    "zstandard": re.compile(rb"\x28\xb5\x2f\xfd"),
}
_ZSTD_DICTIONARY = b"\x5d\x2a\x4d\x18"
"""Begins the frame in which a .warc.zst of one dictionary for all frames holds it."""
LZ4_SUFFIX = ".lz4"


@dataclass(slots=True)  # not frozen: made in half the time
class Member:
    """A member begins at this byte of the file; what follows is its content."""

    start: int
    is_whole: bool = False
    """Whether the content follows in one piece, right to its last byte."""


@dataclass(frozen=True)
class Lost:
    """Bytes of the file that do not decode, from the start of their member; stop None: up to the end."""

    start: int
    stop: int | None
    reason: str
    """`truncated`: the file ends inside of the member; else `unreadable`."""
    detail: str


Event = bytes | Member | Lost


def read_members(
    url: str,
    *,
    open_input: Callable[[str], BinaryIO],
    is_beginning: Callable[[bytes], bool],
    span: tuple[int, int | None] = (0, None),
    on_read: Callable[[int], None] | None = None,
) -> Iterator[Event]:
    """The decompressed bytes of a file in chunks of about 1 MiB at most, and where its members begin.

    Behind damage reading goes on at the next member whose content is_beginning says can be one. Of a plain
    file there are chunks alone. span: members, or bytes of a plain file, from start up to stop.
    """
    codec = codec_of(url)
    with open_input(url) as stream:
        reader = _Stream(stream, name=storage.name_of(url), span=span, on_read=on_read)
        if url.lower().endswith(LZ4_SUFFIX):
            yield from _read_lz4(reader)
        elif codec is None:
            yield from _read_plain(reader)
        else:
            yield from _Members(reader, codec=codec, is_beginning=is_beginning).read()


class _Stream:
    """A file between two bytes, which tells how far it was read."""

    def __init__(
        self,
        stream: BinaryIO,
        *,
        name: str,
        span: tuple[int, int | None],
        on_read: Callable[[int], None] | None,
    ) -> None:
        self.name = name
        self.start, self.stop = span
        self._stream = stream
        self._on_read = on_read
        stream.seek(self.start)

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        if self._on_read is not None:
            self._on_read(self._stream.tell())
        return data

    def tell(self) -> int:
        return self._stream.tell()

    def seek(self, position: int) -> None:
        self._stream.seek(position)


def _read_plain(stream: _Stream) -> Iterator[Event]:
    while stream.stop is None or stream.tell() < stream.stop:
        left = CHUNK_BYTES if stream.stop is None else stream.stop - stream.tell()
        chunk = stream.read(min(left, CHUNK_BYTES))
        if not chunk:
            return
        yield chunk


def _read_lz4(stream: _Stream) -> Iterator[Event]:
    from fastwarc.stream_io import Lz4Reader

    reader = Lz4Reader(stream)  # type: ignore[arg-type]
    try:
        while chunk := reader.read(64 << 10):
            yield chunk
    except (OSError, ValueError, EOFError) as error:
        yield Lost(0, None, "unreadable", f"{stream.name} is not valid lz4: {error}")


class _Members:
    """Decodes member after member; after damage it looks for the next one."""

    def __init__(self, stream: _Stream, *, codec: Codec, is_beginning: Callable[[bytes], bool]) -> None:
        self._stream = stream
        self._codec = codec
        self._is_beginning = is_beginning
        self._dictionary: zstandard.ZstdCompressionDict | None = None

    def read(self) -> Iterator[Event]:
        start, pending = self._stream.start, b""
        if self._codec.name == "zstandard" and start == 0:
            start = self._read_dictionary()
        while True:
            if self._codec.zero_padding:
                start, pending = self._skip_zeros(start, pending)
            pending = pending or self._stream.read(self._codec.step_bytes)
            if self._codec.name == "gzip":
                start, pending = yield from self._read_short(start, pending)
            if not pending or (self._stream.stop is not None and start >= self._stream.stop):
                return
            yield Member(start)
            decoder = self._open()
            lost = yield from self._read_member(decoder, start=start, pending=pending)
            if lost is None:
                pending = decoder.unused_data
                start = self._stream.tell() - len(pending)
                continue
            following = self._find_member(start + 1)
            yield Lost(start, following, *lost)
            if following is None:
                return
            self._stream.seek(following)
            start, pending = following, b""

    def _read_short(self, start: int, pending: bytes) -> Generator[Event, None, tuple[int, bytes]]:
        """Yields members that lie whole in one batch; returns where the next one begins, and its bytes."""
        while True:
            while len(pending) < BATCH_BYTES and (more := self._stream.read(BATCH_BYTES - len(pending))):
                pending += more
            done = 0
            for begin, end, content in read_whole_members(pending, max_content_bytes=CHUNK_BYTES):
                if self._stream.stop is not None and start + begin >= self._stream.stop:
                    break
                yield Member(start + begin, is_whole=bool(content))
                if content:
                    yield content
                done = end
            if not done:
                return start, pending
            start, pending = start + done, pending[done:]

    def _read_member(self, decoder: Any, *, start: int, pending: bytes) -> Any:
        """Yields the member's content; returns (reason, detail) of damage."""
        name, codec = self._stream.name, self._codec
        taken = delivered = 0
        while not decoder.eof:
            if not pending:
                return "truncated", f"{name} ends inside the {codec.name} member that starts at byte {start}"
            try:
                for piece in expand(decoder, pending):
                    delivered += len(piece)
                    yield piece
            except codec.errors as error:
                sizes = chain(
                    repeat(codec.step_bytes, taken // codec.step_bytes),
                    repeat(taken % codec.step_bytes, 1),
                    repeat(1, len(pending)),
                )
                yield from self._salvage(start, sizes=sizes, delivered=delivered)
                return "unreadable", f"{name} is not valid {codec.name} after byte {start + taken}: {error}"
            taken += len(pending)
            pending = b"" if decoder.eof else self._stream.read(codec.step_bytes)
        return None

    def _salvage(self, start: int, *, sizes: Iterator[int], delivered: int) -> Iterator[bytes]:
        """What a member decodes to behind its first `delivered` bytes, up to the very damage."""
        decoder, produced = self._open(), 0
        self._stream.seek(start)
        with suppress(*self._codec.errors):  # the damage that the caller reports
            for size in sizes:
                for piece in expand(decoder, self._stream.read(size)):
                    produced += len(piece)
                    if produced > delivered:
                        yield piece[-(produced - delivered) :]
                        delivered = produced

    def _find_member(self, position: int) -> int | None:
        """The first byte from here on at which a member begins; None: nowhere."""
        magic = _MAGIC.get(self._codec.name)
        if magic is None:
            return None
        held = b""
        self._stream.seek(position)
        while data := self._stream.read(CHUNK_BYTES):
            held += data
            for match in magic.finditer(held):
                if match.start() + _PROBE_BYTES > len(held) and len(data) == CHUNK_BYTES:
                    break
                if self._begins(held[match.start() : match.start() + _PROBE_BYTES]):
                    return position + match.start()
            cut = max(len(held) - _PROBE_BYTES, 0)
            held, position = held[cut:], position + cut
        return None

    def _begins(self, data: bytes) -> bool:
        decoder = self._open()
        with suppress(*self._codec.errors):
            return self._is_beginning(decoder.decompress(data, _PROBE_BYTES))
        return False

    def _open(self) -> Any:
        return self._codec.open() if self._dictionary is None else self._codec.open(self._dictionary)

    def _read_dictionary(self) -> int:
        """Where the first frame of content begins."""
        head = self._stream.read(8)
        if not head.startswith(_ZSTD_DICTIONARY):
            self._stream.seek(0)
            return 0
        content = self._stream.read(int.from_bytes(head[4:], "little"))
        with suppress(zstandard.ZstdError):  # then frames say that they lack it
            if content.startswith(b"\x28\xb5\x2f\xfd"):
                content = zstandard.ZstdDecompressor().decompress(content, max_output_size=CHUNK_BYTES)
            self._dictionary = zstandard.ZstdCompressionDict(content)
        return self._stream.tell()

    def _skip_zeros(self, start: int, pending: bytes) -> tuple[int, bytes]:
        while True:
            data = pending.lstrip(b"\0")
            start += len(pending) - len(data)
            if data:
                return start, data
            pending = self._stream.read(self._codec.step_bytes)
            if not pending:
                return start, b""


def read_first_member(url: str, *, max_bytes: int) -> bytes | None:
    """The content of the first member of a compressed file; None: it is damaged, longer, or there is none."""
    pieces: Sequence[bytes] = ()
    for event in read_members(url, open_input=storage.open_input, is_beginning=lambda _: False):
        if isinstance(event, bytes):
            pieces = [*pieces, event]
            if sum(map(len, pieces)) > max_bytes:
                return None
        elif isinstance(event, Lost):
            return None
        elif pieces:
            return b"".join(pieces)
    return b"".join(pieces) if pieces and codec_of(url) is not None else None
