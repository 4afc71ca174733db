"""The tests of a file run in one process, in the order of the schedule, which names files that there are."""

import subprocess
import sys
from pathlib import Path

import scheduling

ROOT = Path(__file__).parents[1]
CONFTEST = """
import sys
sys.path.insert(0, {folder!r})
import scheduling

def pytest_xdist_make_scheduler(config, log):
    return scheduling.FilesTogether(config, log)
"""
TESTS = """
import os, pathlib, pytest

@pytest.mark.parametrize("n", range(20))
def test_one_of_many(n):
    with pathlib.Path("processes").open("a") as file:
        file.write(f"{os.getpid()} {os.path.basename(__file__)}\\n")
"""


def test_every_file_of_the_schedule_exists() -> None:
    files = {*scheduling.TOGETHER, *scheduling.LONGEST} - {*scheduling.TOGETHER.values()}
    assert [name for name in sorted(files) if not (ROOT / name).is_file()] == []


def test_the_tests_of_a_file_run_in_one_process(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST.format(folder=str(ROOT / "tests")))
    for name in ("test_a.py", "test_b.py", "test_c.py"):
        (tmp_path / name).write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", "--rootdir", ".", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    ran = [line.split() for line in (tmp_path / "processes").read_text().splitlines()]
    assert len(ran) == 60
    assert len({(process, file) for process, file in ran}) == 3
    assert len({process for process, _ in ran}) == 2


def test_what_shares_a_run_is_one_group_and_the_longest_begin_first() -> None:
    tutorial = ["tests/docs/test_pages.py::test_a[docs/x.md]", "tests/docs/test_reruns.py::test_b"]
    assert {scheduling.group_of(test) for test in tutorial} == {"the tutorial"}
    short = "tests/kernels/test_text.py::test_c[a@b]"
    assert scheduling.group_of(short) == "tests/kernels/test_text.py"
    assert sorted([short, *tutorial], key=scheduling.place_of) == [*tutorial, short]
