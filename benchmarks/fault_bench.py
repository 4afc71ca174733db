"""What faults.py does to one run or output, and what must come of it."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import fault_damage
from benchmarks.fault_plan import FAKETIME, Fault
from benchmarks.fault_rig import (
    MAX_SECONDS,
    ROOT,
    SOURCES,
    Run,
    await_end_of,
    grow,
    kill_session,
    release_digests,
    session_processes,
    small_disk,
    stage_seconds,
    wait,
    write_corpus,
)
from benchmarks.flink_cluster import FlinkCluster

MAX_RUNS = 2
"""At most one repeat of the command mends what has happened, or says what must be done."""

SURROUNDINGS: Mapping[str, Mapping[str, str]] = {
    "proxy": {
        name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "all_proxy", "grpc_proxy")
    },
    "locale": {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "time zone": {"TZ": "Pacific/Kiritimati"},
}
"""Kind → variables of the run's environment."""
SIGNALS = {"SIGTERM": signal.SIGTERM, "SIGTERM to all": signal.SIGTERM, "SIGHUP": signal.SIGHUP}


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    fault: Fault
    exit_codes: tuple[int, ...]
    seconds: float
    verdict: str
    is_passed: bool
    is_silent: bool = False
    """Other bytes with exit code 0."""


class Bench:
    """A corpus, its undisturbed release, and what is needed to disturb the others."""

    def __init__(self, work: Path, *, sources: Sequence[str] = SOURCES) -> None:
        self.work = work
        self.corpus = write_corpus(work, sources=sources)
        self.flaky_until = work / "flaky_until"
        self.refused = work / "flaky_until.refused"
        self.short = work / "short"
        self.bug = work / "bug"
        self.clock = work / "clock"
        paths = [str(ROOT), str(ROOT / "benchmarks" / "fault_hooks"), os.environ.get("PYTHONPATH", "")]
        self.environment: Mapping[str, str] = os.environ | {
            "PYTHONPATH": os.pathsep.join(path for path in paths if path),
            "PYTHON": sys.executable,
            "RHIZOTRON_POISON": str(self.bug),
            "RHIZOTRON_FLAKY_UNTIL": str(self.flaky_until),
            "RHIZOTRON_SHORT": str(self.short),
        }
        self.faketime = {
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(self.clock),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        self.flink: FlinkCluster | None = None
        self.expected: dict[str, str] = {}
        self.seconds: dict[str, float] = {}
        self.bytes = 0
        self.undisturbed = work / "undisturbed"
        self.places: dict[str, list[Path]] = {}

    def worker_python(self) -> Path:
        """A python for Flink's workers that has this bench's clock; Java keeps the machine's."""
        if not FAKETIME.exists():
            return Path(sys.executable)
        self.clock.write_text("+0", encoding="ascii")
        python = self.work / "python"
        settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in self.faketime.items())
        real = shlex.quote(sys.executable)
        # time.sleep fails under libfaketime (EINVAL), and the script that waits for the cluster sleeps
        fake = f'case "$*" in *worker_pool*) exec env {settings} {real} "$@" ;; esac'
        python.write_text(f'#!/bin/sh\n{fake}\nexec {real} "$@"\n', encoding="utf-8")
        python.chmod(0o755)
        return python

    def run_undisturbed(self) -> None:
        """Learn the release, how long the stages take, and how much disk they need."""
        run = self.new_run("undisturbed", runner="local")
        code = run.start().wait(timeout=MAX_SECONDS)
        if code:
            raise SystemExit(f"the undisturbed run failed with {code}; see {run.log}")
        self.learn()

    def learn(self) -> None:
        """From an undisturbed run that is there."""
        out = self.undisturbed
        self.expected = release_digests(out)
        self.seconds = stage_seconds(out)
        self.places = fault_damage.list_places(out)
        self.bytes = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())

    def new_run(
        self, name: str, *, runner: str, out: Path | None = None, more: Mapping[str, str] | None = None
    ) -> Run:
        arguments = [] if runner == "local" or self.flink is None else self.flink.arguments
        folder = out or self.work / name
        shutil.rmtree(folder, ignore_errors=True)
        log = self.work / f"{name}.log"
        log.unlink(missing_ok=True)
        return Run(self.corpus, folder, arguments, {**self.environment, **(more or {})}, log)

    def suffer(self, fault: Fault) -> Outcome:
        """One fault, and the same command once more where it failed."""
        started = time.monotonic()
        with ExitStack() as stack:
            run = self._prepare(fault, stack=stack)
            damaged = self._damage(fault, out=run.out) if fault.is_damage else None
            codes: list[int] = []
            running = run.start()
            after = self._strike(fault, run=run, running=running)
            codes.append(wait(running))
            problem = after()
            run = replace(run, environment=self.environment, prefix=(), cwd=None)
            while codes[-1] and len(codes) < MAX_RUNS:
                time.sleep(2)
                codes.append(wait(run.start()))
            outcome = self._judge(fault, run=run, codes=codes, damaged=damaged)
            if problem:
                outcome = replace(outcome, verdict=problem, is_passed=False)
            self.clock.write_text("+0", encoding="ascii")
        if outcome.is_passed:
            shutil.rmtree(run.out, ignore_errors=True)
        return replace(outcome, seconds=time.monotonic() - started)

    def _damage(self, fault: Fault, *, out: Path) -> Path:
        shutil.copytree(self.undisturbed, out)
        files = self.places[fault.stage]
        path = fault_damage.strike(out, kind=fault.kind, point=fault.point, files=files)
        fault_damage.forget_what_follows(out, layer=fault_damage.layer_of(path))
        return path

    def _judge(self, fault: Fault, *, run: Run, codes: Sequence[int], damaged: Path | None) -> Outcome:
        def outcome(verdict: str, *, passed: bool = False, silent: bool = False) -> Outcome:
            return Outcome(fault, tuple(codes), 0.0, verdict, passed, silent)

        if 124 in codes:
            return outcome(f"a run did not end in {MAX_SECONDS} s")
        if codes[-1]:
            words = run.last_words()
            if damaged is not None and fault_damage.names(words, path=damaged) and "Traceback" not in words:
                return outcome(f"named: {words}", passed=True)
            return outcome(f"still exit code {codes[-1]} after {len(codes)} runs: {words}")
        differ = fault_damage.differences(release_digests(run.out), self.expected)
        if differ:
            words = run.verify() if damaged is not None and damaged.parts[0] == "release" else ""
            if damaged is not None and words and fault_damage.names(words, path=damaged):
                return outcome(f"named by verify: {words}", passed=True)
            return outcome(f"SILENT: {len(differ)} files differ, {differ[0]} first", silent=True)
        left = run.clean()
        if left:
            return outcome(f"left over after clean: {left}")
        if damaged is None or _same(run.out / damaged, self.undisturbed / damaged):
            return outcome("identical", passed=True)
        return outcome("identical, the damaged file not read", passed=True)

    def _prepare(self, fault: Fault, *, stack: ExitStack) -> Run:
        name = f"{fault.number:02d}"
        if fault.kind == "disk full":
            size = int(self.bytes * (0.05 + 0.85 * fault.point))
            disk = stack.enter_context(small_disk(self.work / f"disk-{name}", size_bytes=size))
            return self.new_run(name, runner=fault.runner, out=disk / "out")
        if fault.kind == "clock":
            self.clock.write_text("+0", encoding="ascii")
            return self.new_run(name, runner=fault.runner, more=self.faketime)
        if fault.kind == "source":
            self.refused.unlink(missing_ok=True)
            self.flaky_until.write_text("inf", encoding="ascii")
        if fault.kind == "short read":
            self.short.write_text(str(fault.point), encoding="ascii")
        if fault.kind == "poison":
            self.bug.touch()
        run = self.new_run(name, runner=fault.runner, more=SURROUNDINGS.get(fault.kind))
        if fault.is_damage:  # one process reads and writes as two do, and starts sooner
            run = replace(run, arguments=["--workers", "1"])
        if fault.kind == "few files":
            run = replace(run, prefix=["sh", "-c", f'ulimit -n {int(8 + 40 * fault.point)}; exec "$@"', "sh"])
        if fault.kind == "folder":
            run = replace(run, cwd=_write_folder(self.work / "another folder"))
        return run

    def _strike(self, fault: Fault, *, run: Run, running: subprocess.Popen[bytes]) -> Callable[[], str]:
        """Wait for the point and strike → what mends it once the run has ended, and says what went wrong."""
        if fault.kind == "disk full" and fault.runner == "local":
            return lambda: grow(run.out.parent)
        if fault.kind == "disk full":  # Flink tries again while somebody makes room
            assert self.flink is not None
            was_full = self.flink.wait_for_words("No space left on device", while_running=running)
            grow(run.out.parent)
            return lambda: "" if was_full else "the disk was never full"
        if fault.kind == "poison":
            return lambda: self._mend_bug(run, code=running.returncode)
        if fault.kind == "short read":
            return self._mend_short
        if fault.stage not in self.seconds:  # it has been damaged, or its surroundings are the fault
            return lambda: ""
        if fault.kind == "source":
            while running.poll() is None and not self.refused.exists():
                time.sleep(0.01)
            self.flaky_until.write_text(str(time.time() + 2 + 15 * fault.point), encoding="ascii")
            return self._mend_source
        pause = self.seconds[fault.stage] * fault.point
        if not run.wait_for(fault.stage, running=running, seconds=pause):
            return lambda: "the run was over before the fault"
        return self._hit(fault, run=run, running=running)

    def _hit(self, fault: Fault, *, run: Run, running: subprocess.Popen[bytes]) -> Callable[[], str]:
        if fault.kind == "clock":
            self.clock.write_text("-40d" if fault.number % 2 else "+400d")
            return lambda: ""
        if fault.kind in SIGNALS:
            send = os.killpg if fault.kind.endswith("to all") else os.kill
            send(running.pid, SIGNALS[fault.kind])
            return lambda: self._check_end(run, running=running, number=SIGNALS[fault.kind])
        if fault.kind == "driver alone":
            running.kill()
            return lambda: await_end_of(running.pid)
        if fault.kind == "driver and workers":
            kill_session(running.pid)
            return lambda: await_end_of(running.pid)
        if fault.runner == "local":
            workers = [pid for pid in session_processes(running.pid) if pid != running.pid]
            hit = bool(workers)
            if hit:
                os.kill(workers[-1], 9)
            return lambda: "" if hit else "there was no worker to kill"
        assert self.flink is not None
        hit = self.flink.kill(fault.kind, index=fault.number)
        self.flink.wait()
        return lambda: "" if hit else f"there was no {fault.kind} to kill"

    def _mend_bug(self, run: Run, *, code: int) -> str:
        self.bug.unlink()
        if code != 3 or "error:poison 1" not in run.log.read_text(encoding="utf-8"):
            return f"a poisonous document must end the run with exit code 3 and its name, not {code}"
        return "there is a release all the same" if release_digests(run.out) else ""

    def _mend_source(self) -> str:
        self.flaky_until.unlink()
        return "" if self.refused.exists() else "the source was not asked while it failed"

    def _mend_short(self) -> str:
        self.short.unlink()
        return ""

    def _check_end(self, run: Run, *, running: subprocess.Popen[bytes], number: int) -> str:
        if running.returncode != 128 + number:
            return f"exit code {running.returncode} after a signal"
        left = [path.name for path in run.out.rglob(".tmp-*")]
        return f"the signal left {left[0]}" if left else await_end_of(running.pid, max_seconds=1.0)


def _write_folder(folder: Path) -> Path:
    """A folder whose modules have the names of ours and of the library's."""
    for name in ("pipeline", "layers", "random"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "__init__.py").write_text("raise SystemExit('the wrong one')", encoding="utf-8")
    return folder


def _same(one: Path, other: Path) -> bool:
    return one.exists() and one.read_bytes() == other.read_bytes()
