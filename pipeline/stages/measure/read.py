"""The measured layer as whole columns: read file by file into arrays, once the files have been checked."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa

from filters.hashes.minhash import read_signatures
from layers.entries import Entry
from layers.shards import open_unchecked
from pipeline.job import Job

READ_BYTES = 32 << 20
"""Of bands that are read at once: with many small parts opening a file costs more than reading it."""


def read_columns(entry: Entry, *, file: str, columns: Sequence[str], job: Job) -> pa.Table:
    """Some columns of one file of a measured part, which has been checked: files are read more than once."""
    reader = open_unchecked(job.measured.join(entry.files[file].path), columns=columns)
    return reader.read_all().select(list(columns))


def group_parts(rows: Sequence[int], *, max_rows: int) -> list[range]:
    """Consecutive parts of at most max_rows documents together, or one part of more."""
    groups: list[range] = []
    size = 0
    for index, count in enumerate(rows):
        if not groups or size + count > max_rows:
            groups.append(range(index, index))
            size = 0
        groups[-1] = range(groups[-1].start, index + 1)
        size += count
    return groups


def read_bands(entries: Sequence[Entry], *, bands: int, job: Job) -> Iterator[pa.UInt64Array | np.ndarray]:
    """One band of all documents after the other; the next are read while the caller works on one.

    As many are read at once as are READ_BYTES together, at least one, and twice that is in memory: 16 bytes
    per document or 64 MB, and a bit where a band has nulls.
    """
    n = sum(entry.files["bands"].rows for entry in entries)
    size = max(READ_BYTES // max(8 * n, 1), 1)
    groups = [range(first, min(first + size, bands)) for first in range(0, bands, size)]
    with ThreadPoolExecutor(1) as pool:
        waiting = [pool.submit(_read_bands, entries, bands=group, job=job) for group in groups[:1]]
        for index in range(len(groups)):
            ready = waiting.pop().result()
            if index + 1 < len(groups):
                waiting.append(pool.submit(_read_bands, entries, bands=groups[index + 1], job=job))
            while ready:
                yield ready.pop(0)


def _read_bands(
    entries: Sequence[Entry], *, bands: Sequence[int], job: Job
) -> list[pa.UInt64Array | np.ndarray]:
    names = [f"band_{band:02d}" for band in bands]
    n = sum(entry.files["bands"].rows for entry in entries)
    values = [np.empty(n, np.uint64) for _ in names]
    masks: list[np.ndarray | None] = [None for _ in names]
    start = 0
    for entry in entries:
        table = read_columns(entry, file="bands", columns=names, job=job)
        for batch in table.to_batches():
            stop = start + len(batch)
            for index, array in enumerate(batch.columns):
                data = np.frombuffer(array.buffers()[1], np.uint64)
                values[index][start:stop] = data[array.offset : array.offset + len(array)]
                if array.null_count:
                    mask = masks[index]
                    mask = np.ones(n, bool) if mask is None else mask
                    mask[start:stop] = array.is_valid().to_numpy(zero_copy_only=False)
                    masks[index] = mask
            start = stop
    return [_masked(data, valid=mask) for data, mask in zip(values, masks, strict=True)]


def _masked(values: np.ndarray, *, valid: np.ndarray | None) -> pa.UInt64Array | np.ndarray:
    if valid is None:
        return values
    mask = pa.array(valid).buffers()[1]
    return pa.Array.from_buffers(pa.uint64(), len(values), [mask, pa.py_buffer(values)])


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


def read_signature_rows(
    entries: Sequence[Entry], *, parts: Sequence[slice], rows: np.ndarray, job: Job
) -> tuple[np.ndarray, np.ndarray]:
    """`read_part_signatures` of ascending places of documents of several parts, one part at a time."""
    width = job.config.measure.minhash.to_options().permutations
    packed, worded = np.empty((len(rows), width), np.uint8), np.empty(len(rows), bool)
    for entry, part in zip(entries, parts, strict=True):
        low, high = np.searchsorted(rows, [part.start, part.stop])
        if low < high:
            read = read_part_signatures(entry, rows=rows[low:high] - part.start, job=job)
            packed[low:high], worded[low:high] = read
    return packed, worded
