"""The files of a release here and of a repository there, and what a push would change."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from governance.manifest import NAME, Manifest, sha256
from layers import storage
from pipeline.errors import InputError

KEPT = frozenset({".gitattributes"})
"""What the Hub puts into a repository itself, and a push leaves alone."""


@dataclass(frozen=True)
class LocalFile:
    bytes: int
    sha256: str


@dataclass(frozen=True)
class RemoteFile:
    """As the Hub lists it: digest is the SHA-256 of a large file, else Git's object name."""

    bytes: int
    digest: str
    is_large: bool


@dataclass(frozen=True)
class LocalRelease:
    """A release in a folder of this machine, as its manifest lists it."""

    folder: Path
    manifest: Manifest
    manifest_sha256: str
    files: Mapping[str, LocalFile]
    """Path below the folder → what the manifest says of it; the manifest itself included."""

    @classmethod
    def load(cls, place: str) -> "LocalRelease":
        """Read the manifest of a release; raises InputError where the release is in an object store."""
        if storage.is_remote(place):
            raise InputError(f"{place} is not on this machine: copy the release to a folder and give that")
        folder = storage.local_path(place)
        data = (folder / NAME).read_bytes()
        manifest = Manifest.from_json(data)
        files = {output.path: LocalFile(output.bytes, output.sha256) for output in manifest.outputs}
        files[NAME] = LocalFile(len(data), sha256(data))
        return cls(folder, manifest, files[NAME].sha256, files)

    @property
    def name(self) -> str:
        return f"{self.manifest.name} {self.manifest.version}"


@dataclass(frozen=True)
class Changes:
    """Paths that a push would add, replace, leave and delete."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    same: tuple[str, ...]
    deleted: tuple[str, ...]

    @property
    def written(self) -> tuple[str, ...]:
        """New and changed files; the manifest comes last, after everything that it lists."""
        return tuple(sorted((*self.new, *self.changed), key=lambda path: (path == NAME, path)))

    @property
    def count(self) -> int:
        return len(self.new) + len(self.changed) + len(self.deleted)


def compare(release: LocalRelease, remote: Mapping[str, RemoteFile]) -> Changes:
    """What has to be done to a repository with these files so that it holds the release and nothing else."""
    new: list[str] = []
    changed: list[str] = []
    same: list[str] = []
    for path, file in sorted(release.files.items()):
        there = remote.get(path)
        if there is None:
            new.append(path)
        else:
            (same if _is_same(release, path, file=file, there=there) else changed).append(path)
    deleted = sorted(set(remote) - set(release.files) - KEPT)
    return Changes(tuple(new), tuple(changed), tuple(same), tuple(deleted))


def git_object_name(path: Path) -> str:
    """The name that Git gives to the content of a file."""
    data = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def check_path(path: str) -> str | None:
    """What is wrong with a name in a repository that would be a file here; None when nothing is."""
    pure = PurePosixPath(path)
    if not path or "\\" in path or "\0" in path or ":" in path.split("/")[0] or pure.is_absolute():
        return "no path in a repository"
    if not {"", ".", ".."}.isdisjoint(path.split("/")):
        return "leads out of the folder"
    return None


def batches(paths: tuple[str, ...], *, size: int) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(paths), size):
        yield paths[start : start + size]


def _is_same(release: LocalRelease, path: str, *, file: LocalFile, there: RemoteFile) -> bool:
    if there.bytes != file.bytes:
        return False
    if there.is_large:
        return there.digest == file.sha256
    return there.digest == git_object_name(release.folder / path)
