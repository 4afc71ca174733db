"""A page with passages left in another language, and what tells it from a text beside its translation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from filters.language_id.candidates import take_lists

MIN_CHANGES = 2
"""From one language to the other: a text and its translation, one after the other, have one."""
MIN_CHANGE_SHARE = 0.25
"""Of the changes that a random order of the segments would have: of windows of a text and its translation
a few are named wrongly."""
MAX_DEVIATIONS, MAX_DEVIATIONS_OF_WINDOWS = 1.0, -2.0
"""So many standard deviations from the changes of a random order passages have at most, where all of the text
is read, and where windows are: a text and its translation line by line change always, windows at random."""


@dataclass(frozen=True)
class SegmentVotes:
    """What the segments of n documents voted for, as filters.kernels.votes.count_votes takes and gives it."""

    documents: np.ndarray
    """int64 [n + 1]: segments of document i are [documents[i], documents[i + 1])."""
    weights: np.ndarray
    vote: np.ndarray
    """int64 [m]: a name, or the number of names."""
    probability: np.ndarray
    whole: np.ndarray
    """Whether the segments are all of the document: bool [n]."""

    def take(self, rows: np.ndarray) -> Self:
        """Those of some documents, in the order given."""
        ends, segments = take_lists(self.documents, rows)
        return type(self)(
            ends,
            self.weights[segments],
            self.vote[segments],
            self.probability[segments],
            self.whole[rows],
        )


@dataclass(frozen=True)
class Part:
    """One language in n documents, by the votes of segments."""

    name: np.ndarray
    """int64 [n]: that of the last segment in it, -1 where none is."""
    share: np.ndarray
    """Of what votes, and of what votes for languages: float64 [n]."""
    share_of_languages: np.ndarray
    probability: np.ndarray
    """float64 [n]: mean over the segments in it."""
    interspersed: np.ndarray
    """Whether passages in it and in others follow one another as they do where some were not translated."""


def measure_part(
    votes: SegmentVotes, *, is_own: Callable[[np.ndarray, np.ndarray], np.ndarray], names: int, nothing: int
) -> Part:
    """The part of each document in a language of its own.

    is_own: k names and their documents → whether that is the language, bool [k]. nothing: the name of text in
    no language. Interspersed are segments that change from it to others and back MIN_CHANGES times and
    MIN_CHANGE_SHARE as often as in a random order, and no more often than MAX_DEVIATIONS say (the runs of
    Wald and Wolfowitz, 1940).
    """
    n = len(votes.documents) - 1
    document = np.repeat(np.arange(n), np.diff(votes.documents))
    total = np.bincount(document, weights=votes.weights, minlength=n)
    voting = np.flatnonzero((votes.weights > 0) & (votes.vote < names) & (votes.vote != nothing))
    document, vote, weight = document[voting], votes.vote[voting], votes.weights[voting]
    own = is_own(vote, document)
    changes = (own[1:] != own[:-1]) & (document[1:] == document[:-1])
    of_languages = np.bincount(document, weights=weight, minlength=n)
    size = np.bincount(document, weights=weight * own, minlength=n)
    trust = np.bincount(document, weights=weight * own * votes.probability[voting], minlength=n)
    name = np.full(n, -1)
    name[document[own]] = vote[own]
    return Part(
        name=name,
        share=size / np.maximum(total, 1),
        share_of_languages=size / np.maximum(of_languages, 1),
        probability=trust / np.maximum(size, 1),
        interspersed=_is_interspersed(
            np.bincount(document[1:][changes], minlength=n),
            own=np.bincount(document[own], minlength=n),
            every=np.bincount(document, minlength=n),
            whole=votes.whole,
        ),
    )


def _is_interspersed(
    changes: np.ndarray, *, own: np.ndarray, every: np.ndarray, whole: np.ndarray
) -> np.ndarray:
    """Changes, segments in the language and all: int64 [n] each → bool [n]."""
    pairs = 2.0 * own * (every - own)
    expected = pairs / np.maximum(every, 1)
    variance = pairs * (pairs - every) / np.maximum(every**2 * (every - 1.0), 1)
    deviations = np.where(whole, MAX_DEVIATIONS, MAX_DEVIATIONS_OF_WINDOWS)
    most = expected + deviations * np.sqrt(np.maximum(variance, 0))
    passages: np.ndarray = (changes >= MIN_CHANGES) & (changes >= MIN_CHANGE_SHARE * expected)
    passages &= changes <= most
    return passages
