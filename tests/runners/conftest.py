"""What tests of more than one runner need."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, alone in a folder."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    (found,) = folder.iterdir()
    return found


@pytest.fixture(scope="session")
def google_path() -> str:
    """PYTHONPATH of processes that run in the environment with Google's packages.

    That environment adds this one's packages itself. Named here they would come first, and a package that
    fixes where `google` is looked for while Python starts would hide `google.protobuf`.
    """
    packages = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    return os.pathsep.join(path for path in sys.path if path not in packages)
