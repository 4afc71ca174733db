"""Files behind HTTP as a file system that reads: of a URL its size and mark, and its bytes by ranges.

A server keeps no list of its files, so that each is named. One that gives whole files instead of ranges is
read all the same, by a temporary copy.
"""

import io
import re
import tempfile
from contextlib import ExitStack
from typing import Any, BinaryIO

from fsspec import AbstractFileSystem

from layers.http_ranges import SCHEMES, RangeReader, RefusedRange

_MIN_STEP, _MAX_STEP = 256 << 10, 8 << 20
"""Bytes of one request: the first, and of a file that is read on and on."""
_BUFFER_BYTES = 64 << 10
_ABSENT = {401, 403, 404, 410}
"""Statuses of a server that has no such file for us; object stores answer 403 for what is not there."""
_MAGIC = re.compile(r"[*\[]")

MAX_REQUESTS_PER_SECOND = 50
"""To one host, from one process."""
_reader = RangeReader(host_interval_seconds=1 / MAX_REQUESTS_PER_SECOND, max_requests=16)
"""For all files of this process, which keep its limits together."""


def is_http(url: str) -> bool:
    return url.startswith(SCHEMES)


class HttpFiles(AbstractFileSystem):
    """Reads files whose names are their URLs. Raises FileNotFoundError, and OSError for what may pass."""

    protocol = ("http", "https")
    cachable = False

    def __init__(self, reader: RangeReader | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._reader = _reader if reader is None else reader

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return path

    def info(self, path: str, **options: Any) -> dict[str, Any]:
        try:
            size, mark = self._reader.stat(path)
        except RefusedRange as refused:
            raise explain(refused, url=path) from refused
        return {"name": path, "size": size, "type": "file", "etag": mark}

    def exists(self, path: str, **options: Any) -> bool:
        try:
            self.info(path)
        except FileNotFoundError:
            return False
        return True

    def ls(self, path: str, detail: bool = True, **options: Any) -> list[Any]:
        return [self.info(path)] if detail else [path]

    def glob(self, path: str, maxdepth: int | None = None, **options: Any) -> Any:
        if _MAGIC.search(path):
            raise OSError(f"{path}: a server of HTTP lists no files; name each, or a list of their paths")
        found = {path: self.info(path)} if self.exists(path) else {}
        return found if options.get("detail") else [*found]

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **options: Any) -> bytes:
        with self.open(path, "rb") as stream:
            stream.seek(start or 0)
            return bytes(stream.read(-1 if end is None else end - (start or 0)))

    def open(self, path: str, mode: str = "rb", **options: Any) -> BinaryIO:
        if mode != "rb":
            raise OSError(f"{path} can only be read")
        size = self.info(path)["size"]
        return io.BufferedReader(_RangedFile(path, size_bytes=size, reader=self._reader), _BUFFER_BYTES)


def explain(refused: RefusedRange, *, url: str) -> OSError:
    """What a refusal is to whoever reads files."""
    if refused.status in _ABSENT:
        return FileNotFoundError(f"{url}: {refused}")
    return OSError(f"{url}: {refused}")


class _RangedFile(io.RawIOBase):
    """Holds the last range that was asked for; ranges grow as long as one follows another."""

    def __init__(self, url: str, *, size_bytes: int, reader: RangeReader) -> None:
        super().__init__()
        self._url = url
        self._size = size_bytes
        self._reader = reader
        self._position = 0
        self._start, self._held = 0, b""
        """The range that is held, and where it begins."""
        self._step = _MIN_STEP
        self._copy: BinaryIO | None = None
        """The whole file, where the server gives no ranges."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(base + offset, 0)
        return self._position

    def readinto(self, buffer: Any) -> int:
        count = min(len(buffer), self._size - self._position)
        if count <= 0:
            return 0
        if not self._start <= self._position < self._start + len(self._held):
            self._fetch(count)
        place = self._position - self._start
        data = self._held[place : place + count]
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        if self._copy is not None:
            self._copy.close()
        super().close()

    def _fetch(self, wanted: int) -> None:
        """Hold the bytes from the position on, as many as are wanted or more, within the largest step."""
        follows = self._held and self._position == self._start + len(self._held)
        self._step = min(self._step * 2, _MAX_STEP) if follows else _MIN_STEP
        length = min(max(self._step, min(wanted, _MAX_STEP)), self._size - self._position)
        if self._copy is None:
            try:
                self._held = self._reader.read(self._url, start=self._position, length=length)
                self._start = self._position
                return
            except RefusedRange as refused:
                if refused.status != 200:
                    raise explain(refused, url=self._url) from refused
                self._copy = self._copy_whole()
        self._copy.seek(self._position)
        self._start, self._held = self._position, self._copy.read(length)

    def _copy_whole(self) -> BinaryIO:
        with ExitStack() as stack:
            copy = stack.enter_context(tempfile.TemporaryFile())
            try:
                self._reader.copy(self._url, copy, size=self._size)
            except RefusedRange as refused:
                raise explain(refused, url=self._url) from refused
            stack.pop_all()  # closed with this stream
        return copy
