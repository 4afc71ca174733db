"""Written standards among close languages: Standard Arabic beside what is spoken from Morocco to Iraq."""

from functools import cache

import numpy as np

from filters.language_id.candidates import ends_of, names_of, sum_by_name
from filters.language_id.model import Model


@cache
def standards_of(model: Model) -> tuple[np.ndarray, np.ndarray]:
    """The standard of each name's family int64 [names], -1: none; the share of it that is enough float64.

    A standard that the model has no label for is none.
    """
    names, description = names_of(model.tags), model.description
    standard, share = np.full(len(names), -1, np.int64), np.zeros(len(names))
    for tag, enough in description.standards.items():
        if tag not in names:
            continue
        place = names.index(tag)
        share[place] = enough
        for family in description.close_languages:
            if tag in family:
                standard[[names.index(member) for member in family if member in names]] = place
    return standard, share


def prefer_standards(
    candidates: tuple[np.ndarray, np.ndarray, np.ndarray],
    documents: np.ndarray,
    weights: np.ndarray,
    *,
    model: Model,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Candidates of m segments (ends [m + 1], name, score) → the same, a family's added up as its standard.

    In documents (int64 [n + 1], of segments) in which the standard's mean score, by the weights of the
    segments, is enough beside that of the likeliest of its family: the share of it times the segments that
    vote. One sentence hardly shows what is spoken, many do.
    """
    ends, name, score = candidates
    standard, share = standards_of(model)
    of = standard[name]
    if not (of >= 0).any():
        return candidates
    size, segment = len(standard), np.repeat(np.arange(len(ends) - 1), np.diff(ends))
    document = np.repeat(np.arange(len(documents) - 1), np.diff(documents))[segment]
    rows = np.flatnonzero(of >= 0)
    pairs, pair = np.unique(document[rows] * size + name[rows], return_inverse=True)
    sums = np.bincount(pair, weights=score[rows] * weights[segment[rows]])
    families, family = np.unique(pairs // size * size + standard[pairs % size], return_inverse=True)
    best, own = np.zeros((2, len(families)))
    np.maximum.at(best, family, sums)
    is_standard = standard[pairs % size] == pairs % size
    own[family[is_standard]] = sums[is_standard]
    voting = np.add.reduceat(np.append(weights > 0, False).astype(np.int64), documents[:-1])
    enough = np.minimum(share[families % size] * voting[families // size], 1)
    wins = (own > 0) & (own >= enough * best)
    name = name.copy()
    name[rows] = np.where(wins[family][pair], of[rows], name[rows])
    segment, name, score = sum_by_name(segment, name, score, size=size)
    return ends_of(np.bincount(segment, minlength=len(ends) - 1)), name, score
