"""deploy/runners.sh: a registry that does not answer costs tests, anything else that fails is an error."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "runners.sh"

NOBODY = "http://127.0.0.1:9/simple"  # the discard port: nothing listens


def run(folder: Path, *parts: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHON": sys.executable, **settings}
    command = ["sh", str(SCRIPT), str(folder), *parts]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


def test_a_registry_that_does_not_answer_leaves_its_part_out_aloud(tmp_path: Path) -> None:
    settings = {"PIP_INDEX_URL": NOBODY, "PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0"}
    done = run(tmp_path / "a b", "google", **settings, PIP_FIND_LINKS="", PIP_EXTRA_INDEX_URL="")
    assert done.returncode == 0, done.stderr
    assert "NO Google's packages: pip does not answer; its tests will be skipped" in done.stderr
    assert not (tmp_path / "a b" / "gcp" / ".complete").exists()


def test_an_environment_without_pip_is_no_registry_that_does_not_answer(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    with zipfile.ZipFile(wheels / "six-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("six-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: six\nVersion: 1\n")
        wheel.writestr(
            "six-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr("six-1.dist-info/RECORD", "")
    settings = {
        "PYTHON": str(tmp_path / "bare/bin/python"),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
    }
    done = run(tmp_path / "home", "google", **settings)
    assert done.returncode == 1, done.stderr
    assert "ERROR: Google's packages cannot be installed, though pip answers" in done.stderr


@pytest.mark.parametrize(("answers", "code"), [(True, 1), (False, 0)])
def test_a_part_that_fails_although_its_registry_answers_is_an_error(
    tmp_path: Path, answers: bool, code: int
) -> None:
    go = tmp_path / "bin" / "go"
    go.parent.mkdir()
    go.write_text(
        f'#!/bin/sh\necho "$1" >>"{tmp_path}/asked"\n[ "$1" = list ] && exit {int(not answers)}\nexit 1\n'
    )
    go.chmod(0o755)
    done = run(tmp_path / "home", "prism", PATH=f"{go.parent}{os.pathsep}{os.environ['PATH']}")
    assert done.returncode == code, done.stderr
    assert ("ERROR: Prism cannot be installed, though Go answers" in done.stderr) == answers
    assert ("NO Prism: Go does not answer" in done.stderr) != answers
    tries = (tmp_path / "asked").read_text().split()
    assert tries == (["install", "list", "install"] if answers else ["install", "list"])


def test_what_is_there_is_left_alone_and_an_unknown_part_is_refused(tmp_path: Path) -> None:
    prism = tmp_path / "prism"
    prism.write_text("#!/bin/sh\n")
    prism.chmod(0o755)
    assert run(tmp_path, "prism").returncode == 0
    assert prism.read_text() == "#!/bin/sh\n"
    done = run(tmp_path, "spark")
    assert done.returncode == 2
    assert "no part spark; there are prism, stores, flink, google" in done.stderr
