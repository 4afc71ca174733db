"""Train a language model with fastText by a recipe, make it small, and name lines that it has not seen."""

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml

from filters.kernels.script import SCRIPTS, count_scripts
from filters.language_id.families import train_families, write_families
from filters.language_id.identify import identify
from filters.language_id.labels import CHINESE, MULTIPLE, SIMPLIFIED, TRADITIONAL
from filters.language_id.limits import HeldOut
from filters.language_id.model import Description, Model
from filters.language_id.recipe import (
    NOISE,
    TARGETS,
    Families,
    Lines,
    Recipe,
    class_of,
    with_shahmukhi,
)
from filters.language_id.selection import select_families, select_lines

_PREFIX = "__label__"
MIN_SCRIPT_SHARE = 0.1
"""A class is written in each script that has at least this share of its letters in the training lines."""


@dataclass(frozen=True)
class Trained:
    """The files of a model."""

    content: bytes
    """Of all languages, as fastText writes it."""
    families: bytes
    """Of close languages: filters.language_id.families."""

    @property
    def sha256(self) -> str:
        """As Model.digest."""
        return hashlib.sha256(self.content + self.families).hexdigest()


def train_model(lines: Lines, *, recipe: Recipe) -> bytes:
    """Lines of each class → a fastText model file, quantised as the recipe says.

    On one thread, so that the same lines, recipe and library give the same bytes.
    """
    import fasttext  # only training needs the library

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lines.txt"
        with path.open("w", encoding="utf-8") as file:
            for name, text in select_lines(lines, recipe=recipe):
                file.write(f"{_PREFIX}{name} {text}\n")
        settings = {"thread": 1, "verbose": 0, "seed": recipe.selection.seed}
        model = fasttext.train_supervised(input=str(path), **{**settings, **recipe.fasttext})
        if recipe.quantise:
            model.quantize(input=str(path), thread=1, verbose=0, **recipe.quantise)
        out = Path(folder) / "model.ftz"
        model.save_model(str(out))
        return out.read_bytes()


def train_close(lines: Lines, *, recipe: Recipe) -> bytes:
    """Lines of each class → the file of the classifiers of close languages."""
    how = recipe.families
    lines = with_shahmukhi(lines, recipe=recipe)
    texts = select_families(lines, recipe=recipe)
    return write_families(train_families(texts, slots=how.slots, epochs=how.epochs, rate=how.rate))


def find_scripts(lines: Lines, *, recipe: Recipe) -> dict[str, tuple[str, ...]]:
    """Class outside the 46 → ISO 15924 codes of the scripts that its lines are written in."""
    scripts = {}
    for name in sorted(set(lines) - TARGETS - {NOISE}):
        if name in recipe.scripts:
            scripts[name] = tuple(recipe.scripts[name])
            continue
        texts = [text for source in sorted(lines[name]) for text in lines[name][source]]
        letters = count_scripts(pa.array(texts, pa.large_string()))[0].sum(axis=0)
        share = letters / max(letters.sum(), 1)
        scripts[name] = tuple(
            code for code, part in zip(SCRIPTS, share, strict=True) if part >= MIN_SCRIPT_SHARE
        )
    return scripts


def name_held_out(
    unseen: Sequence[tuple[Lines, Trained]], *, recipe: Recipe, scripts: Mapping[str, tuple[str, ...]]
) -> HeldOut:
    """What models make of lines that they have not seen: pairs of lines and model."""
    names = tuple(sorted({name for lines, _ in unseen for name in lines}))
    places = {name: place for place, name in enumerate(names)}
    gold: list[np.ndarray] = []
    predicted: list[np.ndarray] = []
    scores: list[np.ndarray] = []
    for lines, trained in unseen:
        model = as_model(trained, name="held out", scripts=scripts, families=recipe.families)
        for name in sorted(lines):
            texts = [text for source in sorted(lines[name]) for text in lines[name][source]]
            rows = identify(
                pa.array(texts, pa.large_string()), declared=pa.nulls(len(texts), pa.string()), model=model
            )
            answers = {
                tag: places.get((None if tag == MULTIPLE else class_of(tag, recipe=recipe)) or "", len(names))
                for tag in rows["lang"].unique().to_pylist()
            }
            gold.append(np.full(len(texts), places[name]))
            predicted.append(np.array([answers[tag] for tag in rows["lang"].to_pylist()], np.int64))
            scores.append(rows["lang_score"].fill_null(0).to_numpy(zero_copy_only=False).astype(np.float64))
    return HeldOut(names, np.concatenate(gold), np.concatenate(predicted), np.concatenate(scores))


def write_model(
    trained: Trained,
    *,
    name: str,
    folder: Path,
    scripts: Mapping[str, Sequence[str]],
    min_scores: Mapping[str, float],
    short_scores: Mapping[int, tuple[float, Mapping[str, float]]],
    recipe: Recipe,
) -> Path:
    """Write `<name>.ftz`, `<name>.families.npz` and the description `<name>.yaml`, whose path is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.ftz").write_bytes(trained.content)
    (folder / f"{name}.families.npz").write_bytes(trained.families)
    description = {
        "file": f"{name}.ftz",
        "families": f"{name}.families.npz",
        "license": recipe.license,
        "reads_letters_only": True,
        "rounded": True,
        "short_scores": {size: round(score, 2) for size, (score, _) in short_scores.items()},
        "own_short_scores": _by_tag_and_size(short_scores),
        "close_languages": [*recipe.families.members, *recipe.families.pooled],
        "standards": dict(recipe.families.standards),
        "min_scores": {tag: round(score, 2) for tag, score in sorted(_by_tag(min_scores).items())},
        "scripts": {tag: list(codes) for tag, codes in sorted(scripts.items())},
    }
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(description, sort_keys=False, default_flow_style=None, width=110), "utf-8")
    return path


def _by_tag(min_scores: Mapping[str, float]) -> dict[str, float]:
    """Limits by tag: Chinese in both orthographies."""
    both = [SIMPLIFIED, TRADITIONAL] if CHINESE in min_scores else []
    own = {tag: score for tag, score in min_scores.items() if tag not in (CHINESE, NOISE)}
    return own | {tag: min_scores[CHINESE] for tag in both}


def _by_tag_and_size(
    short_scores: Mapping[int, tuple[float, Mapping[str, float]]],
) -> dict[str, dict[int, float]]:
    by_tag: dict[str, dict[int, float]] = {}
    for size, (_, own) in short_scores.items():
        for tag, score in _by_tag(own).items():
            by_tag.setdefault(tag, {})[size] = round(score, 2)
    return dict(sorted(by_tag.items()))


def as_model(
    trained: Trained, *, name: str, scripts: Mapping[str, tuple[str, ...]], families: Families | None = None
) -> Model:
    """Trained files as identification reads them, without limits; families: with votes that count as one."""
    path = Path(f"{name}.ftz")
    description = Description(file=path.name, reads_letters_only=True, rounded=True, scripts=dict(scripts))
    if families is not None:
        close = tuple(map(tuple, [*families.members, *families.pooled]))
        update = {"close_languages": close, "standards": families.standards}
        description = description.model_copy(update=update)
    return Model(
        trained.content,
        name=name,
        path=path,
        labels=None,
        description=description,
        families=trained.families,
    )
