"""What a model of GlotLID's size costs: time and memory to load, and speed beside the fastText library.

The file is made up: the published labels, and as many random words and vectors as a dense softmax file of
that size has. Its answers mean nothing; its costs are those of the real one, for machines without the Hub.

    python benchmarks/large_language_model.py make BIG.bin
    python benchmarks/large_language_model.py load BIG.bin --labels glotlid
    python benchmarks/large_language_model.py library BIG.bin
"""

import argparse
import resource
import struct
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

LABELS = Path(__file__).parents[1] / "tests" / "data" / "lid" / "labels" / "glotlid_v3.txt"
DIM, BUCKETS, WORDS = 256, 1_000_000, 645_000
LINES = ["the root grows in the soil and so on " * 5] * 2000


def make(path: Path) -> None:
    """A file of 1.7 GB: words, labels, vectors."""
    labels = LABELS.read_text("utf-8").split()
    random = np.random.default_rng(1)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = {"</s>": None}
    while len(words) < WORDS:
        words["".join(random.choice(letters, random.integers(3, 12)))] = None
    with path.open("wb") as file:
        file.write(struct.pack("<ii12id", 793712314, 12, DIM, 5, 1, 1, 5, 1, 3, 3, BUCKETS, 2, 5, 100, 1e-4))
        file.write(struct.pack("<iiiqq", WORDS + len(labels), WORDS, len(labels), 10**9, -1))
        for word in words:
            file.write(word.encode() + b"\0" + struct.pack("<qb", 1000, 0))
        for label in labels:
            file.write(b"__label__" + label.encode() + b"\0" + struct.pack("<qb", 1000, 1))
        for rows in (WORDS + BUCKETS, len(labels)):
            file.write(b"\0" + struct.pack("<qq", rows, DIM))
            for start in range(0, rows, 100_000):
                shape = (min(100_000, rows - start), DIM)
                file.write(random.standard_normal(shape, np.float32).tobytes())


def load(path: Path, *, labels: str | None) -> None:
    from filters.language_id import load_model

    load_model("lid.176")  # compiles the kernels
    before = time.process_time()
    model = load_model(str(path), labels=labels)
    print(f"load: {time.process_time() - before:.1f} CPU-seconds, announced {model.load_bytes / 1e9:.2f} GB")
    print(f"memory of the process: at most {_peak():.2f} GB, now {_resident():.2f} GB")
    texts = pa.array(LINES, pa.large_string())
    _report(lambda: model.predict(texts, min_score=0.01))


def library(path: Path) -> None:
    import fasttext

    model = fasttext.load_model(str(path))
    _report(lambda: model.predict(LINES, k=-1, threshold=0.01))


def _report(work: Callable[[], object]) -> None:
    seconds = []
    for _ in range(3):
        before = time.process_time()
        work()
        seconds.append(time.process_time() - before)
    print(f"{sum(map(len, LINES)) / min(seconds) / 1e6:.2f} MB/s")


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e9


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["make", "load", "library"])
    parser.add_argument("path", type=Path)
    parser.add_argument("--labels")
    arguments = parser.parse_args()
    if arguments.what == "make":
        make(arguments.path)
    elif arguments.what == "load":
        load(arguments.path, labels=arguments.labels)
    else:
        library(arguments.path)
