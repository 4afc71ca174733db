"""Keeping two drivers off one output."""

import fcntl
import getpass
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from layers import storage
from pipeline.errors import OutputLocked, RunError
from pipeline.job import Job

_LOCK = ".lock"


@dataclass(frozen=True)
class Holder:
    """Who holds a lock, as its file says."""

    host: str
    process: int
    user: str
    since: str
    token: str
    """Tells two holders apart that are alike in everything else."""
    job: str = ""
    """A job on a cluster that the driver waits for."""
    left: bool = False
    """The driver has gone and the job has not: only a person can tell when it is over."""

    def __str__(self) -> str:
        job = f", for {self.job}" if self.job else ""
        return f"process {self.process} of {self.user} on {self.host}, since {self.since}{job}"

    def to_json(self) -> str:
        return json.dumps(asdict(self))


class Lock:
    """A lock that is held, and what its file says."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.holder = _this_process()

    def name_job(self, job: str) -> None:
        """Say in the lock which job on a cluster it is held for."""
        self.holder = replace(self.holder, job=job)
        self.write()

    def leave(self) -> None:
        """Keep others off after the block too: the job goes on."""
        self.holder = replace(self.holder, left=True)
        self.write()

    def write(self) -> None:
        raise NotImplementedError


def has_driver(job: Job) -> bool:
    """Whether the output is still locked by the driver that the job works for.

    Flink's job server says that a job is cancelled and lets it go on, to the end or into the next run.
    """
    if not job.driver:
        return True
    holder = _read_holder(_read_object(_lock_url(job)))
    return holder is not None and holder.token == job.driver


def _lock_url(job: Job) -> str:
    return storage.join(job.output, _LOCK)


@contextmanager
def lock_output(job: Job) -> Iterator[Lock]:
    """Hold the lock of an output; raises OutputLocked, which says who has it and how it is removed.

    On a file system the lock of a dead driver is free again. An object store has no such locks: there it is
    an object that only one driver can create, and a killed driver leaves it behind.
    """
    with lock_folder(job.output) as held:
        yield held


@contextmanager
def lock_folder(output: str) -> Iterator[Lock]:
    """`lock_output` of a folder or URL."""
    url = storage.join(output, _LOCK)
    lock = _lock_object(url, output=output) if storage.is_remote(url) else _lock_file(url, output)
    with lock as held:
        yield held


class _FileLock(Lock):
    def __init__(self, url: str, *, handle: TextIO) -> None:
        super().__init__(url)
        self._handle = handle

    def clear(self) -> None:
        self._handle.seek(0)
        self._handle.truncate()

    def write(self) -> None:
        self.clear()
        self._handle.write(self.holder.to_json())
        self._handle.flush()


@contextmanager
def _lock_file(url: str, output: str) -> Iterator[Lock]:
    with _open_lock(storage.local_path(url)) as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.seek(0)
            raise OutputLocked(f"{output} is in use by {_describe(handle.read())}") from error
        handle.seek(0)
        _refuse_left(_read_holder(handle.read()), url=url, output=output)
        lock = _FileLock(url, handle=handle)
        lock.write()
        try:
            yield lock
        finally:
            if not lock.holder.left:
                lock.clear()


def _open_lock(path: Path) -> TextIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a+", encoding="utf-8")
    except OSError as error:
        raise RunError(
            f"{path.parent} cannot be written to ({error.strerror}: {error.filename}); choose another --out"
        ) from error


class _ObjectLock(Lock):
    def write(self) -> None:
        storage.write_bytes(self.url, self.holder.to_json().encode())


@contextmanager
def _lock_object(url: str, *, output: str) -> Iterator[Lock]:
    lock = _ObjectLock(url)
    try:
        try:
            storage.create_bytes(url, lock.holder.to_json().encode())
        except FileExistsError as error:
            text = _read_object(url)
            holder = _read_holder(text)
            # with our token, an answer was lost and the store asked again
            if holder is None or holder.token != lock.holder.token:
                _refuse_left(holder, url=url, output=output)
                raise OutputLocked(
                    f"{output} is in use by {_describe(text)}{_end(holder)}; "
                    f"if that driver is dead, remove its lock: {_removal(url)}"
                ) from error
        yield lock
    finally:
        held = _read_holder(_read_object(url))
        if held is not None and held.token == lock.holder.token and not held.left:
            storage.remove(url)


def _read_object(url: str) -> str:
    with suppress(FileNotFoundError):  # its driver has just ended
        return storage.read_bytes(url).decode()
    return ""


def _refuse_left(holder: Holder | None, *, url: str, output: str) -> None:
    if holder is not None and holder.left:
        raise OutputLocked(
            f"{output} may still be written to by {holder.job}, which {holder.user} left running on "
            f"{holder.since}; when it is over or cancelled, remove the lock: {_removal(url)}"
        )


def _read_holder(text: str) -> Holder | None:
    try:
        return Holder(**json.loads(text))
    except (ValueError, TypeError):
        return None


def _describe(text: str) -> str:
    return str(_read_holder(text) or text.strip() or "an unknown process")


def _end(holder: Holder | None) -> str:
    if holder is None or holder.host != os.uname().nodename:
        return ""
    try:
        os.kill(holder.process, 0)
    except ProcessLookupError:
        return " (no such process is running any more)"
    except PermissionError:
        return ""
    return ""


def _removal(url: str) -> str:
    command = {"gs": "gcloud storage rm", "s3": "aws s3 rm"}.get(url.partition("://")[0], "rm")
    return f"{command} {url}"


def _this_process() -> Holder:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        user = str(os.getuid())
    return Holder(
        host=os.uname().nodename,
        process=os.getpid(),
        user=user,
        since=datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
        token=secrets.token_hex(8),
    )
