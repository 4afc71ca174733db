"""A file that is digested while it is written."""

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import xxhash


class HashingFile:
    """A file that digests what passes through it, whole and by segment; shards are written front to back."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._digest = hashlib.sha256()
        self._segment = xxhash.xxh3_64()
        self.size = 0
        self.segments: list[str] = []
        self.ends: list[int] = []
        """First byte behind each segment."""
        self.closed = False
        self._is_abandoned = False

    def write(self, data: Any) -> int:
        if self._is_abandoned:
            return len(memoryview(data).cast("B"))
        self._digest.update(data)
        self._segment.update(data)
        try:
            count = self._file.write(data)
        except OSError as error:
            error.filename = self._file.name
            raise
        self.size += count
        return count

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()
        self.closed = True

    def abandon(self) -> None:
        """Close a file that an error left unfinished and that is to be removed.

        What Arrow still holds for it goes nowhere: it writes that when its objects die, and would print a
        traceback over the error that counts.
        """
        self._is_abandoned = True
        with suppress(OSError):  # a full disk cannot take the last bytes either
            self._file.close()
        self.closed = True

    def end_segment(self) -> None:
        """What has come since the last segment is one."""
        self.segments.append(self._segment.hexdigest())
        self.ends.append(self.size)
        self._segment.reset()

    def hexdigest(self) -> str:
        return self._digest.hexdigest()
