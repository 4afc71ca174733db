"""One door to file systems: local paths and fsspec URLs (gs://, s3://, memory://) behave alike."""

import errno
import hashlib
import io
import os
import secrets
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import fsspec

from layers import hub
from layers.http_files import HttpFiles, is_http

TEMPORARY_PREFIX = ".tmp-"
"""Names that start so are unfinished; `rhizotron clean` removes them."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Errors of a write, which does not say to which file."""

_unfinished: set[Path] = set()
"""Temporary files of this process, whether they have been made or not."""
_making = threading.RLock()
_ending = threading.Event()


@dataclass(frozen=True, order=True)
class InputFile:
    """One input file: its path relative to the source's root, and what identifies its content cheaply."""

    uri: str
    size_bytes: int
    mark: str
    """etag, or modification time: the quick check that the file is still the same."""


def is_remote(url: str) -> bool:
    return "://" in url and not url.startswith("file://")


def local_path(url: str) -> Path:
    return Path(url.removeprefix("file://"))


def join(base: str, *parts: str) -> str:
    """base/part/part for local paths and URLs alike; an absolute part replaces base."""
    url = base
    for part in parts:
        absolute = "://" in part or os.path.isabs(part)
        url = part if absolute else f"{url.rstrip('/')}/{part}" if url else part
    return url


def open_filesystem(url: str) -> tuple[fsspec.AbstractFileSystem, str]:
    """The file system of a URL, and the path in it."""
    if hub.is_dataset(url):
        return hub.open_dataset(url)
    if is_http(url):
        return HttpFiles(skip_instance_cache=True), url
    # another process may have written since this one last looked: no cached listings
    found = fsspec.core.url_to_fs(url, use_listings_cache=False)
    return cast("tuple[fsspec.AbstractFileSystem, str]", found)


def name_of(url: str) -> str:
    """The last part of a path or URL."""
    return url.rstrip("/").rsplit("/", 1)[-1]


def exists(url: str) -> bool:
    if is_remote(url):
        fs, path = open_filesystem(url)
        return bool(fs.exists(path))
    return local_path(url).exists()


def size_bytes(url: str) -> int:
    """Size of a file; raises FileNotFoundError."""
    if is_remote(url):
        fs, path = open_filesystem(url)
        return int(fs.size(path))
    return local_path(url).stat().st_size


def stat_file(url: str) -> tuple[int, str]:
    """(size in bytes, mark) of a file: modification time or etag; raises FileNotFoundError."""
    if is_remote(url):
        fs, path = open_filesystem(url)
        info = fs.info(path)
        return int(info["size"]), remote_mark(info)
    stat = local_path(url).stat()
    return stat.st_size, str(stat.st_mtime_ns)


def remote_mark(info: Mapping[str, Any]) -> str:
    """The mark of a file, from what its file system says of it."""
    return str(info.get("etag") or info.get("ETag") or info.get("mtime") or "")


def open_input(url: str) -> BinaryIO:
    """A seekable binary reader."""
    if is_remote(url):
        fs, path = open_filesystem(url)
        return cast(BinaryIO, fs.open(path, "rb"))
    return open(local_path(url), "rb")


def read_bytes(url: str) -> bytes:
    with open_input(url) as stream:
        return stream.read()


def read_range(url: str, *, start: int, stop: int) -> bytes:
    """Bytes start to stop of a file; fewer where it ends before."""
    if is_remote(url):
        fs, path = open_filesystem(url)
        return bytes(fs.cat_file(path, start=start, end=stop))
    with open(local_path(url), "rb") as stream:
        stream.seek(start)
        return stream.read(stop - start)


def temporary_path(target: str) -> Path:
    """A local name of no file yet, to write before `publish` makes it target: `create` makes the file.

    Locally it lies beside target, so that os.replace is atomic. A caller notes the name down before it
    creates the file, so that an interrupt at any point leaves nothing behind, and gives it to `discard`.
    """
    folder = Path(tempfile.gettempdir()) if is_remote(target) else local_path(target).parent
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}"
    _unfinished.add(path)
    return path


def create(path: Path) -> None:
    """Make an empty file, for whom the umask lets; raises FileExistsError, InterruptedError at the end."""
    with _making:
        if _ending.is_set():
            raise InterruptedError(f"{path} is not made: this process is ending")
        path.touch(exist_ok=False)


def discard(path: Path) -> None:
    """Remove a temporary file if it is there still."""
    path.unlink(missing_ok=True)
    _unfinished.discard(path)


def end_writing() -> None:
    """Remove all temporary files of this process, which makes no more: for a process that is to end now."""
    with _making:
        _ending.set()
    # a thread may have been about to open what it has made: until nothing comes back
    while left := [path for path in [*_unfinished] if path.exists()]:
        for path in left:
            path.unlink(missing_ok=True)


def publish(local: Path, target: str) -> None:
    """Make a finished temporary file target, in one step.

    A remote target is uploaded whole: a buffered remote file would finalise a partial upload
    when an exception leaves its block.
    """
    if is_remote(target):
        fs, key = open_filesystem(target)
        fs.makedirs(os.path.dirname(key), exist_ok=True)
        fs.put_file(str(local), key)
        local.unlink()
    else:
        os.replace(local, local_path(target))


@contextmanager
def atomic_path(target: str) -> Iterator[Path]:
    """A local path to write; it becomes target in one step when the block ends well, else it vanishes."""
    path = temporary_path(target)
    try:
        create(path)
        yield path
        publish(path, target)
    except OSError as error:
        if error.errno in _FULL and error.filename is None:
            error.filename = str(path)
        raise
    finally:
        discard(path)


def write_bytes(target: str, data: bytes) -> None:
    """Write a whole file in one step."""
    with atomic_path(target) as path:
        path.write_bytes(data)


def create_bytes(target: str, data: bytes) -> None:
    """Write a file that does not exist yet; raises FileExistsError.

    Of two processes that do it at once, one fails: the store is asked to refuse where there is an object
    (GCS: ifGenerationMatch=0, S3: If-None-Match), and so is the local file system.
    """
    if not is_remote(target):
        local_path(target).parent.mkdir(parents=True, exist_ok=True)
        with local_path(target).open("xb") as stream:
            stream.write(data)
        return
    fs, key = open_filesystem(target)
    fs.makedirs(os.path.dirname(key), exist_ok=True)
    try:
        fs.pipe_file(key, data, mode="create")
    except OSError as error:
        if error.errno == errno.EBUSY:  # S3, while another request for the same object is under way
            raise FileExistsError(target) from error
        raise


def digest_file(url: str) -> tuple[str, int]:
    """(SHA-256 in hexadecimal, size in bytes) of a whole file."""
    digest = hashlib.sha256()
    size = 0
    buffer = memoryview(bytearray(1 << 18))  # one for all reads: new ones cost a fifth of the digest
    with cast(io.BufferedIOBase, open_input(url)) as stream:
        while count := stream.readinto(buffer):
            digest.update(buffer[:count])
            size += count
    return digest.hexdigest(), size


@dataclass(frozen=True)
class Fetched:
    """A file as it is on this machine."""

    path: Path
    sha256: str
    bytes: int


@contextmanager
def fetched(url: str) -> Iterator[Fetched]:
    """A file to read locally, with its digest; a remote one is read once, to a temporary file."""
    if not is_remote(url):
        yield Fetched(local_path(url), *digest_file(url))
        return
    with tempfile.NamedTemporaryFile(prefix=TEMPORARY_PREFIX) as copy:
        with open_input(url) as stream:
            shutil.copyfileobj(stream, copy, 1 << 20)
        copy.flush()
        yield Fetched(Path(copy.name), *digest_file(copy.name))


def list_tree(root: str) -> list[str]:
    """Paths of all files below root, relative to it, sorted; empty when root does not exist."""
    if is_remote(root):
        fs, base = open_filesystem(root)
        found = fs.find(base) if fs.exists(base) else []
        return sorted(path[len(base) :].lstrip("/") for path in found)
    base_path = local_path(root)
    return sorted(
        os.path.relpath(os.path.join(folder, name), base_path)
        for folder, _, names in os.walk(base_path)
        for name in names
    )


def list_files(root: str) -> list[InputFile]:
    """All files below root with size and mark, sorted; empty when root does not exist."""
    if is_remote(root):
        fs, base = open_filesystem(root)
        listed = fs.find(base, detail=True) if fs.exists(base) else {}
        return sorted(
            InputFile(name[len(base) :].lstrip("/"), int(info["size"]), remote_mark(info))
            for name, info in listed.items()
        )
    files = []
    for uri in list_tree(root):
        with suppress(FileNotFoundError):  # removed between listing and stat, or a link to nothing
            stat = (local_path(root) / uri).stat()
            files.append(InputFile(uri, stat.st_size, str(stat.st_mtime_ns)))
    return files


def remove(url: str) -> None:
    """Remove a file or a tree; nothing happens when it does not exist."""
    if is_remote(url):
        fs, path = open_filesystem(url)
        if fs.exists(path):
            fs.rm(path, recursive=True)
        return
    local = local_path(url)
    if local.is_dir() and not local.is_symlink():
        shutil.rmtree(local)
    else:
        local.unlink(missing_ok=True)


def move(url: str, target: str) -> None:
    """Move a file where nobody reads it; nothing happens when it does not exist."""
    if is_remote(url):
        fs, path = open_filesystem(url)
        if fs.exists(path):
            fs.mv(path, open_filesystem(target)[1])
        return
    local_path(target).parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        os.replace(local_path(url), local_path(target))
