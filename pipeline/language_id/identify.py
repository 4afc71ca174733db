"""The languages of a stream's lines: bytes in, labels out, in bounded batches.

Beam-free, and quick to import: a command that reads a pipe should start at once.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from filters.kernels.compiling import text_buffers
from filters.language_id import DEFAULT_MODEL, Model, identify, load_model
from layers import storage
from pipeline.errors import InputError
from sources.reading.compression import DamagedStream, read_chunks
from sources.reading.decoders import CHUNK_BYTES
from sources.reading.lines import LineBatch, batch_lines

MAX_LINES = 16_384
"""Lines identified at once: some 300 bytes of memory each."""
MAX_LINE_BYTES = 64 << 20
"""What is read of a longer line; identification samples long lines anyway."""

_SCORES = pa.array([f"{score / 10_000:.4f}\n" for score in range(10_001)], pa.large_string())


def open_model(name: str | None) -> Model:
    """The model of that name or file, the default for None. Raises InputError."""
    try:
        return load_model(name or DEFAULT_MODEL)
    except (OSError, ValueError) as error:
        raise InputError(str(error)) from error


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except DamagedStream as damage:
        raise InputError(f"cannot read {name}: {damage.detail}") from damage
    except OSError as error:
        raise InputError(f"cannot read {name}: {error.strerror or error}") from error


def read_stream(stream: BinaryIO, *, name: str) -> Iterator[bytes]:
    """What a stream has, as it comes: a slow pipe is not waited for to fill a chunk. Raises InputError."""
    read: Any = getattr(stream, "read1", stream.read)
    with _reading(name):
        while chunk := read(CHUNK_BYTES):
            yield chunk


def read_file(url: str) -> Iterator[bytes]:
    """The bytes of a file, decompressed by its suffix, or of a named pipe. Raises InputError."""
    with _reading(url):
        local = storage.local_path(url)
        if not storage.is_remote(url) and local.exists() and not (local.is_file() or local.is_dir()):
            with local.open("rb") as pipe:
                yield from read_stream(pipe, name=url)
        else:
            yield from read_chunks(url)


def read_lines(chunks: Iterable[bytes], *, max_line_bytes: int = MAX_LINE_BYTES) -> Iterator[LineBatch]:
    """The lines of a stream in batches of bounded memory, after each chunk those that it completes."""
    return batch_lines(chunks, max_lines=MAX_LINES, max_line_bytes=max_line_bytes)


def identify_lines(texts: pa.LargeStringArray, *, model: Model) -> pa.RecordBatch:
    """n lines, of which nothing is declared → n rows of LANGUAGE."""
    return identify(texts, declared=pa.nulls(len(texts), pa.string()), model=model)


def label_lines(
    chunks: Iterable[bytes], *, model: Model, as_json: bool = False, max_line_bytes: int = MAX_LINE_BYTES
) -> Iterator[tuple[bytes, list[int]]]:
    """What to print for the lines of a stream, a line each, and the numbers, from 1, of those too long."""
    before = 0
    for batch in read_lines(chunks, max_line_bytes=max_line_bytes):
        rows = identify_lines(batch.texts, model=model)
        yield format_json(rows) if as_json else format_labels(rows), [before + i + 1 for i in batch.cut]
        before += len(batch.texts)


def format_labels(rows: pa.RecordBatch) -> bytes:
    """n rows of LANGUAGE → n lines of label, tab and score; 0.0000 where there is no score."""
    score = pc.fill_null(rows["lang_score"], 0).to_numpy(zero_copy_only=False)
    scores = _SCORES.take(pa.array(np.rint(score.astype(np.float64) * 10_000).astype(np.int64)))
    labels = rows["lang"].cast(pa.large_string())
    lines = pc.binary_join_element_wise(labels, scores, pa.scalar("\t", pa.large_string()))
    values, offsets = text_buffers(lines)
    return values[offsets[0] : offsets[-1]].tobytes()


def format_json(rows: pa.RecordBatch) -> bytes:
    """n rows of LANGUAGE → n lines of JSON, numbers rounded to 1e-4."""
    return b"".join(orjson.dumps(_plain(row)) + b"\n" for row in rows.to_pylist())


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return round(value, 4) if isinstance(value, float) else value
