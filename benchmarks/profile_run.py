"""Where the CPU time of a run goes: shares by kind of work, over all its processes.

    python benchmarks/profile_run.py DOCS_DIR --copies 2 --workers 2 --py-spy /path/to/py-spy

Samples the whole process tree with py-spy (an outside tool: `uv tool install py-spy`), native
frames included, and gives every sample to the innermost frame that says what kind of work it is.
Only threads that are on the processor are sampled, so shares are shares of CPU time.
"""

import argparse
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

if __name__ == "__main__":  # run as a file: the checkout, not this folder, is where imports start
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks import perturb, report, rhizotron_side

KERNELS, FASTTEXT, PARSING, COMPRESSION, FILES = (
    "kernels",
    "fastText",
    "parsing",
    "compression and Arrow IPC",
    "file access",
)
WORK = (KERNELS, FASTTEXT, PARSING, COMPRESSION, FILES)
"""What a run is for; everything else is overhead, and its share is the number to keep low."""

_JIT = re.compile(r"0x[0-9a-f]+ \(\?\)")
"""Machine code that belongs to no file: a compiled kernel, below a frame of this project."""
_OWN = re.compile(r"\((?:\S*/)?(?:filters|layers|pipeline|sources|governance)/\S+\.py:\d+\)")

_KINDS: Sequence[tuple[str, re.Pattern[str]]] = [
    (kind, re.compile(pattern))
    for kind, pattern in (
        (FASTTEXT, r"fasttext"),
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
        ("imports", r"<frozen importlib"),
        ("Beam, gRPC, protobuf", r"apache_beam|grpc|google/protobuf|google/_upb"),
        ("NumPy", r"numpy"),
    )
]
OTHER = "other Python"

_WAITING = re.compile(r"PyThread_acquire_lock_timed|pthread_cond_(?:timed)?wait|epoll_p?wait|clock_nanosleep")
"""With native frames py-spy takes some threads that wait on a lock or a socket for running ones."""


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
    return OTHER


def count_samples(lines: Iterable[str]) -> Counter[str]:
    """Samples by kind of work, from py-spy's raw format `frame;frame;… samples`; waiting is left out."""
    counts: Counter[str] = Counter()
    for line in lines:
        stack, _, number = line.rstrip("\n").rpartition(" ")
        frames = [frame for frame in stack.split(";") if not frame.startswith(("process ", "thread "))]
        if not any(_WAITING.search(frame) for frame in frames[-6:]):
            counts[classify(frames)] += int(number)
    return counts


def render(counts: Counter[str]) -> str:
    """Markdown table of shares, largest first, and the share that is none of WORK."""
    total = counts.total()
    rows = [f"| {kind} | {count / total:.1%} |" for kind, count in counts.most_common()]
    outside = sum(count for kind, count in counts.items() if kind not in WORK)
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
    parser.add_argument("--rate", type=int, default=25, help="samples per second and process")
    parser.add_argument("--py-spy", default="py-spy", help="path of py-spy")
    parser.add_argument("--work", type=Path, default=Path("out/profile"), help="scratch folder")
    arguments = parser.parse_args()
    documents = perturb.read_documents(arguments.documents, max_text_bytes=arguments.max_text_bytes)
    shutil.rmtree(arguments.work, ignore_errors=True)
    for name, chosen, copies in (("warm", documents[:200], 1), ("all", documents, arguments.copies)):
        inputs = arguments.work / name / "inputs"
        facts = perturb.write_corpus(chosen, inputs, copies=copies, files=4 * arguments.workers)
        corpus_file = rhizotron_side.write_corpus_file(inputs, arguments.work / name)
        run = rhizotron_side.command(corpus_file, arguments.work / name / "layers", workers=arguments.workers)
        if name == "warm":
            subprocess.run(run, check=True, stdout=subprocess.DEVNULL)
    stacks = arguments.work / "stacks.txt"
    subprocess.run(
        [
            *(arguments.py_spy, "record", "--native", "--subprocesses", "--format", "raw"),
            *("--rate", str(arguments.rate), "--output", str(stacks), "--"),
            *run,
        ],
        check=True,
    )
    machine = report.describe_machine()
    counts = count_samples(stacks.read_text(encoding="utf-8", errors="replace").splitlines())
    print(
        f"{machine['date']}, {machine['processor']}: {facts.documents:,} documents, "
        f"{facts.text_bytes / report.MEGABYTE:.1f} MB, {arguments.workers} workers, "
        f"{counts.total():,} samples\n"
    )
    print(render(counts))


if __name__ == "__main__":
    main()
