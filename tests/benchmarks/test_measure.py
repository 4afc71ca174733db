"""The cost of a command includes every process it starts, also those that outlive it."""

import sys
from pathlib import Path

import pytest

from benchmarks.measure import CommandFailed, measure

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and prctl")

_BURN = "import time; end = time.process_time() + {seconds}\nwhile time.process_time() < end: pass"


def run_python(code: str, *, folder: Path) -> tuple[float, int]:
    cost = measure([sys.executable, "-c", code], log=folder / "log")
    return cost.cpu_seconds, cost.peak_pss_bytes


def test_cpu_seconds_of_child_and_orphaned_grandchild_are_counted(tmp_path: Path) -> None:
    burn = _BURN.format(seconds=0.5)
    alone, _ = run_python(burn, folder=tmp_path)
    with_child, _ = run_python(
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}])", folder=tmp_path
    )
    with_orphan, _ = run_python(
        f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {burn!r}])", folder=tmp_path
    )
    assert min(alone, with_child, with_orphan) >= 0.5


def test_peak_memory_sees_an_allocation(tmp_path: Path) -> None:
    _, peak = run_python("import time; data = b'x' * (200 << 20); time.sleep(1)", folder=tmp_path)
    assert peak > 200 << 20


def test_a_failing_command_is_an_error_with_its_output(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="no such luck"):
        run_python("raise SystemExit('no such luck')", folder=tmp_path)
