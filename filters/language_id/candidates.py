"""The languages that a model can end in, and which of its labels are candidates of a segment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Self

import numpy as np
import pyarrow as pa

from filters import languages
from filters.kernels.fasttext_output import Groups
from filters.kernels.script import OTHER_SCRIPTS, SCRIPTS
from filters.kernels.votes import fit_scripts
from filters.language_id.labels import CANTONESE, CHINESE, SIMPLIFIED, TRADITIONAL, UNDETERMINED
from filters.language_id.model import Model

_ANY_CHINESE = frozenset({CHINESE, SIMPLIFIED, TRADITIONAL})


@cache
def names_of(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Every tag that a model with labels of these tags can end in, sorted; Chinese in both orthographies."""
    both = {SIMPLIFIED, TRADITIONAL} if _ANY_CHINESE & set(tags) else set()
    return tuple(sorted((set(tags) - {CHINESE}) | both))


def place_of_nothing(names: Sequence[str]) -> int:
    """Where the class of text in no language stands among the names of a model; -1: it has none."""
    return names.index(UNDETERMINED) if UNDETERMINED in names else -1


def fitting_scripts(tag: str, *, scripts: Mapping[str, tuple[str, ...]]) -> np.ndarray:
    """Whether tag is written in each of SCRIPTS: bool, all true for a language that nobody told us of.

    The 46 by their language files, others by what the model's description says.
    """
    if tag == CHINESE:
        tag = SIMPLIFIED
    own_scripts = languages.load(tag).scripts if tag in languages.TAGS else scripts.get(tag, ())
    return np.array([not own_scripts or code in own_scripts for code in SCRIPTS])


@cache
def _script_kinds(model: Model) -> tuple[np.ndarray, np.ndarray]:
    """Distinct sets of scripts bool [kinds, scripts], and which of them each name has int64 [names]."""
    fitting = [fitting_scripts(name, scripts=model.description.scripts) for name in names_of(model.tags)]
    kinds, kind = np.unique(fitting, axis=0, return_inverse=True)
    return kinds, kind.ravel()


@cache
def _name_of_label(tags: tuple[str, ...]) -> tuple[np.ndarray, bool]:
    """Name of each label in simplified and in other text int64 [2, labels]; whether two can have one name.

    Characters decide between the orthographies, whatever label the model gives; text in simplified
    characters is not Cantonese, which is written in traditional ones.
    """
    places = {name: place for place, name in enumerate(names_of(tags))}
    table = np.array([[places.get(tag, -1) for tag in tags]] * 2)
    for label, tag in enumerate(tags):
        if tag in _ANY_CHINESE:
            table[:, label] = places[TRADITIONAL], places[SIMPLIFIED]
        elif tag == CANTONESE and SIMPLIFIED in places:
            table[1, label] = places[SIMPLIFIED]
    merges = any(len(set(row)) < len(row) for row in table.tolist())
    return table, merges


@cache
def families_of(model: Model) -> np.ndarray:
    """Which close languages each name is one of, -1 for none: int64 [names]."""
    names = names_of(model.tags)
    families = np.full(len(names), -1, np.int64)
    for number, tags in enumerate(model.description.close_languages):
        for tag in tags:
            for name in (SIMPLIFIED, TRADITIONAL) if tag == CHINESE else (tag,):
                if name in names:
                    families[names.index(name)] = number
    return families


@cache
def _sole_names(model: Model) -> np.ndarray:
    """The one name written in each of SCRIPTS, -1 where there are none or several: int64 [scripts].

    None of a model whose description does not say how its languages are written.
    """
    names = names_of(model.tags)
    if not model.description.scripts:
        return np.full(len(SCRIPTS), -1, np.int64)
    fitting = np.array([fitting_scripts(name, scripts=model.description.scripts) for name in names])
    fitting[[name == UNDETERMINED for name in names]] = False
    sole = np.where(fitting.sum(axis=0) == 1, fitting.argmax(axis=0), -1)
    sole[SCRIPTS.index(OTHER_SCRIPTS)] = -1
    return sole


@cache
def _groups(model: Model) -> Groups | None:
    """Labels that are written in each of SCRIPTS, and all labels; None as for _sole_names."""
    if not model.description.scripts:
        return None
    fitting = np.array([fitting_scripts(tag, scripts=model.description.scripts) for tag in model.tags])
    return model.group_labels([*map(np.flatnonzero, fitting.T), np.arange(len(model.tags))])


@dataclass(frozen=True)
class Predictions:
    """What the model says of m segments, whatever document they are of."""

    ends: np.ndarray
    """int64 [m + 1]: labels of segment i are [ends[i], ends[i + 1])."""
    labels: np.ndarray
    scores: np.ndarray
    sole: np.ndarray
    """int64 [m]: the one name that is written in the segment's script, -1 where the model was asked."""

    def take(self, rows: np.ndarray) -> Self:
        """Those of some segments, in the order given."""
        ends, places = take_lists(self.ends, rows)
        return replace(
            self, ends=ends, labels=self.labels[places], scores=self.scores[places], sole=self.sole[rows]
        )

    def followed_by(self, others: Self) -> Self:
        """These, then others."""
        return replace(
            self,
            ends=np.concatenate([self.ends, self.ends[-1] + others.ends[1:]]),
            labels=np.concatenate([self.labels, others.labels]),
            scores=np.concatenate([self.scores, others.scores]),
            sole=np.concatenate([self.sole, others.sole]),
        )


def ends_of(sizes: np.ndarray) -> np.ndarray:
    """Sizes of n lists → where each begins, and where the last one ends: int64 [n + 1]."""
    ends = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=ends[1:])
    return ends


def take_lists(ends: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ends of lists (int64 [n + 1]) and which of them → (their ends, the places of what is in them)."""
    sizes = np.diff(ends)[rows]
    taken = ends_of(sizes)
    return taken, np.arange(taken[-1]) + np.repeat(ends[:-1][rows] - taken[:-1], sizes)


def sum_by_name(
    segment: np.ndarray, name: np.ndarray, score: np.ndarray, *, size: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Segments, names (of size), scores of k candidates → the same, those of a name in a segment added."""
    keys, group = np.unique(segment * size + name, return_inverse=True)
    scores = np.bincount(group, weights=score, minlength=len(keys)).astype(np.float64)
    return keys // size, keys % size, scores


def predict_segments(
    lines: pa.LargeStringArray,
    *,
    model: Model,
    letters: np.ndarray,
    total: np.ndarray,
    needed: np.ndarray,
    limits: tuple[float, float],
) -> Predictions:
    """m segments → every label with the least score.

    Where fewer than needed letters are in others than the script of most, the model chooses among the
    languages that are written in it. letters int64 [m, scripts], total their sums. limits: the least score,
    and the share of letters of a script from which on a segment is in the one language that is written in it,
    whatever the model would say.
    """
    m = len(letters)
    min_score, min_own_share = limits
    script = letters.argmax(axis=1)
    written = letters[np.arange(m), script]
    possible = (total > 0) & (total >= needed)
    alone = possible & (written >= np.maximum(needed, min_own_share * total))
    sole = np.where(alone, _sole_names(model)[script], -1)
    read = np.flatnonzero(possible & (sole < 0))
    group = np.where(total - written < needed, script, len(SCRIPTS))
    lines = lines.take(pa.array(read)) if len(read) < m else lines
    found = model.predict(lines, min_score=min_score, group=group[read], groups=_groups(model))
    sizes = np.zeros(m, np.int64)
    sizes[read] = np.diff(found.offsets)
    return Predictions(ends=ends_of(sizes), labels=found.labels, scores=found.scores, sole=sole)


def name_candidates(
    predictions: Predictions,
    *,
    model: Model,
    letters: np.ndarray,
    needed: np.ndarray,
    simplified: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """m segments → (ends int64 [m + 1], name, score float64); scores of one name are added.

    Left out is a language in whose scripts fewer than needed letters of the segment are written. simplified
    bool [m]: whether its document is in simplified Chinese characters.
    """
    m = len(letters)
    names, merges = _name_of_label(model.tags)
    segment = np.repeat(np.arange(m), np.diff(predictions.ends))
    name = names[simplified[segment].astype(np.int64), predictions.labels]
    kinds, kind = _script_kinds(model)
    kept = fit_scripts(segment, kind[name], letters, kinds) >= needed[segment]
    segment, name, score = segment[kept], name[kept], predictions.scores[kept].astype(np.float64)
    if merges:
        size = len(names_of(model.tags))
        segment, name, score = sum_by_name(segment, name, score, size=size)
    alone = np.flatnonzero(predictions.sole >= 0)
    ends = ends_of(np.bincount(segment, minlength=m))
    if len(alone) > 0:
        name = np.insert(name, ends[alone], predictions.sole[alone])
        score = np.insert(score, ends[alone], 1.0)
        ends = ends_of(np.diff(ends) + (predictions.sole >= 0))
    return ends, name, score
