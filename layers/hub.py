"""Datasets of the Hugging Face Hub as folders: `hf://datasets/owner/name@commit`, read from the Hub's cache.

The list of a commit's files is kept in the cache, so that what was read once is read without a network later,
and a cache that holds only some of the files is noticed. No code of a repository is ever run.
"""

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fsspec import AbstractFileSystem
from fsspec.spec import AbstractBufferedFile

from layers.hub_errors import HubError, explain_offline
from layers.hub_tree import PREFIX, ROOT, explain, read_tree, split_path

RANGED_BYTES = 4 << 20
"""Read of a file by range requests, as footers and first records are, before all of it goes to the cache."""
_BLOCK_BYTES = 1 << 20
_MAX_NAMED = 5
_COMMIT = re.compile(r"[0-9a-f]{40}")
_REPOSITORY = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(@(?P<revision>[^/@]+))?")


@dataclass(frozen=True)
class Revision:
    """One commit of a dataset: its hash, and the day that the Hub states for it, if any (YYYY-MM-DD)."""

    repository: str
    commit: str
    date: str | None

    @property
    def root(self) -> str:
        return f"{PREFIX}{self.repository}@{self.commit}"


def is_dataset(url: str) -> bool:
    return url.startswith(PREFIX)


def find_revision(name: str) -> Revision:
    """The commit that `owner/name[@commit, branch or tag]` means now, as the Hub says; raises HubError."""
    match = _REPOSITORY.fullmatch(name.removeprefix(PREFIX))
    if match is None:
        raise HubError(f"{name} is no dataset of the Hub: write owner/name@commit")
    from huggingface_hub import HfApi

    try:
        info = HfApi().dataset_info(match["name"], revision=match["revision"])
    except Exception as error:  # of several libraries: all end as one sentence
        raise HubError(f"{PREFIX}{match.group()} {explain(error)}") from error
    commit, changed = info.sha, info.last_modified
    if commit is None or _COMMIT.fullmatch(commit) is None:
        raise HubError(f"{PREFIX}{match.group()}: the Hub names no commit, but {commit!r}")
    return Revision(match["name"], commit, changed.date().isoformat() if changed else None)


def open_dataset(url: str) -> tuple[AbstractFileSystem, str]:
    """The file system of a dataset, and the path in it; raises HubError, also where no commit is named."""
    path = url.removeprefix("hf://").rstrip("/")
    match = ROOT.fullmatch(path.removeprefix("datasets/"))
    if match is None:
        raise HubError(_refuse(url))
    read_tree(match["name"], match["commit"])  # its errors must be seen: fsspec's globs pass over them
    return HubDatasets(skip_instance_cache=True), path


def list_uncached(root: str, *, uris: Iterable[str]) -> list[str]:
    """The files of a dataset that the cache of this machine does not have."""
    from huggingface_hub import try_to_load_from_cache

    repository, commit, _ = split_path(root.removeprefix("hf://"))
    return [
        uri
        for uri in uris
        if not isinstance(try_to_load_from_cache(repository, uri, revision=commit, repo_type="dataset"), str)
    ]


def check_cached(root: str, *, uris: Iterable[str]) -> None:
    """Where HF_HUB_OFFLINE forbids to download: raise HubError that names what the cache lacks."""
    from huggingface_hub import constants

    if not constants.HF_HUB_OFFLINE:
        return
    missing = list_uncached(root, uris=uris)
    if missing:
        named = ", ".join(missing[:_MAX_NAMED]) + (" …" if len(missing) > _MAX_NAMED else "")
        raise HubError(f"{root}: {len(missing)} file(s) {explain_offline('all of them')}: {named}")


class HubDatasets(AbstractFileSystem):
    """Reads datasets at a commit. Names are `datasets/owner/name@commit/path`."""

    protocol = "hf"
    cachable = False

    def ls(self, path: str, detail: bool = True, **options: Any) -> list[Any]:
        path = self._strip_protocol(path)
        repository, commit, inner = split_path(path)
        tree = read_tree(repository, commit)
        if inner in tree.files:
            entries = [self.info(path)]
        elif inner in tree.folders:
            base = f"datasets/{repository}@{commit}/"
            entries = [self.info(base + name) for name in tree.folders[inner]]
        else:
            raise FileNotFoundError(path)
        return entries if detail else [entry["name"] for entry in entries]

    def info(self, path: str, **options: Any) -> dict[str, Any]:
        path = self._strip_protocol(path)
        repository, commit, inner = split_path(path)
        tree = read_tree(repository, commit)
        if inner in tree.folders:
            return {"name": path, "size": 0, "type": "directory"}
        if inner not in tree.files:
            raise FileNotFoundError(path)
        size, mark = tree.files[inner]
        return {"name": path, "size": size, "type": "file", "etag": mark}

    def _open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        if mode != "rb":
            raise HubError(f"hf://{path} can only be read")
        info = self.info(path)
        if info["type"] != "file":
            raise IsADirectoryError(path)
        repository, commit, inner = split_path(path)
        # short ones at once, the others once more is read than a footer or a first record
        if info["size"] <= RANGED_BYTES or not list_uncached(f"datasets/{repository}@{commit}", uris=[inner]):
            return fetch(path).open("rb")
        return _RangedFile(
            self, path, mode="rb", size=info["size"], block_size=_BLOCK_BYTES, cache_type="bytes"
        )


class _RangedFile(AbstractBufferedFile):
    """A file that the cache lacks: what is read comes by range, then, after RANGED_BYTES, all of it."""

    _taken = 0

    def _fetch_range(self, start: int, end: int) -> bytes:
        self._taken += end - start
        if self._taken <= RANGED_BYTES:
            return _read_range(self.path, start=start, stop=end)
        with fetch(self.path).open("rb") as stream:
            stream.seek(start)
            return stream.read(end - start)


def fetch(path: str) -> Path:
    """A file `[hf://]datasets/owner/name@commit/file` in the cache, downloaded if it is not there.

    Its size and digest are compared with the commit's list of files, once a process. Raises HubError.
    """
    from huggingface_hub import constants, hf_hub_download, try_to_load_from_cache  # 0.3 s

    path = path.removeprefix("hf://")
    repository, commit, file = split_path(path)
    size, mark = read_tree(repository, commit).files[file]
    stored = try_to_load_from_cache(repository, file, revision=commit, repo_type="dataset")
    if not isinstance(stored, str):
        if constants.HF_HUB_OFFLINE:
            raise HubError(f"hf://{path} {explain_offline('all of them')}")
        try:
            stored = hf_hub_download(repository, file, revision=commit, repo_type="dataset")
        except Exception as error:  # of several libraries: all end as one sentence
            raise HubError(f"hf://{path} {explain(error)}") from error
    _check_intact(stored, place=f"hf://{path}", size_bytes=size, mark=mark)
    return Path(stored)


@cache
def _check_intact(stored: str, *, place: str, size_bytes: int, mark: str) -> None:
    """Compare a file with the digest that names it: SHA-256 of large ones, Git's object name of others."""
    if len(mark) == hashlib.sha256().digest_size * 2:
        digest = hashlib.sha256()
    else:
        digest = hashlib.sha1(b"blob %d\0" % size_bytes, usedforsecurity=False)
    with open(stored, "rb") as stream:
        while data := stream.read(1 << 20):
            digest.update(data)
    if digest.hexdigest() != mark:
        raise HubError(
            f"{place} is not what the commit's list of files says, {size_bytes} bytes with the digest "
            f"{mark}: delete {os.path.realpath(stored)} and run again"
        )


def _read_range(path: str, *, start: int, stop: int) -> bytes:
    from huggingface_hub import hf_hub_url
    from huggingface_hub.utils import (  # type: ignore[attr-defined]  # documented, but not in __all__
        build_hf_headers,
        hf_raise_for_status,
        http_backoff,
    )

    repository, commit, file = split_path(path)
    url = hf_hub_url(repository, file, repo_type="dataset", revision=commit)
    headers = build_hf_headers() | {"Range": f"bytes={start}-{stop - 1}", "Accept-Encoding": "identity"}
    try:
        response = http_backoff("GET", url, headers=headers)
        hf_raise_for_status(response)
    except Exception as error:  # of several libraries: all end as one sentence
        raise HubError(f"hf://{path} {explain(error)}") from error
    if response.status_code != 206 or len(response.content) != stop - start:
        raise HubError(
            f"hf://{path}: the server gave other bytes than {start} to {stop}, which were asked for"
        )
    return bytes(response.content)


def _refuse(url: str) -> str:
    """What is wrong with a URL that is not pinned, with the commit to write where the Hub says it."""
    name = "/".join(url.removeprefix(PREFIX).partition("@")[0].split("/")[:2])
    revision = url.removeprefix(f"{PREFIX}{name}").removeprefix("@").partition("/")[0]
    form = f"{PREFIX}owner/name@commit, with a commit of 40 hexadecimal digits"
    if _REPOSITORY.fullmatch(name) is None:
        return f"{url} is no dataset of the Hub: write {form}"
    what = f"names {revision}, which is not a whole commit" if revision else "names no commit"
    asked_for = f"{name}@{revision}" if revision else name
    refused = f"{PREFIX}{asked_for} {what}, so its files could change between two runs: write"
    try:
        asked = find_revision(asked_for)
    except HubError:
        return f"{refused} {form}"
    return f"{refused} {asked.root}, which it is now"
