"""The measured layer as whole columns: checked against its entries, read file by file into arrays."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa

from filters.minhash import read_signatures
from pipeline.errors import CorruptShard
from pipeline.job import Job
from pipeline.layers import storage
from pipeline.layers.entries import Entry, entry_url
from pipeline.layers.shards import open_shard

_READERS = min(4, os.cpu_count() or 1)


def check_files(entries: Sequence[Entry], *, names: Sequence[str], job: Job) -> None:
    """Compare files of measured parts with the digests of their entries.

    compressed frames of Arrow have no check sum, so a flipped bit would be another hash and not an error.
    Raises CorruptShard naming the files; the entries of their parts are removed, so that the next run
    measures them again.
    """
    files = [(entry, entry.files[name]) for entry in entries for name in names]
    with ThreadPoolExecutor(_READERS) as pool:
        urls = [storage.join(job.measured, record.path) for _, record in files]
        problems = pool.map(_problem, urls, [record.sha256 for _, record in files])
        found = [(entry, problem) for (entry, _), problem in zip(files, problems, strict=True) if problem]
    if found:
        for entry, _ in found:
            storage.remove(entry_url(job.measured, unit=entry.unit))
        raise CorruptShard(
            "; ".join(problem for _, problem in found)
            + "; the entries of these parts are removed: run again, and they are measured again"
        )


def _problem(url: str, sha256: str) -> str | None:
    try:
        digest, _ = storage.digest_file(url)
    except FileNotFoundError:
        return f"{url} is missing"
    return None if digest == sha256 else f"{url} is corrupt: its SHA-256 is not the one of its entry"


def read_columns(entry: Entry, *, file: str, columns: Sequence[str], job: Job) -> pa.Table:
    """Some columns of one file of a measured part."""
    reader = open_shard(storage.join(job.measured, entry.files[file].path), columns=columns)
    return reader.read_all().select(list(columns))


def read_bands(entries: Sequence[Entry], *, bands: int, job: Job) -> Iterator[pa.UInt64Array | np.ndarray]:
    """One band of all documents after the other; the next is read while the caller works on one.

    Two bands are in memory: 16 bytes per document, and a bit where one has nulls.
    """
    with ThreadPoolExecutor(1) as pool:
        waiting = [pool.submit(_read_band, entries, band=band, job=job) for band in range(min(bands, 1))]
        for band in range(bands):
            ready = waiting.pop().result()
            if band + 1 < bands:
                waiting.append(pool.submit(_read_band, entries, band=band + 1, job=job))
            yield ready
            del ready


def _read_band(entries: Sequence[Entry], *, band: int, job: Job) -> pa.UInt64Array | np.ndarray:
    name = f"band_{band:02d}"
    n = sum(entry.files["bands"].rows for entry in entries)
    values = np.empty(n, np.uint64)
    valid: np.ndarray | None = None
    start = 0
    for entry in entries:
        for chunk in read_columns(entry, file="bands", columns=[name], job=job)[name].chunks:
            stop = start + len(chunk)
            if len(chunk):
                data = np.frombuffer(chunk.buffers()[1], np.uint64)
                values[start:stop] = data[chunk.offset : chunk.offset + len(chunk)]
            if chunk.null_count:
                valid = np.ones(n, bool) if valid is None else valid
                valid[start:stop] = chunk.is_valid().to_numpy(zero_copy_only=False)
            start = stop
    if valid is None:
        return values
    return pa.Array.from_buffers(pa.uint64(), n, [pa.array(valid).buffers()[1], pa.py_buffer(values)])


def read_part_signatures(entry: Entry, *, rows: np.ndarray, job: Job) -> tuple[np.ndarray, np.ndarray]:
    """(packed minima of some rows of a measured part, whether the text has any word)."""
    column = read_columns(entry, file="bands", columns=["signature"], job=job)["signature"]
    chosen = column.take(pa.array(rows))
    packed = [read_signatures(chunk) for chunk in chosen.chunks]
    width = column.type.byte_width
    return (
        np.concatenate([np.zeros((0, width), np.uint8), *packed]),
        ~np.asarray(chosen.is_null().to_numpy(), bool),
    )
