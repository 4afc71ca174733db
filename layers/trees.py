"""Files and trees of files put in place as a whole, one process at a time."""

import fcntl
import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from layers.storage import is_remote, join, list_tree, local_path, open_filesystem, remove, temporary_path


def link(source: str, target: str) -> None:
    """Make target the same file as source; where the file system has no such thing, a copy of it."""
    if is_remote(target):
        fs, key = open_filesystem(source)
        fs.copy(key, open_filesystem(target)[1])
        return
    path = temporary_path(target)
    try:
        try:
            os.link(local_path(source), path)
        except OSError:
            shutil.copy2(local_path(source), path)
        os.replace(path, local_path(target))
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def exclusive(lock: str) -> Iterator[None]:
    """Only one process at a time is in the block, on file systems with locks; object stores have none."""
    if is_remote(lock):
        yield
        return
    local_path(lock).parent.mkdir(parents=True, exist_ok=True)
    with local_path(lock).open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # free again when the process dies
        yield


def replace_tree(staged: str, target: str, *, paths: Collection[str], last: Sequence[str]) -> None:
    """Make a complete staged tree, whose files are paths, the target tree; the old one stays until then.

    Raises FileNotFoundError, before anything is touched, where one of them is not staged: an attempt that
    its runner took for dead may have done the same in the meantime.

    Locally two renames; a crash between them is mended by `recover_tree`. An object store has
    no rename of folders: files are copied one by one, `last` at the end, and then what the new
    tree does not have is removed.
    """
    missing = sorted({*paths} - {*list_tree(staged)})
    if missing:
        raise FileNotFoundError(f"{missing[0]} and {len(missing) - 1} more are not in {staged}")
    if not is_remote(target):
        previous = local_path(target + ".previous")
        if previous.exists():
            shutil.rmtree(previous)
        if local_path(target).exists():
            os.rename(local_path(target), previous)
        local_path(target).parent.mkdir(parents=True, exist_ok=True)
        os.rename(local_path(staged), local_path(target))
        if previous.exists():
            shutil.rmtree(previous)
        return
    fs, base = open_filesystem(staged)
    goal = open_filesystem(target)[1]
    for path in sorted({*paths} - {*last}) + [path for path in last if path in paths]:
        fs.makedirs(os.path.dirname(f"{goal}/{path}"), exist_ok=True)
        fs.copy(f"{base}/{path}", f"{goal}/{path}")
    for path in set(list_tree(target)) - set(paths):
        remove(join(target, path))
    remove(staged)


def recover_tree(target: str) -> None:
    """Put the previous tree back when a crash fell between the two renames of `replace_tree`."""
    if is_remote(target):
        return
    previous = local_path(target + ".previous")
    if previous.exists() and not local_path(target).exists():
        os.rename(previous, local_path(target))
