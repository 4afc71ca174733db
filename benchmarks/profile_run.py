"""Where the CPU time of a run goes: shares by kind of work, over all its processes.

    python -m benchmarks.profile_run DOCUMENTS --copies 2 --workers 2 --py-spy /path/to/py-spy

Samples the whole process tree with py-spy (an outside tool: `uv tool install py-spy`), native frames
included, and gives every sample to the innermost frame that says what kind of work it is. py-spy also
samples threads that wait, and falls behind on a busy machine. So samples tell only how the time of one
thread divides; how much time a thread has had is the kernel's own account. A thread that waits has had
none, whatever its samples say.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks import perturb, report, rhizotron_side
from benchmarks.measure import descendants

KERNELS, FASTTEXT, PERSONAL_DATA, PARSING, COMPRESSION, FILES = (
    "kernels",
    "fastText",
    "validators of personal data",
    "parsing",
    "compression and Arrow IPC",
    "file access",
)
WORK = (KERNELS, FASTTEXT, PERSONAL_DATA, PARSING, COMPRESSION, FILES)
"""What a run is for; everything else is overhead, and its share is the number to keep low."""

_JIT = re.compile(r"0x[0-9a-f]+ \(\?\)")
"""Machine code that belongs to no file: a compiled kernel, below a frame of this project."""
_OWN = re.compile(r"\((?:\S*/)?(?:filters|layers|pipeline|sources|governance)/\S+\.py:\d+\)")

_KINDS: Sequence[tuple[str, re.Pattern[str]]] = [
    (kind, re.compile(pattern))
    for kind, pattern in (
        (FASTTEXT, r"fasttext"),
        (PERSONAL_DATA, r"/phonenumbers/|/stdnum/|\((?:\S*/)?filters/personal_data/\S+\.py:\d+\)"),
        (PARSING, r"orjson|\((?:\S*/)?sources/\S+\.py:\d+\)"),
        (COMPRESSION, r"ZSTD_|HUF_|FSE_|zstd|arrow::ipc|ipc\.pxi|pyarrow/ipc"),
        (
            FILES,
            r"^(?:__)?(?:libc_)?(?:p?write|p?read|p?writev|p?readv|open|openat|close|fsync|rename|unlink|f?stat\w*|"
            r"getdents\w*|lseek)(?:64)? \(libc|_io_(?:FileIO|Buffered)\w*|layers/storage\.py",
        ),
        ("digests (SHA-256)", r"libcrypto|SHA256|sha256|_hashopenssl|_sha2"),
        ("Arrow columns and compute", r"libarrow|pyarrow"),
        ("loading and calling kernels", r"numba/|llvmlite|_dispatcher\.cpp|filters/kernels/compiling\.py"),
        ("garbage collection", r"^gc_collect"),
        ("imports", r"<frozen importlib"),
        ("Beam, gRPC, protobuf", r"apache_beam|grpc|google/protobuf|google/_upb"),
        ("NumPy", r"numpy"),
    )
]
OWN, OTHER = "Python of this project", "other Python"
_THREAD = re.compile(r"thread \((0x[0-9A-Fa-f]+|\d+)\)")
_TICKS = os.sysconf("SC_CLK_TCK")

UNSEEN = "threads never sampled at work"
"""Those of gRPC and Arrow have no Python: py-spy does not see them, the kernel's accounts do."""

_WAITING = re.compile(
    r"PyThread_acquire_lock_timed|pthread_cond_(?:timed|clock)?wait|epoll_p?wait|clock_nanosleep|sem_\w*wait|"
    r"^(?:__)?(?:p?poll|p?select|futex\w*|wait4|waitpid|accept4?|recv\w*|syscall|nanosleep) \(libc"
)
"""Calls in which a thread waits: a sample there is no work, even of a thread that works at other times. Where
`syscall` stands for more than waiting (on a futex, by gRPC's locks), the time of it is negligible."""

ThreadId = int


def classify(frames: Sequence[str]) -> str:
    """Kind of work of one stack, outermost frame first: the innermost frame that is of a known kind."""
    jit = False
    for frame in reversed(frames):
        if _JIT.fullmatch(frame):
            jit = True
            continue
        if jit and _OWN.search(frame):
            return KERNELS
        for kind, pattern in _KINDS:
            if pattern.search(frame):
                return kind
        if _OWN.search(frame):  # not Beam's, though Beam called it
            return OWN
    return OTHER


def count_samples(lines: Iterable[str]) -> dict[ThreadId, Counter[str]]:
    """Thread → samples by kind of work, from py-spy's raw format `frame;frame;… samples`; waiting left out.

    A thread that was only seen waiting has an empty counter.
    """
    counts: dict[ThreadId, Counter[str]] = {}
    for line in lines:
        stack, _, number = line.rstrip("\n").rpartition(" ")
        names = stack.split(";")
        threads = [match for name in names if (match := _THREAD.match(name))]
        frames = [name for name in names if not name.startswith(("process ", "thread "))]
        if not threads or not frames:
            continue
        kinds = counts.setdefault(int(threads[-1][1], 0), Counter())
        if not any(_WAITING.search(frame) for frame in frames[-6:]):
            kinds[classify(frames)] += int(number)
    return counts


def share_seconds(
    samples: Mapping[ThreadId, Counter[str]], *, cpu_seconds: Mapping[ThreadId, float]
) -> dict[str, float]:
    """Kind of work → CPU-seconds: those of each thread, divided as its samples are.

    cpu_seconds has all threads that were ever seen. Those that were never sampled at work count as UNSEEN.
    """
    seconds: dict[str, float] = defaultdict(float)
    for thread, spent in cpu_seconds.items():
        kinds = samples.get(thread, Counter[str]())
        for kind, number in kinds.items():
            seconds[kind] += spent * number / kinds.total()
        if not kinds:
            seconds[UNSEEN] += spent
    return dict(seconds)


class ThreadClock(threading.Thread):
    """CPU-seconds of every thread of the processes that this one has started, read from /proc as they run.

    What a thread spends after its last reading, at most `interval_seconds`, is lost.
    """

    def __init__(self, *, interval_seconds: float = 0.2) -> None:
        super().__init__(daemon=True)
        self.cpu_seconds: dict[ThreadId, float] = {}
        self.processes: dict[ThreadId, int] = {}
        self._interval_seconds = interval_seconds
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(self._interval_seconds):
            self.read()

    def read(self) -> None:
        for process in descendants(os.getpid()):
            for path in Path(f"/proc/{process}/task").glob("*/stat"):
                try:
                    fields = path.read_text().rpartition(")")[2].split()
                except (FileNotFoundError, ProcessLookupError):  # it ended between listing and reading
                    continue
                thread = int(path.parent.name)
                self.processes[thread] = process
                self.cpu_seconds[thread] = (int(fields[11]) + int(fields[12])) / _TICKS

    def stop(self) -> None:
        self._ended.set()
        self.join()


def render(seconds: Mapping[str, float]) -> str:
    """Markdown table of shares, largest first, and the share that is none of WORK."""
    total = sum(seconds.values())
    ordered = sorted(seconds.items(), key=lambda item: (-item[1], item[0]))
    rows = [f"| {kind} | {spent / total:.1%} |" for kind, spent in ordered]
    outside = sum(spent for kind, spent in seconds.items() if kind not in WORK)
    last = f"| **all but {', '.join(WORK)}** | **{outside / total:.1%}** |"
    return "\n".join(["| work | share of CPU time |", "|---|---|", *rows, last]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("documents", type=Path, help="folder of *.jsonl or *.jsonl.zst files")
    parser.add_argument("--copies", type=int, default=2)
    parser.add_argument("--max-text-bytes", type=int)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rate", type=int, default=10, help="samples per second and process")
    parser.add_argument("--py-spy", default="py-spy", help="path of py-spy")
    parser.add_argument("--work", type=Path, default=Path("out/profile"), help="scratch folder")
    arguments = parser.parse_args()
    documents = perturb.read_documents(arguments.documents, max_text_bytes=arguments.max_text_bytes)
    shutil.rmtree(arguments.work, ignore_errors=True)
    # byte code is compiled once, as on a user's machine, and not by every process that is profiled
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for name, chosen, copies in (("warm", documents[:200], 1), ("all", documents, arguments.copies)):
        inputs = arguments.work / name / "inputs"
        facts = perturb.write_corpus(chosen, inputs, copies=copies, files=4 * arguments.workers)
        corpus_file = rhizotron_side.write_corpus_file(inputs, arguments.work / name)
        run = rhizotron_side.command(corpus_file, arguments.work / name / "layers", workers=arguments.workers)
        if name == "warm":
            subprocess.run(run, check=True, stdout=subprocess.DEVNULL, env=environment)
    stacks = arguments.work / "stacks.txt"
    clock = ThreadClock()
    clock.start()
    sampler = subprocess.Popen(
        [
            *(arguments.py_spy, "record", "--native", "--subprocesses", "--threads", "--format", "raw"),
            *("--rate", str(arguments.rate), "--output", str(stacks), "--"),
            *run,
        ],
        env=environment,
    )
    if sampler.wait():
        raise SystemExit(f"py-spy ended with {sampler.returncode}")
    clock.stop()
    own = {
        thread: spent
        for thread, spent in clock.cpu_seconds.items()
        if clock.processes[thread] != sampler.pid  # py-spy's own time
    }
    samples = count_samples(stacks.read_text(encoding="utf-8", errors="replace").splitlines())
    (arguments.work / "thread_seconds.json").write_text(json.dumps(own), encoding="utf-8")
    seconds = share_seconds(samples, cpu_seconds=own)
    print(
        f"{report.heading()}\n\n{facts.documents:,} documents, {facts.text_bytes / report.MEGABYTE:.1f} MB, "
        f"{arguments.workers} workers, {sum(seconds.values()):.0f} CPU-seconds, "
        f"{sum(kinds.total() for kinds in samples.values()):,} samples at work\n"
    )
    print(render(seconds))


if __name__ == "__main__":
    main()
