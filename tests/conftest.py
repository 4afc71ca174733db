"""Settings of the whole suite."""

import os

from hypothesis import HealthCheck, settings

os.environ["HF_HUB_OFFLINE"] = "1"  # no network is needed after installation; a test that tries fails

# Tests assert no times: the first example of a kernel pays its compilation.
settings.register_profile("rhizotron", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("rhizotron")
