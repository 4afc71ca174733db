"""Children: many requests each, a limit of CPU time that really ends them, and what else can end them."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sources.reading import children
from sources.reading.children import Children
from sources.reading.mapping import BadRecord

CHILD = """
import os, sys, time
from sources.reading.children import serve
from sources.reading.mapping import BadRecord

def handle(request):
    what = request.decode()
    if what == "loop":
        "a" * 40 == __import__("re").match("(a*)*b", "a" * 60)  # C code that no signal handler interrupts
    if what == "sleep":
        time.sleep(0.5)
    if what == "print":
        print("not an answer", flush=True)
        os.write(2, b"e" * 300_000)
    if what == "bad":
        raise BadRecord("no_text", detail="none\\nat all")
    if what == "raise":
        raise KeyError("missing")
    if what == "memory":
        bytearray(8 << 30)
    if what.startswith("signal"):
        os.kill(os.getpid(), int(what.split()[1]))
    if what == "exit":
        sys.exit("out of order")
    return f"{os.getpid()} {what[:20]} {len(request)}".encode()

serve(handle, max_cpu_seconds=float(sys.argv[1]))
"""


@pytest.fixture
def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Children:
    (tmp_path / "answering.py").write_text(CHILD)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    return Children("answering", max_cpu_seconds=0.3)


def ask(pool: Children, request: str) -> tuple[str, str]:
    """(process, answer)."""
    process, answer = pool.ask(request.encode()).decode().split(" ", maxsplit=1)
    return process, answer


def test_one_child_answers_requests_of_any_size(pool: Children) -> None:
    answers = [ask(pool, "x" * size) for size in (0, 1, 20, 5_000_000)]
    assert [answer for _, answer in answers] == [" 0", "x 1", f"{'x' * 20} 20", f"{'x' * 20} 5000000"]
    assert len({process for process, _ in answers}) == 1
    pool.close()


def test_what_takes_too_long_ends_and_the_next_request_has_another_child(pool: Children) -> None:
    first, _ = ask(pool, "a")
    with pytest.raises(BadRecord) as ended:
        ask(pool, "loop")
    assert ended.value.reason == children.TIMEOUT
    with pytest.raises(ProcessLookupError):
        os.kill(int(first), 0)
    assert ask(pool, "a")[0] != first
    pool.close()


def test_the_limit_is_of_cpu_time_of_one_request_and_waiting_is_none(pool: Children) -> None:
    first, _ = ask(pool, "sleep")
    assert {ask(pool, "sleep")[0], ask(pool, "a")[0]} == {first}
    pool.close()


@pytest.mark.parametrize(
    ("request_text", "reason", "detail"),
    [
        ("bad", "no_text", "none\nat all"),
        ("raise", "reader_failed", "KeyError: 'missing'"),
        ("memory", "reader_failed", "MemoryError"),
    ],
)
def test_an_exception_is_an_answer_and_the_child_stays(
    pool: Children, request_text: str, reason: str, detail: str
) -> None:
    first, _ = ask(pool, "a")
    with pytest.raises(BadRecord) as bad:
        ask(pool, request_text)
    assert (bad.value.reason, bad.value.detail) == (reason, detail)
    assert ask(pool, "a")[0] == first
    pool.close()


def test_a_library_that_ends_the_process_loses_its_record_only(pool: Children) -> None:
    for number in (signal.SIGSEGV, signal.SIGABRT):
        with pytest.raises(BadRecord) as bad:
            ask(pool, f"signal {number.value}")
        assert bad.value.reason == children.FAILED
        assert number.name in bad.value.detail
    assert ask(pool, "a")[1] == "a 1"
    pool.close()


@pytest.mark.parametrize("request_text", [f"signal {signal.SIGKILL.value}", "exit"])
def test_what_somebody_else_ends_or_what_cannot_work_is_no_row(pool: Children, request_text: str) -> None:
    with pytest.raises(RuntimeError, match=r"ended with code (-9|1)"):
        ask(pool, request_text)
    assert ask(pool, "a")[1] == "a 1"
    pool.close()


def test_what_a_library_prints_is_no_answer_and_blocks_nothing(pool: Children) -> None:
    assert ask(pool, "print")[1] == "print 5"
    pool.close()


def test_threads_have_children_of_their_own_which_are_used_again(pool: Children) -> None:
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda n: ask(pool, f"n{n}"), range(30)))
    assert [answer.split()[0] for _, answer in answers] == [f"n{n}" for n in range(30)]
    assert len({process for process, _ in answers}) <= 3
    pool.close()


def test_a_child_is_replaced_after_many_requests(pool: Children, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "MAX_REQUESTS", 2)
    processes = [ask(pool, "a")[0] for _ in range(4)]
    assert processes[0] == processes[1] != processes[2] == processes[3]
    pool.close()


def test_children_end_with_a_parent_that_is_killed(pool: Children) -> None:
    program = "import sys, time; from sources.reading.children import Children\n"
    program += (
        "print(Children('answering', max_cpu_seconds=9).ask(b'a').decode(), flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline().split()[0])
    parent.kill()
    parent.communicate()
    for _ in range(1000):
        if not Path(f"/proc/{child}").exists():
            break
        time.sleep(0.01)
    else:
        pytest.fail("the child of a killed parent lives on")
