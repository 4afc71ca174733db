"""Language models in fastText's file format, by name or by path."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, ValidationError

from filters.kernels import fasttext
from filters.language_id.fasttext_file import read_classifier
from filters.language_id.labels import LID_176, map_labels
from pipeline.layers import strict_yaml

_FOLDER = Path(__file__).parents[1] / "models"
_TABLES: Mapping[str, Mapping[str, str]] = {"lid.176": LID_176}


class Description(BaseModel):
    """What must be known of a model beside its file: `filters/models/<name>.yaml` of a bundled one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str
    license: str = "NOASSERTION"
    """SPDX; of a user's own file nobody told us."""
    labels: str | None = None
    """Name of the table from its labels to BCP-47 tags; None: its labels are language codes."""
    unreliable: frozenset[str] = frozenset()
    """Tags that it has a label for, but seldom gives to text in that language."""
    reads_letters_only: bool = False
    """Whether it was trained on what segments.letters_only makes of a text."""
    scripts: dict[str, tuple[str, ...]] = {}
    """Tag outside the 46 → ISO 15924 codes of the scripts that it was trained on."""
    min_scores: dict[str, float] = {}
    """Tag → the score from which on the model is believed; 0 where nothing is said."""


def read_description(path: Path) -> Description:
    """The description of a model; raises ValueError that names the file and everything wrong in it."""
    try:
        return Description.model_validate(strict_yaml.load(path.read_text("utf-8")))
    except ValidationError as error:
        problems = "; ".join(strict_yaml.describe_errors(error, model=Description))
        raise ValueError(f"{path}: {problems}") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


VENDORED: Mapping[str, Description] = {
    path.stem: read_description(path) for path in sorted(_FOLDER.glob("*.yaml"))
}
"""The models that come with the project, by name: the folder is the registry."""

DEFAULT_MODEL = "lid.roots"
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
        description: Description | None = None,
    ) -> None:
        self.name = name
        self.description = description or Description(file=path.name)
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


def describe(name_or_path: str) -> Description:
    """What is known of a model beside its file: bundled, or `<name>.yaml` beside the user's own `<name>.ftz`.

    Raises ValueError that names the description and what is wrong in it.
    """
    if name_or_path in VENDORED:
        return VENDORED[name_or_path]
    path = Path(name_or_path)
    beside = path.with_suffix(".yaml")
    return read_description(beside) if beside.is_file() else Description(file=path.name)


@cache
def model_digest(name_or_path: str) -> str:
    """SHA-256 of a model's file, without loading it."""
    if name_or_path in VENDORED:
        return hashlib.sha256((_FOLDER / VENDORED[name_or_path].file).read_bytes()).hexdigest()
    return hashlib.sha256(Path(name_or_path).read_bytes()).hexdigest()


@cache
def _load(name_or_path: str, labels: tuple[tuple[str, str], ...] | None) -> Model:
    table = None if labels is None else dict(labels)
    if name_or_path in VENDORED:
        known = VENDORED[name_or_path]
        path = _FOLDER / known.file
        labels_of = table or (_TABLES[known.labels] if known.labels else None)
        return Model(path.read_bytes(), name=name_or_path, path=path, labels=labels_of, description=known)
    path = Path(name_or_path)
    if not path.is_file():
        raise FileNotFoundError(f"no language model {path}: give a file, or one of {', '.join(VENDORED)}")
    return Model(
        path.read_bytes(), name=path.name, path=path, labels=table, description=describe(name_or_path)
    )
