"""The training recipe of a language model: which lines are used, and what is held out to measure by."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from filters import languages
from filters.language_id.labels import CHINESE, EQUIVALENT, canonical_tag
from filters.language_id.segments import plain_letters, without_links
from filters.language_id.shahmukhi import in_shahmukhi, read_loanwords
from filters.language_id.spellings import in_latin, make_pinyin
from layers import strict_yaml

BUNDLED = Path(__file__).with_name("recipe.yaml")
NOISE = "zxx"
"""BCP-47 for text without linguistic content."""

PINYIN = f"{CHINESE}-Latn"
"""Chinese in Latin letters, which no other class is written in so."""
PUNJABI_OF_PAKISTAN = "pnb"
MADE_UP = "made_up"
"""The source of lines that no source has: filters.language_id.spellings."""
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
    """Of the 46 and their close languages: with fewer lines than its neighbour a language loses to it."""
    max_lines_per_other: int = Field(gt=0)
    min_lines_per_target: int = Field(ge=0)
    min_lines_per_other: int = Field(ge=0)
    max_repeats: int = Field(ge=1)
    never_repeated: list[str] = []
    source_repeats: dict[str, int] = {}
    """Source, or class/source, → how often each of its lines is read."""
    source_caps: dict[str, int] = {}
    """Class/source → at most so many of its lines, where one source would outweigh a language's others."""
    fragment_share: float = Field(ge=0, le=1)
    """Of the lines are cut to a part of them."""
    unmarked_share: float = Field(ge=0, le=1)
    """Of the lines are read without the marks of Latin letters."""
    phrase_share: float = Field(ge=0, le=1)
    """Of the lines in other languages have some words of English in them."""
    noise_lines: int = Field(ge=0)
    seed: int


class Families(_Strict):
    """Close languages, which have a classifier of their own, and how it is trained."""

    members: list[list[str]]
    pooled: list[list[str]] = []
    """Close languages without a classifier, whose votes are counted as one, too."""
    standards: dict[str, float] = {}
    """Class of a written standard → the share of the likeliest of its pool from which on it is named."""
    shahmukhi_lines: int = Field(ge=0)
    """Of Punjabi in Arabic letters, made up for the family of Urdu alone."""
    slots: int = Field(gt=0)
    """Of hashed n-grams, a power of two."""
    epochs: int = Field(ge=1)
    rate: float = Field(gt=0)


class Limits(_Strict):
    """How the least score of each class is chosen."""

    min_precision: float = Field(gt=0, le=1)
    """Of what is accepted as a class, in lines from sources that the model has not seen."""
    max_loss: float = Field(ge=0, lt=1)
    """No limit refuses more than this share of the lines that are rightly named."""
    floor: float = Field(ge=0, lt=1)
    short_bytes: list[int]
    """Of letters: the sizes of short texts that have a least score of their own."""
    short_precision: float = Field(gt=0, le=1)
    """Of what is named in texts of such a size."""
    set_aside: dict[str, list[str]] = {}
    """Class → languages whose short texts taken for it do not count: nobody tells them apart."""


class Recipe(_Strict):
    """Everything that a model depends on beside the lines and the library."""

    license: str
    """SPDX, of the model."""
    sources: dict[str, Source]
    left_out: dict[str, str]
    mislabelled: dict[str, list[str]]
    labels: dict[str, str | None]
    in_latin: list[str]
    """Classes of Indic scripts whose lines in Latin letters are a class of their own."""
    made_up_lines: int = Field(ge=0)
    """Of each such class, and of Chinese in Latin letters."""
    scripts: dict[str, list[str]]
    """Class outside the 46 → scripts without which a text is not in it, whatever else is in its lines."""
    folds: list[list[str]]
    """Sources that are held out together."""
    in_domain_share: float = Field(gt=0, lt=1)
    """Of the lines of each source, held out at random."""
    limits: Limits
    selection: Selection
    measuring: dict[str, int]
    """What is different in the selection for the models that measure, which take most of the time."""
    families: Families
    neighbours: list[str]
    """Languages beside close ones whose lines may be taken for one of the 46, for the card."""
    fasttext: dict[str, int | float | str]
    quantise: dict[str, Any]

    @property
    def weighty(self) -> frozenset[str]:
        """The 46, their close languages, and text in no language."""
        return TARGETS | {NOISE} | {name for family in self.families.members for name in family}

    @model_validator(mode="after")
    def _check_folds(self) -> Self:
        if unknown := {source for fold in self.folds for source in fold} - set(self.sources):
            raise ValueError(f"folds: {', '.join(sorted(unknown))}: not among `sources`")
        return self


def measuring(recipe: Recipe) -> Recipe:
    """The recipe of the models that do not see some of the lines."""
    return recipe.model_copy(update={"selection": recipe.selection.model_copy(update=recipe.measuring)})


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
    prose, *_ = without_links(table["text"].cast(pa.large_string()).combine_chunks())
    texts = plain_letters(prose).to_pylist()
    by_class: dict[str, dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    rows = zip(table["lang"].to_pylist(), table["source"].to_pylist(), texts, strict=True)
    for label, source, text in rows:
        name = classes[label]
        if name is not None and text and source not in recipe.mislabelled.get(label, ()):
            by_class[name][source][text] = None
    if MADE_UP in recipe.sources and MADE_UP not in held_out:
        _make_up(by_class, recipe=recipe)
    return {
        name: {source: list(lines) for source, lines in by_source.items()}
        for name, by_source in by_class.items()
    }


def _make_up(by_class: dict[str, dict[str, dict[str, None]]], *, recipe: Recipe) -> None:
    """Add lines in Latin letters of languages that are written in others, too."""
    count, seed = recipe.made_up_lines, recipe.selection.seed
    if CHINESE in by_class:
        by_class[PINYIN][MADE_UP] = dict.fromkeys(make_pinyin(count=count, seed=seed))
    for name in recipe.in_latin:
        if name not in by_class:
            continue
        rng = random.Random(f"{seed} {name}")
        real = sorted(text for lines in by_class[name].values() for text in lines)
        some = rng.sample(real, min(count, len(real)))
        made = (in_latin(text, rng=rng) for text in some)
        by_class[f"{name}-Latn"][MADE_UP] = dict.fromkeys(text for text in made if text)


def with_shahmukhi(lines: Lines, *, recipe: Recipe) -> Lines:
    """The same lines, and as many of PUNJABI_OF_PAKISTAN made of Punjabi ones as the recipe says."""
    count = recipe.families.shahmukhi_lines
    if not count or "pa" not in lines or "ur" not in lines:
        return lines
    real = sorted(text for some in lines["pa"].values() for text in some)
    some = random.Random(f"{recipe.selection.seed} pnb").sample(real, min(count, len(real)))
    loanwords = read_loanwords([text for source in sorted(lines["ur"]) for text in lines["ur"][source]])
    made = dict.fromkeys(in_shahmukhi(text, loanwords=loanwords) for text in some)
    known = lines.get(PUNJABI_OF_PAKISTAN, {})
    return {**lines, PUNJABI_OF_PAKISTAN: {**known, MADE_UP: list(made)}}


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
