"""Which pages with two languages have passages in one and the other, against a slow count."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.language_id.interspersed import SegmentVotes, measure_part

NAMES, NOTHING = 3, 2
OWN = 0
Segment = tuple[int, int, float]
"""Weight, vote, probability; NAMES is a vote for no language."""


def measured(pages: list[list[Segment]], whole: list[bool]) -> list[tuple[object, ...]]:
    segments = [segment for page in pages for segment in page]
    votes = SegmentVotes(
        documents=np.cumsum([0, *map(len, pages)]),
        weights=np.array([weight for weight, _, _ in segments], np.int64),
        vote=np.array([vote for _, vote, _ in segments], np.int64),
        probability=np.array([probability for _, _, probability in segments], np.float64),
        whole=np.array(whole, np.bool_),
    )
    part = measure_part(votes, is_own=lambda vote, document: vote == OWN, names=NAMES, nothing=NOTHING)
    columns = (part.name, part.share, part.share_of_languages, part.probability, part.interspersed)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def reference(page: list[Segment], whole: bool) -> tuple[object, ...]:
    """The same, slowly."""
    total = sum(weight for weight, _, _ in page)
    named = [
        (weight, vote == OWN, p) for weight, vote, p in page if weight > 0 and vote not in (NAMES, NOTHING)
    ]
    order = [own for _, own, _ in named]
    size = sum(weight for weight, own, _ in named if own)
    trust = sum(weight * p for weight, own, p in named if own)
    changes = sum(order[i] != order[i + 1] for i in range(len(order) - 1))
    n, pairs = len(order), 2 * sum(order) * (len(order) - sum(order))
    expected = pairs / n if n else 0
    deviation = math.sqrt(max(pairs * (pairs - n) / (n * n * (n - 1)), 0)) if n > 1 else 0
    most = expected + (deviation if whole else -2 * deviation)
    return (
        OWN if any(order) else -1,
        size / max(total, 1),
        size / max(sum(weight for weight, _, _ in named), 1),
        pytest.approx(trust / max(size, 1)),
        changes >= 2 and changes >= expected / 4 and changes <= most,
    )


PAGE = st.lists(
    st.tuples(st.sampled_from([0, 1, 50]), st.integers(0, NAMES), st.sampled_from([0.2, 0.9])), max_size=24
)


@given(st.lists(st.tuples(PAGE, st.booleans()), max_size=4))
def test_equal_to_the_reference(pages: list[tuple[list[Segment], bool]]) -> None:
    found = measured([page for page, _ in pages], [whole for _, whole in pages])
    assert found == [reference(page, whole) for page, whole in pages]


@pytest.mark.parametrize(
    ("order", "whole", "interspersed"),
    [
        ("aabb", True, False),
        ("aabba", True, True),
        ("aabbbaaa", True, True),
        ("aabaab", True, True),
        ("ababab", True, False),
        ("aabbaabbaabbaabbaabb", True, True),
        ("abababababababababab", True, False),
        ("aaaaabbbbb" * 4, False, True),
        ("aabbaabbaabbaabbaabbaabbaabbaabbaabbaabbaa", False, False),
        ("a" * 20 + "b" * 10 + "a" + "b" * 10, True, False),
    ],
)
def test_passages_change_less_often_than_lines_and_more_often_than_halves(
    order: str, whole: bool, interspersed: bool
) -> None:
    page = [(60, "ab".index(each), 0.9) for each in order]
    assert measured([page], [whole])[0][-1] is interspersed


def test_some_documents_are_taken_in_the_order_given() -> None:
    pages = [[(1, 0, 0.5)], [], [(2, 1, 0.25), (3, 0, 0.75)]]
    segments = [segment for page in pages for segment in page]
    weights, vote, probability = (np.array(column) for column in zip(*segments, strict=True))
    votes = SegmentVotes(np.array([0, 1, 1, 3]), weights, vote, probability, np.array([True, False, True]))
    taken = votes.take(np.array([2, 1, 0]))
    assert taken.documents.tolist() == [0, 2, 2, 3]
    assert taken.weights.tolist() == [2, 3, 1]
    assert taken.vote.tolist() == [1, 0, 0]
    assert taken.probability.tolist() == [0.25, 0.75, 0.5]
    assert taken.whole.tolist() == [True, False, True]
