"""One dataset repository of the Hub: what is asked of it and done to it, each request with patience."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from governance.manifest import NAME
from pipeline.delivery.files import LocalRelease, RemoteFile, batches
from pipeline.delivery.patience import HubFailure, Patience
from pipeline.errors import InputError, RunError

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

Gate = Literal["auto", "manual"]
MAIN = "main"
_KIND = "dataset"
_UPLOAD_BATCH_FILES = 50
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


class HubRepository:
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
            if isinstance(cause, RepositoryNotFoundError) and not isinstance(cause, GatedRepoError):
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
            tree = self._api.list_repo_tree(self.name, recursive=True, revision=commit, repo_type=_KIND)
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

        fetch = partial(hf_hub_download, self.name, path, revision=commit, repo_type=_KIND, local_dir=folder)
        return Path(self._ask(f"read {path}", fetch))

    def list_refs(self) -> Refs:
        refs = self._ask(
            "its branches and tags",
            partial(self._api.list_repo_refs, self.name, repo_type=_KIND, include_pull_requests=True),
        )
        pull_requests = [(ref.ref, ref) for ref in refs.pull_requests or []]
        return Refs(
            branches={ref.name: ref.target_commit for ref in refs.branches},
            tags={ref.name: ref.target_commit for ref in refs.tags},
            converts={ref.ref: ref.target_commit for ref in refs.converts},
            pull_requests={name: ref.target_commit for name, ref in pull_requests},
        )

    def describe_commit(self, revision: str) -> str:
        """A commit in words: what it is called and who made it."""
        try:
            commits = self._ask(
                "its last commits",
                partial(self._api.list_repo_commits, self.name, repo_type=_KIND, revision=revision),
            )
        except HubFailure:
            return revision[:_SHOWN_DIGITS]
        if not commits:
            return revision[:_SHOWN_DIGITS]
        authors = ", ".join(commits[0].authors) or "somebody"
        return f"{commits[0].commit_id[:_SHOWN_DIGITS]} {commits[0].title!r} by {authors}"

    def create(self) -> None:
        """Make the repository, which only its owner sees."""
        self._do(
            "create it",
            partial(self._api.create_repo, self.name, repo_type=_KIND, private=True, exist_ok=True),
        )

    def set_gate(self, gate: Gate) -> None:
        self._do(
            f"gate it ({gate})",
            partial(self._api.update_repo_settings, self.name, gated=gate, repo_type=_KIND),
        )

    def set_private(self, private: bool) -> None:
        self._do(
            "make it private" if private else "make it public",
            partial(self._api.update_repo_settings, self.name, private=private, repo_type=_KIND),
        )

    def validate_readme(self, text: str) -> tuple[list[str], list[str]]:
        """(errors, warnings) of the Hub's own validation of a README."""
        from huggingface_hub import constants
        from huggingface_hub.utils import (  # type: ignore[attr-defined]  # documented, but not in __all__
            build_hf_headers,
            get_session,
            hf_raise_for_status,
        )

        def ask() -> tuple[list[str], list[str]]:
            response = get_session().post(
                f"{constants.ENDPOINT}/api/validate-yaml",
                json={"content": text, "repoType": _KIND},
                headers=build_hf_headers(),
            )
            if response.status_code != 400:
                hf_raise_for_status(response)
            answer = response.json()
            errors, warnings = (
                [str(item.get("message")) for item in answer.get(kind, [])] for kind in ("errors", "warnings")
            )
            if response.status_code == 400 and not errors:
                errors = [response.text[:300]]
            return errors, warnings

        errors, warnings = self._ask("validate README.md", ask)
        return errors, warnings

    def upload(
        self, release: LocalRelease, paths: tuple[str, ...], *, revision: str, advance: Callable[[int], None]
    ) -> list["CommitOperationAdd"]:
        """Send what is large of the files of a release; what comes back is to be committed."""
        from huggingface_hub import CommitOperationAdd

        additions: list[CommitOperationAdd] = []
        for batch in batches(paths, size=_UPLOAD_BATCH_FILES):
            made = [CommitOperationAdd(path, str(release.folder / path)) for path in batch]
            self._do(
                f"upload {batch[0]}" + (f" and {len(batch) - 1} more" if len(batch) > 1 else ""),
                partial(
                    self._api.preupload_lfs_files,
                    self.name,
                    additions=made,
                    repo_type=_KIND,
                    revision=revision,
                    free_memory=False,
                ),
            )
            additions += made
            advance(sum(release.files[path].bytes for path in batch))
        return additions

    def commit(
        self,
        operations: Sequence["CommitOperationAdd | CommitOperationDelete"],
        *,
        parent: str,
        revision: str,
        message: str,
        is_done: Callable[[str], bool],
    ) -> str:
        """Commit on top of parent, all or nothing; returns the commit.

        A request may have been carried out although it failed: is_done says of a commit that it holds
        what this one was to bring. Raises StaleParent where somebody else committed.
        """

        def settled() -> str | None:
            head = self.find_commit(revision)
            if head == parent:
                return None
            if is_done(head):
                return head
            raise StaleParent(self._say_stale(head, revision=revision))

        try:
            made = self._patience.attempt(
                self.name,
                "commit",
                lambda: str(
                    self._api.create_commit(
                        self.name,
                        operations,
                        commit_message=message,
                        repo_type=_KIND,
                        revision=revision,
                        parent_commit=parent,
                    ).oid
                ),
                settled=settled,
            )
        except HubFailure as failure:
            if failure.status != 412:
                raise
            done = settled()
            if done is None:
                raise
            return done
        return made

    def tag(self, name: str, *, commit: str, message: str) -> None:
        """Give a commit a name; raises HubFailure where another commit has it."""
        try:
            self._do(
                f"tag {name}",
                partial(
                    self._api.create_tag,
                    self.name,
                    tag=name,
                    tag_message=message,
                    revision=commit,
                    repo_type=_KIND,
                ),
            )
        except HubFailure as failure:
            if failure.status != 409 or self.list_refs().tags.get(name) != commit:
                raise

    def delete_tag(self, name: str) -> None:
        try:
            self._do(
                f"delete the tag {name}",
                partial(self._api.delete_tag, self.name, tag=name, repo_type=_KIND),
            )
        except HubFailure as failure:
            if name in self.list_refs().tags:
                raise failure

    def open_pull_request(self, title: str, *, description: str) -> int:
        """The number of a pull request of this title: one that is open, else a new one."""
        request = self._ask(
            "open a pull request",
            partial(
                self._api.create_discussion,
                self.name,
                title,
                description=description,
                repo_type=_KIND,
                pull_request=True,
            ),
            settled=lambda: self._find_pull_request(title),
        )
        return int(request.num)

    def find_pull_request(self, title: str) -> int | None:
        """The number of an open pull request of this title."""
        request = self._find_pull_request(title)
        return None if request is None else int(request.num)

    def merge(self, number: int) -> str:
        """Merge a pull request; returns the commit that came of it."""

        def ask() -> Any:
            return self._api.get_discussion_details(self.name, number, repo_type=_KIND)

        def merged() -> bool | None:
            return True if self._ask(f"the pull request {number}", ask).status == "merged" else None

        def merge() -> bool:
            self._api.merge_pull_request(self.name, number, repo_type=_KIND)
            return True

        self._patience.attempt(self.name, f"merge the pull request {number}", merge, settled=merged)
        made = self._ask(f"the pull request {number}", ask).merge_commit_oid
        return str(made) if made else self.find_commit(MAIN)

    def list_large_objects(self) -> list[Any]:
        """All large files of the whole history, as the client has them: file_oid, filename, size."""
        return self._ask("its large files", lambda: [*self._api.list_lfs_files(self.name, repo_type=_KIND)])

    def delete_large_objects(self, objects: Sequence[Any]) -> None:
        """Delete large files for good, out of every commit."""
        self._do(
            f"delete {len(objects)} large file(s)",
            partial(
                self._api.permanently_delete_lfs_files,
                self.name,
                objects,
                rewrite_history=True,
                repo_type=_KIND,
            ),
        )

    def squash(self, message: str) -> None:
        """Make one commit of the history of main."""
        self._do(
            "squash its history",
            partial(
                self._api.super_squash_history,
                self.name,
                branch=MAIN,
                commit_message=message,
                repo_type=_KIND,
            ),
        )

    def _find_pull_request(self, title: str) -> Any | None:
        for ref in self.list_refs().pull_requests:
            number = ref.rsplit("/", 1)[-1]
            if not number.isdecimal():
                continue
            request = self._ask(
                f"the pull request {number}",
                partial(self._api.get_discussion_details, self.name, int(number), repo_type=_KIND),
            )
            if request.title == title and request.status in ("open", "draft"):
                return request
        return None

    def check_head(self, expected: str) -> None:
        """Raise StaleParent where main is another commit than expected."""
        head = self.find_commit(MAIN)
        if head != expected:
            raise StaleParent(self._say_stale(head, revision=MAIN))

    def _say_stale(self, head: str, *, revision: str) -> str:
        return (
            f"{self.name}: {revision} has moved since this was planned, to {self.describe_commit(head)}: "
            "nothing was committed; run the same command to plan anew"
        )

    def _ask(self, what: str, call: Callable[[], Any], *, settled: Callable[[], Any] = lambda: None) -> Any:
        return self._patience.attempt(self.name, what, call, settled=settled)

    def _do(self, what: str, call: Callable[[], Any]) -> None:
        self._patience.attempt(self.name, what, call)
