"""Which files a source's patterns name: every file once; what matches and is no input is said and counted."""

import errno
import glob
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from layers import storage
from layers.storage import InputFile, is_remote, join, local_path, open_filesystem, remote_mark

OUTPUT_MARKER = ".rhizotron-output"
"""Lies in every folder that a run writes to: nothing below such a folder is an input."""

REASONS = {
    "output": "written by rhizotron",
    "same_file": "reached by another path already",
    "dangling_link": "links to nothing",
    "name_not_utf8": "name is not UTF-8: rename it",
    "not_a_file": "is no regular file",
    "unreadable_folder": "cannot be listed",
}
_MAGIC = re.compile(r"[*?[]")
_UNWRITTEN = {"http", "https"}  # servers may answer any question for a file with yes


@dataclass(frozen=True, order=True)
class Skipped:
    """A match that is no input: its path as text, and one of REASONS."""

    uri: str
    reason: str


@dataclass(frozen=True)
class PathList:
    """A list of paths that was read: what it names, relative to the root or with a place of its own."""

    uri: str
    size_bytes: int
    sha256: str
    """Of the file as it lies there."""
    paths: tuple[str, ...]
    """In the order of the list, each once."""
    repeated: tuple[str, ...] = ()
    """What lines name that an earlier one does."""

    @property
    def facts(self) -> dict[str, object]:
        """What a release says of the list."""
        return {"uri": self.uri, "bytes": self.size_bytes, "sha256": self.sha256, "files": len(self.paths)}


@dataclass(frozen=True)
class Listing:
    """The input files of a source, sorted by their paths relative to its root, and what was skipped."""

    files: tuple[InputFile, ...]
    skipped: tuple[Skipped, ...] = ()

    def count_skipped(self) -> dict[str, int]:
        """Reason → matches."""
        return dict(sorted(Counter(item.reason for item in self.skipped).items()))


def list_inputs(patterns: Sequence[str], *, root: str, outputs: Sequence[str] = ()) -> Listing:
    """The files that glob patterns name, relative to root: `**` is any number of folders.

    A file that several paths lead to is listed once, by a path without links where there is one. Nothing
    below outputs, their trials (`<output>-trial-N`) or a folder with OUTPUT_MARKER is listed. Raises
    FileNotFoundError naming a pattern that matches nothing to read.
    """
    matches: list[_Match] = []
    skipped: set[Skipped] = set()
    for pattern in patterns:
        kind = _RemoteMatches if is_remote(join(root, pattern)) else _LocalMatches
        matching = kind(pattern, root=root, outputs=outputs)
        if not matching.matches:
            raise FileNotFoundError(f"{pattern!r} matches no file below {root!r}{matching.explain()}")
        matches += matching.matches
        skipped.update(matching.skipped)
    ways: dict[str, list[_Match]] = {}
    for match in matches:
        ways.setdefault(match.resolved, []).append(match)
    files = []
    for same in ways.values():
        best, *others = sorted({*same}, key=_Match.rank)
        files.append(best.file)
        skipped.update(Skipped(other.file.uri, "same_file") for other in others)
    return Listing(tuple(sorted(files)), tuple(sorted(skipped)))


def mark_output(output: str) -> None:
    """Make a folder one that no source reads."""
    url = join(output, OUTPUT_MARKER)
    if not storage.exists(url):
        storage.write_bytes(url, b"Written by rhizotron, which reads no input from this folder.\n")


def list_folders(pattern: str) -> list[str]:
    """The folders that an absolute glob or URL names, sorted."""
    if is_remote(pattern):
        fs, path = open_filesystem(pattern)
        entries = fs.glob(path, detail=True).items()
        return sorted(str(fs.unstrip_protocol(name)) for name, info in entries if info["type"] == "directory")
    return sorted(path for path in glob.glob(str(local_path(pattern))) if os.path.isdir(path))


@dataclass(frozen=True)
class _Match:
    file: InputFile
    resolved: str
    """The path without links, the same for all paths of a file."""
    is_direct: bool = True
    """Whether no link below the root leads to it."""

    def rank(self) -> tuple[bool, int, str]:
        """Of several paths, the first is listed."""
        return (not self.is_direct, self.file.uri.count("/"), self.file.uri)


@dataclass
class _LocalMatches:
    """What one pattern matches on disk. Each folder below a `**` is entered once, links to folders last."""

    pattern: str
    root: str
    outputs: Sequence[str]
    matches: list[_Match] = field(default_factory=list)
    skipped: set[Skipped] = field(default_factory=set)
    folders: int = 0
    _resolved: dict[str, str] = field(default_factory=dict)
    _written: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._base = os.path.abspath(local_path(self.root))
        self._outputs = [
            re.compile(re.escape(os.path.realpath(local_path(url))) + r"(-trial-\d+)?")
            for url in self.outputs
            if not is_remote(url)
        ]
        pattern = str(local_path(self.pattern))
        start = "/" if os.path.isabs(pattern) else self._base
        for path in self._walk(start, [part for part in pattern.split("/") if part]):
            self._add(path)

    def explain(self) -> str:
        """What is there instead, for the message that no file was matched."""
        counts = Counter(item.reason for item in self.skipped)
        notes = [f"{n} path(s) not read, {REASONS[reason]}" for reason, n in sorted(counts.items())]
        if self.folders:
            notes.append(f"{self.folders} folder(s): add /* or /**/*")
        if notes:
            return f", only {'; '.join(notes)}"
        folder = os.path.dirname(join(self._base, _MAGIC.split(self.pattern, maxsplit=1)[0]))
        if not os.path.isdir(folder):
            return f"; there is no folder {folder}"
        names = sorted(_printable(name) for name in os.listdir(folder))
        return f"; {folder} has {', '.join([*names[:5], *(['…'] if len(names) > 5 else [])]) or 'no files'}"

    def _walk(self, folder: str, parts: list[str]) -> Iterator[str]:
        part, inner_parts = parts[0], parts[1:]
        if part == "**":
            for inner in self._folders(folder):
                yield from self._walk(inner, inner_parts or ["*"])
            return
        if not _MAGIC.search(part):
            names = [part] if os.path.lexists(os.path.join(folder, part)) else []
        else:
            names = [name for name in self._list(folder) if fnmatchcase(name, part)]
            names = [name for name in names if part.startswith(".") or not name.startswith(".")]
        for name in names:
            path = os.path.join(folder, name)
            if not inner_parts:
                yield path
            elif os.path.isdir(path):
                yield from self._walk(path, inner_parts)
            elif not os.path.exists(path):
                self._skip(path, "dangling_link")

    def _folders(self, top: str) -> Iterator[str]:
        """A folder and those below it, hidden ones not."""
        entered: set[str] = set()
        links = [top]
        while links:
            start = links.pop(0)
            for folder, names, files in os.walk(start, onerror=self._refuse):
                real = self._resolve(folder)
                if real in entered:
                    self._skip(folder, "same_file")
                    names.clear()
                    continue
                entered.add(real)
                names[:] = sorted(name for name in names if not name.startswith("."))
                below = [os.path.join(folder, name) for name in names]
                links += [path for path in below if os.path.islink(path)]
                for name in files:
                    path = os.path.join(folder, name)
                    if os.path.islink(path) and not os.path.exists(path):
                        self._skip(path, "dangling_link")
                yield folder

    def _list(self, folder: str) -> list[str]:
        try:
            return sorted(os.listdir(folder))
        except OSError as error:
            self._refuse(error)
            return []

    def _refuse(self, error: OSError) -> None:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR):  # removed while it was listed
            self._skip(os.fsdecode(error.filename), "unreadable_folder")

    def _resolve(self, folder: str) -> str:
        if folder not in self._resolved:
            self._resolved[folder] = os.path.realpath(folder)
        return self._resolved[folder]

    def _add(self, path: str) -> None:
        try:
            facts = os.stat(path)
        except OSError:
            if os.path.islink(path):  # else it was removed while it was listed
                self._skip(path, "dangling_link")
            return
        folder, name = os.path.split(path)
        real_folder = self._resolve(folder)
        if stat.S_ISDIR(facts.st_mode):
            self.folders += 1
        elif self._is_written(real_folder):
            self._skip(path, "output")
        elif not stat.S_ISREG(facts.st_mode):
            self._skip(path, "not_a_file")
        elif _printable(path) != path:
            self._skip(path, "name_not_utf8")
        else:
            real = os.path.realpath(path) if os.path.islink(path) else os.path.join(real_folder, name)
            if self._is_written(os.path.dirname(real)):
                self._skip(path, "output")
            else:
                uri = self._relative(path)
                file = InputFile(uri, facts.st_size, str(facts.st_mtime_ns))
                direct = real == os.path.normpath(os.path.join(self._resolve(self._base), uri))
                self.matches.append(_Match(file, real, direct))

    def _is_written(self, folder: str) -> bool:
        """Whether a resolved folder, or one that it is in, is an output."""
        if folder not in self._written:
            above = os.path.dirname(folder)
            self._written[folder] = (
                any(output.fullmatch(folder) for output in self._outputs)
                or os.path.exists(os.path.join(folder, OUTPUT_MARKER))
                or (above != folder and self._is_written(above))
            )
        return self._written[folder]

    def _skip(self, path: str, reason: str) -> None:
        self.skipped.add(Skipped(_printable(self._relative(path)), reason))

    def _relative(self, path: str) -> str:
        inside = path == self._base or path.startswith(self._base.rstrip("/") + "/")
        return os.path.relpath(path, self._base) if inside else path


def _printable(path: str) -> str:
    """The path as valid UTF-8, bytes that are not as \\xNN."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


@dataclass
class _RemoteMatches:
    """What one pattern matches behind a URL, where there are no links."""

    pattern: str
    root: str
    outputs: Sequence[str]
    matches: list[_Match] = field(default_factory=list)
    skipped: set[Skipped] = field(default_factory=set)

    def __post_init__(self) -> None:
        url = join(self.root, self.pattern)
        fs, path = open_filesystem(url)
        base = open_filesystem(self.root)[1].rstrip("/") + "/" if is_remote(self.root) else ""
        entries = fs.glob(path, detail=True)
        written = self._written(fs, path) if entries else []
        for name, info in entries.items():
            uri = name.removeprefix(base) if base else str(fs.unstrip_protocol(name))
            if info["type"] == "file" and any(pattern.match(name) for pattern in written):
                self.skipped.add(Skipped(uri, "output"))
            elif info["type"] == "file":
                self.matches.append(_Match(InputFile(uri, int(info["size"]), remote_mark(info)), name))

    def explain(self) -> str:
        """As of _LocalMatches."""
        return f", only {len(self.skipped)} path(s) not read, {REASONS['output']}" if self.skipped else ""

    def _written(self, fs: Any, path: str) -> list[re.Pattern[str]]:
        """Patterns of everything below outputs and marked folders."""
        outputs = [open_filesystem(url)[1].rstrip("/") for url in self.outputs if is_remote(url)]
        patterns = [f"{re.escape(output)}(-trial-[0-9]+)?/" for output in outputs]
        protocols = {fs.protocol} if isinstance(fs.protocol, str) else {*fs.protocol}
        if not protocols & _UNWRITTEN:
            parts = path.split("/")[:-1]
            for prefix in filter(None, ("/".join(parts[:end]) for end in range(1, len(parts) + 1))):
                marks = fs.glob(f"{prefix}/{OUTPUT_MARKER}")
                patterns += [re.escape(str(mark).removesuffix(OUTPUT_MARKER)) for mark in marks]
        return [re.compile(pattern) for pattern in patterns]
