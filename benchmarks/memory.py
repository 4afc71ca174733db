"""Peak memory of a run on inputs that are made to need much: `python -m benchmarks.memory rejected 20000000`.

`rejected N` is a gzip of N broken lines, each a row of the ledger; `record BYTES` a file with one JSON line
of that size, kept. Both begin with good records, without which a run refuses a source at the first look.
"""

import argparse
import gzip
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import yaml

from benchmarks.rhizotron_side import SOURCE, write_card

GOOD = 1000
SENTENCE = "A sentence of words that are not all the same, as number {} says. "
_BLOCK = 1_000_000


def main() -> None:
    """Print what each stage needs in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("size", type=int, help="lines or bytes")
    parser.add_argument("--stages", nargs="+", default=["ingest", "measure", "decide", "publish"])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        corpus, file = write_corpus(Path(name), kind=given.kind, size=given.size)
        print(f"{given.kind} {given.size:,}, {file.stat().st_size / 1e6:.1f} MB")
        for stage in given.stages:
            program = [sys.executable, "-m", "benchmarks.memory", "--child", stage, str(corpus)]
            subprocess.run(program, check=True)


def run_stage(stage: str, corpus: str) -> None:
    """Run a stage in a process of its own; print its peak and CPU time."""
    program = [sys.executable, "-m", "pipeline.cli", stage, corpus, "--workers", "1", "--progress", "none"]
    subprocess.run(program, check=True, stdout=subprocess.DEVNULL)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{stage}: {used.ru_maxrss * 1024 / 1e6:.0f} MB, {used.ru_utime + used.ru_stime:.0f} CPU-seconds")


def write_corpus(folder: Path, *, kind: str, size: int) -> tuple[Path, Path]:
    """(corpus file, its one file of data)."""
    write_card(folder / "cards")
    source = {"card": SOURCE, "type": "jsonl", "paths": ["data.*"], "fields": {"id": "id", "text": "text"}}
    config = {
        "name": "memory",
        "version": "0.0.0",
        "output": "out",
        "cards": "cards",
        "publish": {"allow_unreviewed": True},
        "max_bad_fraction": 1.0,
        "decide": {"quality": False},
        "sources": [source | {"options": {"max_record_bytes": max(2 * size, 1 << 20)}}],
    }
    (folder / "corpus.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return folder / "corpus.yaml", KINDS[kind](folder, size)


def _write_rejected(folder: Path, lines: int) -> Path:
    path = folder / "data.jsonl.gz"
    with gzip.open(path, "wb", 1) as file:
        file.write(_good_records())
        for start in range(0, lines, _BLOCK):
            file.write(b"x\n" * min(_BLOCK, lines - start))
    return path


def _write_record(folder: Path, size: int) -> Path:
    path = folder / "data.jsonl"
    numbers = range(size // len(SENTENCE.format(size)))
    text = "".join(SENTENCE.format(number) for number in numbers)
    path.write_bytes(_good_records() + json.dumps({"id": "long", "text": text}).encode() + b"\n")
    return path


def _good_records() -> bytes:
    records = ({"id": str(number), "text": SENTENCE.format(number)} for number in range(GOOD))
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


KINDS: dict[str, Callable[[Path, int], Path]] = {"rejected": _write_rejected, "record": _write_record}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        run_stage(*sys.argv[2:])
    else:
        main()
