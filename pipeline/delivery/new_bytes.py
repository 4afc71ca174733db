"""Bytes that a push would add to what the Hub stores, by Xet's own chunks, before anything is sent."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_CHUNKED_BYTES = 8 << 30
"""Of files that are chunked for an estimate: it takes their disk for a while, and a second per 300 MB."""

_COMMIT_FILES, _COMMIT_BYTES = 64, 1 << 20
"""What is chunked side by side, of which none knows the others' chunks."""
_SHARD_CACHE = "shard-cache"


@dataclass(frozen=True)
class NewBytes:
    """What would be stored anew of the files that a push writes."""

    written: int
    """Bytes of the new and changed files."""
    new: int
    """Of these, in chunks that neither they nor what was compared with hold twice."""
    note: str
    """How new was reckoned."""


def estimate(
    folder: Path,
    paths: Iterable[str],
    *,
    earlier: Path | None = None,
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> NewBytes:
    """Chunk files below folder as Xet does when it uploads, into a store that is thrown away.

    Chunks that uploads of this machine have left in Xet's cache count as stored, and those of the same
    paths below earlier, a folder with what the Hub has now. advance is told bytes done and in total.
    """
    files = [(folder / path, path) for path in paths]
    written = sum(path.stat().st_size for path, _ in files)
    try:
        import hf_xet  # type: ignore[import-untyped]
    except ImportError:
        return NewBytes(written, written, "all bytes of new and changed files: hf_xet is not installed")
    if written > MAX_CHUNKED_BYTES:
        limit = f"more than the {MAX_CHUNKED_BYTES >> 30} GiB that are chunked"
        note = f"all bytes of new and changed files: {limit}"
        return NewBytes(written, written, note)
    session = hf_xet.XetSession()
    with tempfile.TemporaryDirectory() as store:
        known = _seed(Path(store))
        if earlier is not None:
            with session.new_upload_commit(endpoint=f"local://{store}") as commit:
                for _, path in files:
                    if (earlier / path).is_file():
                        commit.start_upload_file(str(earlier / path), sha256=hf_xet.SKIP_SHA256)
        new = done = 0
        for batch in _batch([local for local, _ in files]):
            with session.new_upload_commit(endpoint=f"local://{store}") as commit:
                handles = [commit.start_upload_file(str(each), sha256=hf_xet.SKIP_SHA256) for each in batch]
            metrics = [handle.result().dedup_metrics for handle in handles]
            new += sum(each.new_bytes for each in metrics)
            done += sum(each.total_bytes for each in metrics)
            advance(done, written)
    against = [f"the files in {earlier}"] if earlier is not None else []
    against += ["what this machine has uploaded"] if known else []
    compared = f"beside {' and '.join(against)}" if against else "none of which is known to be at the Hub"
    note = f"in Xet's chunks, {compared}"
    return NewBytes(written, new, note)


def _batch(files: Iterable[Path]) -> Iterator[list[Path]]:
    batch: list[Path] = []
    size = 0
    for file in files:
        batch.append(file)
        size += file.stat().st_size
        if len(batch) == _COMMIT_FILES or size >= _COMMIT_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _seed(store: Path) -> int:
    """Make the chunks known to a local store that uploads of this machine have left a record of."""
    from huggingface_hub import constants

    target = store / "xet" / _SHARD_CACHE
    target.mkdir(parents=True)
    records = [*Path(constants.HF_XET_CACHE).glob(f"*/{_SHARD_CACHE}/*.mdb")]
    for record in records:
        if os.path.getsize(record):
            shutil.copy(record, target)
    return len(records)
