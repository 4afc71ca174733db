"""A removal applied at the Hub: rewritten files, and nothing left there of what they were before.

A removal rewrites the files that held the rows. Every large file of the repository's history that the
rewritten release does not have is deleted for good, and with it the tags that would lead to it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from pipeline.delivery.files import LocalRelease, RemoteFile, compare
from pipeline.delivery.push import PushPlan, Wishes, check_arrived, check_plan, commit_changes, plan_push
from pipeline.delivery.reading import MAIN, Refs
from pipeline.delivery.repository import HubRepository
from pipeline.errors import InputError, RunError

_PAGES = frozenset({".md", ".json", ".yaml", ".html", ".css", ".js", ".svg", ".cff"})
"""What has no rows: a version that differs in these alone holds nothing that was withdrawn."""


@dataclass(frozen=True)
class Withdrawal:
    """What a withdrawal would delete beside what it commits, and what it cannot reach."""

    push: PushPlan
    tags: tuple[str, ...]
    """Of versions with a file that the rewritten release does not have."""
    branches: tuple[str, ...]
    """Other than main, that have one: they are left, and their large files are deleted all the same."""
    objects: Sequence[Any] = field(repr=False)
    """Large files to be deleted for good, as the client lists them."""
    refs: Refs

    @property
    def object_bytes(self) -> int:
        return sum(int(each.size) for each in self.objects)


def plan_withdrawal(
    release: LocalRelease, *, repository: HubRepository, wishes: Wishes, keep_tags: Sequence[str] = ()
) -> Withdrawal:
    """Look what has to go; changes nothing. keep_tags: versions that are known not to hold the rows.

    Raises InputError where there is no such repository or tag.
    """
    if repository.find_state() is None:
        raise InputError(f"{repository.name}: no such dataset at the Hub, or the token cannot see it")
    refs = repository.list_refs(pull_requests=True)
    missing = sorted(set(keep_tags) - set(refs.tags))
    if missing:
        raise InputError(f"{repository.name}: there is no tag {', '.join(missing)} to keep")
    if wishes.tag is None:
        wishes = replace(wishes, tag=_choose_tag(release, repository=repository, tags=refs.tags))
    plan = plan_push(release, repository=repository, wishes=wishes)
    contents = {
        commit: repository.list_files(commit) for commit in {*refs.tags.values(), *refs.branches.values()}
    }
    kept = {file.sha256 for file in release.files.values()}
    for tag in keep_tags:
        kept |= {file.digest for file in contents[refs.tags[tag]].values() if file.is_large}
    held = {commit: _holds_rows(release, files=files) for commit, files in contents.items()}
    tags = [tag for tag, commit in refs.tags.items() if held[commit] and tag not in keep_tags]
    branches = [name for name, commit in refs.branches.items() if held[commit] and name != MAIN]
    objects = [each for each in repository.list_large_objects() if each.file_oid not in kept]
    return Withdrawal(plan, tags=(*sorted(tags),), branches=(*sorted(branches),), objects=objects, refs=refs)


def withdraw(
    withdrawal: Withdrawal,
    *,
    squash: bool,
    message: str | None,
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> str:
    """Do what was planned, so that a killed one can be run again; returns the commit that is tagged.

    The new files come first, then the old tags and files go, and last the tag is set, on what main is
    by then: deleting large files and squashing write the history anew.
    """
    plan = withdrawal.push
    check_plan(plan)
    repository, release = plan.repository, plan.release
    if plan.state is None:
        raise InputError(f"{repository.name}: there is no such dataset at the Hub")
    text = message or f"{release.name}: rows withdrawn, manifest {release.manifest_sha256[:12]}"
    if plan.changes.count:
        commit_changes(
            plan,
            changes=plan.changes,
            parent=plan.state.head,
            revision=MAIN,
            message=text,
            advance=advance,
        )
    for tag in withdrawal.tags:
        repository.delete_tag(tag)
    if withdrawal.objects:
        repository.delete_large_objects(withdrawal.objects)
    if squash:
        repository.squash(text)
    head = repository.find_commit(MAIN)
    check_arrived(repository, release, commit=head)
    _check_gone(withdrawal)
    tags = repository.list_refs().tags
    if tags.get(plan.tag) != head:
        if plan.tag in tags:
            repository.delete_tag(plan.tag)
        repository.tag(plan.tag, commit=head, message=f"manifest {release.manifest_sha256}")
    return head


def list_remains(withdrawal: Withdrawal, *, squashed: bool) -> list[str]:
    """Where rows may still be that this cannot delete, each with what a person can do."""
    repository, refs = withdrawal.push.repository, withdrawal.refs
    url = repository.url
    lines = [
        f"{name}: delete it in the web page of the pull request, {url}/discussions/{name.split('/')[-1]}"
        for name in sorted(refs.pull_requests)
    ]
    lines += [
        f"{name}: made by the Hub of main; look whether the viewer has built it anew, {url}/tree/{name}"
        for name in sorted(refs.converts)
    ]
    lines += [f"branch {name}: holds other rows; delete or rewrite it" for name in withdrawal.branches]
    if not squashed:
        lines.append(
            "old commits: small files (README, cards, ledger as text) stay readable there: --squash makes "
            "one commit of main"
        )
    return [
        *lines,
        "mirrors, forks and duplicates of the repository, and what others have downloaded: the Hub lists "
        "none; publish the removal list, and write to those who were granted access",
        "a DOI, if there is one, forbids deletion and is nothing that a program should touch: ask the Hub",
    ]


def _choose_tag(release: LocalRelease, *, repository: HubRepository, tags: Mapping[str, str]) -> str:
    """The version, or VERSION-r1 and so on where other content has it: citations must not change meaning."""
    version = release.manifest.version
    for tag in (version, *(f"{version}-r{number}" for number in range(1, len(tags) + 2))):
        if tag not in tags or not compare(release, repository.list_files(tags[tag])).count:
            return tag
    raise AssertionError("one of more names than tags is free")


def _holds_rows(release: LocalRelease, *, files: Mapping[str, RemoteFile]) -> bool:
    """True where a version has a file of rows that the rewritten release does not have."""
    changes = compare(release, files)
    return any(PurePosixPath(path).suffix not in _PAGES for path in (*changes.changed, *changes.deleted))


def _check_gone(withdrawal: Withdrawal) -> None:
    """Raise RunError where the Hub still lists what was to be deleted, some time after."""
    repository = withdrawal.push.repository
    gone = {each.file_oid for each in withdrawal.objects}

    def list_left() -> list[Any]:
        return [each for each in repository.list_large_objects() if each.file_oid in gone]

    left = repository.wait_until(list_left, lambda objects: not objects)
    if left:
        raise RunError(
            f"{repository.name}: the Hub still lists {len(left)} of {len(gone)} large files that were "
            f"deleted, as {left[0].filename}: run the same command again"
        )
