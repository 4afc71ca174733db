"""A release fetched from the Hub: into a folder beside, checked against its manifest, then put in place."""

import json
import os
import re
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from governance.manifest import MANIFEST_VERSION, NAME, Output, sha256
from layers import storage
from pipeline.delivery.files import KEPT, LocalFile, RemoteFile, check_path
from pipeline.delivery.reading import RepositoryReader
from pipeline.errors import DamagedRelease, InputError

_ID = re.compile(r"(?P<name>[^@]+)@(?P<revision>[^@]+)")
_CLIENT_FOLDER = ".cache"
"""What huggingface_hub writes into a folder that it downloads to."""


@dataclass(frozen=True)
class Pulled:
    commit: str
    manifest_sha256: str
    files: int
    bytes: int
    fetched: int
    """Files that were not there from an earlier, broken pull."""
    ignored: tuple[str, ...]
    """In the repository, but no part of the release."""


def split_id(text: str) -> tuple[str, str]:
    """(OWNER/NAME, TAG) of `OWNER/NAME@TAG`; raises InputError."""
    match = _ID.fullmatch(text.removeprefix("hf://").removeprefix("datasets/"))
    if match is None:
        raise InputError(f"{text} names no version: write OWNER/NAME@TAG")
    return match["name"], match["revision"]


def pull(
    repository: RepositoryReader,
    revision: str,
    *,
    target: str,
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> Pulled:
    """Fetch a release into target, which is not there until all of it has the digests of its manifest.

    What a broken pull has fetched lies in TARGET.partial and is not fetched again. Raises InputError
    where the target is in use or the repository is no release, DamagedRelease where digests differ.
    """
    if storage.is_remote(target):
        raise InputError(f"{target} is not on this machine: give a folder, and copy it from there")
    folder = Path(os.path.abspath(storage.local_path(target)))
    commit = repository.find_commit(revision)
    remote = repository.list_files(commit)
    place = f"{repository.name}@{revision}"
    for path in remote:
        if problem := check_path(path):
            raise InputError(f"{place} holds a file {path!r}: {problem}; nothing was fetched")
    if NAME not in remote:
        raise InputError(f"{place} is no release: it has no {NAME}")
    partial = folder.with_name(f"{folder.name}.partial")
    data = repository.download(NAME, commit=commit).read_bytes()
    listed = _read_listing(data, place=place)
    _check_target(folder, data=data)
    _check_listed(listed, remote=remote, place=place)
    partial.mkdir(parents=True, exist_ok=True)
    fetched = _fetch(repository, commit, listed=listed, folder=partial, advance=advance)
    shutil.rmtree(partial / _CLIENT_FOLDER, ignore_errors=True)
    _drop_others(partial, listed=listed)
    (partial / NAME).write_bytes(data)
    _put_in_place(partial, folder)
    return Pulled(
        commit,
        sha256(data),
        files=len(listed) + 1,
        bytes=sum(file.bytes for file in listed.values()) + len(data),
        fetched=fetched,
        ignored=tuple(sorted(set(remote) - set(listed) - {NAME} - KEPT)),
    )


def _read_listing(data: bytes, *, place: str) -> dict[str, LocalFile]:
    """The files that a manifest lists, which comes from strangers; raises InputError."""
    try:
        raw = json.loads(data)
        version, outputs = raw["manifest_version"], TypeAdapter(list[Output]).validate_python(raw["outputs"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"{place} is no release: its {NAME} cannot be read: {type(error).__name__}"
        ) from error
    if not isinstance(version, int) or version > MANIFEST_VERSION:
        raise InputError(
            f"{place} has a manifest of version {version}, this version of rhizotron reads up to "
            f"{MANIFEST_VERSION}; install the one that made the release"
        )
    for output in outputs:
        if problem := check_path(output.path):
            raise InputError(f"{place}: {NAME} lists {output.path!r}: {problem}; nothing was fetched")
    return {output.path: LocalFile(output.bytes, output.sha256) for output in outputs if output.path != NAME}


def _check_target(folder: Path, *, data: bytes) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    there = folder / NAME
    if there.is_file() and there.read_bytes() == data:
        raise InputError(
            f"{folder} has this release already: `rhizotron verify {shlex.quote(str(folder))}` checks it"
        )
    raise InputError(f"{folder} is there and not empty: give another folder")


def _check_listed(listed: dict[str, LocalFile], *, remote: dict[str, RemoteFile], place: str) -> None:
    """Compare what the manifest lists with what the commit has, before anything is fetched."""
    wrong = [
        f"{path}: missing"
        if path not in remote
        else f"{path}: {remote[path].bytes:,} bytes, listed with {file.bytes:,}"
        for path, file in sorted(listed.items())
        if path not in remote or remote[path].bytes != file.bytes
    ]
    if wrong:
        named = "\n  ".join(wrong[:20])
        raise DamagedRelease(f"{place} is not what its {NAME} lists, {len(wrong)} file(s):\n  {named}")


def _fetch(
    repository: RepositoryReader,
    commit: str,
    *,
    listed: dict[str, LocalFile],
    folder: Path,
    advance: Callable[[int, int], None],
) -> int:
    """Fetch what folder does not have yet; returns how many files; raises DamagedRelease."""
    total, done, fetched = sum(file.bytes for file in listed.values()), 0, 0
    for path, file in sorted(listed.items()):
        place = folder / path
        if not _is_intact(place, file=file):
            place.unlink(missing_ok=True)
            repository.download(path, commit=commit, folder=folder)
            fetched += 1
            if not _is_intact(place, file=file):
                place.unlink(missing_ok=True)
                raise DamagedRelease(
                    f"{repository.name}: {path} of commit {commit[:12]} has not the digest that {NAME} "
                    "lists: it is not taken; ask whoever published it"
                )
        done += file.bytes
        advance(done, total)
    return fetched


def _is_intact(place: Path, *, file: LocalFile) -> bool:
    if not place.is_file() or place.is_symlink() or place.stat().st_size != file.bytes:
        return False
    return storage.digest_file(str(place)) == (file.sha256, file.bytes)


def _drop_others(folder: Path, *, listed: dict[str, LocalFile]) -> None:
    """Remove what a pull of another version has left in the folder."""
    for path in storage.list_tree(str(folder)):
        if path not in listed:
            (folder / path).unlink()


def _put_in_place(partial: Path, folder: Path) -> None:
    if folder.exists():
        folder.rmdir()  # empty, as was checked
    os.replace(partial, folder)
