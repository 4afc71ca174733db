"""Pushes, pulls and withdrawals with the lowest and the newest client of the Hub that is allowed."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from hub.client import OTHER_CLIENT, start_client

ROOT = Path(__file__).parents[2]


def requirement() -> str:
    """What pyproject.toml says of huggingface_hub."""
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    (line,) = (each for each in dependencies if each.startswith("huggingface_hub"))
    return str(line)


def install(folder: Path, *requirements: str, options: tuple[str, ...] = ()) -> None:
    """Install into a folder that comes before the environment's own packages; skip where that cannot be."""
    installer = shutil.which("uv")
    command = [installer, "pip", "install", "--python", sys.executable] if installer else []
    command = command or [sys.executable, "-m", "pip", "install"]
    words = [*command, "--target", str(folder), *options, *requirements]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    if done.returncode:
        pytest.skip(f"{', '.join(requirements)} cannot be installed: {done.stderr.strip()[-300:]}")


@pytest.mark.parametrize("which", ["lowest", "newest"])
def test_every_delivery_works_with_another_client(
    which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = requirement()
    lowest = re.search(r">=([\d.]+)", allowed)
    assert lowest is not None
    folder = tmp_path / "client"
    wanted = f"huggingface_hub=={lowest[1]}.0" if which == "lowest" else allowed
    install(folder, wanted, options=("--no-deps",))
    if which == "lowest":
        install(folder, "httpx<1")  # of version 1; 2 has httpx2
    monkeypatch.setenv(OTHER_CLIENT, str(folder))
    with start_client(url="http://127.0.0.1:9", home=tmp_path / "home") as client:
        used = client.evaluate("import huggingface_hub; result = huggingface_hub.__version__")
    if which == "newest" and used == version("huggingface_hub"):
        pytest.skip(f"the newest that is allowed, {used}, is what every test here uses")
    assert which == "newest" or used == f"{lowest[1]}.0"
    tests = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(ROOT / "tests/pipeline/delivery")]
    done = subprocess.run(tests, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-5000:]
