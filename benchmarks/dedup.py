"""How fast duplicates are found: hashes of texts on one core, and clusters of many documents.

    python -m benchmarks.dedup texts PATH.jsonl.zst…    MB of UTF-8 per CPU-second
    python -m benchmarks.dedup clusters 1000000         seconds and peak memory of 14 bands

Texts are JSON lines with `text` and, if they have one, `lang`. Compilation is reported apart.
"""

import io
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import numpy as np
import orjson
import pyarrow as pa
import zstandard

from filters.hashes.exact import exact_hashes
from filters.hashes.minhash import MinHashOptions, band_hashes
from pipeline.stages.decide import clusters

ROUNDS = 5
BANDS = 14
DUPLICATES = 0.2
"""Share of documents that copy the bands of an earlier one, all or one of them."""


@click.group()
def main() -> None:
    """Benchmarks of deduplication, on one core."""


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def texts(paths: tuple[Path, ...]) -> None:
    """MB/s of exact_hashes and band_hashes on the documents of PATHS: the best of 5 rounds."""
    documents = [document for path in paths for document in read_documents(path)]
    column = pa.array([document["text"] for document in documents], pa.large_string())
    langs = pa.array([document.get("lang") for document in documents], pa.string())
    size = sum(len(document["text"].encode()) for document in documents) / 1e6
    click.echo(f"{len(documents):,} documents, {size:.1f} MB")
    options = MinHashOptions()
    report_speed("exact_hashes", lambda: exact_hashes(column), size=size)
    report_speed("band_hashes", lambda: band_hashes(column, langs=langs, options=options), size=size)


@main.command("clusters")
@click.argument("n", type=int)
def time_clusters(n: int) -> None:
    """Seconds and peak memory of clustering N synthetic documents and choosing those that stay."""
    generator = np.random.default_rng(1)
    ids = _random(generator, size=n), _random(generator, size=n)
    exact = _random(generator, size=n), _random(generator, size=n)
    scope = generator.integers(0, 46, n, dtype=np.int32)
    length = generator.integers(100, 100_000, n)
    original = np.arange(n)
    copies = np.flatnonzero(generator.random(n) < DUPLICATES)
    original[copies] = (generator.random(len(copies)) * copies).astype(np.int64)
    scope[copies] = scope[original[copies]]
    clusters.cluster(
        [], n=1, scope=scope[:1], exact=(exact[0][:1], exact[1][:1]), exact_valid=np.ones(1, bool)
    )
    before = _peak_bytes()
    start = time.perf_counter()
    cpu = time.process_time()
    found = clusters.cluster(
        _bands(generator, original=original), n=n, scope=scope, exact=exact, exact_valid=np.ones(n, bool)
    )
    middle = time.perf_counter()
    clusters.choose_kept(
        found, eligible=np.ones(n, bool), priority=np.zeros(n, np.int32), length=length, doc_id=ids
    )
    repeated = clusters.duplicate_keys(ids)
    stop = time.perf_counter()
    grown = _peak_bytes() - before
    click.echo(
        f"{n:,} documents × {BANDS} bands: cluster {middle - start:.1f} s (making the bands included), "
        f"choose and keys {stop - middle:.1f} s, {time.process_time() - cpu:.1f} CPU-seconds; "
        f"peak {grown / n:.0f} bytes per document above the inputs, "
        f"declared {clusters.bytes_per_document(BANDS)}; {len(np.unique(found)):,} clusters, "
        f"{repeated.sum()} repeated keys"
    )


def _bands(generator: np.random.Generator, *, original: np.ndarray) -> Iterator[np.ndarray]:
    """Bands of random hashes in which a copy agrees with its original in about every second band."""
    for _ in range(BANDS):
        values = _random(generator, size=len(original))
        copied = np.flatnonzero(
            (original != np.arange(len(original))) & (generator.random(len(original)) < 0.5)
        )
        values[copied] = values[original[copied]]
        yield values


def _random(generator: np.random.Generator, *, size: int) -> np.ndarray:
    return generator.integers(0, 2**64, size, dtype=np.uint64)


def report_speed(name: str, work: Callable[[], object], *, size: float) -> None:
    start = time.perf_counter()
    work()
    first = time.perf_counter() - start
    rounds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        rounds.append(time.process_time() - start)
    click.echo(f"{name}: {size / min(rounds):.0f} MB/s; first call {first - min(rounds):.1f} s more")


def read_documents(path: Path) -> Iterator[dict[str, str]]:
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
        for line in io.BufferedReader(stream):
            yield orjson.loads(line)


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
