"""Where a model's file is, and what it is when it is no model: each wrong file has one clear error."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from filters.language_id import hub

_LFS_POINTER = b"version https://git-lfs"
_STARTS = {
    b"\x1f\x8b": "is compressed with gzip: unpack it",
    b"PK\x03\x04": "is a zip archive: unpack it",
    b"\x28\xb5\x2f\xfd": "is compressed with zstd: unpack it",
}


@dataclass(frozen=True)
class ModelFile:
    """A file on this machine, the name by which errors and manifests call it, and its stated digest."""

    name: str
    path: Path
    sha256: str | None = None

    def __str__(self) -> str:
        return str(self.path) if self.name == self.path.name else f"{self.name} ({self.path})"


def locate(model: str, *, bundled: Iterable[str]) -> ModelFile:
    """The file of a path or Hub id, downloaded if need be.

    Raises FileNotFoundError, ValueError for a folder or an id that is not pinned, and HubError.
    """
    if hub.is_hub_id(model):
        wanted = hub.parse(model)
        path = hub.fetch(wanted)
        return ModelFile(str(wanted), path, hub.stated_sha256(path))
    path = Path(model)
    if path.is_dir():
        raise ValueError(f"{path} is a folder, not a language model: give a file in it")
    if not path.is_file():
        names = ", ".join(bundled)
        raise FileNotFoundError(
            f"no language model {path}: give a file, or one of {names}, or hf://owner/name@commit"
        )
    return ModelFile(path.name, path)


def read_content(file: ModelFile) -> bytes:
    """All bytes of a model's file.

    Raises PermissionError, or ValueError where it is empty, clearly no model, or not what the Hub states.
    """
    try:
        content = file.path.read_bytes()
    except PermissionError as error:
        raise PermissionError(f"{file} cannot be read by this user: change its permissions") from error
    problem = _describe(content)
    if problem is not None:
        raise ValueError(f"{file} {problem}")
    if file.sha256 is not None:
        _check_digest(file, sha256=hashlib.sha256(content).hexdigest())
    return content


def digest(file: ModelFile) -> str:
    """SHA-256 of a model's file, read piece by piece.

    Raises PermissionError, or ValueError where it is not the file that the Hub states.
    """
    try:
        with file.path.open("rb") as opened:
            sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    except PermissionError as error:
        raise PermissionError(f"{file} cannot be read by this user: change its permissions") from error
    _check_digest(file, sha256=sha256)
    return sha256


def _check_digest(file: ModelFile, *, sha256: str) -> None:
    if file.sha256 is not None and sha256 != file.sha256:
        raise ValueError(
            f"{file} is damaged: its SHA-256 is {sha256}, the Hub states {file.sha256}; "
            f"delete {file.path.resolve()} and run again"
        )


def _describe(content: bytes) -> str | None:
    """What a file is that is no model, as the rest of a sentence; None for what may be one."""
    if not content:
        return "is empty: copy or download it again"
    if content.startswith(_LFS_POINTER):
        return "is a Git LFS pointer, not the model: fetch the model with `git lfs pull`"
    start = content[:200].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        return "is a web page, not the model: what was downloaded was an error or a form; look into it"
    for magic, problem in _STARTS.items():
        if content.startswith(magic):
            return problem
    return None
