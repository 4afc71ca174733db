"""Two clusterings side by side: groups counted by hand, and the reason of every missing link."""

from collections import Counter

import numpy as np

from benchmarks.cluster_agreement import (
    CHANCE,
    Similarities,
    bottleneck,
    count_by_similarity,
    explain,
    find_groups,
    name_kind,
)

FIRST = np.array([0, 0, 2, 2, 2, 5, 6, 6, 8])
SECOND = np.array([7, 7, 1, 1, 3, 4, 9, 5, 5])
"""{0 1} twice; {2 3 4} against {2 3} {4}; 5 alone twice; {6 7} {8} against {6} {7 8}."""


def test_a_group_is_what_both_sides_connect_and_agrees_where_each_has_it_whole() -> None:
    groups = find_groups(FIRST, SECOND)
    assert groups.alike == ((0, 1),)
    assert groups.differ == ((2, 3, 4), (6, 7, 8))
    assert groups.removed == (4, 3)
    assert groups.agreement == 1 / 3
    assert groups.documents == (0, 1, 2, 3, 4, 6, 7, 8)


def test_sides_without_duplicates_have_no_groups() -> None:
    groups = find_groups(np.arange(3), np.arange(3))
    assert (groups.alike, groups.differ, groups.removed, groups.agreement) == ((), (), (0, 0), 0.0)


def test_the_bottleneck_is_the_weakest_link_of_the_strongest_chain() -> None:
    similar = {(0, 1): 0.9, (1, 2): 0.7, (0, 2): 0.2}
    assert bottleneck([0, 1, 2], lambda a, b: similar[min(a, b), max(a, b)]) == 0.7
    assert bottleneck([2, 0, 1], lambda a, b: similar[min(a, b), max(a, b)]) == 0.7


def test_groups_are_counted_between_limits_the_lower_one_included() -> None:
    groups = find_groups(FIRST, SECOND)
    of_group = {0: 1.0, 1: 1.0, 2: 0.9, 3: 0.9, 4: 0.9, 6: 0.599, 7: 0.599, 8: 0.599}
    assert count_by_similarity(groups, similarity=lambda a, _: of_group[a]) == [
        (1, 0), (0, 0), (0, 0), (0, 0), (2, 1),
    ]  # fmt: skip


def similarities(here: float, there: float, **without: float) -> Similarities:
    return {"here": here, "all": there, "numbers": there, "marks": there, "punctuation": there, **without}


def test_a_missing_link_is_chance_only_where_both_sides_see_the_same_similarity() -> None:
    enough = (50, 50)
    assert name_kind(similarities(0.7, 0.7 + CHANCE / 2), shingles=enough) == "chance"
    assert name_kind(similarities(0.7, 0.7 + CHANCE * 2), shingles=enough) == "words"
    assert name_kind(similarities(0.7, 0.9, numbers=0.71), shingles=enough) == "numbers"
    assert name_kind(similarities(0.7, 0.9, marks=0.79), shingles=enough) == "marks"
    assert name_kind(similarities(0.7, 0.9, marks=0.81), shingles=enough) == "words"
    assert name_kind(similarities(0.7, 0.9, punctuation=0.7), shingles=enough) == "punctuation"
    assert name_kind(similarities(1.0, 0.0), shingles=(0, 50)) == "short"


def test_every_group_that_differs_is_explained_by_the_links_that_one_side_lacks() -> None:
    links = {"first": [(0, 1), (2, 3), (3, 4), (6, 7)], "second": [(0, 1), (2, 3), (7, 8)]}
    seen = {(3, 4): similarities(0.6, 0.6), (6, 7): similarities(0.6, 0.6)}
    seen[7, 8] = similarities(0.4, 0.8, numbers=0.4)
    found = explain(
        find_groups(FIRST, SECOND),
        clusters={"first": FIRST, "second": SECOND},
        links=links,
        compare=lambda a, b: (seen[a, b], (9, 9)),
    )
    assert found.groups == Counter({"numbers": 1, "chance": 1})
    assert found.links == {"first": Counter({"chance": 2}), "second": Counter({"numbers": 1})}
