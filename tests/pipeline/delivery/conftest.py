"""One Hub and one client process for all tests of a file; each test has a repository of its own."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub import small_release
from hub.client import Client, start_client
from hub.server import Hub, serve


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with serve(tmp_path_factory.mktemp("xet")) as made:
        yield made


@pytest.fixture(scope="module")
def client(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """With Xet, as it is unless somebody turns it off."""
    with start_client(url=hub.url, home=tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_release.make(tmp_path_factory.mktemp("release") / "1.0.0")


@pytest.fixture(scope="module")
def rewritten(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The next version, which lacks one document."""
    folder = tmp_path_factory.mktemp("release") / "1.0.1"
    return small_release.make(folder, version="1.0.1", without_first=True)


_NUMBERS = itertools.count()


@pytest.fixture
def name(hub: Hub) -> Iterator[str]:
    """A repository that is not there yet; afterwards no ordered fault is left, nor an unknown request."""
    yield f"lab/corpus-{next(_NUMBERS)}"
    left, unknown = [fault for fault in hub.faults if fault.times], [*hub.unknown]
    hub.faults.clear()
    hub.unknown.clear()
    assert left == [] and {*unknown} <= {"GET /api/agent-harnesses"}
