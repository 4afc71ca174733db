"""Language models in fastText's file format, checked before the C++ library sees them."""

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from filters.language_id.labels import LID_176, UNRELIABLE, map_labels

VENDORED = {"lid.176": ("lid.176.ftz", LID_176, UNRELIABLE)}
"""Name → (file in filters/models, table from its labels to BCP-47 tags, tags it rarely recognises)."""

_MAGIC = 793712314
_NEWEST_VERSION = 12
_SUPERVISED = 3
_HEADER = struct.Struct("<ii12id")  # magic, version, twelve integers of Args, sampling threshold
_DICTIONARY = struct.Struct("<iiiqq")


@dataclass(frozen=True)
class Predictions:
    """Candidates of n texts: those of text i are [offsets[i], offsets[i + 1]), best first."""

    offsets: np.ndarray
    """int64 [n + 1]"""
    labels: np.ndarray
    """int32, index into Model.labels"""
    scores: np.ndarray
    """float32, probability as the model gives it"""


class Model:
    """A supervised fastText model with a BCP-47 tag for each of its labels."""

    def __init__(
        self,
        content: bytes,
        *,
        name: str,
        path: Path,
        labels: Mapping[str, str] | None,
        unreliable: frozenset[str] = frozenset(),
    ) -> None:
        check_file(content, path=path)
        self.name = name
        self.unreliable = unreliable
        """Tags that the model has a label for, but seldom gives to text in that language."""
        self.digest = hashlib.sha256(content).hexdigest()
        import fasttext

        self._library: Any = fasttext.load_model(str(path))
        self.labels: tuple[str, ...] = tuple(self._library.get_labels())
        self.tags = map_labels(self.labels, table=labels)

    @cached_property
    def _indices(self) -> dict[str, int]:
        return {label: index for index, label in enumerate(self.labels)}

    def predict(self, lines: pa.LargeStringArray, *, min_score: float) -> Predictions:
        """Every label with at least min_score: n lines without line breaks → their candidates."""
        texts = lines.to_pylist()
        if not texts:
            return Predictions(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
        found, scores = self._library.predict(texts, k=-1, threshold=min_score)
        offsets = np.zeros(len(texts) + 1, np.int64)
        np.cumsum([len(labels) for labels in found], out=offsets[1:])
        indices = [self._indices[label] for labels in found for label in labels]
        return Predictions(offsets, np.array(indices, np.int32), np.concatenate(scores).astype(np.float32))


def check_file(content: bytes, *, path: Path) -> None:
    """Raise ValueError naming the file and what is wrong: not fastText, not supervised, or cut short.

    The library reads sizes from the file and trusts them, so a damaged file can end the process.
    """
    if len(content) < _HEADER.size + _DICTIONARY.size:
        raise ValueError(f"{path} has {len(content)} bytes, too few for a fastText model; fetch it again")
    magic, version, *arguments = _HEADER.unpack_from(content)
    if magic != _MAGIC:
        raise ValueError(f"{path} is not a fastText model: it starts with {content[:4]!r}")
    if version > _NEWEST_VERSION:
        raise ValueError(f"{path} has fastText format {version}; {_NEWEST_VERSION} is the newest known")
    dim, kind = arguments[0], arguments[7]
    if kind != _SUPERVISED:
        raise ValueError(f"{path} holds word vectors, not a classifier; train it with `fasttext supervised`")
    needed = _expected_bytes(content, dim=dim, path=path)
    if needed != len(content):
        raise ValueError(
            f"{path} is damaged: it has {len(content)} bytes, its header says {needed}; fetch it again"
        )


def _expected_bytes(content: bytes, *, dim: int, path: Path) -> int:
    size, words, labels, _, pruned = _DICTIONARY.unpack_from(content, _HEADER.size)
    if min(dim, size, words) < 0 or labels < 1 or size != words + labels:
        raise ValueError(f"{path} is damaged: {words} words and {labels} labels do not make {size} entries")
    at = _HEADER.size + _DICTIONARY.size
    for entry in range(size):
        end = content.find(0, at)
        if end < 0:
            raise ValueError(
                f"{path} is damaged: it ends in dictionary entry {entry} of {size}; fetch it again"
            )
        at = end + 1 + 8 + 1  # count, kind
    at += 8 * max(pruned, 0)
    try:
        quantised = content[at] != 0
        at = _matrix_end(content, at + 1, quantised=quantised)
        output_quantised = quantised and content[at] != 0
        return _matrix_end(content, at + 1, quantised=output_quantised)
    except (struct.error, IndexError) as error:
        raise ValueError(f"{path} is damaged: it ends inside its matrices; fetch it again") from error


def _matrix_end(content: bytes, at: int, *, quantised: bool) -> int:
    if not quantised:
        rows, columns = struct.unpack_from("<qq", content, at)
        return int(at + 16 + 4 * rows * columns)
    with_norms, rows, _, code_bytes = struct.unpack_from("<?qqi", content, at)
    at = _quantiser_end(content, at + 21 + code_bytes)
    return _quantiser_end(content, at + rows) if with_norms else at


def _quantiser_end(content: bytes, at: int) -> int:
    dim = struct.unpack_from("<i", content, at)[0]
    return int(at + 16 + 4 * 256 * dim)


def load_model(name_or_path: str, *, labels: Mapping[str, str] | None = None) -> Model:
    """The model of that name ("lid.176") or file, loaded once per process.

    labels is a table from the model's labels (without `__label__`) to BCP-47 tags; without it each label
    must itself be a language code. Raises FileNotFoundError, or ValueError saying what is
    wrong with the file.
    """
    return _load(name_or_path, None if labels is None else tuple(sorted(labels.items())))


@cache
def _load(name_or_path: str, labels: tuple[tuple[str, str], ...] | None) -> Model:
    table = None if labels is None else dict(labels)
    if name_or_path in VENDORED:
        file, known, unreliable = VENDORED[name_or_path]
        with as_file(files("filters") / "models" / file) as path:
            content = path.read_bytes()
            return Model(content, name=name_or_path, path=path, labels=table or known, unreliable=unreliable)
    path = Path(name_or_path)
    if not path.is_file():
        raise FileNotFoundError(f"no language model {path}: give a file, or one of {', '.join(VENDORED)}")
    return Model(path.read_bytes(), name=path.name, path=path, labels=table)
