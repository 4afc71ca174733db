"""How much of a Parquet shard is sent again after documents were removed from it, in Xet's own chunks.

    python -m benchmarks.upload_after_removal DOCUMENTS

DOCUMENTS: a folder of `*.jsonl.zst` with the field `text`. Shards have the text, an id, a language and a
source; beside them stands the same table as pyarrow writes it by default.
"""

import hashlib
import io
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from layers.parquet_writer import ParquetShardWriter
from pipeline.delivery.new_bytes import estimate

SCHEMA = pa.schema(
    [
        pa.field("doc_id", pa.string()),
        pa.field("text", pa.large_string()),
        pa.field("lang", pa.string()),
        pa.field("source", pa.string()),
    ]
)


def read_rows(folder: Path, *, max_bytes: int) -> pa.Table:
    """Documents of all files in turn, up to some bytes of text."""
    texts: list[str] = []
    size = 0
    for path in sorted(folder.glob("*.jsonl.zst")):
        with path.open("rb") as file:
            for line in io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), "utf-8"):
                text = json.loads(line)["text"]
                for start in range(0, len(text), 4000):
                    texts.append(text[start : start + 4000])
                    size += len(texts[-1].encode())
                if size >= max_bytes:
                    break
        if size >= max_bytes:
            break
    ids = [hashlib.sha256(f"{row} {text}".encode()).hexdigest()[:32] for row, text in enumerate(texts)]
    return pa.table([ids, texts, ["en"] * len(ids), ["docs"] * len(ids)], schema=SCHEMA)


def write_own(path: Path, table: pa.Table) -> None:
    with ParquetShardWriter(path, schema=SCHEMA, path=path.name) as writer:
        for batch in table.to_batches(max_chunksize=4096):
            writer.write(batch)
        writer.finish()


def write_plain(path: Path, table: pa.Table) -> None:
    pq.write_table(table, path, compression="zstd")


def measure(table: pa.Table, rows: Sequence[int], *, write: Callable[[Path, pa.Table], None]) -> float:
    """Share of the shard without the rows that its server does not have."""
    keep = np.ones(len(table), bool)
    keep[[*rows]] = False
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder, "before"), Path(folder, "after")
        before.mkdir()
        after.mkdir()
        write(before / "shard.parquet", table)
        write(after / "shard.parquet", table.filter(pa.array(keep)))
        sent = estimate(after, ["shard.parquet"], earlier=before)
    return sent.new / sent.written


def main() -> None:
    table = read_rows(Path(sys.argv[1]), max_bytes=60_000_000)
    count = len(table)
    cases = {
        "1 row": [count // 2],
        "10 adjacent": [*range(count // 2, count // 2 + 10)],
        "10 scattered": [*range(count // 20, count, count // 10)],
    }
    print(f"{count} rows, {table['text'].nbytes / 1e6:.0f} MB of text")
    print("| rows removed | own shards | as pyarrow writes |\n|---|---|---|")
    for name, rows in cases.items():
        shares = [measure(table, rows, write=write) for write in (write_own, write_plain)]
        print(f"| {name} | {shares[0]:.1%} | {shares[1]:.1%} |")


if __name__ == "__main__":
    main()
