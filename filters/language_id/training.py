"""Train a language model with fastText by a recipe, make it small, and choose its limits of scores."""

import hashlib
import random
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
from filters.language_id.model import Description, Model
from filters.language_id.recipe import (
    NOISE,
    PINYIN,
    TARGETS,
    Limits,
    Lines,
    Recipe,
    class_of,
)
from filters.language_id.selection import select_families, select_lines

_PREFIX = "__label__"
MIN_SCRIPT_SHARE = 0.1
"""A class is written in each script that has at least this share of its letters in the training lines."""


FULL_WEIGHT_LINES = 500
"""Hundreds of classes have a few dozen lines: with full weight they would decide every limit."""


@dataclass(frozen=True)
class HeldOut:
    """n lines that a model had not seen, and what it made of them."""

    names: tuple[str, ...]
    """Classes, sorted."""
    gold: np.ndarray
    """Index into names: int64 [n]."""
    predicted: np.ndarray
    """Index into names, or len(names) for no language: int64 [n]."""
    scores: np.ndarray
    """float64 [n]"""


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
            for name, text in select_lines(lines, selection=recipe.selection):
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
    texts = select_families(lines, families=how.members, selection=recipe.selection)
    return write_families(train_families(texts, slots=how.slots, epochs=how.epochs, rate=how.rate))


def find_scripts(lines: Lines, *, recipe: Recipe) -> dict[str, tuple[str, ...]]:
    """Class outside the 46 → ISO 15924 codes of the scripts that its lines are written in."""
    scripts = {}
    for name in sorted(set(lines) - TARGETS - {NOISE, PINYIN}):
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


def choose_min_scores(
    gold: np.ndarray, predicted: np.ndarray, scores: np.ndarray, *, names: Sequence[str], options: Limits
) -> dict[str, float]:
    """n lines' true and predicted class (indices into names) and score → the least score of each class.

    The smallest score, in steps of 0.01 from the floor, from which on the lines accepted as a class are
    of it with the wanted precision, each true class weighing the same, though one with fewer than
    FULL_WEIGHT_LINES lines less; but never one that refuses more than max_loss of the lines that the model
    names rightly. Classes without lines get the floor.
    """
    weights = 1 / np.maximum(np.bincount(gold, minlength=len(names)), FULL_WEIGHT_LINES)[gold]
    steps = np.arange(round(options.floor * 100), 100) / 100
    chosen = {}
    for index, name in enumerate(names):
        mine = predicted == index
        right = mine & (gold == index)
        chosen[name] = options.floor
        if not right.any():
            continue
        sure = np.sort(scores[right])
        most = sure[min(int(options.max_loss * len(sure)), len(sure) - 1)]
        for step in steps[steps <= max(most, options.floor)]:
            chosen[name] = float(step)
            accepted = mine & (scores >= step)
            hits = weights[accepted & right].sum()
            if hits >= options.min_precision * weights[accepted].sum():
                break
    return chosen


SHORT_LINES = 100
"""Of each class and size by which the scores of short texts are chosen."""


def shorten(lines: Lines, *, max_bytes: int, seed: int) -> Lines:
    """The beginnings of SHORT_LINES lines of each class, whole words of at most max_bytes in all."""
    shortened: dict[str, dict[str, Sequence[str]]] = {}
    for name in sorted(lines):
        pool = sorted({text for some in lines[name].values() for text in some})
        random.Random(f"{seed} {name}").shuffle(pool)
        parts = (_beginning(text, max_bytes=max_bytes) for text in pool[:SHORT_LINES])
        shortened[name] = {"": sorted({part for part in parts if part})}
    return shortened


def _beginning(text: str, *, max_bytes: int) -> str:
    content = text.encode()
    if len(content) <= max_bytes:
        return text
    return (
        content[: content.rfind(b" ", 0, max_bytes + 1)].decode() if b" " in content[: max_bytes + 1] else ""
    )


def choose_short_score(held: HeldOut, *, options: Limits) -> float:
    """The least score with which what is named of short texts is right with the wanted precision, or 1.01.

    Each true class weighs the same, though one with fewer than SHORT_LINES lines less.
    """
    named = held.predicted < len(held.names)
    weights = 1 / np.maximum(np.bincount(held.gold, minlength=len(held.names)), SHORT_LINES)[held.gold]
    for step in np.arange(round(options.floor * 100), 100) / 100:
        accepted = named & (held.scores >= step)
        right = accepted & (held.predicted == held.gold)
        if accepted.any() and weights[right].sum() >= options.short_precision * weights[accepted].sum():
            return float(step)
    return 1.01


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
        model = as_model(trained, name="held out", scripts=scripts)
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
    short_scores: Mapping[int, float],
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
        "short_scores": dict(short_scores),
        "close_languages": [*recipe.families.members, *recipe.families.pooled],
        "min_scores": {tag: round(score, 2) for tag, score in sorted(_by_tag(min_scores).items())},
        "scripts": {tag: list(codes) for tag, codes in sorted(scripts.items())},
    }
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(description, sort_keys=False, default_flow_style=None, width=110), "utf-8")
    return path


def _by_tag(min_scores: Mapping[str, float]) -> dict[str, float]:
    """Limits by tag: Chinese in both orthographies."""
    both = dict.fromkeys((SIMPLIFIED, TRADITIONAL), min_scores.get(CHINESE, 0.0))
    return {tag: score for tag, score in min_scores.items() if tag not in (CHINESE, NOISE, PINYIN)} | both


def as_model(trained: Trained, *, name: str, scripts: Mapping[str, tuple[str, ...]]) -> Model:
    """Trained files as identification reads them, without limits."""
    path = Path(f"{name}.ftz")
    return Model(
        trained.content,
        name=name,
        path=path,
        labels=None,
        description=Description(file=path.name, reads_letters_only=True, scripts=dict(scripts)),
        families=trained.families,
    )
