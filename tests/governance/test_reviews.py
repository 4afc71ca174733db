"""What follows from labels: Wilson's interval, weighted strata, several readers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from governance.reviews import Label, Review, Share, Stratum, choose, estimate, summarise, wilson

NO_SHARE = Share(read=0, good=0, share=None, low=None, high=None)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_intervals_are_those_of_scipy(counts: tuple[int, int]) -> None:
    good, read = counts
    expected = binomtest(good, read).proportion_ci(method="wilson")
    assert wilson(good / read, count=read) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_a_reason_weighs_as_many_documents_as_it_took() -> None:
    found = estimate({"a": (5, 5), "b": (0, 5)}, sizes={"a": 10, "b": 90})
    assert (found.read, found.good, found.share) == (10, 5, 0.1)
    effective = 1 / (0.1**2 / 5 + 0.9**2 / 5)
    assert (found.low, found.high) == tuple(round(each, 4) for each in wilson(0.1, count=effective))
    assert estimate({"a": (0, 0)}, sizes={"a": 10}) == estimate({}, sizes={}) == NO_SHARE


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9), st.integers(1, 1000)), min_size=1, max_size=6)
)
def test_an_interval_holds_its_share_and_is_no_narrower_than_of_all_that_were_read(
    strata: list[tuple[int, int, int]],
) -> None:
    read = {f"r{n}": (min(good, count), count) for n, (good, count, _) in enumerate(strata)}
    found = estimate(read, sizes={f"r{n}": size for n, (_, _, size) in enumerate(strata)})
    assert found.share is not None and found.low is not None and found.high is not None
    assert 0 <= found.low <= found.share + 1e-4
    assert found.share - 1e-4 <= found.high <= 1
    low, high = wilson(found.share, count=found.read)
    assert found.high - found.low >= high - low - 3e-4


def review(reader: str, labels: dict[str, str], *, decisions: str = "now") -> Review:
    return Review(
        reader=reader,
        lang="yo",
        release="small 1.0.0",
        decisions=decisions,
        sample="s",
        strata=[Stratum(lang="yo", reason="", documents=50), Stratum(lang="yo", reason="words", documents=9)],
        labels=[
            Label(id=name, doc_id=name, reason="words" if name.startswith("w") else "", label=label)
            for name, label in labels.items()
        ],
    )


def test_a_document_that_several_read_counts_once_by_their_majority() -> None:
    readers = [
        review("a", {"k1": "natural", "k2": "natural", "w1": "natural"}),
        review("b", {"k1": "natural", "k2": "boilerplate", "w1": "too_short"}),
        review("c", {"w1": "not_language"}),
    ]
    (found,) = summarise(readers)["yo"]
    assert (found.readers, found.disagreed) == (3, 1)
    assert (found.kept.read, found.kept.good) == (1, 1)
    assert (found.dropped.read, found.dropped.good) == (1, 0)
    assert found.labels == {"natural": 4, "boilerplate": 1, "too_short": 1, "not_language": 1}
    assert [*found.reasons] == ["words"]


def test_what_was_read_of_these_decisions_is_told_else_of_those_that_were_read_most() -> None:
    found = summarise(
        [
            review("a", {"k1": "natural"}, decisions="then"),
            review("a", {"k1": "natural", "k2": "natural"}, decisions="before"),
        ]
    )
    same = choose(found, decisions="then")["yo"]
    assert (same.decisions, same.is_current) == ("then", True)
    other = choose(found, decisions="now")["yo"]
    assert (other.decisions, other.is_current) == ("before", False)


def test_a_file_that_was_edited_is_none() -> None:
    written = review("a", {"k1": "natural"})
    assert Review.from_json(written.to_json()) == written
    for edited in (
        written.to_json().replace(b"natural", b"boilerplate"),
        written.to_json().replace(b'"natural"', b'"fine"'),
        b"[]",
        b"{",
        b"{}",
    ):
        with pytest.raises(ValueError, match=r"edited|unknown label|no JSON|required"):
            Review.from_json(edited)
