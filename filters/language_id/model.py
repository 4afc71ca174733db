"""Language models in fastText's file format, by name or by path."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pyarrow as pa

from filters.kernels import fasttext
from filters.language_id.fasttext_file import read_classifier
from filters.language_id.labels import LID_176, UNRELIABLE, map_labels

VENDORED = {"lid.176": ("lid.176.ftz", LID_176, UNRELIABLE)}
"""Name → (file in filters/models, table from its labels to BCP-47 tags, tags it rarely recognises)."""

DEFAULT_MODEL = "lid.176"
"""The model that is used where none is named."""


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
        self.name = name
        self.unreliable = unreliable
        """Tags that the model has a label for, but seldom gives to text in that language."""
        self.digest = hashlib.sha256(content).hexdigest()
        try:
            self._classifier, self.labels = read_classifier(content)
        except ValueError as error:
            raise ValueError(f"{path} {error}") from error
        self.tags = map_labels(self.labels, table=labels)

    def predict(self, lines: pa.LargeStringArray, *, min_score: float) -> Predictions:
        """n lines → every label with at least min_score; lines should be samples, see kernels/fasttext.py."""
        return Predictions(*fasttext.predict(lines, classifier=self._classifier, min_score=min_score))


def load_model(name_or_path: str, *, labels: Mapping[str, str] | None = None) -> Model:
    """The model of that name ("lid.176") or file, loaded once per process.

    labels is a table from the model's labels (without `__label__`) to BCP-47 tags; without it each label
    must itself be a language code. Raises FileNotFoundError, or ValueError saying what is
    wrong with the file.
    """
    return _load(name_or_path, None if labels is None else tuple(sorted(labels.items())))


@cache
def model_digest(name_or_path: str) -> str:
    """SHA-256 of a model's file, without loading it."""
    if name_or_path in VENDORED:
        return hashlib.sha256(
            (files("filters") / "models" / VENDORED[name_or_path][0]).read_bytes()
        ).hexdigest()
    return hashlib.sha256(Path(name_or_path).read_bytes()).hexdigest()


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
