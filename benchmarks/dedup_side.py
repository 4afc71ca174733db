"""This pipeline's side of the comparison of deduplication: signatures, buckets, clusters, removal.

    python -m benchmarks.dedup_side INPUT_DIR OUT_DIR --workers 2

The same functions that measure and decide call, over plain JSON-lines files, without signals, language
identification and a release: what datatrove's four MinHash blocks do. Words follow the default policy, since
no language is read. Workers are forked; band files are Arrow and hold the place of each line.
"""

import argparse
import gc
import mmap
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa

from filters.hashes.minhash import CompareLimits, MinHashOptions, band_hashes, band_names, read_signatures
from pipeline.stages.decide import clusters
from pipeline.stages.decide.duplicates import Duplicates, find_duplicates
from pipeline.stages.decide.rank import rank_documents
from pipeline.stages.decide.verdicts import Documents
from sources.reading.lines import Lines, read_lines

OPTIONS = MinHashOptions()
MAX_BATCH_BYTES = 4 << 20
_MAX_LINE_BYTES = 256 << 20
_BANDS = pa.schema(
    [
        ("offset", pa.int64()),
        ("length", pa.int64()),
        *((name, pa.uint64()) for name in band_names(OPTIONS)),
        ("shingles", pa.int32()),
        ("signature", pa.binary(OPTIONS.permutations)),
    ]
)


@dataclass(frozen=True)
class Batch:
    """Texts, and where the lines that hold them stand in their file, line ends left out."""

    texts: list[str]
    offsets: list[int]
    lengths: list[int]


def sign(path: Path, *, out: Path) -> Path:
    """Write the bands of every document of a file, the place of its line and its length."""
    target = out / f"{path.stem}.arrow"
    with pa.OSFile(str(target), "wb") as file, pa.ipc.new_file(file, _BANDS) as writer:
        for batch in read_texts(path):
            column = pa.array(batch.texts, pa.large_string())
            found = band_hashes(column, langs=pa.nulls(len(column), pa.string()), options=OPTIONS)
            places = [pa.array(values) for values in (batch.offsets, batch.lengths)]
            writer.write_batch(pa.RecordBatch.from_arrays([*places, *found.columns], schema=_BANDS))
    return target


def read_texts(path: Path) -> Iterator[Batch]:
    """The texts of a file in batches of about MAX_BATCH_BYTES characters; blank lines are left out."""
    batch, size = Batch([], [], []), 0
    for event in read_lines(str(path), max_line_bytes=_MAX_LINE_BYTES):
        if not isinstance(event, Lines):
            raise ValueError(f"{path}: {event} cannot be read")
        offset = event.offset
        for line in event.lines:
            if line:
                text = orjson.loads(line)["text"]
                batch.texts.append(text)
                batch.offsets.append(offset)
                batch.lengths.append(len(line))
                size += len(text)
            offset += len(line) + 1
            if size >= MAX_BATCH_BYTES:
                yield batch
                batch, size = Batch([], [], []), 0
    if batch.texts:
        yield batch


def find_clusters(tables: Sequence[pa.Table]) -> tuple[np.ndarray, np.ndarray]:
    """(first document of each one's component, whether the document stays) over all files in order.

    In each component a document goes that is similar enough to one that stays: of most words, then the first.
    """
    found = find_stays(pa.concat_tables(tables))
    return found.root, found.kept == np.arange(len(found.root))


def find_stays(table: pa.Table) -> Duplicates:
    """What stays for each document of a table of bands, shingles and signatures, all compared with all."""
    n = len(table)
    none, zeros = np.zeros(n, np.uint64), np.zeros(n, np.int64)
    documents = Documents(
        doc_id=(none, np.arange(n, dtype=np.uint64)),
        exact=(none, none),
        exact_valid=np.zeros(n, bool),
        scope=None,
        rank=rank_documents(priority=zeros, damage=zeros, words=table["shingles"].to_numpy(), day=zeros),
        locator=np.arange(n),
        passes=np.ones(n, bool),
    )
    signatures = table["signature"].combine_chunks()

    def read(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        chosen = signatures.take(pa.array(rows))
        return read_signatures(chosen), chosen.is_valid().to_numpy(zero_copy_only=False)

    bands = (table[name].combine_chunks() for name in band_names(OPTIONS))
    return find_duplicates(documents, bands=bands, signatures=read, limits=CompareLimits(minhash=OPTIONS))


def remove(path: Path, *, table: pa.Table, stays: np.ndarray, out: Path) -> None:
    """Copy the lines of the documents that stay, whole runs of them at once."""
    offsets, lengths = table["offset"].to_numpy(), table["length"].to_numpy()
    bounds = np.flatnonzero(np.diff(np.concatenate([[False], stays, [False]]))).reshape(-1, 2)
    with path.open("rb") as file, (out / path.name).open("wb") as kept:
        if not len(bounds):
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            for first, stop in bounds.tolist():
                kept.write(data[offsets[first] : offsets[stop - 1] + lengths[stop - 1]])
                kept.write(b"\n")


def run(inputs: Path, out: Path, *, workers: int) -> None:
    """All steps over the files of inputs; clusters are written as (row, cluster) pairs per file."""
    paths = sorted(inputs.glob("*.jsonl"))
    for name in ("bands", "clusters", "kept"):
        (out / name).mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
        files = list(pool.map(partial(sign, out=out / "bands"), paths))
        tables = [pa.ipc.open_file(pa.memory_map(str(file))).read_all() for file in files]
        found, stays = find_clusters(tables)
        sizes = clusters.set_sizes(found)[found]
        first, waiting = 0, []
        for number, (path, table) in enumerate(zip(paths, tables, strict=True)):
            rows = slice(first, first + len(table))
            members = np.flatnonzero(sizes[rows] > 1)
            pairs = np.column_stack([members, found[rows][members]]).astype("<u4")
            (out / "clusters" / f"{number:06d}.clusters").write_bytes(pairs.tobytes())
            places = table.select(["offset", "length"])
            waiting.append(pool.submit(remove, path, table=places, stays=stays[rows], out=out / "kept"))
            first += len(table)
        for done in waiting:
            done.result()


def main() -> None:
    parser = argparse.ArgumentParser(description="Near duplicates of plain JSON-lines files.")
    parser.add_argument("inputs", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    gc.freeze()
    gc.set_threshold(100_000, 10, 10)  # as in the workers of a run
    run(arguments.inputs, arguments.out, workers=arguments.workers)


if __name__ == "__main__":
    main()
