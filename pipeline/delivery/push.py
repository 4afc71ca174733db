"""A release put into a repository of the Hub: gated before any data, one commit, a tag on what came of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from governance.manifest import NAME, README
from layers.problems import list_problems
from pipeline.delivery.access import check_openness, wanted_gate
from pipeline.delivery.files import KEPT, Changes, LocalRelease, RemoteFile, batches, compare
from pipeline.delivery.reading import MAIN, Gate, State
from pipeline.delivery.readme import check_readme
from pipeline.delivery.repository import HubRepository
from pipeline.errors import InputError, RunError

MAX_COMMIT_FILES = 250
"""Files that one commit changes; more go through a pull request that is merged at the end."""

_SHOWN_DIGITS = 12


@dataclass(frozen=True)
class Wishes:
    """What the command line says of a push."""

    tag: str | None = None
    gate: Gate | None = None
    private: bool | None = None
    """None: as it is; a new repository is private."""
    pull_request: bool = False
    force: bool = False
    message: str | None = None


@dataclass(frozen=True)
class PushPlan:
    """What a push would do, with what it has found."""

    release: LocalRelease
    repository: HubRepository
    state: State | None
    remote: Mapping[str, RemoteFile]
    changes: Changes
    tag: str
    gate: Gate | None
    """What has to be set before any data; None: the repository stays as it is."""
    tagged: str | None
    """The commit that has the tag already."""
    problems: list[str] = field(default_factory=list)
    """Why this is not pushed."""
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Pushed:
    commit: str
    tag: str
    number: int | None
    """Of the pull request, if there was one."""
    is_new: bool
    """Whether anything was committed."""


def plan_push(release: LocalRelease, *, repository: HubRepository, wishes: Wishes) -> PushPlan:
    """Look at a release and a repository; sends nothing and changes nothing."""
    state = repository.find_state()
    remote = repository.list_files(state.head) if state else {}
    changes = compare(release, remote)
    problems, warnings = check_readme(release)
    tag = wishes.tag or release.manifest.version
    tagged = repository.list_refs().tags.get(tag) if state else None
    problems += _check_tag(repository, release, tag=tag, tagged=tagged)
    problems += _check_content(repository, release, state=state, remote=remote, force=wishes.force)
    problems += check_openness(release, state=state, private=wishes.private, force=wishes.force)
    gate = wishes.gate or wanted_gate(release)
    if state is not None and (state.gated == gate or (wishes.gate is None and state.gated is not None)):
        gate = None
    return PushPlan(
        release, repository, state, remote, changes, tag, gate, tagged, problems=problems, warnings=warnings
    )


def push(
    plan: PushPlan,
    *,
    wishes: Wishes,
    tell: Callable[[str], None] = lambda text: None,
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> Pushed:
    """Do what was planned; raises InputError with the problems of a plan, HubFailure, StaleParent."""
    check_plan(plan)
    repository, release = plan.repository, plan.release
    _check_readme_there(plan, tell=tell)
    head = _prepare(plan, wishes=wishes, tell=tell)
    changes = plan.changes if plan.state is not None else compare(release, repository.list_files(head))
    number = None
    message = wishes.message or f"{release.name}, manifest {release.manifest_sha256[:_SHOWN_DIGITS]}"
    if not changes.count:
        commit = head
    elif wishes.pull_request or changes.count > MAX_COMMIT_FILES:
        number, commit = _push_through_request(plan, head=head, message=message, tell=tell, advance=advance)
    else:
        commit = commit_changes(
            plan, changes=changes, parent=head, revision=MAIN, message=message, advance=advance
        )
    check_arrived(repository, release, commit=commit)
    if plan.tagged is None:
        repository.tag(plan.tag, commit=commit, message=f"manifest {release.manifest_sha256}")
    if wishes.private is False:
        repository.set_private(False)
    return Pushed(plan.tagged or commit, plan.tag, number, bool(changes.count))


def check_plan(plan: PushPlan) -> None:
    """Raise InputError with everything that forbids a push."""
    if plan.problems:
        raise InputError(list_problems(f"{plan.release.folder} is not pushed", plan.problems))


def commit_changes(
    plan: PushPlan,
    *,
    changes: Changes,
    parent: str,
    revision: str,
    message: str,
    advance: Callable[[int, int], None],
) -> str:
    """Upload and commit changes, all or nothing; returns the commit."""
    from huggingface_hub import CommitOperationDelete

    repository, release = plan.repository, plan.release
    done, total = 0, sum(release.files[path].bytes for path in changes.written)

    def tell(sent: int) -> None:
        nonlocal done
        done += sent
        advance(done, total)

    additions = repository.upload(release, changes.written, revision=revision, advance=tell)
    for addition in additions:
        if addition.upload_info.size != release.files[addition.path_in_repo].bytes:
            raise RunError(f"{release.folder}: {addition.path_in_repo} was changed while it was pushed")
    deletions = [CommitOperationDelete(path, is_folder=False) for path in changes.deleted]

    def is_done(commit: str) -> bool:
        remaining = compare(release, repository.list_files(commit))
        left = {*remaining.new, *remaining.changed, *remaining.deleted}
        return left.isdisjoint({*changes.written, *changes.deleted})

    return repository.commit(
        [*additions, *deletions], parent=parent, revision=revision, message=message, is_done=is_done
    )


def check_arrived(repository: HubRepository, release: LocalRelease, *, commit: str) -> None:
    """Raise RunError where a commit is not the release, whole and nothing else."""
    left = compare(release, repository.list_files(commit))
    if left.count:
        names = [*left.new, *left.changed, *left.deleted]
        raise RunError(
            f"{repository.name}: commit {commit} differs from the release in {len(names)} file(s), as "
            f"{names[0]}: it is not tagged; run the same command again"
        )


def _prepare(plan: PushPlan, *, wishes: Wishes, tell: Callable[[str], None]) -> str:
    """Make the repository, its visibility and its gate what they must be before data; returns its head."""
    repository, state = plan.repository, plan.state
    if state is None:
        repository.create()
        tell(f"created {repository.url}, private")
        state = _look(repository)
    if wishes.private and not state.private:
        repository.set_private(True)
        tell("made it private")
    if plan.gate is not None and state.gated != plan.gate:
        repository.set_gate(plan.gate)
        state = _look(repository)
        if state.gated != plan.gate:
            raise RunError(f"{repository.name}: the Hub did not gate it; nothing was uploaded")
        tell(f"gated it: {plan.gate}")
    if plan.state is not None:
        repository.check_head(plan.state.head)
    return state.head


def _look(repository: HubRepository) -> State:
    state = repository.find_state()
    if state is None:
        raise RunError(f"{repository.name}: it was created, but the token has no right to see it")
    return state


def _push_through_request(
    plan: PushPlan,
    *,
    head: str,
    message: str,
    tell: Callable[[str], None],
    advance: Callable[[int, int], None],
) -> tuple[int, str]:
    """Commit in parts to a pull request and merge it; one that a killed push has left is taken up again."""
    repository, release = plan.repository, plan.release
    # the head is in the title: what was begun on another one would mix two states of main
    title = f"{message} (on {head[:_SHOWN_DIGITS]})"
    number = repository.find_pull_request(title)
    if number is None:
        number = repository.open_pull_request(
            title, description="A release in parts, merged when it is whole."
        )
    tell(f"pull request {number}: {repository.url}/discussions/{number}")
    ref = f"refs/pr/{number}"
    parent = repository.find_commit(ref)
    changes = compare(release, repository.list_files(parent))
    for part in _split(changes):
        parent = commit_changes(
            plan, changes=part, parent=parent, revision=ref, message=message, advance=advance
        )
    check_arrived(repository, release, commit=parent)
    repository.check_head(head)
    return number, repository.merge(number)


def _split(changes: Changes) -> Iterator[Changes]:
    """Parts of at most MAX_COMMIT_FILES; the manifest is in the last one that writes."""
    for paths in batches(changes.deleted, size=MAX_COMMIT_FILES):
        yield Changes((), (), (), paths)
    for paths in batches(changes.written, size=MAX_COMMIT_FILES):
        yield Changes(paths, (), (), ())


def _check_readme_there(plan: PushPlan, *, tell: Callable[[str], None]) -> None:
    """The Hub's own validation, before anything else is asked of it."""
    text = (plan.release.folder / README).read_text("utf-8")
    errors, warnings = plan.repository.validate_readme(text)
    for warning in warnings:
        tell(f"the Hub warns of {README}: {warning}")
    if errors:
        raise InputError(list_problems(f"{README}, as the Hub reads it", errors))


def _check_tag(
    repository: HubRepository, release: LocalRelease, *, tag: str, tagged: str | None
) -> Iterator[str]:
    if tagged is None:
        return
    if compare(release, repository.list_files(tagged)).count:
        yield (
            f"tag {tag} is another content at {repository.url}, commit {tagged[:_SHOWN_DIGITS]}: raise "
            "`version` in the corpus file, or give --tag"
        )


def _check_content(
    repository: HubRepository,
    release: LocalRelease,
    *,
    state: State | None,
    remote: Mapping[str, RemoteFile],
    force: bool,
) -> Iterator[str]:
    """Whether what is there is an earlier version of the release."""
    if state is None or force or not set(remote) - KEPT:
        return
    manifest = repository.read_manifest(state.head) if NAME in remote else None
    name = manifest.get("name") if manifest is not None and "manifest_version" in manifest else None
    if name == release.manifest.name:
        return
    what = f"{len(remote)} files without a manifest of ours" if name is None else f"the corpus {name!r}"
    yield (
        f"{repository.url} holds {what}, which a push of {release.manifest.name!r} would replace: "
        "choose another repository, or --force"
    )
