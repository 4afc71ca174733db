"""Seconds before a worker's first task: imports of Beam, of Numba, of this project, and its kernels.

    python benchmarks/start_up.py --runs 5

CPU-seconds of fresh processes, medians; each row imports what stands above it first, and counts only its own.
Kernels and models are loaded by measuring one short document, with a cache that holds them.
"""

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STEPS = (
    ("Python", "pass"),
    ("Beam", "import apache_beam"),
    ("Beam's worker", "import apache_beam.runners.worker.sdk_worker_main"),
    ("Numba, Arrow", "import numba, pyarrow, pyarrow.compute, pyarrow.ipc"),
    ("this project (at most 0.5)", "import pipeline.beam.work"),
    ("kernels and model of measure", "from benchmarks.start_up import measure_one; measure_one()"),
)


def measure_one() -> None:
    """What the first unit of a worker pays once."""
    import pyarrow as pa

    from filters import base
    from filters.hashes import minhash
    from layers.document import DOCUMENT
    from pipeline.config.measure import LanguageIdConfig
    from pipeline.stages.measure.batch import Measurer

    columns = []
    for field in DOCUMENT:
        values = {"text": ["A short document, and no more."], "lang_declared": ["en"], "doc_id": [bytes(16)]}
        columns.append(pa.array(values.get(field.name, [None]), field.type))
    measurer = Measurer(
        edits=(),
        signals=base.default_signals(),
        model=LanguageIdConfig().model,
        max_sample_bytes=1536,
        minhash=minhash.MinHashOptions(),
    )
    measurer.measure(pa.RecordBatch.from_arrays(columns, schema=DOCUMENT))


def cpu_seconds(code: str, *, runs: int) -> float:
    """Median over fresh processes."""
    program = f"{code}\nimport time; print(time.process_time())"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    found = []
    for _ in range(runs):
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        found.append(float(done.stdout.split()[-1]))
    return statistics.median(found)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args(arguments).runs
    print("| step | CPU-seconds | in all |\n|---|---|---|")
    before, code = 0.0, ""
    cpu_seconds("\n".join(step for _, step in STEPS), runs=1)  # byte code, kernels and files are there
    for name, step in STEPS:
        code += step + "\n"
        now = cpu_seconds(code, runs=runs)
        print(f"| {name} | {now - before:.2f} | {now:.2f} |", flush=True)
        before = now


if __name__ == "__main__":
    main()
