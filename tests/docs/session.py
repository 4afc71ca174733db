"""A reader who types what a page says: one folder, block after block, and what each prints."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import Block, page_before, read_steps

_PROGRESS = re.compile(
    r"^(?:(?:ingest|count|lines|measure|decide|publish) +\d+/\d+.*"
    r"|[\w ]+ gone(?:, about .* left)?"
    r"|  \S+ (?:ingest|count|measure|decide|publish) .*·.*"
    r"|  and \d+ more workers)\n?",
    re.MULTILINE,
)
"""Lines on standard error while a run goes on: how many there are depends on time."""

_VARIES = (
    (re.compile(r"free: [0-9.,]+ [kMGT]?B"), "free: …"),
    (re.compile(r"\b[0-9.]+ s\b"), "… s"),
)
"""What two runs of the same commands print differently, and what takes its place in a comparison."""


@dataclass(frozen=True)
class Step:
    """A block that was run, and what came of it."""

    block: Block
    shown: Block | None
    """What the page says that it prints."""
    exit_code: int
    output: str


class Session:
    """A terminal: the folder that a block leaves is where the next one starts."""

    def __init__(self, folder: Path, *, programs: Path = Path(sys.executable).parent) -> None:
        self.folder = self._current = folder
        self._environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("PYTHON", "COLUMNS"))
            },
            "PATH": os.pathsep.join([str(programs), os.environ["PATH"]]),
            "PYTHONUNBUFFERED": "1",
            "HF_HUB_OFFLINE": "1",
            "HF_DATASETS_CACHE": str(folder / ".datasets"),
        }

    def run(self, block: Block) -> tuple[int, str]:
        """Exit code and output of a block, errors included; progress and the folder's path are left out."""
        if block.language == "python":
            command, errors = ["python", "-c", block.text], subprocess.DEVNULL
        else:
            at_exit = f"trap 'pwd > \"{self.folder}/.pwd\"' EXIT"
            command, errors = ["sh", "-c", f"{at_exit}\n{block.text}"], subprocess.STDOUT
        result = subprocess.run(
            command,
            cwd=self._current,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        if block.language == "sh":
            self._current = Path((self.folder / ".pwd").read_text().rstrip("\n"))
        output = _PROGRESS.sub("", result.stdout).replace(str(self.folder), "…")
        return result.returncode, "\n".join(line.rstrip() for line in output.rstrip().split("\n"))


def run_page(page: Path, session: Session) -> Iterator[Step]:
    """Run the blocks of a page in order; those that are marked are left out."""
    for block, shown in read_steps(page):
        if block.is_run:
            exit_code, output = session.run(block)
            yield Step(block, shown, exit_code, output)


@contextmanager
def starting_folder(page: Path, *, left: dict[Path, Path]) -> Iterator[Path]:
    """A folder for a page, with what the page before it has left; short, since tables are cut at a width."""
    with tempfile.TemporaryDirectory(prefix="d", ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve() / "w"
        before = page_before(page)
        if before is None:
            folder.mkdir()
        else:
            shutil.copytree(left[before], folder, ignore=shutil.ignore_patterns(".datasets"))
        yield folder


def mask(text: str) -> str:
    """The text without what differs between two runs."""
    for pattern, stands_for in _VARIES:
        text = pattern.sub(stands_for, text)
    return text
