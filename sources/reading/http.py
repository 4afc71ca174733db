"""HTTP responses as web archives keep them: status, headers, the body without its codings, within a limit."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import zstandard
from zlib_ng import zlib_ng

from sources.reading.decoders import GZIP_ERROR

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{3})")
_CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[^\n]*\n")
MAX_CODINGS = 4
"""Of one body: servers use one, seldom two."""
_STEP_BYTES = 64 << 10


class BrokenBody(Exception):
    """A body that cannot be decoded as its headers say."""


class LongBody(Exception):
    """A body that is longer than the limit when its codings are removed."""


@dataclass(frozen=True)
class Response:
    """Headers in their order, names in lower case; the body as it was sent."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first of that name."""
        return next((value for each, value in self.headers if each == name), None)

    def list_values(self, name: str) -> list[str]:
        """The comma-separated values of all headers of that name, in lower case."""
        values = ",".join(value for each, value in self.headers if each == name).split(",")
        return [value.strip().lower() for value in values if value.strip()]


def parse_response(block: bytes) -> Response | None:
    """None: it is no response of HTTP."""
    status = _STATUS.match(block)
    if status is None:
        return None
    end = _HEAD_END.search(block)
    head = block if end is None else block[: end.start()]
    headers: list[tuple[str, str]] = []
    for line in head.decode("utf-8", "replace").split("\n")[1:]:
        if line[:1] in (" ", "\t") and headers:
            name, value = headers.pop()
            headers.append((name, f"{value} {line.strip()}"))
            continue
        name, colon, value = line.partition(":")
        if colon:
            headers.append((name.strip().lower(), value.strip()))
    return Response(int(status[1]), headers, b"" if end is None else block[end.end() :])


def decode_body(response: Response, *, max_bytes: int, is_cut: bool = False) -> bytes:
    """The body without its transfer and content codings.

    A coding that is stated and that the body visibly does not have was removed by whoever wrote the archive.
    is_cut: what the crawler left of a long body, of which as much is given as decodes. Raises BrokenBody,
    LongBody.
    """
    body = response.body
    if "chunked" in response.list_values("transfer-encoding"):
        body = _join_chunks(body, is_cut=is_cut)
    codings = [name for name in response.list_values("content-encoding") if name != "identity"]
    if len(codings) > MAX_CODINGS:
        raise BrokenBody(f"{len(codings)} content codings; {MAX_CODINGS} are the limit")
    for coding in reversed(codings):
        decode = _DECODERS.get(coding)
        if decode is None:
            if _is_text(body):
                continue
            raise BrokenBody(f"content coding {coding!r:.40} is not known")
        body = _decode(decode, body, coding=coding, max_bytes=max_bytes, is_cut=is_cut)
    if len(body) > max_bytes:
        raise LongBody
    return body


def _join_chunks(body: bytes, *, is_cut: bool) -> bytes:
    """A body that does not begin with a chunk is given as it is."""
    pieces: list[bytes] = []
    place = 0
    while True:
        size = _CHUNK.match(body, place)
        if size is None:
            if not pieces:
                return body
            if is_cut or not body[place:].strip():
                break
            raise BrokenBody(f"no chunk begins at byte {place} of the body")
        count = int(size[1], 16)
        if not count:
            break
        pieces.append(body[size.end() : size.end() + count])
        if len(pieces[-1]) < count:
            if len(pieces) == 1 and not is_cut:
                return body
            if is_cut:
                break
            raise BrokenBody(f"the chunk at byte {place} of the body has {len(pieces[-1])} of {count} bytes")
        place = size.end() + count
        place += 2 if body[place : place + 2] == b"\r\n" else body[place : place + 1] == b"\n"
    return b"".join(pieces)


Pieces = Iterator[bytes]


def _decode(
    decode: Callable[[bytes], Pieces], body: bytes, *, coding: str, max_bytes: int, is_cut: bool
) -> bytes:
    pieces: list[bytes] = []
    size = 0
    try:
        for piece in decode(body):
            size += len(piece)
            if size > max_bytes:
                raise LongBody
            pieces.append(piece)
    except _Undecodable as error:
        if not error.has_begun and _is_text(body):
            return body
        if not is_cut:
            raise BrokenBody(f"{coding}: {error}") from error
    return b"".join(pieces)


class _Undecodable(Exception):
    def __init__(self, detail: str, *, has_begun: bool) -> None:
        super().__init__(detail)
        self.has_begun = has_begun


def _is_text(body: bytes) -> bool:
    """Whether the first bytes are those of no compressed data."""
    head = body[:512]
    return not re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", head) if b"<" in head or head.isascii() else False


def _inflate(body: bytes, *, window: int) -> Pieces:
    """Members of gzip or zlib; zero bytes and others that begin none may follow the first."""
    members = 0
    while body:
        decoder = zlib_ng.decompressobj(window)
        has_begun = members > 0
        try:
            while not decoder.eof:
                piece = decoder.decompress(body, _STEP_BYTES)
                body = decoder.unconsumed_tail
                has_begun = has_begun or bool(piece)
                if piece:
                    yield piece
                elif not body and not decoder.eof:
                    raise _Undecodable("it has no end", has_begun=has_begun)
        except GZIP_ERROR as error:
            if members:
                return
            raise _Undecodable(str(error), has_begun=has_begun) from error
        body = decoder.unused_data if window == _GZIP else b""
        members += 1


_GZIP, _ZLIB, _DEFLATE = 31, 15, -15


def _gunzip(body: bytes) -> Pieces:
    return _inflate(body, window=_GZIP)


def _undeflate(body: bytes) -> Pieces:
    """zlib's format, or without its header, as some servers send it."""
    is_zlib = len(body) > 1 and body[0] & 15 == 8 and (body[0] << 8 | body[1]) % 31 == 0
    return _inflate(body, window=_ZLIB if is_zlib else _DEFLATE)


def _unbrotli(body: bytes) -> Pieces:
    import brotli

    decoder, has_begun = brotli.Decompressor(), False
    try:
        while not decoder.is_finished():
            piece = decoder.process(body, output_buffer_limit=_STEP_BYTES)
            body = b""
            has_begun = has_begun or bool(piece)
            if piece:
                yield piece
            elif decoder.can_accept_more_data() and not decoder.is_finished():
                raise _Undecodable("it has no end", has_begun=has_begun)
    except brotli.error as error:
        raise _Undecodable(str(error), has_begun=has_begun) from error


def _unzstandard(body: bytes) -> Pieces:
    has_begun = False
    reader = zstandard.ZstdDecompressor(max_window_size=8 << 20).stream_reader(body)
    try:
        while piece := reader.read(_STEP_BYTES):
            has_begun = True
            yield piece
    except zstandard.ZstdError as error:
        raise _Undecodable(str(error), has_begun=has_begun) from error


_DECODERS: dict[str, Callable[[bytes], Pieces]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _undeflate,
    "br": _unbrotli,
    "zstd": _unzstandard,
}
