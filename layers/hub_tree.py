"""The files of a dataset's commit at the Hub, kept as a list in its cache; and what the Hub's errors mean."""

import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PREFIX = "hf://datasets/"
ROOT = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)@(?P<commit>[0-9a-f]{40})(/(?P<file>.*))?")


class HubError(OSError):
    """What the Hub does not give: names the place, what was wrong and the fix."""


@dataclass(frozen=True)
class Tree:
    """The files of a commit."""

    files: Mapping[str, tuple[int, str]]
    """Path → size in bytes, and SHA-256 (large files) or Git's object name."""
    folders: Mapping[str, list[str]]
    """Folder, "" for all → paths of what it holds."""


def read_tree(repository: str, commit: str) -> Tree:
    from huggingface_hub import constants

    return _load_tree(repository, commit, str(constants.HF_HUB_CACHE))


@cache
def _load_tree(repository: str, commit: str, store: str) -> Tree:
    """From the cache, else from the Hub, whose answer is kept; raises HubError."""
    folder = f"datasets--{repository.replace('/', '--')}"
    kept = Path(store) / folder / "rhizotron" / f"{commit}.json"
    if kept.exists():
        files = {path: (size, mark) for path, size, mark in json.loads(kept.read_bytes())}
    else:
        files = _ask_tree(repository, commit)
        kept.parent.mkdir(parents=True, exist_ok=True)
        written = kept.with_name(f".tmp-{secrets.token_hex(8)}")
        written.write_text(json.dumps([[path, *facts] for path, facts in sorted(files.items())]), "utf-8")
        os.replace(written, kept)
    folders: dict[str, dict[str, None]] = {"": {}}
    for path in sorted(files):
        parts = path.split("/")
        for depth in range(len(parts)):
            folders.setdefault("/".join(parts[:depth]), {})["/".join(parts[: depth + 1])] = None
    return Tree(files, {folder: [*names] for folder, names in folders.items()})


def _ask_tree(repository: str, commit: str) -> dict[str, tuple[int, str]]:
    from huggingface_hub import HfApi, constants
    from huggingface_hub.hf_api import RepoFile

    place = f"{PREFIX}{repository}@{commit}"
    if constants.HF_HUB_OFFLINE:
        raise HubError(f"{place}: the list of its files {explain_offline()}")
    try:
        entries = [*HfApi().list_repo_tree(repository, recursive=True, revision=commit, repo_type="dataset")]
    except Exception as error:  # of several libraries: all end as one sentence
        raise HubError(f"{place} {explain(error)}") from error
    files = [entry for entry in entries if isinstance(entry, RepoFile)]
    for file in files:
        if "\\" in file.path or not {"", ".", ".."}.isdisjoint(file.path.split("/")):
            raise HubError(f"{place} lists {file.path!r}, which is no path in a repository")
    return {file.path: (file.size, file.lfs.sha256 if file.lfs else file.blob_id) for file in files}


def split_path(path: str) -> tuple[str, str, str]:
    """(owner/name, commit, path in the repository, "" for its top); raises FileNotFoundError."""
    match = ROOT.fullmatch(path.removeprefix("datasets/"))
    if match is None or not path.startswith("datasets/"):
        raise FileNotFoundError(path)
    return match["name"], match["commit"], (match["file"] or "").rstrip("/")


def explain_offline() -> str:
    from huggingface_hub import constants

    return (
        f"not in the cache {constants.HF_HUB_CACHE}, and HF_HUB_OFFLINE forbids to download: "
        "unset it for one run, or copy the cache of a machine that has all of them"
    )


def explain(error: Exception) -> str:
    """The rest of a sentence that starts with the place: what was wrong, and what to do."""
    from huggingface_hub import constants, errors

    hub = constants.ENDPOINT
    match error:
        case errors.GatedRepoError():
            return f"is gated: accept its terms on its page at {hub} and set HF_TOKEN, on every worker"
        case errors.RepositoryNotFoundError():
            return f"is not at {hub}: no such dataset, or a private one that needs HF_TOKEN, on every worker"
        case errors.RevisionNotFoundError():
            return f"is not at {hub}: no such commit, branch or tag"
        case errors.OfflineModeIsEnabled():
            return f"cannot be asked for at {hub}: HF_HUB_OFFLINE forbids it"
        case errors.EntryNotFoundError() if not isinstance(error, errors.LocalEntryNotFoundError):
            return f"is not at {hub}, though the commit's list of files has it"
    cause = error.__cause__ or error
    reason = (str(cause).strip().split("\n") or [""])[0]
    return (
        f"could not be read from {hub} ({type(cause).__name__}: {reason}): check the network, and HF_TOKEN "
        "if it is private, and run again"
    )
