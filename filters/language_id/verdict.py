"""What the votes of a document come to: limits of scores, short texts, close pairs, and the source's word."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np

from filters.language_id.candidates import families_of, names_of, place_of_nothing
from filters.language_id.declared import Declared
from filters.language_id.interspersed import SegmentVotes, measure_part
from filters.language_id.labels import UNDETERMINED
from filters.language_id.model import Model

STATUSES = ("confident", "close_pair", "mixed", "declared_unverified", "short", "noise", "undetermined")
_CONFIDENT, _CLOSE, _MIXED, _UNVERIFIED, _SHORT, _NOISE, _UNDETERMINED = range(len(STATUSES))


class Limits(Protocol):
    """Those of filters.language_id.options.IdentifyOptions that a verdict depends on."""

    @property
    def min_letters(self) -> int: ...
    @property
    def min_script_share(self) -> float: ...
    @property
    def min_second_share(self) -> float: ...
    @property
    def min_majority_share(self) -> float: ...
    @property
    def min_declared_majority_share(self) -> float: ...
    @property
    def min_interspersed_share(self) -> float: ...
    @property
    def min_declared_share(self) -> float: ...
    @property
    def max_declared_code_share(self) -> float: ...
    @property
    def min_prose_declared_share(self) -> float: ...
    @property
    def min_prose_share(self) -> float: ...
    @property
    def tie_share(self) -> float: ...
    @property
    def override_score(self) -> float: ...


@dataclass(frozen=True)
class Evidence:
    """Of n documents, beside the votes."""

    outvoted: np.ndarray
    """int64 [n]: what text in no language has more votes than the winner; -1 if the winner has most."""
    letters: np.ndarray
    """int64 [n, scripts]"""
    letter_bytes: np.ndarray
    """int64 [n]: bytes of the letters that the model read."""
    coded_share: np.ndarray
    """int64 [n, 2]: content of segments of code, markup, lists and the like, and of all that may vote."""
    means: tuple[np.ndarray, np.ndarray, np.ndarray]
    """(ends [n + 1], name, mean score) of the candidates."""
    segments: SegmentVotes
    prose_share: Callable[[np.ndarray], np.ndarray]
    """int64 [k], some of the documents → the share of their letters in lines of prose, float64 [k]."""


@dataclass(frozen=True)
class Verdict:
    """Of n documents."""

    lang: np.ndarray
    """Index into names, declared tags, mul, und: int64 [n]."""
    status: np.ndarray
    """Index into STATUSES."""
    score: np.ndarray
    share: np.ndarray
    named: np.ndarray
    """Whether the model identified the language."""
    agrees: np.ndarray


def judge(
    best: np.ndarray,
    votes: np.ndarray,
    *,
    evidence: Evidence,
    sources: Declared,
    model: Model,
    options: Limits,
) -> Verdict:
    """The winners of the votes against limits and declarations; votes float64 [6, n] as count_votes gives."""
    names = names_of(model.tags)
    coded, content = evidence.coded_share.T
    share = votes[1].copy()
    best = np.where(best == len(names), -1, best)
    best, score, tied = _settle_ties(
        best, votes, evidence=evidence, sources=sources, model=model, options=options
    )
    outvoted = evidence.outvoted >= 0
    # with less among the languages it would be mul in place of und
    possible = outvoted & (share >= options.min_declared_majority_share * votes[4])
    outvoted &= ~_is_about_code(best, share, possible, evidence=evidence, sources=sources, options=options)
    noise = outvoted & ((evidence.outvoted == place_of_nothing(names)) | (2 * coded > content))
    best, score = np.where(outvoted, -1, best), np.where(outvoted, votes[5], score)
    score = _rounded(score)
    agrees = sources.agrees(best)
    limits = np.array([model.description.min_scores.get(name, 0.0) for name in names], np.float32)
    enough = score >= _least_scores(evidence.letter_bytes, best, model=model)
    believed = (best >= 0) & (agrees | ((score >= limits[best]) & enough))
    total = evidence.letters.sum(axis=1)
    fits = sources.fitting_letters(evidence.letters, scripts=model.description.scripts) >= np.ceil(
        total * options.min_script_share
    )
    unverified = sources.given & ~sources.nameable & fits & (total >= options.min_letters)
    unverified &= ~agrees & ~(score >= np.float32(options.override_score))
    named = believed & ~unverified
    several = named & ((votes[2] >= options.min_second_share) | (evidence.outvoted >= 0))
    majority = np.where(agrees, options.min_declared_majority_share, options.min_majority_share)
    mixed = several & (share < majority * votes[4])
    doubtful = np.flatnonzero(mixed & sources.given & ~agrees)
    rows, *own = _find_declared_passages(
        doubtful, evidence=evidence, sources=sources, names=names, options=options
    )
    best[rows], share[rows], score[rows] = own
    agrees[rows], mixed[rows] = True, False
    keeps_tag = unverified | (named & agrees & sources.equivalent)
    count = len(names) + len(sources.tags)
    lang = np.where(named, best, count + 1)
    lang = np.where(keeps_tag, sources.tag + len(names), lang)
    lang = np.where(mixed, count, lang)
    short = (best >= 0) & ~enough
    status = np.select(
        [several, named & tied, named, unverified, short, noise],
        [_MIXED, _CLOSE, _CONFIDENT, _UNVERIFIED, _SHORT, _NOISE],
        _UNDETERMINED,
    )
    return Verdict(lang=lang, status=status, score=score, share=share, named=named, agrees=agrees & ~mixed)


def _rounded(score: np.ndarray) -> np.ndarray:
    result: np.ndarray = np.round(np.minimum(score, 1.0), 4).astype(np.float32)
    return result


def _find_declared_passages(
    rows: np.ndarray, *, evidence: Evidence, sources: Declared, names: tuple[str, ...], options: Limits
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Those of some documents that have passages left in another language → (rows, name, share, score)."""
    part = measure_part(
        evidence.segments.take(rows),
        is_own=lambda vote, document: sources.agrees_with(vote, documents=rows[document]),
        names=len(names),
        nothing=place_of_nothing(names),
    )
    own = part.interspersed & (part.share_of_languages >= options.min_interspersed_share)
    return rows[own], part.name[own], part.share[own], _rounded(part.probability[own])


def _is_about_code(
    best: np.ndarray,
    share: np.ndarray,
    outvoted: np.ndarray,
    *,
    evidence: Evidence,
    sources: Declared,
    options: Limits,
) -> np.ndarray:
    """Whether each outvoted document is in its declared language all the same, and quotes what is in none."""
    coded, content = evidence.coded_share.T
    outvoted = outvoted & sources.agrees(best)
    quoted: np.ndarray = outvoted & (share >= options.min_declared_share)
    quoted &= coded <= options.max_declared_code_share * content
    rows = np.flatnonzero(outvoted & ~quoted & (share >= options.min_prose_declared_share))
    quoted[rows] = evidence.prose_share(rows) >= options.min_prose_share
    return quoted


def _settle_ties(
    best: np.ndarray,
    votes: np.ndarray,
    *,
    evidence: Evidence,
    sources: Declared,
    model: Model,
    options: Limits,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(best, score, whether a close language is nearly as likely): of these the declared one wins."""
    families = families_of(model)
    ends, name, mean = evidence.means
    document = np.repeat(np.arange(len(best)), np.diff(ends))
    tied = (best >= 0) & (votes[3] >= options.tie_share)
    declared = sources.agrees_with(name, documents=document)
    close = tied[document] & (families[name] == families[best[document]]) & (families[name] >= 0)
    rows = np.flatnonzero(declared & close)
    rows = rows[name[rows] != best[document[rows]]]
    best_mean = np.zeros(len(best))
    is_best = name == best[document]
    best_mean[document[is_best]] = mean[is_best]
    rows = rows[mean[rows] >= options.tie_share * best_mean[document[rows]]]
    settled, score = best.copy(), votes[0].copy()
    settled[document[rows]], score[document[rows]] = name[rows], mean[rows]
    return settled, score, tied


def _least_scores(letter_bytes: np.ndarray, best: np.ndarray, *, model: Model) -> np.ndarray:
    """The least score of texts of so many bytes of letters that are named so: float32 [n]."""
    sizes, scores = _short_scores(model)
    least: np.ndarray = scores[best, np.searchsorted(sizes, letter_bytes, side="left")]
    return least


@cache
def _short_scores(model: Model) -> tuple[np.ndarray, np.ndarray]:
    """Sizes int64, and the least score of each name, and of none, by size and beyond: float32 [names + 1]."""
    short, own = model.description.short_scores, model.description.own_short_scores
    sizes = sorted(short)
    names = (*names_of(model.tags), UNDETERMINED)
    # A score of 1 is that of a script in which one language alone is written.
    others = {size: min(score, 1.0) for size, score in short.items()}
    scores = [[*(own.get(name, {}).get(size, others[size]) for size in sizes), 0.0] for name in names]
    return np.array(sizes, np.int64), np.array(scores, np.float32)
