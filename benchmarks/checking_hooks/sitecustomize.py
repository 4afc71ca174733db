"""For checking.py, in every process of its runs: adds up what checks of committed bytes take."""

import mmap
import os
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from layers.layer import Layer
from layers.shards import Shard

FOLDER = Path(os.environ["RHIZOTRON_CHECKING"])


class Account:
    """Nanoseconds of CPU and calls of this process, in a file that outlives it however it ends."""

    def __init__(self) -> None:
        self._process = 0
        self._memory: mmap.mmap | None = None

    def add(self, nanoseconds: int) -> None:
        if self._process != os.getpid() or self._memory is None:  # a forked worker has a file of its own
            self._process = os.getpid()
            path = FOLDER / f"{self._process}-{time.time_ns()}"
            path.write_bytes(bytes(16))
            with path.open("r+b") as file:
                self._memory = mmap.mmap(file.fileno(), 16)
        spent, calls = struct.unpack("<QQ", self._memory[:])
        self._memory[:] = struct.pack("<QQ", spent + nanoseconds, calls + 1)


ACCOUNT = Account()


def count(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, its CPU time in this thread accounted for."""

    def counted(*arguments: Any) -> Any:
        start = time.thread_time_ns()
        try:
            return function(*arguments)
        finally:
            ACCOUNT.add(time.thread_time_ns() - start)

    return counted


Shard._check = count(Shard._check)  # type: ignore[method-assign]
Layer._compare_whole = count(Layer._compare_whole)  # type: ignore[method-assign]
