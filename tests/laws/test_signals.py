"""Law 7: whatever ends a run leaves no process, no temporary file and no lock, and it resumes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import small_corpus

from layers import storage
from pipeline.beam import runners
from pipeline.beam.lock import lock_output
from pipeline.plan.make import make_plan

ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
MAX_SECONDS = 300
PROCESSES: dict[str, object] = {"local": {"max_in_process_bytes": 0, "workers": 2}, "unit_bytes": 2_000}


def handle_signals() -> None:
    """A shell's background jobs ignore some signals, and so do their children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def running(config: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`rhizotron run` as a session of its own; whatever is left of it ends with the block."""
    command = [sys.executable, "-m", "pipeline.cli", "run", str(config), *arguments]
    process = subprocess.Popen(
        command,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=handle_signals,
    )
    try:
        yield process
    finally:
        for pid in session_processes(process.pid):
            os.kill(pid, signal.SIGKILL)
        process.wait()


def session_processes(session: int) -> list[int]:
    """Processes of a session, zombies apart."""
    table = subprocess.run(["ps", "-eo", "pid=,sess=,stat="], capture_output=True, text=True, check=True)
    rows = [line.split() for line in table.stdout.splitlines()]
    return [int(pid) for pid, of, state in rows if int(of) == session and not state.startswith("Z")]


def wait_until(condition: Callable[[], object], *, process: subprocess.Popen[str] | None = None) -> None:
    deadline = time.monotonic() + MAX_SECONDS
    while not condition():
        assert process is None or process.poll() is None, "the run ended before the fault"
        assert time.monotonic() < deadline
        time.sleep(0.005)


def begun(folder: Path, *, pattern: str = "measured/*/*.json") -> Callable[[], bool]:
    return lambda: any((folder / "out").glob(pattern))


def temporary_files(folder: Path) -> list[Path]:
    return [*folder.rglob(f"{storage.TEMPORARY_PREFIX}*")]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("undisturbed")
    runners.run(make_plan(small_corpus.write_corpus(folder, changes={"unit_bytes": 2_000})))
    return small_corpus.tree_digests(folder / "out" / "release")


@pytest.mark.parametrize(
    ("number", "to"),
    [
        (signal.SIGTERM, "the driver"),
        (signal.SIGTERM, "the process group"),
        (signal.SIGHUP, "the process group"),
        (signal.SIGINT, "the driver"),
    ],
)
def test_a_signal_leaves_nothing_behind_and_the_run_resumes_to_the_same_bytes(
    number: signal.Signals, to: str, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    config = small_corpus.write_corpus(tmp_path, changes=PROCESSES)
    with running(config) as process:
        wait_until(begun(tmp_path), process=process)
        if to == "the driver":
            process.send_signal(number)
        else:
            os.killpg(process.pid, number)
        _, errors = process.communicate(timeout=MAX_SECONDS)
        assert session_processes(process.pid) == []
    assert process.returncode == 128 + number
    assert f"interrupted by {number.name}; nothing is half-written. Run the same command" in errors
    assert "Traceback" not in errors
    assert temporary_files(tmp_path) == []
    plan = make_plan(config, workers=1)
    with lock_output(plan.job):
        pass
    runners.run(plan)
    assert small_corpus.tree_digests(tmp_path / "out" / "release") == undisturbed


def test_a_signal_ends_a_run_without_workers(tmp_path: Path) -> None:
    config = small_corpus.write_corpus(tmp_path, changes={"unit_bytes": 2_000})
    with running(config) as process:
        wait_until(begun(tmp_path, pattern="raw/*/*.json"), process=process)
        process.terminate()
        _, errors = process.communicate(timeout=MAX_SECONDS)
    assert process.returncode == 128 + signal.SIGTERM
    assert "interrupted by SIGTERM" in errors
    assert temporary_files(tmp_path) == []


def test_a_run_under_nohup_goes_on_after_its_terminal(undisturbed: dict[str, str], tmp_path: Path) -> None:
    config = small_corpus.write_corpus(tmp_path, changes={"unit_bytes": 2_000})
    command = ["nohup", sys.executable, "-m", "pipeline.cli", "run", str(config)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=ENVIRONMENT, stdin=quiet, stdout=quiet, stderr=quiet) as process:
        wait_until(begun(tmp_path, pattern="raw/*/*.json"))
        process.send_signal(signal.SIGHUP)
        assert process.wait(timeout=MAX_SECONDS) == 0
    assert small_corpus.tree_digests(tmp_path / "out" / "release") == undisturbed


def test_workers_of_a_killed_driver_end_by_themselves_and_leave_nothing(
    undisturbed: dict[str, str], tmp_path: Path
) -> None:
    config = small_corpus.write_corpus(tmp_path, changes=PROCESSES)
    with running(config) as process:
        wait_until(begun(tmp_path), process=process)
        workers = [pid for pid in session_processes(process.pid) if pid != process.pid]
        assert len(workers) == 2
        process.kill()
        process.wait()
        wait_until(lambda: not session_processes(process.pid))
    assert temporary_files(tmp_path) == []
    runners.run(make_plan(config, workers=1))
    assert small_corpus.tree_digests(tmp_path / "out" / "release") == undisturbed


WRITE = """
import sys, threading
from layers import storage
from pipeline.beam import worker

def write(folder):
    for n in range(10**9):
        with storage.atomic_path(f"{folder}/{n % 10}") as path:
            path.write_bytes(b"x" * 100_000)

def serve(control, *, worker_id):
    for n in range(8):
        threading.Thread(target=write, args=[f"{control}/{n}"], daemon=True).start()
    threading.Event().wait()

worker._serve = serve
worker.main()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_worker_that_writes_in_many_threads_leaves_no_temporary_file(
    number: signal.Signals, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", WRITE, f"--parent={os.getpid()}", f"--control={tmp_path}"]
    with subprocess.Popen(command, env=ENVIRONMENT) as process:
        wait_until(lambda: len([*tmp_path.glob("*/9")]) == 8)
        process.send_signal(number)
        assert process.wait(timeout=MAX_SECONDS) == 128 + number
    assert temporary_files(tmp_path) == []
    assert {path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()} == {100_000}
