"""The one way to compile a kernel: cached on disk under a key made of all kernel sources.

Numba's own cache does not notice an edit to a helper in another file, so the folder's name
is a hash of every file of this package.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numba
import numpy as np
import pyarrow as pa

_P = ParamSpec("_P")
_R = TypeVar("_R")


@cache
def cache_folder() -> Path:
    """Folder of compiled kernels: RHIZOTRON_CACHE, else the user's cache, else a temporary folder."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    base = Path(os.environ.get("RHIZOTRON_CACHE") or Path.home() / ".cache" / "rhizotron")
    for folder in (
        base / "kernels" / digest,
        Path(tempfile.gettempdir()) / f"rhizotron-{os.getuid()}" / digest,
    ):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    raise PermissionError(f"no writable folder for compiled kernels; set RHIZOTRON_CACHE (tried {base})")


def kernel(function: Callable[_P, _R], **options: bool) -> Callable[_P, _R]:
    """Compile to machine code: nogil, cached, no fastmath, no parallel, so results are deterministic."""
    previous = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(cache_folder())  # read when the decorator runs; restored for other users
    try:
        compiled: Any = numba.njit(nogil=True, cache=True, **options)(function)
    finally:
        numba.config.CACHE_DIR = previous
    return compiled  # type: ignore[no-any-return]


def kernel_without_references(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """A kernel that makes no arrays: without Numba's run time, no references are counted, which is atomic."""
    return kernel(function, _nrt=False)


def inlined_kernel(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """A helper of one kernel, made part of it: a call with arrays costs two atomic operations for each."""
    compiled: Any = numba.njit(nogil=True, inline="always")(function)
    return compiled  # type: ignore[no-any-return]


def text_buffers(texts: pa.LargeStringArray) -> tuple[np.ndarray, np.ndarray]:
    """(UTF-8 bytes, int64 offsets) of n texts without copying: n texts → n + 1 offsets into the bytes.

    The array must have no nulls. Offsets are absolute: offsets[0] need not be 0 in a slice. Both are
    read-only, whatever allocated them: to Numba a writable array is another type, compiled again.
    """
    if texts.null_count:
        raise ValueError("texts must not be null")
    _, offsets, data = texts.buffers()
    values = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(0, np.uint8)
    ends = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    starts = ends if len(ends) else np.zeros(1, np.int64)
    values.flags.writeable = starts.flags.writeable = False
    return values, starts
