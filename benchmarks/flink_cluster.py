"""A Flink cluster of this machine for tests and benchmarks: deploy/flink/cluster.sh on ports of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CLUSTER = Path(__file__).parents[1] / "deploy" / "flink" / "cluster.sh"
PORTS = ("REST_PORT", "RPC_PORT", "JOB_PORT", "ARTIFACT_PORT", "EXPANSION_PORT", "POOL_PORT")
START_SECONDS = 180

MAIN_CLASSES = {
    "jobmanager": "StandaloneSessionClusterEntrypoint",
    "taskmanager": "TaskManagerRunner",
    "jobserver": "FlinkJobServerDriver",
}


def is_installed(home: Path) -> bool:
    """deploy/flink/install.sh has been there."""
    return (home / "flink" / ".complete").exists() and (home / "job-server" / ".complete").exists()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class FlinkCluster:
    """A running cluster: a job manager, two task managers, the job server and a pool of Python workers."""

    run_folder: Path
    ports: Mapping[str, int]

    @property
    def arguments(self) -> list[str]:
        """Of `rhizotron run`, to run there; what else goes to Beam may follow."""
        return [
            "--runner",
            "portable",
            "--",
            f"--job_endpoint=localhost:{self.ports['JOB_PORT']}",
            "--environment_type=EXTERNAL",
            f"--environment_config=localhost:{self.ports['POOL_PORT']}",
            "--parallelism=2",
        ]

    def processes(self, role: str) -> list[int]:
        """Process ids of jobmanager, taskmanager, jobserver, pool, or worker (the pool's children)."""
        table = _processes()
        if role in ("pool", "worker"):
            port = f"--service_port={self.ports['POOL_PORT']}"
            pools = [
                pid
                for pid, (_, args) in table.items()
                if "pipeline.beam.worker_pool" in args and port in args
            ]
            if role == "pool":
                return sorted(pools)
            return sorted(pid for pid, (parent, _) in table.items() if parent in pools)
        mark = f"--job-port={self.ports['JOB_PORT']}" if role == "jobserver" else f"{self.run_folder}/conf"
        found = (pid for pid, (_, args) in table.items() if MAIN_CLASSES[role] in args and mark in args)
        return sorted(found)

    def kill(self, role: str, *, index: int = 0) -> bool:
        """kill -9 of a process of a role; False: there is none now. What `start` keeps comes back."""
        found = self.processes(role)
        if not found:
            return False
        try:
            os.kill(found[index % len(found)], signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def sent_bytes(self) -> int:
        """What the tasks of the latest job have sent one another, by Flink's count."""
        vertices = self._ask(f"jobs/{self._latest_job()['jid']}")["vertices"]
        return sum(vertex["metrics"]["write-bytes"] for vertex in vertices)

    def latest_state(self) -> str:
        """State of the latest job, by Flink's name."""
        return str(self._latest_job()["state"])

    def _latest_job(self) -> dict[str, Any]:
        jobs: list[dict[str, Any]] = self._ask("jobs/overview")["jobs"]
        return max(jobs, key=lambda job: job["start-time"])

    def _ask(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(
            f"http://localhost:{self.ports['REST_PORT']}/{path}", timeout=30
        ) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def wait_for_words(self, words: str, *, while_running: subprocess.Popen[bytes]) -> bool:
        """Until the log of the Python workers has these words once more; False: the process ended first."""
        (log,) = (self.run_folder / "log").glob("pool-*.log")
        start = log.stat().st_size
        while while_running.poll() is None:
            with log.open("rb") as read:
                read.seek(start)
                if words.encode() in read.read():
                    return True
            time.sleep(0.05)
        return False

    def wait(self) -> None:
        """Until slots, job server and pool are there."""
        command = [sys.executable, str(CLUSTER.with_name("wait_for_cluster.py")), "--slots=2"]
        command += [f"--{name}-port={self.ports[f'{name.upper()}_PORT']}" for name in ("rest", "job", "pool")]
        subprocess.run([*command, f"--log={self.run_folder / 'log'}"], check=True, timeout=START_SECONDS)


@contextmanager
def start_cluster(home: Path, *, run_folder: Path, environment: Mapping[str, str]) -> Iterator[FlinkCluster]:
    """Start a cluster of what lies in home; it ends with the block.

    environment is that of its Python workers: PYTHON and PYTHONPATH say which.
    """
    cluster = FlinkCluster(run_folder, {name: free_port() for name in PORTS})
    ports = {name: str(port) for name, port in cluster.ports.items()}
    settings = {**environment, **ports, "RUN_FOLDER": str(run_folder), "TASKMANAGERS": "2", "SLOTS": "1"}
    try:
        subprocess.run(["sh", CLUSTER, "start", home], env=settings, check=True, timeout=START_SECONDS)
        yield cluster
    finally:
        subprocess.run(["sh", CLUSTER, "stop", home], env=settings, check=True)


def _processes() -> dict[int, tuple[int, str]]:
    """Process id → (parent, command line)."""
    table = subprocess.run(["ps", "-eo", "pid,ppid,args", "-ww"], capture_output=True, text=True, check=True)
    rows = (line.split(None, 2) for line in table.stdout.splitlines()[1:])
    return {int(row[0]): (int(row[1]), row[2]) for row in rows}
