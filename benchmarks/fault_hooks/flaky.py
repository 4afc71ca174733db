"""flaky:///PATH: the files of this machine, as a bad disk gives them.

None opens before the time in RHIZOTRON_FLAKY_UNTIL; each ends early while there is a file RHIZOTRON_SHORT.
"""

import errno
import io
import os
import time
from typing import Any

from fsspec.implementations.local import LocalFileSystem

UNTIL = os.environ.get("RHIZOTRON_FLAKY_UNTIL", "")
"""A file with seconds since 1970; beside it, .refused grows by a byte with each refusal."""
SHORT = os.environ.get("RHIZOTRON_SHORT", "")
"""A file with the share of each file that is read while it exists; its size is that of the whole."""


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
        if os.path.exists(SHORT):
            with open(SHORT, encoding="ascii") as short, open(path, "rb") as whole:
                data = whole.read()
                return io.BytesIO(data[: int(float(short.read()) * len(data))])
        return super()._open(path, *args, **kwargs)
