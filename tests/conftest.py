"""Settings of the whole suite."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from layers import plugins

os.environ["HF_HUB_OFFLINE"] = "1"  # no network is needed after installation; a test that tries fails

# Tests assert no times: the first example of a kernel pays its compilation.
settings.register_profile("rhizotron", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("rhizotron")


@pytest.fixture(autouse=True, scope="module")
def without_plugins() -> Iterator[None]:
    """The plugins of one file of tests are not those of the next, which the same process may run."""
    yield
    plugins.activate(())
