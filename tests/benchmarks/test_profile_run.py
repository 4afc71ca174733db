"""Samples go to the innermost frame that says what the work is."""

from collections import Counter

import pytest

from benchmarks.profile_run import classify, count_samples, render

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
        (["f (pipeline/stages/decide/direct.py:9)"], "other Python"),
    ],
)  # fmt: skip
def test_kind_of_a_stack(frames: list[str], kind: str) -> None:
    assert classify(frames) == kind


def test_counting_and_rendering_raw_lines() -> None:
    counts = count_samples(
        [
            'process 1:"python x";f (pipeline/stages/decide/direct.py:9) 25\n',
            f'process 1:"python x";process 2:"python y";{_MEASURE};0x7fe5207c20a5 (?) 75\n',
        ]
    )
    assert counts == Counter({"kernels": 75, "other Python": 25})
    assert render(counts).splitlines() == [
        "| work | share of CPU time |",
        "|---|---|",
        "| kernels | 75.0% |",
        "| other Python | 25.0% |",
        "| **all but kernels, fastText, parsing, compression and Arrow IPC, file access** | **25.0%** |",
    ]


def test_threads_that_wait_are_not_work() -> None:
    waiting = "run (grpc/_channel.py:1);PyThread_acquire_lock_timed (libpython3.11.so.1.0);0x7f (libc.so.6) 7"
    assert count_samples([waiting, "read (sources/jsonl.py:3) 2"]) == {"parsing": 2}
