"""What is done to a dataset repository of the Hub, each request with patience and none twice."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from pipeline.delivery.files import LocalRelease, batches
from pipeline.delivery.patience import HubFailure
from pipeline.delivery.reading import KIND, MAIN, Gate, RepositoryReader, StaleParent

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

_UPLOAD_BATCH_FILES = 50


class HubRepository(RepositoryReader):
    """A dataset repository `owner/name` to write to; the token is the client's."""

    def create(self) -> None:
        """Make the repository, which only its owner sees."""
        self._do(
            "create it",
            partial(self._api.create_repo, self.name, repo_type=KIND, private=True, exist_ok=True),
        )

    def set_gate(self, gate: Gate) -> None:
        self._do(
            f"gate it ({gate})",
            partial(self._api.update_repo_settings, self.name, gated=gate, repo_type=KIND),
        )

    def set_private(self, private: bool) -> None:
        self._do(
            "make it private" if private else "make it public",
            partial(self._api.update_repo_settings, self.name, private=private, repo_type=KIND),
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
                json={"content": text, "repoType": KIND},
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
                    repo_type=KIND,
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
            raise StaleParent(self.say_stale(head, revision=revision))

        try:
            made = self._patience.attempt(
                self.name,
                "commit",
                lambda: str(
                    self._api.create_commit(
                        self.name,
                        operations,
                        commit_message=message,
                        repo_type=KIND,
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
                    repo_type=KIND,
                ),
            )
        except HubFailure as failure:
            if failure.status != 409 or self.list_refs().tags.get(name) != commit:
                raise

    def delete_tag(self, name: str) -> None:
        try:
            self._do(
                f"delete the tag {name}",
                partial(self._api.delete_tag, self.name, tag=name, repo_type=KIND),
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
                repo_type=KIND,
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
            return self._api.get_discussion_details(self.name, number, repo_type=KIND)

        def merged() -> bool | None:
            return True if self._ask(f"the pull request {number}", ask).status == "merged" else None

        def merge() -> bool:
            self._api.merge_pull_request(self.name, number, repo_type=KIND)
            return True

        self._patience.attempt(self.name, f"merge the pull request {number}", merge, settled=merged)
        made = self._ask(f"the pull request {number}", ask).merge_commit_oid
        return str(made) if made else self.find_commit(MAIN)

    def list_large_objects(self) -> list[Any]:
        """All large files of the whole history, as the client has them: file_oid, filename, size."""
        return self._ask("its large files", lambda: [*self._api.list_lfs_files(self.name, repo_type=KIND)])

    def delete_large_objects(self, objects: Sequence[Any]) -> None:
        """Delete large files for good, out of every commit."""
        self._do(
            f"delete {len(objects)} large file(s)",
            partial(
                self._api.permanently_delete_lfs_files,
                self.name,
                objects,
                rewrite_history=True,
                repo_type=KIND,
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
                repo_type=KIND,
            ),
        )

    def _find_pull_request(self, title: str) -> Any | None:
        for ref in self.list_refs(pull_requests=True).pull_requests:
            number = ref.rsplit("/", 1)[-1]
            if not number.isdecimal():
                continue
            request = self._ask(
                f"the pull request {number}",
                partial(self._api.get_discussion_details, self.name, int(number), repo_type=KIND),
            )
            if request.title == title and request.status in ("open", "draft"):
                return request
        return None
