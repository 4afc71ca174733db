"""What a Hub holds: repositories, commits, names of commits, pull requests and large objects."""

import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

LARGE_SUFFIXES = (".arrow", ".parquet")
"""As a new repository's .gitattributes has it."""
ATTRIBUTES = "".join(f"*{suffix} filter=lfs diff=lfs merge=lfs -text\n" for suffix in LARGE_SUFFIXES).encode()


def git_name(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Blob:
    """A file of a commit; of a large one only its digest, for the bytes are an object of the Hub."""

    size: int
    content: bytes | None = None
    sha256: str | None = None

    @classmethod
    def of(cls, content: bytes) -> "Blob":
        return cls(len(content), content)

    @property
    def oid(self) -> str:
        """Git's name: of the content, or of the pointer that stands for it."""
        if self.content is not None:
            return git_name(self.content)
        return git_name(f"oid sha256:{self.sha256}\nsize {self.size}\n".encode())


@dataclass(frozen=True)
class Commit:
    oid: str
    parent: str | None
    title: str
    author: str
    files: Mapping[str, Blob]


@dataclass
class PullRequest:
    number: int
    title: str
    base: str
    """The commit of main that it began on."""
    status: str = "open"
    merged_as: str | None = None
    author: str = ""


@dataclass
class Repository:
    name: str
    private: bool
    gated: str | bool = False
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    converts: dict[str, str] = field(default_factory=dict)
    pulls: dict[int, PullRequest] = field(default_factory=dict)
    pull_heads: dict[int, str] = field(default_factory=dict)
    uploads: list[str] = field(default_factory=list)
    """Digests of the large objects that were sent to it, in order."""
    events: list[str] = field(default_factory=list)
    """What was done to it, in order."""
    _counter: "itertools.count[int]" = field(default_factory=itertools.count)

    def find(self, revision: str) -> Commit | None:
        """The commit that a branch, tag, pull request, convert or oid names."""
        number = revision.rsplit("/", 1)[-1]
        heads = {**self.converts, **self.tags, **self.branches}
        if revision.startswith("refs/pr/") and number.isdecimal():
            oid = self.pull_heads.get(int(number), "")
        else:
            oid = heads.get(revision, revision)
        return self.commits.get(oid)

    def add(self, files: Mapping[str, Blob], *, parent: str | None, title: str, author: str) -> Commit:
        seed = f"{next(self._counter)} {self.name} {parent} {title} {sorted(files.items())}"
        commit = Commit(hashlib.sha1(seed.encode()).hexdigest(), parent, title, author, dict(files))
        self.commits[commit.oid] = commit
        return commit

    def point(self, revision: str, commit: Commit) -> None:
        """Move a branch or a pull request to a commit."""
        if revision.startswith("refs/pr/"):
            self.pull_heads[int(revision.rsplit("/", 1)[-1])] = commit.oid
        else:
            self.branches[revision] = commit.oid

    def history(self, revision: str) -> list[Commit]:
        """The commits behind a name, the newest first."""
        commits, commit = [], self.find(revision)
        while commit is not None:
            commits.append(commit)
            commit = self.commits.get(commit.parent) if commit.parent else None
        return commits

    def merge(self, number: int, *, author: str) -> str | None:
        """Merge a pull request into main; returns what stands against it."""
        pull, main = self.pulls[number], self.commits[self.branches["main"]]
        ours, base = self.commits[self.pull_heads[number]].files, self.commits[pull.base].files
        merged = dict(main.files)
        for path in {*ours, *base, *main.files}:
            if ours.get(path) == base.get(path):
                continue
            if main.files.get(path) not in (base.get(path), ours.get(path)):
                return f"conflict in {path}"
            if path in ours:
                merged[path] = ours[path]
            else:
                merged.pop(path, None)
        commit = self.add(merged, parent=main.oid, title=f"{pull.title} (#{number})", author=author)
        self.branches["main"] = pull.merged_as = commit.oid
        pull.status = "merged"
        return None

    def forget_objects(self, digests: set[str]) -> None:
        """Take large objects out of every commit that is reached by a branch or tag; those get new names."""
        renamed: dict[str, str] = {}

        def rewrite(oid: str) -> str:
            if oid not in renamed:
                commit = self.commits[oid]
                parent = rewrite(commit.parent) if commit.parent else None
                files = {path: blob for path, blob in commit.files.items() if blob.sha256 not in digests}
                same = parent == commit.parent and len(files) == len(commit.files)
                made = (
                    commit
                    if same
                    else self.add(files, parent=parent, title=commit.title, author=commit.author)
                )
                renamed[oid] = made.oid
            return renamed[oid]

        for names in (self.branches, self.tags):
            names.update({name: rewrite(oid) for name, oid in list(names.items())})

    def squash(self, branch: str, *, title: str, author: str) -> None:
        head = self.commits[self.branches[branch]]
        self.branches[branch] = self.add(head.files, parent=None, title=title, author=author).oid

    def list_objects(self) -> dict[str, tuple[str, int]]:
        """SHA-256 → (path, size) of every large file of every commit that a name leads to."""
        heads = [*self.branches, *self.tags, *(f"refs/pr/{number}" for number in self.pull_heads)]
        return {
            blob.sha256: (path, blob.size)
            for head in heads
            for commit in self.history(head)
            for path, blob in commit.files.items()
            if blob.sha256 is not None
        }


def is_large(path: str, size: int) -> bool:
    return PurePosixPath(path).suffix in LARGE_SUFFIXES or size > 10_000_000


def apply_operations(
    files: Mapping[str, Blob], operations: list[tuple[str, dict[str, object]]]
) -> dict[str, Blob] | str:
    """Files after the operations of a commit, or what is wrong with one."""
    import base64

    result = dict(files)
    for key, value in operations:
        path = str(value["path"])
        if key == "file":
            result[path] = Blob.of(base64.b64decode(str(value["content"])))
        elif key == "lfsFile":
            size = int(str(value.get("size", 0)))
            result[path] = Blob(size, sha256=str(value["oid"]))
        elif key == "deletedFile":
            if result.pop(path, None) is None:
                return f"A file with this name doesn't exist: {path}"
        elif key == "deletedFolder":
            result = {
                name: blob for name, blob in result.items() if not name.startswith(path.rstrip("/") + "/")
            }
        else:
            return f"unknown operation {key}"
    return result


__all__ = [
    "ATTRIBUTES",
    "Blob",
    "Commit",
    "PullRequest",
    "Repository",
    "apply_operations",
    "is_large",
    "replace",
]
