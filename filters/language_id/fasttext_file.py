"""fastText's model files, format 11 and 12: read, checked, and laid out as flat arrays.

A file says how long each of its parts is. Every length and index is checked here, because the library
trusts them and a damaged file can end the process.
"""

import struct
from dataclasses import dataclass

import numpy as np

from filters.kernels.compiling import aligned_empty
from filters.kernels.fasttext import Classifier
from filters.kernels.fasttext_input import LANES
from filters.kernels.fasttext_output import HIERARCHICAL_SOFTMAX
from filters.kernels.fasttext_words import find_entry, hash_entries

_MAGIC = 793712314
_VERSIONS = (11, 12)
_SUPERVISED = 3
_LOSSES = (1, 2, 3, 4)
_CENTROIDS = 256
_INFINITE_COUNT = 10**15
_MAX_BUCKETS = 100_000_000  # 50 times the library's default; four bytes of memory each
_MAX_NGRAM = 100
_MAX_ENTRY_BYTES = 1 << 16  # of one word; n-grams take some 100 bytes of memory for each of its bytes
_MOST_STEPS = 127  # of int8, on each side of 0
_ROWS_AT_ONCE = 1 << 12
_MAX_VALUES = 1 << 32  # of one matrix, 16 GiB; GlotLID has 0.42 thousand million


@dataclass(frozen=True)
class _Arguments:
    dim: int
    word_ngrams: int
    loss: int
    buckets: int
    min_ngram: int
    max_ngram: int


class _Reader:
    """Takes parts off the front of a file; raises ValueError where it ends too early."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0
        self._view = memoryview(content)  # slices of it are no copies of a gigabyte

    def take(self, layout: str) -> tuple[int, ...]:
        size = struct.calcsize(layout)
        return struct.unpack(layout, self._cut(size))

    def array(self, dtype: type[np.generic], count: int) -> np.ndarray:
        if count < 0:
            raise ValueError(f"is damaged: a length at byte {self.at} is negative")
        return np.frombuffer(self._cut(count * np.dtype(dtype).itemsize), dtype)

    def until_zero(self) -> bytes:
        end = self.content.find(0, self.at, self.at + _MAX_ENTRY_BYTES + 1)
        if end < 0 and len(self.content) - self.at > _MAX_ENTRY_BYTES:
            raise ValueError(f"is damaged: the word at byte {self.at} has no end")
        if end < 0:
            raise ValueError(f"is damaged: it ends in its dictionary, at byte {self.at}")
        return bytes(self._cut(end + 1 - self.at)[:-1])

    def flag(self) -> bool:
        (value,) = self.take("<B")
        if value > 1:
            raise ValueError(f"is damaged: the flag at byte {self.at - 1} is {value}, not 0 or 1")
        return bool(value)

    def _cut(self, size: int) -> memoryview:
        part = self._view[self.at : self.at + size]
        if len(part) < size:
            raise ValueError(
                f"is damaged: it has {len(self.content)} bytes and needs {self.at + size} or more"
            )
        self.at += size
        return part


def read_classifier(content: bytes, *, rounded: bool = False) -> tuple[Classifier, tuple[str, ...]]:
    """A model file's bytes → the classifier and its labels in order; rounded: with rows of int8.

    Raises ValueError with the rest of a sentence that starts with the file's name.
    """
    reader = _Reader(content)
    arguments = _read_arguments(reader)
    entries, kinds, counts, pruned = _read_dictionary(reader)
    words = int((kinds == 0).sum())
    quantised = reader.flag()
    inputs = _read_matrix(reader, quantised=quantised, dim=arguments.dim)
    output_quantised = reader.flag()
    if output_quantised and not quantised:
        raise ValueError("is damaged: only its outputs are said to be quantised")
    outputs = _read_matrix(reader, quantised=output_quantised, dim=arguments.dim)
    if reader.at != len(content):
        raise ValueError(f"is damaged: {len(content) - reader.at} bytes follow the model")
    if len(outputs) != len(entries) - words:
        raise ValueError(f"is damaged: it has {len(entries) - words} labels and {len(outputs)} rows for them")
    bucket_rows, order = _buckets(arguments, words=words, rows=len(inputs), pruned=pruned)
    scale = 1.0
    if rounded:
        inputs, scale = _round(inputs)
    if order is not None:
        ordered = aligned_empty((words + len(order), inputs.shape[1]), inputs.dtype.type)
        ordered[:words] = inputs[:words]
        np.take(inputs, order, axis=0, out=ordered[words:], mode="clip")
        inputs = ordered

    encoded = np.frombuffer(b"".join(entries), np.uint8)
    offsets = np.zeros(len(entries) + 1, np.int64)
    np.cumsum([len(entry) for entry in entries], out=offsets[1:])
    slots = hash_entries(encoded, offsets)
    eos = find_entry(b"</s>", entries=encoded, offsets=offsets, slots=slots)
    classifier = Classifier(
        loss=arguments.loss,
        min_ngram=arguments.min_ngram,
        max_ngram=arguments.max_ngram,
        word_ngrams=arguments.word_ngrams,
        eos=eos if eos < words else -1,
        entry_bytes=encoded,
        entry_offsets=offsets,
        slots=slots,
        words=words,
        buckets=max(arguments.buckets, 1),
        bucket_rows=bucket_rows,
        inputs=inputs,
        input_scale=scale,
        outputs=outputs if arguments.loss == HIERARCHICAL_SOFTMAX else np.ascontiguousarray(outputs.T),
        children=_tree(counts[words:])
        if arguments.loss == HIERARCHICAL_SOFTMAX
        else np.zeros((0, 2), np.int32),
    )
    return classifier, tuple(_decode(entry) for entry in entries[words:])


def _decode(label: bytes) -> str:
    try:
        return label.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"is damaged: its label {label!r} is not UTF-8") from error


def _read_arguments(reader: _Reader) -> _Arguments:
    if len(reader.content) < 8:
        raise ValueError(f"has {len(reader.content)} bytes, too few for a fastText model")
    magic, version = reader.take("<ii")
    if magic != _MAGIC:
        raise ValueError(f"is not a fastText model: it starts with {reader.content[:4]!r}")
    if version not in _VERSIONS:
        raise ValueError(f"has fastText format {version}; 11 and 12 are known")
    dim, _, _, _, _, word_ngrams, loss, kind, buckets, min_ngram, max_ngram, _ = reader.take("<12i")
    reader.take("<d")
    if kind != _SUPERVISED:
        raise ValueError("holds word vectors, not a classifier; train it with `fasttext supervised`")
    lengths = (min_ngram, max_ngram, word_ngrams)
    if (
        dim < 1
        or loss not in _LOSSES
        or not 0 <= buckets <= _MAX_BUCKETS
        or not 0 <= min(lengths) <= max(lengths) <= _MAX_NGRAM
    ):
        raise ValueError(
            f"is damaged, or beyond what is supported: dim {dim}, loss {loss}, bucket {buckets} "
            f"(at most {_MAX_BUCKETS}), minn, maxn, wordNgrams {lengths} (at most {_MAX_NGRAM})"
        )
    if version == 11:
        max_ngram = 0  # such classifiers had no character n-grams, whatever their arguments say
    return _Arguments(dim, word_ngrams, loss, buckets, min_ngram, max_ngram)


def _read_dictionary(reader: _Reader) -> tuple[list[bytes], np.ndarray, np.ndarray, np.ndarray | None]:
    """Entries, their kinds (0 word, 1 label), their counts, and pairs of (bucket, row) if pruned."""
    size, words, labels, _, pruned = reader.take("<iiiqq")
    if min(size, words) < 0 or labels < 1 or size != words + labels:
        raise ValueError(f"is damaged: {words} words and {labels} labels do not make {size} entries")
    if pruned < -1:
        raise ValueError(f"is damaged: it has {pruned} rows of n-grams")
    entries = []
    numbers = []
    for _ in range(size):
        entries.append(reader.until_zero())
        numbers.append(reader.take("<qb"))
    counts, kinds = np.array(numbers, np.int64).T
    if not np.array_equal(kinds, np.arange(size) >= words):
        raise ValueError("is damaged: its dictionary is not words, then labels")
    pairs = reader.array(np.int32, 2 * pruned).reshape(-1, 2) if pruned >= 0 else None
    return entries, kinds, counts, pairs


def _read_matrix(reader: _Reader, *, quantised: bool, dim: int) -> np.ndarray:
    """A matrix as float32 [rows, columns padded to LANES], product-quantised ones multiplied out."""
    with_norms = quantised and reader.flag()
    rows, columns = reader.take("<qq")
    if columns != dim:
        raise ValueError(f"is damaged: a matrix has {columns} columns, its arguments say {dim}")
    padded_dim = -(-dim // LANES) * LANES
    if not 0 <= rows * padded_dim <= _MAX_VALUES:
        raise ValueError(
            f"is damaged, or beyond what is supported: a matrix of {rows} rows and {columns} columns"
        )
    if quantised:
        (codes,) = reader.take("<i")
        code = reader.array(np.uint8, codes)
        dense = _multiply_out(code, _read_quantiser(reader, dim=columns), rows=rows)
        if with_norms:
            norm_code = reader.array(np.uint8, rows)
            (norms,) = _read_quantiser(reader, dim=1)
            with np.errstate(over="ignore", invalid="ignore"):  # checked below
                dense = dense * norms[norm_code]
    else:
        dense = reader.array(np.float32, rows * columns)
    with np.errstate(invalid="ignore"):
        total = dense.sum(dtype=np.float64)  # which is no finite number if one of them is none
    if not np.isfinite(total):
        raise ValueError("is damaged: its vectors are not all finite numbers")
    padded = aligned_empty((rows, padded_dim), np.float32)
    padded[:, :dim] = dense.reshape(rows, dim)
    padded[:, dim:] = 0
    return padded


def _round(matrix: np.ndarray) -> tuple[np.ndarray, float]:
    """float32 → int8 of the same shape, and what a step means."""
    scale = float(np.abs(matrix).max(initial=0)) / _MOST_STEPS or 1.0
    rounded = aligned_empty(matrix.shape, np.int8)
    for start in range(0, len(matrix), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        rounded[part] = np.rint(matrix[part] / np.float32(scale))
    return rounded, scale


def _read_quantiser(reader: _Reader, *, dim: int) -> list[np.ndarray]:
    """Centroids of each part of a row: float32 [256, columns of the part]."""
    columns, parts, width, last = reader.take("<4i")
    if columns != dim or not (parts >= 1 and 1 <= last <= width and (parts - 1) * width + last == dim):
        raise ValueError(f"is damaged: {parts} parts of {width} and {last} columns do not make {dim}")
    centroids = reader.array(np.float32, columns * _CENTROIDS)
    widths = [width] * (parts - 1) + [last]
    starts = [part * _CENTROIDS * width for part in range(parts)]
    return [
        centroids[start : start + _CENTROIDS * each].reshape(_CENTROIDS, each)
        for start, each in zip(starts, widths, strict=True)
    ]


def _multiply_out(code: np.ndarray, centroids: list[np.ndarray], *, rows: int) -> np.ndarray:
    parts = len(centroids)
    if len(code) != rows * parts:
        raise ValueError(f"is damaged: {len(code)} codes for {rows} rows of {parts} parts")
    codes = code.reshape(rows, parts)
    return np.concatenate([each[codes[:, part]] for part, each in enumerate(centroids)], axis=1)


def _buckets(
    arguments: _Arguments, *, words: int, rows: int, pruned: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Which n-gram buckets have a row, as Classifier.bucket_rows; rows in their order.

    The last is None where the rows stand in the buckets' order already: a copy of GlotLID's takes 1.7 GB.
    """
    hashed = arguments.max_ngram > 0 or arguments.word_ngrams > 1
    buckets = max(arguments.buckets, 1)  # one that is never set, where n-grams are not used
    expected = words + (arguments.buckets if pruned is None else len(pruned))
    if rows != expected and (hashed or rows != words):
        raise ValueError(f"is damaged: it has {rows} rows for {expected} words and buckets of n-grams")
    present = np.zeros(-(-buckets // 32) * 32, np.uint8)
    order = None
    if hashed and (pruned is None or len(pruned) > 0):
        if arguments.buckets == 0:
            raise ValueError("is damaged: it has n-grams and no buckets for them")
        bucket = np.arange(buckets) if pruned is None else pruned[:, 0].astype(np.int64)
        row = bucket if pruned is None else pruned[:, 1].astype(np.int64)
        if bucket.min() < 0 or bucket.max() >= buckets or row.min() < 0 or row.max() >= rows - words:
            raise ValueError(f"is damaged: rows of n-grams lie outside its {rows} rows")
        present[bucket] = 1
        if pruned is not None:
            _, last = np.unique(bucket[::-1], return_index=True)  # sorted; of equal ones the last counts
            order = words + row[::-1][last]
    bits = np.packbits(present, bitorder="little").view("<u4").astype(np.uint64)
    before = np.concatenate([[0], np.cumsum(present.reshape(-1, 32).sum(axis=1, dtype=np.int64))[:-1]])
    return bits | (words + before).astype(np.uint64) << np.uint64(32), order


def _tree(counts: np.ndarray) -> np.ndarray:
    """Huffman tree over the labels' counts, as the library builds it: int32 [2 l - 1, 2], -1 for leaves."""
    leaves = len(counts)
    total = [*counts.tolist(), *[_INFINITE_COUNT] * (leaves - 1)]
    children = np.full((2 * leaves - 1, 2), -1, np.int32)
    leaf, node = leaves - 1, leaves
    for parent in range(leaves, 2 * leaves - 1):
        pair = []
        for _ in range(2):
            if leaf >= 0 and (node >= parent or total[leaf] < total[node]):
                pair.append(leaf)
                leaf -= 1
            else:
                pair.append(node)
                node += 1
        children[parent] = pair
        total[parent] = total[pair[0]] + total[pair[1]]
    return children
