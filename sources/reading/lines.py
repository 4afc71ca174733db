"""Cutting files into lines: byte ranges that cover every line exactly once, in bounded memory."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from layers import storage
from layers.storage import InputFile
from sources.base import Span
from sources.reading.compression import DamagedStream, is_compressed, read_chunks

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Lines:
    """Consecutive lines, without their newlines; size counts every byte that they stand for."""

    offset: int
    """First byte of the first line; each line ends one newline before the next begins."""
    lines: Sequence[bytes]
    size: int


@dataclass(frozen=True)
class LongLine:
    """A line over the limit, counted but not kept; length excludes its newline, size includes it."""

    offset: int
    length: int
    size: int


@dataclass(frozen=True)
class Damage:
    """The file does not decode behind here; length bytes of a cut line came before that."""

    offset: int
    length: int
    reason: str
    detail: str


def split_lines(file: InputFile, *, unit_bytes: int) -> Sequence[Span]:
    """Byte ranges of unit_bytes; a compressed file is one span. A line belongs to its first byte's range."""
    if is_compressed(file.uri) or file.size_bytes <= unit_bytes:
        return [(0, None)]
    starts = range(0, file.size_bytes, unit_bytes)
    return [*((start, start + unit_bytes) for start in starts[:-1]), (starts[-1], None)]


def read_lines(
    url: str,
    *,
    start: int = 0,
    stop: int | None = None,
    max_line_bytes: int,
    open_input: Callable[[str], BinaryIO] = storage.open_input,
    on_read: Callable[[int], None] | None = None,
) -> Iterator[Lines | LongLine | Damage]:
    """The lines whose first byte lies in [start, stop), in order; Damage, if any, comes last.

    Lines end at \\n only; the last one may lack it. A byte order mark at byte 0 is skipped.
    The sizes over all ranges of a file add up to the file's (decompressed) size. on_read as in read_chunks.
    """
    assembler = _Assembler(max_line_bytes=max_line_bytes)
    position = max(start - 1, 0)
    inside = start > 0  # in a line of the range before, up to a newline at byte start - 1 or later
    try:
        for chunk in read_chunks(url, start=position, stop=stop, open_input=open_input, on_read=on_read):
            if inside:
                cut = chunk.find(b"\n") + 1
                inside = not cut
                position += cut or len(chunk)
                if stop is not None and position >= stop:
                    return
                if inside:
                    continue
                chunk = chunk[cut:]
            end = -1
            if stop is not None and position + len(chunk) >= stop:
                end = chunk.find(b"\n", max(stop - 1 - position, 0))
            yield from assembler.add(chunk if end < 0 else chunk[: end + 1], offset=position)
            if end >= 0:
                return
            position += len(chunk)
    except DamagedStream as damage:
        yield Damage(assembler.offset, assembler.held, damage.reason, damage.detail)
        return
    yield from assembler.finish()


class _Assembler:
    """Joins chunks to whole lines; holds at most max_line_bytes of an unfinished one."""

    def __init__(self, *, max_line_bytes: int) -> None:
        self.offset = 0
        """First byte of the unfinished line."""
        self.held = 0
        """Bytes of it so far."""
        self._max_line_bytes = max_line_bytes
        # grows in place and gives its content away without a copy; a list of pieces leaves holes in the heap
        self._buffer = BytesIO()

    def add(self, chunk: bytes, *, offset: int) -> Iterator[Lines | LongLine]:
        """The lines that this chunk, which begins at byte offset, completes."""
        if not self.held:
            self.offset = offset
        view, start = memoryview(chunk), 0
        if self.held > len(chunk):  # a long line comes alone: whoever cuts a block into lines copies them
            end = chunk.find(b"\n")
            if end >= 0 and self.held + end <= self._max_line_bytes:
                yield self._take(view[:end], newline=1)
                start = end + 1
                self._reset(offset + start)
        cut = chunk.rfind(b"\n")
        if cut >= start:
            if self.held + cut - start <= self._max_line_bytes:
                yield self._take(view[start:cut], newline=1)
            else:
                yield from self._add_long(chunk[start : cut + 1])
            self._reset(offset + cut + 1)
        unfinished = view[max(cut + 1, start) :]
        self.held += len(unfinished)
        if self.held <= self._max_line_bytes:
            self._buffer.write(unfinished)
        else:
            self._buffer = BytesIO()

    def finish(self) -> Iterator[Lines | LongLine]:
        """The last line of the file, which has no newline."""
        if self.held > self._max_line_bytes:
            yield LongLine(self.offset, self.held, self.held)
        elif self.held:
            yield self._take(b"", newline=0)

    def _add_long(self, chunk: bytes) -> Iterator[Lines | LongLine]:
        """Line by line: at least one may be over the limit. The chunk ends with a newline."""
        for line in chunk.split(b"\n")[:-1]:
            length = self.held + len(line)
            if length > self._max_line_bytes:
                yield LongLine(self.offset, length, length + 1)
            else:
                yield self._take(line, newline=1)
            self._reset(self.offset + length + 1)

    def _take(self, end: bytes | memoryview, *, newline: int) -> Lines:
        """What is held, with its end, and is then no longer held here."""
        self._buffer.write(end)
        block = self._buffer.getvalue()
        self._buffer = BytesIO()
        size = len(block) + newline
        if self.offset == 0 and block.startswith(BYTE_ORDER_MARK):
            return Lines(len(BYTE_ORDER_MARK), block[len(BYTE_ORDER_MARK) :].split(b"\n"), size)
        return Lines(self.offset, block.split(b"\n"), size)

    def _reset(self, offset: int) -> None:
        self.offset, self.held = offset, 0
        if self._buffer.tell():
            self._buffer = BytesIO()


@dataclass(frozen=True)
class LineBatch:
    """Consecutive lines without their line ends, as the bytes that they are: nothing was validated."""

    texts: pa.LargeStringArray
    cut: Sequence[int]
    """Indices of lines over the limit, of which only the beginning is here."""


def batch_lines(chunks: Iterable[bytes], *, max_lines: int, max_line_bytes: int) -> Iterator[LineBatch]:
    """The lines of a stream, in order: after each chunk those that it completes, at most max_lines at once.

    Lines end at \\n only; a \\r before it is framing, the last line may lack it, and a byte order mark at the
    start is skipped. A line of more than max_line_bytes is cut to them. Memory: a chunk and a line.
    """
    pieces: list[bytes] = []
    held = 0
    most = max_line_bytes + len(BYTE_ORDER_MARK) + len(b"\r") + 1  # enough to see that a line is too long
    at_start = True
    for chunk in chunks:
        cut = chunk.rfind(b"\n") + 1
        if cut:
            block = b"".join([*pieces, chunk[:cut]])
            yield from _slice_lines(block, max_lines=max_lines, limit=max_line_bytes, at_start=at_start)
            pieces, held, at_start = [], 0, False
        unfinished = chunk[cut:][: most - held]
        if unfinished:
            pieces.append(unfinished)
            held += len(unfinished)
    if held:
        block = b"".join([*pieces, b"\n"])
        yield from _slice_lines(block, max_lines=max_lines, limit=max_line_bytes, at_start=at_start)


def _slice_lines(block: bytes, *, max_lines: int, limit: int, at_start: bool) -> Iterator[LineBatch]:
    """The lines of a block that ends with a newline."""
    values = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(values == 10)
    starts = np.concatenate([[0], ends[:-1] + 1])
    if at_start and block.startswith(BYTE_ORDER_MARK):
        starts[0] = len(BYTE_ORDER_MARK)
    returns = (ends > starts) & (values[ends - 1] == 13)
    lengths = ends - starts - returns
    kept = np.ones(len(values), bool)
    kept[: starts[0]] = False
    kept[ends] = False
    kept[ends[returns] - 1] = False
    too_long = np.flatnonzero(lengths > limit)
    for line in too_long:
        kept[starts[line] + limit : ends[line]] = False
    offsets = np.concatenate([[0], np.cumsum(np.minimum(lengths, limit))])
    buffers = (pa.py_buffer(offsets.astype(np.int64)), pa.py_buffer(values[kept]))
    texts = pa.LargeStringArray.from_buffers(len(ends), *buffers)
    for first in range(0, len(ends), max_lines):
        inside = too_long[(too_long >= first) & (too_long < first + max_lines)]
        yield LineBatch(texts.slice(first, max_lines), (inside - first).tolist())
