"""The demo on Prism and on a real Flink cluster: the same bytes as on the local runner, faults included.

deploy/runners.sh FOLDER installs what they need; RHIZOTRON_RUNNERS names the folder. Without it these tests
are skipped and say so.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import small_corpus

from benchmarks.flink_cluster import FlinkCluster, free_port, is_installed, start_cluster

ROOT = Path(__file__).parents[2]
HOME = Path(os.environ.get("RHIZOTRON_RUNNERS", "/nowhere"))
SECONDS = 570
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHON": sys.executable}

needs_prism = pytest.mark.skipif(
    not (HOME / "prism").exists(), reason=f"no Prism in RHIZOTRON_RUNNERS={HOME}: see deploy/runners.sh"
)
needs_flink = pytest.mark.skipif(
    not is_installed(HOME), reason=f"no Flink in RHIZOTRON_RUNNERS={HOME}: see deploy/runners.sh"
)


def rhizotron(*arguments: object, seconds: float = SECONDS) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline.cli", *map(str, arguments)]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=seconds)


def run_to_the_end(*arguments: object) -> None:
    done = rhizotron("run", *arguments)
    assert done.returncode == 0, done.stderr


def release_of(out: Path) -> dict[str, str]:
    """Path → SHA-256 of every file of a release."""
    found = small_corpus.tree_digests(out / "release")
    assert "manifest.json" in found
    return found


@pytest.fixture(scope="module")
def corpus() -> Path:
    return ROOT / "examples" / "demo" / "corpus.yaml"


@pytest.fixture(scope="module")
def expected(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The release of the local runner."""
    out = tmp_path_factory.mktemp("local")
    run_to_the_end(corpus, "--out", out)
    return release_of(out)


@pytest.fixture(scope="module")
def flink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlinkCluster]:
    with start_cluster(HOME, run_folder=tmp_path_factory.mktemp("flink"), environment=ENVIRONMENT) as cluster:
        yield cluster


@needs_prism
def test_prism_gives_the_bytes_of_the_local_runner(
    corpus: Path, expected: dict[str, str], tmp_path: Path
) -> None:
    prism = ["--runner", "prism", "--", f"--prism_location={HOME / 'prism'}", "--environment_type=LOOPBACK"]
    run_to_the_end(corpus, "--out", tmp_path, *prism)
    assert release_of(tmp_path) == expected


@needs_flink
def test_flink_gives_the_bytes_of_the_local_runner(
    corpus: Path, expected: dict[str, str], flink: FlinkCluster, tmp_path: Path
) -> None:
    run_to_the_end(corpus, "--out", tmp_path, *flink.arguments)
    assert release_of(tmp_path) == expected


def small(folder: Path, *, path: str) -> Path:
    """The small corpus; its partitions are so small that it has several, and its lines are counted."""
    changes: dict[str, Any] = {
        "decide": {"clustering": {"path": path, "documents_per_partition": 40}},
        "lines": {"min_count": 2, "min_chars": 5},
    }
    return small_corpus.write_corpus(folder, changes=changes)


@pytest.fixture(scope="module")
def direct(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The release of the small corpus, its duplicates clustered in one local task."""
    config = small(tmp_path_factory.mktemp("direct"), path="direct")
    run_to_the_end(config)
    return release_of(config.parent / "out")


RHIZOTRON = ("-m", "pipeline.cli")
IMPATIENT = """
from pipeline.beam import remote
from pipeline.cli import main

remote.CANCEL_SECONDS = 3.0
main()
"""
"""The command, where a job that does not end is waited for three seconds, not a minute."""


def interrupt(
    config: Path,
    *arguments: str,
    program: Sequence[str] = RHIZOTRON,
    when: Callable[[], None] = lambda: None,
) -> tuple[int, list[str]]:
    """Ctrl-C for a run that has committed a unit, after `when` → its exit code, and what it said last."""
    command = [sys.executable, *program, "run", str(config), *arguments]
    with subprocess.Popen(
        command,
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # a shell starts what runs in the background with Ctrl-C ignored, and children inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as running:
        deadline = time.monotonic() + SECONDS
        while not any((config.parent / "out" / "raw").rglob("*.json")):
            assert running.poll() is None, "it ended before a unit was committed"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        when()
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=SECONDS)
    return running.returncode, errors.splitlines()


@needs_flink
def test_ctrl_c_cancels_the_job_on_flink_and_the_command_resumes(
    direct: dict[str, str], flink: FlinkCluster, tmp_path: Path
) -> None:
    config = small(tmp_path, path="direct")
    code, said = interrupt(config, *flink.arguments)
    assert code == 130, said
    assert re.fullmatch(
        r"rhizotron: interrupted by SIGINT; the portable job \S+ at localhost:\d+ was cancelled. "
        r"Run the same command to resume.",
        said[-1],
    ), said
    # Flink itself goes on, and its tasks do nothing, since nobody waits for them
    deadline = time.monotonic() + SECONDS
    while flink.latest_state() in ("RUNNING", "RESTARTING", "FAILING", "CANCELLING"):
        assert time.monotonic() < deadline
        time.sleep(1)
    assert not (tmp_path / "out" / "release").exists()
    run_to_the_end(config)
    assert release_of(tmp_path / "out") == direct


@needs_prism
def test_ctrl_c_ends_a_job_on_prism(tmp_path: Path) -> None:
    prism = ["--runner", "prism", "--", f"--prism_location={HOME / 'prism'}", "--environment_type=LOOPBACK"]
    code, said = interrupt(small(tmp_path, path="direct"), *prism)
    assert code == 130, said
    # the tasks are threads of the driver here, and Beam prints how they end
    (line,) = [line for line in said if "SIGINT" in line]
    assert re.fullmatch(r".* SIGINT; the prism job \S+ was cancelled. Run the same command to resume.", line)
    assert [*tmp_path.rglob(".tmp-*")] == []


@needs_prism
def test_a_job_that_cannot_be_cancelled_leaves_the_lock_and_its_name(tmp_path: Path) -> None:
    config = small(tmp_path, path="direct")
    port = free_port()
    with subprocess.Popen([str(HOME / "prism"), f"--job_port={port}", "--serve_http=false"]) as server:
        try:
            endpoint = [f"--job_endpoint=localhost:{port}", "--environment_type=LOOPBACK"]
            code, said = interrupt(
                config,
                *["--runner", "portable", "--", *endpoint],
                program=("-c", IMPATIENT),
                when=lambda: server.send_signal(signal.SIGSTOP),  # it neither answers nor closes
            )
        finally:
            server.kill()
    assert code == 130, said
    assert re.search(
        rf"the portable job \S+ at localhost:{port} could not be cancelled \(it was still running after a "
        r"minute\) and may go on\. \S+/\.lock stays: when the job is over, remove it and run the same",
        said[-1],
    ), said
    refused = rhizotron("run", config)
    assert refused.returncode == 5
    assert "may still be written to by the portable job" in refused.stderr
    (tmp_path / "out" / ".lock").unlink()
    run_to_the_end(config)


@needs_flink
def test_duplicates_clustered_in_steps_on_flink_are_those_of_one_local_task(
    flink: FlinkCluster, direct: dict[str, str], tmp_path: Path
) -> None:
    steps = small(tmp_path, path="distributed")
    run_to_the_end(steps, *flink.arguments)
    assert release_of(tmp_path / "out") == direct
    assert not (tmp_path / "out" / "clusters").exists()


@needs_flink
@pytest.mark.parametrize("role", ["worker", "taskmanager"])
def test_what_is_killed_on_flink_costs_time_and_nothing_else(
    direct: dict[str, str], flink: FlinkCluster, tmp_path: Path, role: str
) -> None:
    """benchmarks/faults.py kills the job server too, in every stage, which takes minutes."""
    config = small(tmp_path, path="direct")
    command = [sys.executable, "-m", "pipeline.cli", "run", str(config), *flink.arguments]
    with subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True) as running:
        deadline = time.monotonic() + SECONDS
        while not any((tmp_path / "out" / "raw").rglob("*.json")):
            assert running.poll() is None, "it ended before a unit was committed"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert flink.kill(role)
        _, errors = running.communicate(timeout=SECONDS)
    assert running.returncode == 0, errors
    assert release_of(tmp_path / "out") == direct
    assert rhizotron("clean", config).returncode == 0
    assert [path for path in tmp_path.rglob(".tmp-*")] == []
    flink.wait()
