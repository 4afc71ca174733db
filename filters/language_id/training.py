"""Train a language model with fastText by a recipe, make it small, and choose its limits of scores."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml

from filters.kernels.script import SCRIPTS, count_scripts
from filters.language_id.model import Description, Model
from filters.language_id.recipe import TARGETS, Lines, Recipe, select_lines

_PREFIX = "__label__"
MIN_SCRIPT_SHARE = 0.02
"""A class is written in each script that has at least this share of its letters in the training lines."""


@dataclass(frozen=True)
class Thresholds:
    """How the limits of scores are chosen."""

    min_precision: float = 0.98
    """Of what is accepted as a language, in lines from sources that the model has not seen."""
    max_loss: float = 0.05
    """No limit refuses more than this share of a language's own lines."""
    floor: float = 0.3


def train_model(lines: Lines, *, recipe: Recipe, threads: int = 1) -> bytes:
    """Lines of each class → a fastText model file, quantised as the recipe says.

    With one thread the same lines, recipe and library give the same bytes; more threads are faster, and
    the model differs in its last digits from run to run.
    """
    import fasttext  # only training needs the library

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lines.txt"
        with path.open("w", encoding="utf-8") as file:
            for name, text in select_lines(lines, selection=recipe.selection):
                file.write(f"{_PREFIX}{name} {text}\n")
        settings = {"thread": threads, "verbose": 0, "seed": recipe.selection.seed}
        model = fasttext.train_supervised(input=str(path), **{**settings, **recipe.fasttext})
        if recipe.quantise:
            model.quantize(input=str(path), thread=threads, verbose=0, **recipe.quantise)
        out = Path(folder) / "model.ftz"
        model.save_model(str(out))
        return out.read_bytes()


def find_scripts(lines: Lines) -> dict[str, tuple[str, ...]]:
    """Class outside the 46 → ISO 15924 codes of the scripts that its lines are written in."""
    found = {}
    for name in sorted(set(lines) - TARGETS):
        texts = [text for source in sorted(lines[name]) for text in lines[name][source]]
        letters = count_scripts(pa.array(texts, pa.large_string()))[0].sum(axis=0)
        share = letters / max(letters.sum(), 1)
        found[name] = tuple(
            code for code, part in zip(SCRIPTS, share, strict=True) if part >= MIN_SCRIPT_SHARE
        )
    return found


def choose_min_scores(
    gold: np.ndarray, predicted: np.ndarray, scores: np.ndarray, *, names: Sequence[str], options: Thresholds
) -> dict[str, float]:
    """n lines' true and predicted class (indices into names) and score → the least score of each class.

    The smallest score, in steps of 0.01 from the floor, from which on the lines accepted as a class are
    of it with the wanted precision, each true class weighing the same; but never one that refuses more
    than max_loss of the lines that the model names rightly. Classes without lines get the floor.
    """
    weights = 1 / np.maximum(np.bincount(gold, minlength=len(names)), 1)[gold]
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


def write_model(
    content: bytes,
    *,
    name: str,
    folder: Path,
    scripts: Mapping[str, Sequence[str]],
    min_scores: Mapping[str, float],
) -> Path:
    """Write `<name>.ftz` and its description `<name>.yaml` into folder; the path of the description."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.ftz").write_bytes(content)
    description = {
        "file": f"{name}.ftz",
        "reads_letters_only": True,
        "min_scores": {tag: round(score, 2) for tag, score in sorted(min_scores.items())},
        "scripts": {tag: list(codes) for tag, codes in sorted(scripts.items())},
    }
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(description, sort_keys=False, default_flow_style=None, width=110), "utf-8")
    return path


def as_model(content: bytes, *, name: str) -> Model:
    """A trained file as identification reads it, without limits."""
    path = Path(f"{name}.ftz")
    return Model(
        content,
        name=name,
        path=path,
        labels=None,
        description=Description(file=path.name, reads_letters_only=True),
    )
