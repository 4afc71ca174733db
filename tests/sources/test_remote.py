"""The same source behind an fsspec URL gives the same documents."""

from dataclasses import replace
from pathlib import Path

import fsspec
import pytest
from contracts.test_sources import CASES, read_all, spec_of


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.name[:-10]}")
def test_remote_and_local_files_give_the_same_rows(case: Path) -> None:
    spec, files = spec_of(case)
    memory = fsspec.filesystem("memory")
    for path in case.parent.iterdir():
        memory.pipe_file(f"/fixtures/{spec.type}/{path.name}", path.read_bytes())
    remote = replace(spec, root=f"memory://fixtures/{spec.type}")
    assert read_all(remote, files) == read_all(spec, files)
