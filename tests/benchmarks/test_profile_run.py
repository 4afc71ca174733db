"""Samples go to the innermost frame that says what the work is."""

import subprocess
import sys
from collections import Counter

import pytest

from benchmarks.profile_run import ThreadClock, classify, count_samples, render, share_seconds

_MEASURE = "measure (filters/signals/roots.py:90)"


@pytest.mark.parametrize(
    ("frames", "kind"),
    [
        ([_MEASURE, "0x55877eeb4650 (?)", "0x7fe5207c20a5 (?)"], "kernels"),
        (["main (toy.py:1)", "0x55877eeb4650 (?)"], "other Python"),
        ([_MEASURE, "Dispatcher_call (_dispatcher.cpp:1459)"], "loading and calling kernels"),
        (["predict (filters/language_id/model.py:3)", "f (fasttext_pybind.so)"], "fastText"),
        (["read (sources/jsonl.py:60)", "loads (orjson.so)"], "parsing"),
        (["read (/home/x/sources/jsonl.py:60)", "_PyObject_Malloc (libpython3.11.so.1.0)"], "parsing"),
        (["write_shard (pipeline/x.py:9)", "ZSTD_compress2 (libarrow.so)"], "compression and Arrow IPC"),
        (["f (pipeline/x.py:9)", "take (pyarrow/lib.so)", "memmove (libc.so)"], "Arrow columns and compute"),
        (["f (pipeline/x.py:1)", "write (libc.so.6)"], "file access"),
        (["sha256 (sources/base.py:1)", "SHA256_Update (libcrypto.so.3)"], "digests (SHA-256)"),
        (["<module> (a.py:1)", "_find_and_load (<frozen importlib._bootstrap>:1176)"], "imports"),
        (["process (apache_beam/runners/worker.py:1)", "f (libpython3.11.so)"], "Beam, gRPC, protobuf"),
        (["f (pipeline/stages/decide/direct.py:9)"], "Python of this project"),
        (["process (apache_beam/x.py:1)", "f (pipeline/x.py:9)"], "Python of this project"),
        (["process (apache_beam/x.py:1)", "gc_collect_main (libpython3.11.so.1.0)"], "garbage collection"),
        (["f (pipeline/x.py:1)", "get (<frozen os>:676)"], "Python of this project"),
        (["main (toy.py:1)", "get (<frozen os>:676)"], "other Python"),
    ],
)  # fmt: skip
def test_kind_of_a_stack(frames: list[str], kind: str) -> None:
    assert classify(frames) == kind


WORKER, IDLE, GRPC, SHORT = 11, 12, 13, 14
STACKS = [
    f'process 1:"x";thread ({WORKER}): MainThread;f (pipeline/stages/decide/direct.py:9) 25\n',
    f'process 1:"x";process 2:"y";thread ({WORKER}): MainThread;{_MEASURE};0x7fe5207c20a5 (?) 75\n',
]


def test_counting_and_rendering_raw_lines() -> None:
    samples = count_samples(STACKS)
    assert samples == {WORKER: Counter({"kernels": 75, "Python of this project": 25})}
    assert render(share_seconds(samples, cpu_seconds={WORKER: 8.0})).splitlines() == [
        "| work | share of CPU time |",
        "|---|---|",
        "| kernels | 75.0% |",
        "| Python of this project | 25.0% |",
        "| **all but kernels, fastText, validators of personal data, parsing, compression and Arrow IPC, "
        "file access** | **25.0%** |",
    ]


@pytest.mark.parametrize(
    "frame",
    [
        "PyThread_acquire_lock_timed (libpython3.11.so.1.0);0x7f (libc.so.6)",
        "pthread_cond_timedwait (libc.so.6);0x7f (libc.so.6)",
        "f (grpc/_cython/cygrpc.so);syscall (libc.so.6)",
        "epoll_wait (libc.so.6)",
        "os_waitpid (libpython3.11.so.1.0);wait4 (libc.so.6)",
        "f (grpc/_cython/cygrpc.so);__poll (libc.so.6)",
    ],
)
def test_threads_that_wait_are_not_work(frame: str) -> None:
    lines = [
        f"thread ({WORKER});run (grpc/_channel.py:1);{frame} 7",
        f"thread ({WORKER});read (sources/jsonl.py:3);write (libc.so.6) 2",
    ]
    assert count_samples(lines) == {WORKER: {"file access": 2}}


def test_a_thread_has_the_time_that_the_kernel_says_and_not_that_of_its_samples() -> None:
    """py-spy took a thread of gRPC that had no time for a running one, in 1,000 samples of 1,101."""
    samples = count_samples(
        [
            *STACKS,
            f"thread ({IDLE});wait (grpc/_channel.py:1);f (cygrpc.so) 1000",
            f"thread ({SHORT});g (a.py:1) 1",
        ]
    )
    assert samples[IDLE] == {"Beam, gRPC, protobuf": 1000}
    assert share_seconds(samples, cpu_seconds={WORKER: 8.0, IDLE: 0.0, GRPC: 1.0, SHORT: 0.5}) == {
        "kernels": 6.0,
        "Python of this project": 2.0,
        "other Python": 0.5,
        "Beam, gRPC, protobuf": 0.0,
        "threads never sampled at work": 1.0,
    }


PROGRAM = """
import queue, sys, threading, time
threading.Thread(target=queue.Queue().get, daemon=True).start()
while time.thread_time() < 0.5:
    sum(range(1000))
print("done", flush=True)
sys.stdin.read()
"""


def test_the_clock_reads_every_thread_of_a_process_that_was_started() -> None:
    command = [sys.executable, "-c", PROGRAM]
    clock = ThreadClock()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"done\n"
        clock.read()
        threads = {thread for thread, owner in clock.processes.items() if owner == process.pid}
    (idle,) = threads - {process.pid}
    assert clock.cpu_seconds[process.pid] >= 0.45  # the kernel's accounts are in hundredths
    assert clock.cpu_seconds[idle] <= 0.05
