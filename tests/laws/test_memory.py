"""Memory is what `plan` says: a long record takes at most six times its size, a refused line none of it."""

import gzip
import json
import lzma
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from pipeline.plan.estimate import RECORD_MEMORY

SIZE = 40_000_000
LIMIT = 4_000_000
SLACK = 16_000_000
"""What an allocator and the chunks of a file keep for themselves."""
TEXT = "Una frase de prueba con palabras distintas. " * (SIZE // 44)

PEAK = """
import json, resource, sys
from pathlib import Path
import pyarrow as pa


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
"""
READER = (
    PEAK
    + """
import sources
from layers.document import DOCUMENT
from layers.entries import Unit
from layers.shard_writer import ShardWriter
from sources.base import RecordLog, SourceSpec

folder, name, limit = sys.argv[1], sys.argv[2], int(sys.argv[3])
kind = {"parquet": "parquet", "arrow": "arrow", "txt": "text"}.get(name.split(".")[1], "jsonl")


def read(name):
    log, rows = RecordLog(Unit("u", name)), 0
    fields = {} if kind == "text" else {"text": "text"}
    spec = SourceSpec("u", kind, folder, "MIT", fields=fields, options={"max_record_bytes": limit})
    with ShardWriter(Path(folder) / "out.arrow", schema=DOCUMENT, path="out.arrow") as writer:
        for batch in sources.load(kind).read(log.unit, spec=spec, log=log):
            rows += len(batch)
            writer.write(batch)
        writer.finish()
    return rows, [row["reason"] for row in log.rejected]


read("small." + name.split(".", 1)[1])
before = peak()
print(json.dumps([*read(name), peak() - before]))
"""
)
MEASURER = (
    PEAK
    + """
from filters import base
from filters.hashes.minhash import MinHashOptions
from filters.language_id import DEFAULT_MODEL, SegmentOptions
from layers.document import DOCUMENT
from pipeline.stages.measure.measurer import Measurer

measurer = Measurer(
    edits=("unicode_nfc", "control_characters", "whitespace"),
    signals=base.default_signals(),
    model=DEFAULT_MODEL,
    max_sample_bytes=SegmentOptions().max_sample_bytes,
    minhash=MinHashOptions(),
)


def measure(size):
    row = {name: b"0" * 16 if name == "doc_id" else "x" for name in DOCUMENT.names}
    row |= {"offset": 0, "length": size, "raw_sha256": b"0" * 32}
    row["text"] = "Una  frase de prueba. " * (size // 22)
    batch = pa.RecordBatch.from_pylist([row], schema=DOCUMENT)
    del row
    return measurer.measure(batch)


measure(4_000_000)
before = peak()
measure(int(sys.argv[1]))
print(peak() - before)
"""
)


def run(program: str, *arguments: object) -> str:
    """What a child process prints."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def write(path: Path, texts: list[str]) -> None:
    """Records as the name of a file says."""
    name, _, codec = path.name.partition(".")[2].partition(".")
    table = pa.table({"text": texts})
    if name == "parquet":
        pq.write_table(table, path)
    elif name == "arrow":
        with pa.ipc.new_file(path, table.schema) as writer:
            writer.write_table(table)
    else:
        lines = texts if name == "txt" else [json.dumps({"text": text}) for text in texts]
        packers: dict[str, Callable[[bytes], bytes]] = {
            "gz": gzip.compress,
            "xz": lambda data: lzma.compress(data, preset=0),
            "zst": zstandard.ZstdCompressor().compress,
        }
        pack = packers.get(codec, bytes)
        path.write_bytes(pack("\n".join(lines).encode()))


def read(folder: Path, name: str, *, texts: list[str], limit: int) -> tuple[int, list[str], int]:
    """(documents, reasons of rejected records, bytes of memory beyond those for a small file of the kind)."""
    write(folder / f"long.{name}", texts)
    write(folder / f"small.{name}", ["small"])
    rows, reasons, peak = json.loads(run(READER, folder, f"long.{name}", limit))
    return rows, reasons, peak


def test_a_long_record_is_read_in_six_times_its_size(tmp_path: Path) -> None:
    for name in ("jsonl", "txt", "parquet", "arrow"):
        rows, reasons, peak = read(tmp_path, name, texts=[TEXT], limit=2 * SIZE)
        assert (rows, reasons) == (1, []), name
        assert peak < RECORD_MEMORY * SIZE, name


def test_a_record_over_the_limit_is_named_and_a_line_of_it_not_held(tmp_path: Path) -> None:
    for name in ("jsonl", "jsonl.gz", "jsonl.xz", "jsonl.zst", "txt"):
        texts = [TEXT] if name == "txt" else ["before", TEXT, "after"]
        rows, reasons, peak = read(tmp_path, name, texts=texts, limit=LIMIT)
        assert (rows, reasons) == (len(texts) - 1, ["record_too_long"]), name
        assert peak < RECORD_MEMORY * LIMIT + SLACK, name


def test_a_row_over_the_limit_is_named_and_decoded_at_most(tmp_path: Path) -> None:
    for name in ("parquet", "arrow"):
        rows, reasons, peak = read(tmp_path, name, texts=["before", TEXT, "after"], limit=LIMIT)
        assert (rows, reasons) == (2, ["record_too_long"]), name
        assert peak < RECORD_MEMORY * SIZE, name


def test_a_long_text_is_measured_in_six_times_its_size() -> None:
    assert int(run(MEASURER, SIZE)) < RECORD_MEMORY * SIZE
