"""What is asked of a dataset repository of the Hub, each question with patience."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from governance.manifest import NAME
from pipeline.delivery.files import RemoteFile
from pipeline.delivery.patience import HubFailure, Patience
from pipeline.errors import InputError, RunError

_T = TypeVar("_T")

Gate = Literal["auto", "manual"]
MAIN = "main"
KIND = "dataset"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_SHOWN_DIGITS = 7


class StaleParent(RunError):
    """Somebody else committed while a push was made, so what was planned is of no use any more."""


@dataclass(frozen=True)
class Refs:
    """Names that point at commits, each with its commit."""

    branches: Mapping[str, str]
    tags: Mapping[str, str]
    converts: Mapping[str, str]
    """Made by the Hub of what is in main, as refs/convert/parquet."""
    pull_requests: Mapping[str, str]


@dataclass(frozen=True)
class State:
    """A repository as it was when it was looked at."""

    head: str
    private: bool
    gated: Gate | None


class RepositoryReader:
    """A dataset repository `owner/name`; methods raise HubFailure, one line, where the Hub does not do it."""

    def __init__(self, name: str, *, patience: Patience) -> None:
        from huggingface_hub import HfApi, constants

        name = name.removeprefix("hf://").removeprefix("datasets/")
        if _NAME.fullmatch(name) is None:
            raise InputError(f"{name} is no dataset of the Hub: write OWNER/NAME")
        self.name = name
        self.url = f"{constants.ENDPOINT}/datasets/{name}"
        self._api = HfApi()
        self._patience = patience

    def find_state(self) -> State | None:
        """How the repository is now; None where there is none, or none that the token may see."""
        from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

        try:
            info = self._ask("its state", partial(self._api.dataset_info, self.name))
        except HubFailure as failure:
            cause = failure.__cause__
            is_missing = isinstance(cause, RepositoryNotFoundError) and not isinstance(cause, GatedRepoError)
            if is_missing or failure.status == 404:
                return None
            raise
        gated = getattr(info, "gated", None)
        return State(str(info.sha), bool(info.private), gated if gated in ("auto", "manual") else None)

    def find_commit(self, revision: str) -> str:
        """The commit that a branch, tag, pull request or commit is."""
        info = self._ask(revision, partial(self._api.dataset_info, self.name, revision=revision))
        return str(info.sha)

    def list_files(self, commit: str) -> dict[str, RemoteFile]:
        """Path → file, of a commit."""
        from huggingface_hub.hf_api import RepoFile

        def ask() -> list[Any]:
            tree = self._api.list_repo_tree(self.name, recursive=True, revision=commit, repo_type=KIND)
            return [entry for entry in tree if isinstance(entry, RepoFile)]

        return {
            file.path: RemoteFile(file.size, file.lfs.sha256, True)
            if file.lfs
            else RemoteFile(file.size, file.blob_id, False)
            for file in self._ask("the list of its files", ask)
        }

    def read_manifest(self, commit: str) -> dict[str, Any] | None:
        """The manifest of a commit as JSON; None where it has none that is a JSON object."""
        from huggingface_hub.errors import EntryNotFoundError

        try:
            path = self.download(NAME, commit=commit)
        except HubFailure as failure:
            if isinstance(failure.__cause__, EntryNotFoundError):
                return None
            raise
        try:
            manifest = json.loads(path.read_bytes())
        except ValueError:
            return None
        return manifest if isinstance(manifest, dict) else None

    def download(self, path: str, *, commit: str, folder: Path | None = None) -> Path:
        """A file of a commit, in the cache or at its path below folder."""
        from huggingface_hub import hf_hub_download

        fetch = partial(hf_hub_download, self.name, path, revision=commit, repo_type=KIND, local_dir=folder)
        return Path(self._ask(f"read {path}", fetch))

    def list_refs(self, *, pull_requests: bool = False) -> Refs:
        """Its branches, tags and what the Hub made of it; of pull requests where they are asked for."""

        def ask() -> Any:
            refs = partial(self._api.list_repo_refs, self.name, repo_type=KIND)
            try:
                return refs(include_pull_requests=pull_requests)
            except KeyError:  # a Hub that knows no pull requests
                return refs()

        refs = self._ask("its branches and tags", ask)
        return Refs(
            branches={ref.name: ref.target_commit for ref in refs.branches},
            tags={ref.name: ref.target_commit for ref in refs.tags},
            converts={ref.ref: ref.target_commit for ref in refs.converts},
            pull_requests={ref.ref: ref.target_commit for ref in refs.pull_requests or []},
        )

    def describe_commit(self, revision: str) -> str:
        """A commit in words: what it is called and who made it."""
        try:
            commits = self._ask(
                "its last commits",
                partial(self._api.list_repo_commits, self.name, repo_type=KIND, revision=revision),
            )
        except HubFailure:
            return revision[:_SHOWN_DIGITS]
        if not commits:
            return revision[:_SHOWN_DIGITS]
        authors = ", ".join(commits[0].authors) or "somebody"
        return f"{commits[0].commit_id[:_SHOWN_DIGITS]} {commits[0].title!r} by {authors}"

    def check_head(self, expected: str) -> None:
        """Raise StaleParent where main is another commit than expected."""
        head = self.find_commit(MAIN)
        if head != expected:
            raise StaleParent(self.say_stale(head, revision=MAIN))

    def wait_until(self, ask: Callable[[], _T], is_so: Callable[[_T], bool]) -> _T:
        """What ask answers once it is so, or at last."""
        return self._patience.wait_until(ask, is_so)

    def say_stale(self, head: str, *, revision: str) -> str:
        return (
            f"{self.name}: {revision} has moved since this was planned, to {self.describe_commit(head)}: "
            "nothing was committed; run the same command to plan anew"
        )

    def _ask(self, what: str, call: Callable[[], Any], *, settled: Callable[[], Any] = lambda: None) -> Any:
        return self._patience.attempt(self.name, what, call, settled=settled)

    def _do(self, what: str, call: Callable[[], Any]) -> None:
        self._patience.attempt(self.name, what, call)
