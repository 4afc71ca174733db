"""flaky:///PATH: the files of this machine, none of which opens before the time in RHIZOTRON_FLAKY_UNTIL."""

import errno
import os
import time
from typing import Any

from fsspec.implementations.local import LocalFileSystem

UNTIL = os.environ.get("RHIZOTRON_FLAKY_UNTIL", "")
"""A file with seconds since 1970; beside it, .refused grows by a byte with each refusal."""


class FlakyFileSystem(LocalFileSystem):
    protocol = "flaky"

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        return LocalFileSystem._strip_protocol(str(path).removeprefix("flaky://"))

    def _open(self, path: str, *args: Any, **kwargs: Any) -> Any:
        if os.path.exists(UNTIL):
            with open(UNTIL, encoding="ascii") as until:
                fails = time.time() < float(until.read())
            if fails:
                with open(f"{UNTIL}.refused", "ab") as refused:
                    refused.write(b".")
                raise OSError(errno.EIO, "the source does not answer", path)
        return super()._open(path, *args, **kwargs)
