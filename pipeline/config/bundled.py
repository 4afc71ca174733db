"""Files of the project that an installation carries along: the demo and the template of source cards."""

from importlib.resources import files
from pathlib import Path

from pipeline.errors import RunError


def find_bundled(name: str) -> Path:
    """The path of a bundled file, named as in a checkout; raises RunError where it was not installed."""
    package = Path(str(files("pipeline")))
    installed, checkout = package / "bundled" / name, package.parent / name
    for path in (installed, checkout):
        if path.exists():
            return path
    raise RunError(f"{installed} is missing; install rhizotron again, from a wheel or a checkout")
