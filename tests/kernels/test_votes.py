"""The language of a document is what a slow count of its segments' votes gives."""

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.kernels.votes import count_votes

NAMES = 5
LIMITS = (0.1, 0.05, 0.01, 0.2, 0.4)
FAMILIES = np.array([0, 0, -1, 1, 1])
ALONE = np.full(NAMES, -1)
Segment = tuple[int, dict[int, float]]


def counted(
    documents: list[list[Segment]], families: np.ndarray = ALONE, nothing: int = -1
) -> list[tuple[object, ...]]:
    """(winner, votes, outvoted, shares, means) of each document, by the kernel.

    votes: score, share, second share, close part, share of languages, score of what outvoted the winner.
    """
    segments = [segment for document in documents for segment in document]
    bounds = np.cumsum([0, *map(len, documents)]).astype(np.int64)
    ends = np.cumsum([0, *(len(scores) for _, scores in segments)]).astype(np.int64)
    names = np.array([name for _, scores in segments for name in scores], np.int64)
    scores = np.array([score for _, candidates in segments for score in candidates.values()], np.float64)
    weights = np.array([weight for weight, _ in segments], np.int64)
    winner, outvoted, votes, shares, means, _ = count_votes(
        bounds, weights, (ends, names, scores), families, nothing, LIMITS
    )

    def lists(columns: tuple[np.ndarray, np.ndarray, np.ndarray], document: int) -> list[tuple[int, float]]:
        rows = slice(columns[0][document], columns[0][document + 1])
        return list(zip(columns[1][rows].tolist(), columns[2][rows].tolist(), strict=True))

    return [
        (int(winner[i]), *votes[:, i].tolist(), int(outvoted[i]), lists(shares, i), lists(means, i))
        for i in range(len(documents))
    ]


def reference(document: list[Segment], families: np.ndarray = ALONE, nothing: int = -1) -> tuple[object, ...]:
    """The same, slowly: the rule as docs/language_id.md has it."""
    min_vote, min_share, min_mean, apart_share, apart_score = LIMITS
    total = sum(weight for weight, _ in document)
    mass: dict[int, float] = defaultdict(float)
    for weight, scores in document:
        for name, score in scores.items():
            if weight:
                mass[name] += weight * score
    votes: Counter[int] = Counter()
    trust: dict[int, float] = defaultdict(float)
    for weight, scores in document:
        ranked = sorted(scores, key=lambda name: -scores[name] * mass[name])
        best = ranked[0] if ranked and scores[ranked[0]] * mass[ranked[0]] > 0 else NAMES
        score = scores.get(best, 0.0)
        best = best if score >= min_vote else NAMES
        votes[best] += weight
        trust[best] += weight * score
    named = {*mass, NAMES}
    if not total:
        return NAMES, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, NAMES, [], []

    def family(name: int) -> list[int]:
        """The names of this one's family, itself alone without one."""
        number = families[name] if name < NAMES else -1
        return [other for other in mass if families[other] == number] if number >= 0 else [name]

    pooled: Counter[int] = Counter()
    for name in named:
        apart = votes[name] >= apart_share * total and trust[name] >= apart_score * votes[name]
        leader = max(family(name), key=lambda other: (mass.get(other, 0.0), -other))
        pooled[name if apart else leader] += votes[name]
    languages = [name for name in mass if name != nothing]
    voted = [name for name in languages if pooled[name]]
    winner = max(voted, key=lambda name: (pooled[name], mass[name], -name), default=NAMES)
    unnamed = votes[NAMES] + votes[nothing]
    outvoted = -1
    if unnamed > (pooled[winner] if voted else 0):
        outvoted = nothing if nothing in mass and votes[nothing] >= votes[NAMES] else NAMES
    score = share = close = 0.0
    if voted:
        score = trust[winner] / votes[winner] if votes[winner] else mass[winner] / total
        share = pooled[winner] / total
        close = max((mass[name] / mass[winner] for name in family(winner) if name != winner), default=0.0)
    listed = {name: votes[name] for name in languages} | {NAMES: unnamed}
    shares = sorted(
        ((name, vote / total) for name, vote in listed.items() if vote and vote >= min_share * total),
        key=lambda x: (-x[1], x[0]),
    )
    means = sorted(
        ((n, mass[n] / total) for n in mass if mass[n] >= min_mean * total), key=lambda x: (-x[1], x[0])
    )
    second = max((pooled[n] / total for n in languages if n != winner), default=0.0)
    together = (total - unnamed) / total
    beyond = trust[outvoted] / votes[outvoted] if outvoted >= 0 else 0.0
    return winner, score, share, second, close, together, beyond, outvoted, shares, means


SEGMENT = st.tuples(
    st.sampled_from([0, 1, 64, 256]),
    st.dictionaries(st.integers(0, NAMES - 1), st.sampled_from([0.01, 0.05, 0.1, 0.25, 0.5]), max_size=2),
)


@given(st.lists(st.lists(SEGMENT, max_size=8), max_size=4))
def test_equal_to_the_reference(documents: list[list[Segment]]) -> None:
    assert counted(documents) == [reference(document) for document in documents]
    pooled = [reference(document, FAMILIES) for document in documents]
    assert counted(documents, FAMILIES) == pooled
    assert counted(documents, FAMILIES, 2) == [reference(document, FAMILIES, 2) for document in documents]


def test_votes_are_weighted_by_bytes() -> None:
    ((winner, score, share, second, _, _, _, _, shares, _),) = counted(
        [[(100, {0: 0.9}), (60, {1: 0.8}), (60, {1: 0.6})]]
    )
    assert (winner, share, second) == (1, 120 / 220, 100 / 220)
    assert score == pytest.approx(0.7)
    assert shares == [(1, 120 / 220), (0, 100 / 220)]


def test_close_languages_follow_the_rest_of_the_text() -> None:
    sure, unsure = (100, {0: 0.9}), (100, {1: 0.5, 0: 0.4})
    assert counted([[sure, sure, unsure]])[0][0:4:2] == (0, 1.0)
    assert counted([[unsure]])[0][0] == 1


def test_another_language_in_a_segment_stays() -> None:
    ((winner, _, share, second, *_),) = counted(
        [[(100, {0: 0.9}), (100, {0: 0.9}), (100, {1: 0.95, 0: 0.01})]]
    )
    assert (winner, share, second) == (0, 2 / 3, 1 / 3)


@pytest.mark.parametrize(("score", "winner", "outvoted"), [(0.1, 2, -1), (0.0999, NAMES, NAMES)])
def test_a_vote_needs_some_probability(score: float, winner: int, outvoted: int) -> None:
    assert counted([[(100, {2: score})]])[0][0:8:7] == (winner, outvoted)


def test_segments_without_weight_have_no_vote() -> None:
    assert counted([[(0, {0: 1.0}), (10, {1: 0.5})], [(0, {0: 1.0})], []]) == [
        (1, 0.5, 1.0, 0.0, 0.0, 1.0, 0.0, -1, [(1, 1.0)], [(1, 0.5)]),
        (NAMES, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, NAMES, [], []),
        (NAMES, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, NAMES, [], []),
    ]


NOTHING = 4


def test_text_in_no_language_is_no_other_language() -> None:
    code, unknown = (30, {NOTHING: 0.9}), (19, {0: 0.01})
    ((winner, _, share, second, _, together, _, outvoted, shares, _),) = counted(
        [[(51, {0: 0.9}), code, unknown]], nothing=NOTHING
    )
    assert (winner, outvoted, share, second, together) == (0, -1, 0.51, 0.0, 0.51)
    assert shares == [(0, 0.51), (NAMES, 0.49)]


@pytest.mark.parametrize(
    ("code", "unknown", "outvoted", "score"),
    [(25, 25, -1, 0), (26, 25, NOTHING, 0.7), (25, 26, NAMES, 0), (0, 51, NAMES, 0), (51, 0, NOTHING, 0.7)],
)
def test_a_language_wins_with_as_many_votes_as_no_language_together(
    code: int, unknown: int, outvoted: int, score: float
) -> None:
    document = [(50, {0: 0.9}), (code, {NOTHING: 0.7}), (unknown, {})]
    ((winner, own, *_, other, found, _, _),) = counted([document], nothing=NOTHING)
    assert (winner, own, other, found) == (0, 0.9, pytest.approx(score), outvoted)
