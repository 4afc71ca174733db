"""release.key, beside a release: what it was made from, and what its files were when it was put in place.

Sizes and times are of this disk, so they are in no release; with them the next run sees, without reading
it, whether the release is still whole.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from governance import manifest
from governance.manifest import Manifest
from layers import storage
from pipeline.job import Job


@dataclass(frozen=True)
class ReleasedFile:
    """A file of a release: its size, its digest, and its etag or modification time."""

    bytes: int
    sha256: str
    mark: str = ""


@dataclass(frozen=True)
class ReleaseKey:
    """Fingerprint of what a release was made from, and its files by path."""

    fingerprint: str
    files: Mapping[str, ReleasedFile]
    removals: str = ""
    """Digest of what removals took out of it; empty: nothing."""

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), indent=1, sort_keys=True).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "ReleaseKey":
        """Raises ValueError for anything else, as what earlier versions wrote."""
        try:
            raw = json.loads(data)
            files = {path: ReleasedFile(**file) for path, file in raw["files"].items()}
            return cls(fingerprint=raw["fingerprint"], files=files, removals=raw.get("removals", ""))
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"no key of a release: {error}") from error


def make_key(fingerprint: str, *, listed: Manifest, removals: str = "") -> ReleaseKey:
    """The key of a release that is about to be put in place, its manifest included; marks come later."""
    files = {output.path: ReleasedFile(output.bytes, output.sha256) for output in listed.outputs}
    own = listed.to_json()
    files[manifest.NAME] = ReleasedFile(len(own), manifest.sha256(own))
    return ReleaseKey(fingerprint, files, removals)


def promote_key(job: Job) -> None:
    """With staging gone, the release is what the next key was written for; also after a crash in between."""
    key = _read(job.next_key_url)
    if key is None or storage.list_tree(job.staging):
        return
    in_place = {file.uri: file for file in storage.list_files(job.release)}
    if all(path in in_place and in_place[path].size_bytes == file.bytes for path, file in key.files.items()):
        marked = {path: replace(file, mark=in_place[path].mark) for path, file in key.files.items()}
        storage.write_bytes(job.release_key_url, replace(key, files=marked).to_json())
    storage.remove(job.next_key_url)


def read_key(job: Job) -> ReleaseKey | None:
    """The key of the release; None where there is none, or an earlier version wrote it."""
    return _read(job.release_key_url)


def find_damage(job: Job) -> dict[str, str]:
    """Path → what happened to it, for every file of the release that is no longer what was put in place.

    Sizes and times are compared; only a file of another time is read, and is whole if it has its digest. The
    manifest is always read: what a run prints is taken from it.
    """
    key = read_key(job)
    return {} if key is None else _compare(key, job=job)[0]


def check_release(key: ReleaseKey, *, job: Job) -> bool:
    """True when every file is whole, as in `find_damage`; then the key has the files' new times."""
    damage, files = _compare(key, job=job)
    if not damage and files != key.files:
        storage.write_bytes(job.release_key_url, replace(key, files=files).to_json())
    return not damage


def _compare(key: ReleaseKey, *, job: Job) -> tuple[dict[str, str], dict[str, ReleasedFile]]:
    """(damage by path, the files with the marks that they have now)."""
    in_place = {file.uri: file for file in storage.list_files(job.release)}
    damage: dict[str, str] = {}
    files = dict(key.files)
    for path, file in sorted(key.files.items()):
        current = in_place.get(path)
        if current is None:
            damage[path] = "missing"
        elif current.size_bytes != file.bytes:
            damage[path] = f"{current.size_bytes} bytes, were {file.bytes}"
        elif current.mark != file.mark or path == manifest.NAME:
            if storage.digest_file(storage.join(job.release, path))[0] != file.sha256:
                damage[path] = "changed"
            files[path] = replace(file, mark=current.mark)
    return damage, files


def _read(url: str) -> ReleaseKey | None:
    try:
        return ReleaseKey.from_json(storage.read_bytes(url))
    except (FileNotFoundError, ValueError):
        return None
