"""What the Dockerfile runs, in a clean environment: a worker made so finds everything, kernels compiled.

The image itself needs Docker. deploy/runners.sh's folder is asked for, since this too needs a registry.
"""

import json
import os
import shutil
import subprocess
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOME = Path(os.environ.get("RHIZOTRON_RUNNERS", "/nowhere"))
SECONDS = 900

pytestmark = pytest.mark.skipif(not HOME.is_dir(), reason=f"no folder RHIZOTRON_RUNNERS={HOME}")

RUN = """
import json, sys
from filters.kernels import compiling
from pipeline.beam.warm import warm
import pathlib, tempfile

with tempfile.TemporaryDirectory() as folder:
    warm(pathlib.Path(folder))
print(json.dumps({"pipeline": sys.modules["pipeline"].__file__, "cache": str(compiling.cache_folder())}))
"""


def kernels(cache: Path) -> dict[str, int]:
    return {str(path.relative_to(cache)): path.stat().st_mtime_ns for path in cache.rglob("*.nbc")}


def test_the_images_install_script_makes_a_worker_that_compiles_nothing(tmp_path: Path, wheel: Path) -> None:
    python = tmp_path / "clean" / "bin" / "python"
    venv.create(tmp_path / "clean", with_pip=True)
    folder = tmp_path / "what is copied"
    folder.mkdir()
    shutil.copy(wheel, folder)
    shutil.copy(ROOT / "deploy" / "constraints.txt", folder)
    settings = dict(line.split("=", 1) for line in dockerfile_settings())
    cache = tmp_path / "cache"
    kept = {name: os.environ[name] for name in os.environ if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environment = {**kept, **settings, "RHIZOTRON_CACHE": str(cache), "PYTHON": str(python)}
    script = ["sh", str(ROOT / "deploy" / "image.sh"), str(folder)]
    done = subprocess.run(
        script, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS
    )
    assert done.returncode == 0, done.stdout + done.stderr
    compiled = kernels(cache)
    assert len(compiled) > 100

    run = [str(python), "-c", RUN]
    again = subprocess.run(
        run, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS
    )
    assert again.returncode == 0, again.stderr
    found = json.loads(again.stdout.splitlines()[-1])
    assert Path(found["pipeline"]).is_relative_to(tmp_path / "clean"), "the wheel's, not the checkout's"
    assert Path(found["cache"]).is_relative_to(cache)
    assert kernels(cache) == compiled


def dockerfile_settings() -> list[str]:
    """NAME=value lines of the Dockerfile's ENV."""
    text = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    (line,) = (line for line in text.splitlines() if line.startswith("ENV "))
    return line.split()[1:]
