"""The demo on Prism and on a real Flink cluster: the same bytes as on the local runner, faults included.

deploy/runners.sh FOLDER installs what they need; RHIZOTRON_RUNNERS names the folder. Without it these tests
are skipped and say so.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import small_corpus

ROOT = Path(__file__).parents[2]
CLUSTER = ROOT / "deploy" / "flink" / "cluster.sh"
HOME = Path(os.environ.get("RHIZOTRON_RUNNERS", "/nowhere"))
SECONDS = 570

pytestmark = pytest.mark.xdist_group("other_runners")  # one cluster, and two cores to share

needs_prism = pytest.mark.skipif(
    not (HOME / "prism").exists(), reason=f"no Prism in RHIZOTRON_RUNNERS={HOME}: see deploy/runners.sh"
)
needs_flink = pytest.mark.skipif(
    not (HOME / "flink" / ".complete").exists() or not (HOME / "job-server" / ".complete").exists(),
    reason=f"no Flink in RHIZOTRON_RUNNERS={HOME}: see deploy/runners.sh",
)


def environment(**more: str) -> Mapping[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHON": sys.executable, **more}


def rhizotron(*arguments: object, seconds: float = SECONDS) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline.cli", *map(str, arguments)]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=seconds)


def release_of(out: Path) -> dict[str, str]:
    """Path → SHA-256 of every file of a release."""
    return small_corpus.tree_digests(out / "release")


@pytest.fixture(scope="module")
def corpus() -> Path:
    return ROOT / "examples" / "demo" / "corpus.yaml"


@pytest.fixture(scope="module")
def expected(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The release of the local runner."""
    out = tmp_path_factory.mktemp("local")
    done = rhizotron("run", corpus, "--out", out)
    assert done.returncode == 0, done.stderr
    return release_of(out)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def flink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """A job manager, two task managers, the job server and a pool of Python workers → arguments for Beam."""
    names = ("REST_PORT", "RPC_PORT", "JOB_PORT", "ARTIFACT_PORT", "EXPANSION_PORT", "POOL_PORT")
    ports = {name: str(free_port()) for name in names}
    settings = environment(**ports, RUN_FOLDER=str(tmp_path_factory.mktemp("flink")), TASKMANAGERS="2")
    try:
        subprocess.run(["sh", CLUSTER, "start", HOME], env=settings, check=True, timeout=SECONDS)
        yield [
            "--runner",
            "portable",
            "--",
            f"--job_endpoint=localhost:{ports['JOB_PORT']}",
            "--environment_type=EXTERNAL",
            f"--environment_config=localhost:{ports['POOL_PORT']}",
            "--parallelism=2",
        ]
    finally:
        subprocess.run(["sh", CLUSTER, "stop", HOME], env=settings, check=True)


@needs_prism
def test_prism_gives_the_bytes_of_the_local_runner(
    corpus: Path, expected: dict[str, str], tmp_path: Path
) -> None:
    arguments = ["--", f"--prism_location={HOME / 'prism'}", "--environment_type=LOOPBACK"]
    done = rhizotron("run", corpus, "--out", tmp_path, "--runner", "prism", *arguments)
    assert done.returncode == 0, done.stderr
    assert release_of(tmp_path) == expected


@needs_flink
def test_flink_gives_the_bytes_of_the_local_runner(
    corpus: Path, expected: dict[str, str], flink: list[str], tmp_path: Path
) -> None:
    done = rhizotron("run", corpus, "--out", tmp_path, *flink)
    assert done.returncode == 0, done.stderr
    assert release_of(tmp_path) == expected


@needs_flink
@pytest.mark.parametrize("layer", ["raw", "measured"])
def test_a_killed_worker_on_flink_costs_time_and_nothing_else(
    layer: str, corpus: Path, expected: dict[str, str], flink: list[str], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "pipeline.cli", "run", str(corpus), "--out", str(tmp_path), *flink]
    with subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True) as running:
        deadline = time.monotonic() + SECONDS
        while not any((tmp_path / layer).rglob("*.json")):
            assert running.poll() is None, "it ended before a unit was committed"
            assert time.monotonic() < deadline
            time.sleep(0.05)
        victims = find_workers(pool=flink[-2].rpartition(":")[2])
        assert victims
        os.kill(victims[0], signal.SIGKILL)
        _, errors = running.communicate(timeout=SECONDS)
    assert running.returncode == 0, errors
    assert release_of(tmp_path) == expected
    cleaned = rhizotron("clean", corpus, "--out", tmp_path)
    assert cleaned.returncode == 0, cleaned.stderr
    assert not [path for path in tmp_path.rglob("*") if re.search(r"\.(tmp|partial)", path.name)]
    shutil.rmtree(tmp_path)


def find_workers(*, pool: str) -> list[int]:
    """Process ids of the Python workers that the pool on a port has started."""
    table = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in table.splitlines()[1:]]
    pools = {row[0] for row in rows if "worker_pool_main" in row[2] and f"--service_port={pool}" in row[2]}
    return sorted(int(row[0]) for row in rows if row[1] in pools)
