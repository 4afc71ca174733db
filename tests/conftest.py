"""Settings of the whole suite."""

import gc
import os
import sys
from collections.abc import Iterator
from types import MethodType
from typing import Any

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


@pytest.fixture(autouse=True, scope="session")
def signatures_read_once() -> None:
    """Beam reads the signatures of a step's methods some 330 times a graph, hundreds of tests run one.

    It is .2 of the .7 s that a run without work takes. A method has one signature.
    """
    core = sys.modules.get("apache_beam.transforms.core")
    if core is None:  # no test that was collected needs Beam
        return
    read = core.get_function_args_defaults
    known: dict[object, Any] = {}

    def read_once(function: Any) -> Any:
        if not isinstance(function, MethodType):
            return read(function)
        if function.__func__ not in known:
            known[function.__func__] = read(function)
        return known[function.__func__]

    core.get_function_args_defaults = read_once  # type: ignore[attr-defined]


@pytest.fixture(autouse=True, scope="module")
def without_plugins() -> Iterator[None]:
    """The plugins of one file of tests are not those of the next, which the same process may run."""
    yield
    plugins.activate(())
