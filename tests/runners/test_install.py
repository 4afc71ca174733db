"""deploy/runners.sh: a registry that does not answer costs tests, anything else that fails is an error."""

import os
import subprocess
import sys
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
