"""The languages that a model can end in, and which of its labels are candidates of a segment."""

from collections.abc import Mapping
from functools import cache

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


def find_candidates(
    lines: pa.LargeStringArray,
    *,
    model: Model,
    letters: np.ndarray,
    needed: np.ndarray,
    simplified: np.ndarray,
    limits: tuple[float, float],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """m segments → (ends int64 [m + 1], name, score float64); scores of one name are added.

    Left out is a language in whose scripts fewer than needed letters of the segment are written; where these
    are the letters of one script, the model chooses among the languages that are written in it. limits: the
    least score, and the share of letters of a script from which on a segment is in the one language that is
    written in it, whatever the model would say.
    """
    m = len(letters)
    min_score, min_own_share = limits
    total = letters.sum(axis=1)
    script = letters.argmax(axis=1)
    written = letters[np.arange(m), script]
    possible = (total > 0) & (total >= needed)
    alone = possible & (written >= np.maximum(needed, min_own_share * total))
    sole = np.where(alone, _sole_names(model)[script], -1)
    read = np.flatnonzero(possible & (sole < 0))
    group = np.where(total - written < needed, script, len(SCRIPTS))
    ends, name, score = _predict(
        lines.take(pa.array(read)) if len(read) < m else lines,
        model=model,
        letters=letters[read],
        needed=needed[read],
        simplified=simplified[read],
        group=group[read],
        min_score=min_score,
    )
    if len(read) == m:
        return ends, name, score
    counts = (sole >= 0).astype(np.int64)
    counts[read] = np.diff(ends)
    all_ends = np.concatenate([[0], np.cumsum(counts)])
    names, scores = np.empty(all_ends[-1], np.int64), np.ones(all_ends[-1], np.float64)
    of_sole = all_ends[:-1][sole >= 0]
    names[of_sole] = sole[sole >= 0]
    others = np.ones(len(names), np.bool_)
    others[of_sole] = False
    names[others], scores[others] = name, score
    return all_ends, names, scores


def _predict(
    lines: pa.LargeStringArray,
    *,
    model: Model,
    letters: np.ndarray,
    needed: np.ndarray,
    simplified: np.ndarray,
    group: np.ndarray,
    min_score: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """find_candidates of the segments that the model reads."""
    m = len(letters)
    predictions = model.predict(lines, min_score=min_score, group=group, groups=_groups(model))
    names, merges = _name_of_label(model.tags)
    segment = np.repeat(np.arange(m), np.diff(predictions.offsets))
    name = names[simplified[segment].astype(np.int64), predictions.labels]
    kinds, kind = _script_kinds(model)
    kept = fit_scripts(segment, kind[name], letters, kinds) >= needed[segment]
    segment, name, score = segment[kept], name[kept], predictions.scores[kept].astype(np.float64)
    if merges:
        size = len(names_of(model.tags))
        keys, group = np.unique(segment * size + name, return_inverse=True)
        segment, name = keys // size, keys % size
        score = np.bincount(group, weights=score, minlength=len(keys)).astype(np.float64)
    ends = np.zeros(m + 1, np.int64)
    np.cumsum(np.bincount(segment, minlength=m), out=ends[1:])
    return ends, name, score
