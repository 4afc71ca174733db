"""The files of a dataset's commit at the Hub, kept as a list in its cache."""

import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from layers.hub_errors import HubError, describe_cause, explain_offline, explain_refusal, is_entry_missing

PREFIX = "hf://datasets/"
ROOT = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)@(?P<commit>[0-9a-f]{40})(/(?P<file>.*))?")


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
        raise HubError(f"{place}: the list of its files {explain_offline('all of them')}")
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


def explain(error: Exception) -> str:
    """The rest of a sentence that starts with the place: what was wrong, and what to do."""
    from huggingface_hub import constants, errors

    hub = constants.ENDPOINT
    if is_entry_missing(error):
        return f"is not at {hub}, though the commit's list of files has it"
    refusal = explain_refusal(error, what="dataset")
    if refusal is not None:
        is_kept_away = isinstance(error, errors.RepositoryNotFoundError)  # a gated one is among them
        return f"{refusal}, on every worker" if is_kept_away else refusal
    return (
        f"could not be read from {hub} ({describe_cause(error)}): check the network, and HF_TOKEN "
        "if it is private, and run again"
    )
