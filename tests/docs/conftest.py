"""The tutorial, run once for all pages that go on where it ends."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import TUTORIAL
from tests.docs.session import Session, Step, run_page, starting_folder


@pytest.fixture(scope="session")
def left() -> Iterator[dict[Path, Path]]:
    """Page → the folder that it leaves, for the pages that go on there."""
    folders: dict[Path, Path] = {}
    yield folders
    for folder in folders.values():
        shutil.rmtree(folder.parent, ignore_errors=True)


@pytest.fixture(scope="session")
def tutorial(left: dict[Path, Path]) -> list[Step]:
    """What came of each of its blocks."""
    with starting_folder(TUTORIAL, left={}) as folder:
        steps = [*run_page(TUTORIAL, Session(folder))]
        left[TUTORIAL] = Path(tempfile.mkdtemp(prefix="d")) / "w"
        shutil.copytree(folder, left[TUTORIAL], ignore=shutil.ignore_patterns(".datasets"))
    return steps
