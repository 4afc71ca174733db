"""Records of a file that belong together, brought together in temporary files: memory holds one of these."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from typing import IO

from layers import storage
from sources.reading.compression import is_compressed

_MAX_BUCKETS = 512
_HELD_BYTES = 256 << 10
"""Of a bucket, before it is a file."""
_COMPRESSED_GROWTH = 8
"""What a compressed file is taken to grow by."""


class Spool:
    """Lines by the number of their group: a group is in one bucket, which is read as it was written."""

    def __init__(self, buckets: int) -> None:
        self._files: list[IO[bytes]] = []
        self._stack = ExitStack()
        self._buckets = buckets

    @classmethod
    def for_file(cls, url: str, *, bucket_bytes: int) -> "Spool":
        """As many buckets as the records of a file fill, about."""
        growth = _COMPRESSED_GROWTH if is_compressed(url) else 1
        return cls(min(storage.size_bytes(url) * growth // bucket_bytes + 1, _MAX_BUCKETS))

    def __enter__(self) -> "Spool":
        for _ in range(self._buckets):
            file = tempfile.SpooledTemporaryFile(max_size=_HELD_BYTES)
            self._files.append(self._stack.enter_context(file))
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def add(self, group: int, line: bytes) -> None:
        """Add a record, which has no line end in it."""
        self._files[group % self._buckets].write(line + b"\n")

    def buckets(self) -> Iterator[Iterator[bytes]]:
        """The lines of each bucket, in the order in which they came."""
        for file in self._files:
            file.seek(0)
            yield iter(file)
