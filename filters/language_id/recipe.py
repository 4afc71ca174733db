"""The training recipe of a language model: which labelled lines are used, how often, and in which order."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from filters import languages
from filters.language_id.labels import CHINESE, EQUIVALENT, canonical_tag
from filters.language_id.noise import make_noise
from filters.language_id.segments import letters_only
from layers import strict_yaml

BUNDLED = Path(__file__).with_name("recipe.yaml")
NOISE = "zxx"
"""BCP-47 for text without linguistic content."""

MIN_LEFT = 300
TARGETS = frozenset({EQUIVALENT.get(tag, tag) for tag in languages.TAGS} | {CHINESE})
"""The classes of the 46."""

Lines = Mapping[str, Mapping[str, Sequence[str]]]
"""Class → source → distinct lines, letters only."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Strict):
    """Where lines come from and why they may be used."""

    license: str
    url: str
    note: str = ""


class Selection(_Strict):
    """How many lines of each class are read, and how often."""

    max_lines_per_source: int = Field(gt=0)
    max_lines_per_target: int = Field(gt=0)
    max_lines_per_other: int = Field(gt=0)
    min_lines_per_target: int = Field(ge=0)
    min_lines_per_other: int = Field(ge=0)
    max_repeats: int = Field(ge=1)
    never_repeated: list[str] = []
    source_repeats: dict[str, int] = {}
    """Source, or class/source, → how often each of its lines is read."""
    fragment_share: float = Field(ge=0, le=1)
    noise_lines: int = Field(ge=0)
    seed: int


class Limits(_Strict):
    """How the least score of each class is chosen."""

    min_precision: float = Field(gt=0, le=1)
    """Of what is accepted as a class, in lines from sources that the model has not seen."""
    max_loss: float = Field(ge=0, lt=1)
    """No limit refuses more than this share of the lines that are rightly named."""
    floor: float = Field(ge=0, lt=1)


class Recipe(_Strict):
    """Everything that a model depends on beside the lines and the library."""

    license: str
    """SPDX, of the model."""
    sources: dict[str, Source]
    left_out: dict[str, str]
    mislabelled: dict[str, list[str]]
    labels: dict[str, str | None]
    folds: list[list[str]]
    """Sources that are held out together."""
    in_domain_share: float = Field(gt=0, lt=1)
    """Of the lines of each source, held out at random."""
    limits: Limits
    selection: Selection
    fasttext: dict[str, int | float | str]
    quantise: dict[str, Any]

    @model_validator(mode="after")
    def _check_folds(self) -> Self:
        if unknown := {source for fold in self.folds for source in fold} - set(self.sources):
            raise ValueError(f"folds: {', '.join(sorted(unknown))}: not among `sources`")
        return self


def load_recipe(path: Path = BUNDLED) -> Recipe:
    """Read a recipe; raises ValueError naming the file and everything that is wrong in it."""
    try:
        return Recipe.model_validate(strict_yaml.load(path.read_text("utf-8")))
    except ValidationError as error:
        problems = "; ".join(strict_yaml.describe_errors(error, model=Recipe))
        raise ValueError(f"{path}: {problems}") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def class_of(label: str, *, recipe: Recipe) -> str | None:
    """The class of a label in the data; None if it is not used. Raises ValueError for an unknown code."""
    if label in recipe.labels:
        return recipe.labels[label]
    tag = canonical_tag(label)
    if tag is None:
        raise ValueError(f"label {label!r} is no language code; add it to `labels` of the recipe")
    return tag


def read_lines(table: pa.Table, *, recipe: Recipe, held_out: Sequence[str] = ()) -> Lines:
    """Columns lang, source, text → the lines of each class by source, without repeats and held-out sources.

    Raises ValueError for a missing column, a source that the recipe does not know, a label that is no
    language code, and where the recipe uses none of the lines.
    """
    missing = {"lang", "source", "text"} - set(table.column_names)
    if missing:
        raise ValueError(f"the labelled lines have no column {', '.join(sorted(missing))}")
    names = sorted(pc.unique(table["source"]).to_pylist())
    unknown = [name for name in [*names, *held_out] if name not in {*recipe.sources, *recipe.left_out}]
    if unknown:
        raise ValueError(f"the recipe does not know these sources: {', '.join(sorted(set(unknown)))}")
    used = [name for name in names if name in recipe.sources and name not in held_out]
    if not used:
        raise ValueError(
            f"no lines of a source that the recipe uses, only {', '.join(names) or 'none at all'}"
        )
    table = table.filter(pc.is_in(table["source"].cast(pa.string()), pa.array(used)))
    classes = {label: class_of(label, recipe=recipe) for label in pc.unique(table["lang"]).to_pylist()}
    texts = letters_only(table["text"].cast(pa.large_string()).combine_chunks()).to_pylist()
    by_class: dict[str, dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    rows = zip(table["lang"].to_pylist(), table["source"].to_pylist(), texts, strict=True)
    for label, source, text in rows:
        name = classes[label]
        if name is not None and text and source not in recipe.mislabelled.get(label, ()):
            by_class[name][source][text] = None
    return {
        name: {source: list(lines) for source, lines in by_source.items()}
        for name, by_source in by_class.items()
    }


def select_lines(lines: Lines, *, selection: Selection) -> list[tuple[str, str]]:
    """The (class, line) pairs to train on, in a fixed random order; thin classes are repeated."""
    chosen: list[tuple[str, str]] = []
    for name in sorted(lines):
        rng = random.Random(f"{selection.seed} {name}")
        pool: list[str] = []
        for source in sorted(lines[name]):
            some = sorted(lines[name][source])
            rng.shuffle(some)
            some = some[: selection.max_lines_per_source]
            pool += some * _repeats(name, source=source, selection=selection)
        rng.shuffle(pool)
        target = name in TARGETS
        pool = pool[: selection.max_lines_per_target if target else selection.max_lines_per_other]
        least = selection.min_lines_per_target if target else selection.min_lines_per_other
        repeats = min(selection.max_repeats, max(1, -(-least // len(pool))))
        repeats = 1 if name in selection.never_repeated else repeats
        for text in pool * repeats:
            fragment = rng.random() < selection.fragment_share
            chosen.append((name, _fragment(text, rng=rng) if fragment else text))
    rng = random.Random(selection.seed)
    chosen += [(NOISE, line) for line in _noise(lines, selection=selection, rng=rng)]
    rng.shuffle(chosen)
    return chosen


def _repeats(name: str, *, source: str, selection: Selection) -> int:
    if name in selection.never_repeated:
        return 1
    repeats = selection.source_repeats
    return repeats.get(f"{name}/{source}", repeats.get(source, 1))


def hold_out(lines: Lines, *, sources: Sequence[str], recipe: Recipe) -> tuple[Lines, Lines]:
    """(lines to train on, held-out lines): those of the sources, without what other sources have too.

    A class with fewer than MIN_LEFT lines elsewhere keeps four fifths of its own to train on.
    """
    training: dict[str, dict[str, Sequence[str]]] = {}
    held: dict[str, dict[str, Sequence[str]]] = {}
    for name, by_source in lines.items():
        training[name] = {source: some for source, some in by_source.items() if source not in sources}
        thin = sum(map(len, training[name].values())) < MIN_LEFT
        for source in sorted(set(by_source) & set(sources)):
            pool = _shuffled(by_source[source], name=name, source=source, recipe=recipe)
            fifth = len(pool) // 5 if thin else len(pool)
            held.setdefault(name, {})[source] = pool[:fifth]
            if thin:
                training[name][source] = pool[fifth:]
        training_texts = {text for some in training[name].values() for text in some}
        for source, some in held.get(name, {}).items():
            held[name][source] = [text for text in some if text not in training_texts]
    return {name: by_source for name, by_source in training.items() if by_source}, held


def hold_out_lines(lines: Lines, *, recipe: Recipe) -> tuple[Lines, Lines]:
    """(lines to train on, held-out lines): a share of each source of each class, at random but fixed."""
    training: dict[str, dict[str, Sequence[str]]] = {}
    held: dict[str, dict[str, Sequence[str]]] = {}
    for name, by_source in lines.items():
        for source, some in by_source.items():
            pool = _shuffled(some, name=name, source=source, recipe=recipe)
            count = int(len(pool) * recipe.in_domain_share)
            held.setdefault(name, {})[source] = pool[:count]
            training.setdefault(name, {})[source] = pool[count:]
        training_texts = {text for some in training[name].values() for text in some}
        held[name] = {
            source: [text for text in some if text not in training_texts]
            for source, some in held[name].items()
        }
    return training, held


def _shuffled(lines: Sequence[str], *, name: str, source: str, recipe: Recipe) -> list[str]:
    pool = sorted(lines)
    random.Random(f"{recipe.selection.seed} {name} {source}").shuffle(pool)
    return pool


def _noise(lines: Lines, *, selection: Selection, rng: random.Random) -> Iterator[str]:
    real = [
        text for name in sorted(lines) for source in sorted(lines[name]) for text in lines[name][source][:20]
    ]
    made = make_noise(real, count=selection.noise_lines, seed=rng.randrange(1 << 30))
    cleaned = letters_only(pa.array(made, pa.large_string())).to_pylist()
    return (line for line in cleaned if line)


def _fragment(text: str, *, rng: random.Random) -> str:
    """Some words in a row; of a text without spaces, some characters."""
    words = text.split(" ")
    if len(words) > 6:
        size = rng.randint(1, len(words) // 2)
        start = rng.randint(0, len(words) - size)
        return " ".join(words[start : start + size])
    if len(words) < 3 and len(text) > 30:
        size = rng.randint(8, len(text) // 2)
        start = rng.randint(0, len(text) - size)
        return text[start : start + size].strip() or text
    return text
