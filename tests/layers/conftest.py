"""Folders on which both kinds of storage are tested."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from layers import storage


@pytest.fixture(params=["local", "memory"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A folder on disk and one of fsspec's, for the same tests."""
    if request.param == "local":
        yield str(tmp_path / "base")
        return
    url = f"memory://{uuid4().hex}"
    yield url
    storage.remove(url)
