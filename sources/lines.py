"""Cutting files into lines: byte ranges that cover every line exactly once, in bounded memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.layers.storage import InputFile
from sources.base import Span
from sources.compression import DamagedStream, is_compressed, read_chunks

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
    url: str, *, start: int = 0, stop: int | None = None, max_line_bytes: int
) -> Iterator[Lines | LongLine | Damage]:
    """The lines whose first byte lies in [start, stop), in order; Damage, if any, comes last.

    Lines end at \\n only; the last one may lack it. A byte order mark at byte 0 is skipped.
    The sizes over all ranges of a file add up to the file's (decompressed) size.
    """
    assembler = _Assembler(max_line_bytes=max_line_bytes)
    position = max(start - 1, 0)
    inside = start > 0  # in a line of the range before, up to a newline at byte start - 1 or later
    try:
        for chunk in read_chunks(url, start=position, stop=stop):
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
        self._pieces: list[bytes] = []

    def add(self, chunk: bytes, *, offset: int) -> Iterator[Lines | LongLine]:
        """The lines that this chunk, which begins at byte offset, completes."""
        if not self.held:
            self.offset = offset
        cut = chunk.rfind(b"\n")
        if cut >= 0:
            if self.held + cut <= self._max_line_bytes:
                yield self._take(b"".join([*self._pieces, chunk[:cut]]), newline=1)
            else:
                yield from self._add_long(chunk[: cut + 1])
            self._reset(offset + cut + 1)
        rest = chunk[cut + 1 :]
        self.held += len(rest)
        if self.held <= self._max_line_bytes:
            self._pieces.append(rest)
        else:
            self._pieces.clear()

    def finish(self) -> Iterator[Lines | LongLine]:
        """The last line of the file, which has no newline."""
        if self.held > self._max_line_bytes:
            yield LongLine(self.offset, self.held, self.held)
        elif self.held:
            yield self._take(b"".join(self._pieces), newline=0)

    def _add_long(self, chunk: bytes) -> Iterator[Lines | LongLine]:
        """Line by line: at least one may be over the limit. The chunk ends with a newline."""
        for line in chunk.split(b"\n")[:-1]:
            length = self.held + len(line)
            if length > self._max_line_bytes:
                yield LongLine(self.offset, length, length + 1)
            else:
                yield self._take(b"".join([*self._pieces, line]), newline=1)
            self._reset(self.offset + length + 1)

    def _take(self, block: bytes, *, newline: int) -> Lines:
        size = len(block) + newline
        if self.offset == 0 and block.startswith(BYTE_ORDER_MARK):
            return Lines(len(BYTE_ORDER_MARK), block[len(BYTE_ORDER_MARK) :].split(b"\n"), size)
        return Lines(self.offset, block.split(b"\n"), size)

    def _reset(self, offset: int) -> None:
        self.offset, self.held = offset, 0
        self._pieces.clear()
