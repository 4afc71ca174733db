"""Faults at random points of runs, on the local runner and on Flink: does the release keep its bytes?

    python -m benchmarks.faults --work /tmp/faults --faults 30 --runners ~/.cache/rhizotron/runners

The seed fixes kinds, stages and points. After each fault the same command is given again, as a person
would, until it succeeds. A fault passes when the release has the bytes of an undisturbed run (its ledger
is among them, and a run that does not balance has none), nothing is left over after `rhizotron clean`, and
no process is. Exit code 1 when one fails.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from benchmarks.fault_plan import FAKETIME, Fault, draw_faults
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
from benchmarks.flink_cluster import FlinkCluster, is_installed, start_cluster

MAX_RUNS = 12


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    fault: Fault
    runs: int
    exit_codes: tuple[int, ...]
    seconds: float
    problem: str
    """Empty: passed."""


class Bench:
    """A corpus, its undisturbed release, and what is needed to disturb the others."""

    def __init__(self, work: Path, *, sources: Sequence[str] = SOURCES) -> None:
        self.work = work
        self.corpus = write_corpus(work, sources=sources)
        self.flaky_until = work / "flaky_until"
        self.refused = work / "flaky_until.refused"
        self.bug = work / "bug"
        self.clock = work / "clock"
        paths = [str(ROOT), str(ROOT / "benchmarks" / "fault_hooks"), os.environ.get("PYTHONPATH", "")]
        self.environment: Mapping[str, str] = os.environ | {
            "PYTHONPATH": os.pathsep.join(path for path in paths if path),
            "PYTHON": sys.executable,
            "RHIZOTRON_POISON": str(self.bug),
            "RHIZOTRON_FLAKY_UNTIL": str(self.flaky_until),
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
        """Learn the release, how long the stages take, and how much disk."""
        run = self.new_run("undisturbed", runner="local")
        code = run.start().wait(timeout=MAX_SECONDS)
        if code:
            raise SystemExit(f"the undisturbed run failed with {code}; see {run.log}")
        self.expected = release_digests(run.out)
        self.seconds = stage_seconds(run.out)
        self.bytes = sum(path.stat().st_size for path in run.out.rglob("*") if path.is_file())

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
        """One fault, and the same command until it succeeds."""
        started = time.monotonic()
        with ExitStack() as stack:
            run = self._prepare(fault, stack=stack)
            codes: list[int] = []
            running = run.start()
            after = self._strike(fault, run=run, running=running)
            codes.append(wait(running))
            problem = after()
            while codes[-1] and len(codes) < MAX_RUNS:
                time.sleep(2)
                codes.append(wait(run.start()))
            problem = problem or self._judge(run, codes=codes)
            self.flaky_until.unlink(missing_ok=True)
            self.clock.write_text("+0", encoding="ascii")
        if not problem:
            shutil.rmtree(run.out, ignore_errors=True)
        return Outcome(fault, len(codes), tuple(codes), time.monotonic() - started, problem)

    def _judge(self, run: Run, *, codes: Sequence[int]) -> str:
        if 124 in codes:
            return f"a run did not end in {MAX_SECONDS} s"
        if codes[-1]:
            return f"still exit code {codes[-1]} after {MAX_RUNS} runs"
        left = run.clean()
        if left:
            return f"left over after clean: {left}"
        found = release_digests(run.out)
        differ = [name for name in {*found, *self.expected} if found.get(name) != self.expected.get(name)]
        return f"{len(differ)} files differ, {sorted(differ)[0]} first" if differ else ""

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
        if fault.kind == "poison":
            self.bug.touch()
        return self.new_run(name, runner=fault.runner)

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
        if fault.kind == "source":
            while running.poll() is None and not self.refused.exists():
                time.sleep(0.01)
            self.flaky_until.write_text(str(time.time() + 2 + 15 * fault.point), encoding="ascii")
            return lambda: "" if self.refused.exists() else "the source was not asked while it failed"
        pause = self.seconds[fault.stage] * fault.point
        if not run.wait_for(fault.stage, running=running, seconds=pause):
            return lambda: "the run was over before the fault"
        return self._hit(fault, running=running)

    def _hit(self, fault: Fault, *, running: subprocess.Popen[bytes]) -> Callable[[], str]:
        if fault.kind == "clock":
            self.clock.write_text("-40d" if fault.number % 2 else "+400d")
            return lambda: ""
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


def render(outcomes: Sequence[Outcome], *, seed: int) -> str:
    """The outcomes as a Markdown table."""
    passed = sum(not each.problem for each in outcomes)
    lines = [
        f"{date.today()}, seed {seed}: {passed} of {len(outcomes)} passed.",
        "",
        "| | runner | fault | in | at | exit codes | seconds | release |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for each in outcomes:
        fault = each.fault
        cells = (fault.number, fault.runner, fault.kind, fault.stage, f"{fault.point:.2f}")
        codes = " ".join(map(str, each.exit_codes))
        verdict = each.problem or "identical"
        lines.append(f"| {' | '.join(map(str, cells))} | {codes} | {each.seconds:.0f} | {verdict} |")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="a folder; outputs that pass are removed")
    parser.add_argument("--faults", type=int, default=26)
    parser.add_argument("--seed", type=int, default=46)
    parser.add_argument("--runners", type=Path, help="deploy/runners.sh's folder; without it, local only")
    parser.add_argument("--sources", nargs="+", default=SOURCES, help="of the demo")
    asked = parser.parse_args(arguments)
    outcomes: list[Outcome] = []
    with ExitStack() as stack:
        bench = Bench(asked.work.resolve(), sources=asked.sources)
        bench.run_undisturbed()
        names = ["local"]
        if asked.runners is not None:
            if not is_installed(asked.runners):
                parser.error(f"no Flink in {asked.runners}: sh deploy/runners.sh {asked.runners}")
            cluster = start_cluster(
                asked.runners.resolve(),
                run_folder=asked.work.resolve() / "flink",
                environment={**bench.environment, "PYTHON": str(bench.worker_python())},
            )
            bench.flink = stack.enter_context(cluster)
            names.append("flink")
        for fault in draw_faults(asked.faults, seed=asked.seed, runners=names):
            outcomes.append(bench.suffer(fault))
            print(render(outcomes, seed=asked.seed).splitlines()[-1], flush=True)
    print("\n" + render(outcomes, seed=asked.seed))
    return int(any(each.problem for each in outcomes))


if __name__ == "__main__":
    raise SystemExit(main())
