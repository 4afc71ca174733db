"""Input files as they were planned: one size and mark before and after, and the digest of what was read."""

import hashlib
import io
from typing import Any

from layers import storage

_READ_BYTES = 1 << 20


class ChangedInput(Exception):
    """An input file is not what was planned: nothing that was read of it counts."""


def check_unchanged(url: str, *, size_bytes: int, mark: str) -> None:
    """Compare a file with the size and mark (modification time or etag) of the plan; raises ChangedInput."""
    try:
        size, actual = storage.stat_file(url)
    except FileNotFoundError as error:
        raise ChangedInput(f"{url} was planned and is gone") from error
    if size != size_bytes:
        raise ChangedInput(f"{url} had {size_bytes} bytes when it was planned and has {size} now")
    if actual != mark:
        raise ChangedInput(f"{url} was written to after it was planned")


class DigestingReader(io.RawIOBase):
    """A binary stream that digests bytes start to stop of a file while somebody reads them, in any order.

    What was not read from the front to the back is read by `finish`.
    """

    def __init__(self, url: str, *, start: int = 0, stop: int | None = None) -> None:
        super().__init__()
        self._url = url
        self._stream = storage.open_input(url)
        self._digest = hashlib.sha256()
        self._position = 0
        self._next = start
        """First byte that is not in the digest yet."""
        self._start = start
        self._stop = stop

    def read(self, size: int | None = -1) -> bytes:
        data = self._stream.read(-1 if size is None else size)
        self._add(data)
        self._position += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._position = self._stream.seek(offset, whence)
        return self._position

    def tell(self) -> int:
        return self._position

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self._stream.close()
        super().close()

    @property
    def span(self) -> tuple[int, int | None]:
        """First byte that is digested, and the one behind the last; None: the end of the file."""
        return self._start, self._stop

    def finish(self) -> tuple[str, int]:
        """(SHA-256 in hexadecimal, bytes) of start to stop, or to the end of the file; closes the stream."""
        self.close()
        if self._stop is None or self._next < self._stop:
            with storage.open_input(self._url) as stream:
                self._position = stream.seek(self._next)
                while data := stream.read(_READ_BYTES):
                    self._add(data)
                    self._position += len(data)
        return self._digest.hexdigest(), self._next - self._start

    def _add(self, data: bytes) -> None:
        first = self._next - self._position
        last = len(data) if self._stop is None else min(len(data), self._stop - self._position)
        if 0 <= first < last:
            self._digest.update(memoryview(data)[first:last])
            self._next += last - first
