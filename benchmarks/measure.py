"""Cost of a command with everything it starts: CPU-seconds, wall seconds, peak memory. Linux.

CPU-seconds are the kernel's own accounts of processes that have ended (wait4). A supervising
process makes itself the subreaper, so that a worker whose parent ends first is still waited for
and counted; a worker that does not end is an error, never a missing number. Memory is the sum
of PSS over the tree (shared pages counted once), sampled, beside the sum of RSS.
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

SAMPLE_SECONDS = 0.25
_PR_SET_CHILD_SUBREAPER = 36
_ORPHAN_SECONDS = 30.0


@dataclass(frozen=True)
class Cost:
    """What one run of a command took, all its processes together."""

    cpu_seconds: float
    """User and system time of the command and every descendant."""
    wall_seconds: float
    peak_pss_bytes: int
    """Highest sum of PSS over the process tree that a sample saw."""
    peak_rss_bytes: int
    """Highest sum of RSS; forked processes that share pages are counted several times."""
    processes: int
    """Processes that were ever seen by a sample; short-lived ones may be missed here, not in CPU time."""


class CommandFailed(Exception):
    """The measured command ended with an error, so its cost means nothing."""


def measure(
    command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Cost:
    """Run a command to its end and return its cost; its output goes to log.

    A supervisor process between caller and command does the accounting, so other children of the
    caller are not mixed in. Raises CommandFailed with the end of the log when the command fails or
    leaves processes behind.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    supervisor = [sys.executable, __file__, str(log.absolute()), *command]
    done = subprocess.run(supervisor, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, env=env, cwd=cwd)
    if done.returncode != 0:
        raise RuntimeError(f"the supervisor of {command} ended with {done.returncode}")
    result = json.loads(done.stdout)
    if result["code"] != 0 or result["left"]:
        tail = log.read_text(errors="replace")[-2000:]
        what = f"ended with {result['code']}" if result["code"] else f"left {result['left']} running"
        raise CommandFailed(f"{' '.join(command)} {what}; the end of {log}:\n{tail}")
    return Cost(**result["cost"])


def _supervise(log: Path, command: Sequence[str]) -> None:
    """Run the command as the only child of this process; prints the result as JSON."""
    _become_subreaper()
    with log.open("wb") as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        sampler = _Sampler()
        sampler.start()
        code = process.wait()
        wall = time.perf_counter() - started
    left = _reap_orphans()
    sampler.stop()
    cost = Cost(
        cpu_seconds=_children_cpu_seconds(),
        wall_seconds=wall,
        peak_pss_bytes=sampler.peak_pss,
        peak_rss_bytes=sampler.peak_rss,
        processes=len(sampler.seen),
    )
    print(json.dumps({"code": code, "left": left, "cost": asdict(cost)}))


def _children_cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _become_subreaper() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER) failed; measuring needs Linux")


def _reap_orphans() -> list[int]:
    """Wait for descendants that outlived the command; returns those that still run after 30 s."""
    deadline = time.monotonic() + _ORPHAN_SECONDS
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return []
        if pid == 0:
            if time.monotonic() > deadline:
                return sorted(descendants(os.getpid()))
            time.sleep(0.05)


@dataclass
class _Sampler(threading.Thread):
    peak_pss: int = 0
    peak_rss: int = 0
    seen: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self._ended = threading.Event()

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            tree = descendants(os.getpid())
            self.seen |= tree
            memory = [_memory_bytes(pid) for pid in tree]
            self.peak_pss = max(self.peak_pss, sum(pss for pss, _ in memory))
            self.peak_rss = max(self.peak_rss, sum(rss for _, rss in memory))

    def stop(self) -> None:
        self._ended.set()
        self.join()


def descendants(root: int) -> set[int]:
    """Processes that root has started, theirs included, as they are now; never root itself."""
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                stat = Path(f"/proc/{name}/stat").read_text()
            except (FileNotFoundError, ProcessLookupError):  # it ended between listing and reading
                continue
            parents[int(name)] = int(stat.rpartition(")")[2].split()[1])
    found: set[int] = set()
    frontier = {root}
    while frontier:
        frontier = {pid for pid, parent in parents.items() if parent in frontier} - found
        found |= frontier
    return found


def _memory_bytes(pid: int) -> tuple[int, int]:
    """(PSS, RSS) of a process in bytes; zeros once it has ended."""
    values = {"Pss": 0, "Rss": 0}
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            key, _, rest = line.partition(":")
            if key in values:
                values[key] = int(rest.split()[0]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        pass
    return values["Pss"], values["Rss"]


if __name__ == "__main__":
    _supervise(Path(sys.argv[1]), sys.argv[2:])
