"""Settings of the whole suite."""

import gc
import os
from collections.abc import Iterator

import pytest
import scheduling
from hypothesis import HealthCheck, settings

from layers import plugins

os.environ["HF_HUB_OFFLINE"] = "1"  # no network is needed after installation; a test that tries fails

# Tests assert no times: the first example of a kernel pays its compilation.
settings.register_profile("rhizotron", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("rhizotron")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> scheduling.FilesTogether | None:
    return scheduling.FilesTogether(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: scheduling.place_of(item.nodeid))


def pytest_collection_finish() -> None:
    # ten thousand tests and what they import are no garbage: to look through them took 8 % of the suite's CPU
    gc.freeze()
    gc.set_threshold(50_000)


@pytest.fixture(autouse=True, scope="module")
def without_plugins() -> Iterator[None]:
    """The plugins of one file of tests are not those of the next, which the same process may run."""
    yield
    plugins.activate(())
