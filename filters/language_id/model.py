"""Language models in fastText's file format, by name, by path or by id at the Hugging Face Hub."""

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, ValidationError

from filters.kernels import fasttext
from filters.kernels.fasttext_output import Groups
from filters.language_id.families import FamilyIndex, read_families
from filters.language_id.fasttext_file import read_classifier
from filters.language_id.label_tables import LabelTable, find_table, tag_labels
from filters.language_id.labels import LID_176
from filters.language_id.model_files import digest, locate, read_content
from layers import strict_yaml

FOLDER = Path(__file__).parents[1] / "models"
_TABLES: Mapping[str, Mapping[str, str]] = {"lid.176": LID_176}


class Description(BaseModel):
    """What must be known of a model beside its file: `filters/models/<name>.yaml` of a bundled one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str
    license: str = "NOASSERTION"
    """SPDX; of a user's own file nobody told us."""
    labels: str | None = None
    """Name of the table from its labels to BCP-47 tags; None: its labels are language codes."""
    families: str | None = None
    """File beside it with the classifiers of close languages: filters.language_id.families."""
    close_languages: tuple[tuple[str, ...], ...] = ()
    """Tags of languages so close that votes for them are counted as one."""
    standards: dict[str, float] = {}
    """Tag of a written standard → the share of the likeliest of its close languages that is enough for it:
    filters.language_id.standards."""
    short_scores: dict[int, float] = {}
    """Bytes of letters → the score from which on a text of at most so many is named, over 1 for never."""
    own_short_scores: dict[str, dict[int, float]] = {}
    """Tag → the same for texts that are named so, at the same sizes; where nothing is said, short_scores."""
    unreliable: frozenset[str] = frozenset()
    """Tags that it has a label for, but seldom gives to text in that language."""
    reads_letters_only: bool = False
    """Whether it was trained on what segments.plain_letters makes of a text."""
    rounded: bool = False
    """Whether its rows are read as int8, a quarter of the memory: scores differ by a thousandth or so."""
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
    path.stem: read_description(path) for path in sorted(FOLDER.glob("*.yaml"))
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
        labels: Mapping[str, str] | LabelTable | None,
        description: Description | None = None,
        families: bytes | None = None,
    ) -> None:
        """families: the file of the classifiers of close languages, where the description names one."""
        self.name = name
        self.description = description or Description(file=path.name)
        self.digest = hashlib.sha256(content + (families or b"")).hexdigest()
        try:
            self._classifier, self.labels = read_classifier(content, rounded=self.description.rounded)
        except ValueError as error:
            raise ValueError(f"{path} {error}") from error
        self.tags = tag_labels(self.labels, table=labels)
        self.families = None
        if families is not None:
            names = [label.removeprefix("__label__") for label in self.labels]
            try:
                self.families = FamilyIndex(read_families(families), labels=names)
            except ValueError as error:
                raise ValueError(f"{path.with_name(self.description.families or '')} {error}") from error
        vectors = 4 * self._classifier.inputs.size + self._classifier.outputs.nbytes
        self.load_bytes = len(content) + 3 * vectors // 2
        """Memory at the peak of loading, at most: the file, its vectors, and half of them a second time."""

    def group_labels(self, groups: Sequence[np.ndarray]) -> Groups:
        """Labels of each group, for predict."""
        return fasttext.group_labels(self._classifier, groups=groups)

    def predict(
        self,
        lines: pa.LargeStringArray,
        *,
        min_score: float,
        group: np.ndarray | None = None,
        groups: Groups | None = None,
    ) -> Predictions:
        """n lines → every label with at least min_score; lines should be samples, see kernels/fasttext.py.

        groups, and the group of each line int64 [n]: the labels that a line can have.
        """
        found = fasttext.predict(
            lines, classifier=self._classifier, min_score=min_score, group=group, groups=groups
        )
        if self.families is not None:
            found = self.families.refine(found, lines=lines, min_score=min_score)
        return Predictions(*found)


_loading = threading.Lock()
"""Some runners give a worker several threads, and `cache` would let each of them load its own."""


def load_model(name_or_path: str, *, labels: Mapping[str, str] | str | None = None) -> Model:
    """The model of that name ("lid.176"), file or id `hf://owner/name@commit[/file]`, once per process.

    labels is a table from all of the model's labels (without `__label__`) to BCP-47 tags, or the name or
    path of one with the exceptions (filters.language_id.label_tables). Without it a repository that we
    know has its own, and each label of any other model must itself be a language code. A model of the Hub
    is downloaded if it is not in the cache.

    Raises FileNotFoundError, HubError, or ValueError saying what is wrong with the file or the labels.
    """
    with _loading:
        return _load(name_or_path, _hashable(labels))


def check_model(name_or_path: str, *, labels: str | None = None) -> int:
    """Raise what load_model would, without keeping the model → bytes of memory that loading it takes."""
    return _load.__wrapped__(name_or_path, labels).load_bytes


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
    """SHA-256 of a model's file, with that of its families behind it if it has one, without loading it."""
    path = FOLDER / describe(name_or_path).file if name_or_path in VENDORED else None
    families = _read_families(path or Path(name_or_path), describe(name_or_path))
    if path is None and families is None:
        return digest(locate(name_or_path, bundled=VENDORED))
    return hashlib.sha256((path or Path(name_or_path)).read_bytes() + (families or b"")).hexdigest()


def _read_families(path: Path, description: Description) -> bytes | None:
    """The families of a model, which stand beside it. Raises ValueError where they do not."""
    if description.families is None:
        return None
    file = path.with_name(description.families)
    try:
        return file.read_bytes()
    except OSError as error:
        raise ValueError(f"cannot read {file}, the families of {path.name}: {error.strerror}") from error


def labels_digest(name_or_path: str, *, labels: str | None) -> str | None:
    """SHA-256 of the label table that load_model would use; None where it would use none from a file."""
    table = find_table(name_or_path, labels=labels)
    return None if table is None else table.digest


def _hashable(labels: Mapping[str, str] | str | None) -> tuple[tuple[str, str], ...] | str | None:
    return labels if labels is None or isinstance(labels, str) else tuple(sorted(labels.items()))


@cache
def _load(name_or_path: str, labels: tuple[tuple[str, str], ...] | str | None) -> Model:
    table: Mapping[str, str] | LabelTable | None
    if labels is None or isinstance(labels, str):
        table = find_table(name_or_path, labels=labels)
    else:
        table = dict(labels)
    if name_or_path in VENDORED:
        description = VENDORED[name_or_path]
        path = FOLDER / description.file
        labels_of = table or (_TABLES[description.labels] if description.labels else None)
        return Model(
            path.read_bytes(),
            name=name_or_path,
            path=path,
            labels=labels_of,
            description=description,
            families=_read_families(path, description),
        )
    file = locate(name_or_path, bundled=VENDORED)
    description = describe(name_or_path)
    return Model(
        read_content(file),
        name=file.name,
        path=file.path,
        labels=table,
        description=description,
        families=_read_families(file.path, description),
    )
