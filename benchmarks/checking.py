"""Which share of a run's CPU time goes into checking committed bytes when they are read. Linux.

    python -m benchmarks.checking DOCUMENTS --copies 2

DOCUMENTS is a folder as `benchmarks.perturb` reads it. A whole run in worker processes is measured twice: as
it is, and with every check of a segment or of a whole file of a layer timed by its thread's CPU time. Pages
that a check reads first are its cost, though the reader would have paid for them a moment later.
"""

import argparse
import json
import os
import shutil
import struct
from pathlib import Path

from benchmarks import perturb, report, rhizotron_side
from benchmarks.measure import measure

HOOKS = Path(__file__).with_name("checking_hooks")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("documents", type=Path)
    parser.add_argument("--copies", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--max-text-bytes", type=int)
    parser.add_argument("--work", type=Path, default=Path("checking-work"))
    asked = parser.parse_args()
    documents = perturb.read_documents(asked.documents, max_text_bytes=asked.max_text_bytes)
    corpus = asked.work / "documents"
    perturb.write_corpus(documents, corpus, copies=asked.copies, files=2 * asked.workers)
    print(report.heading())
    print(json.dumps(measure_checks(corpus, folder=asked.work, workers=asked.workers)))
    shutil.rmtree(asked.work)


def measure_checks(documents: Path, *, folder: Path, workers: int) -> dict[str, float]:
    """CPU-seconds of a run, of one with its checks timed, and of those checks; their number and share."""
    corpus_file = rhizotron_side.write_corpus_file(documents, folder)
    accounts = folder / "accounts"
    accounts.mkdir(parents=True)
    paths = [str(HOOKS), str(HOOKS.parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    hooked = os.environ | {
        "PYTHONPATH": os.pathsep.join(paths),
        "RHIZOTRON_CHECKING": str(accounts.absolute()),
    }
    seconds = {}
    for name, environment in (("plain", None), ("timed", hooked)):
        out = folder / f"out-{name}"
        command = rhizotron_side.command(corpus_file, out, workers=workers)
        seconds[name] = measure(command, log=folder / f"{name}.log", env=environment).cpu_seconds
        shutil.rmtree(out)
    spent = [struct.unpack("<QQ", path.read_bytes()) for path in accounts.iterdir()]
    checking = sum(nanoseconds for nanoseconds, _ in spent) / 1e9
    return {
        "run_cpu_seconds": round(seconds["plain"], 2),
        "timed_run_cpu_seconds": round(seconds["timed"], 2),
        "checks": sum(calls for _, calls in spent),
        "checks_cpu_seconds": round(checking, 3),
        "share_percent": round(100 * checking / seconds["timed"], 2),
    }


if __name__ == "__main__":
    main()
