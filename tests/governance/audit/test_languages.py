"""Questions on languages, on releases whose answers are known."""

import pytest

from governance.audit.languages import effective_sources
from governance.reviews import LanguageReview, Share
from tests.governance.audit.asking import SW, ask, expect
from tests.governance.audit.small import audited, line, manifest, rows


def test_effective_sources_are_as_many_as_would_be_as_uneven() -> None:
    assert effective_sources([5, 5]) == 2
    assert effective_sources([9, 1]) == pytest.approx(1 / (0.81 + 0.01))
    assert effective_sources([]) == 0


def test_languages_of_one_source_are_a_share_of_the_languages() -> None:
    even = {"yo": {"wiki": {"CC0-1.0": (1, 50)}, "news": {"CC0-1.0": (1, 50)}}}
    given = expect("E1", audited(manifest({**SW, **even})), 0.5, "warn")
    assert list(given.figures[0].rows) == [("Atlantic-Congo", "sw", 1000), ("Atlantic-Congo", "yo", 100)]
    expect("E1", audited(manifest(even)), 0, "pass")


@pytest.mark.parametrize(("wrong", "verdict"), [(5, "pass"), (6, "warn"), (30, "warn"), (31, "fail")])
def test_disagreement_of_identification_at_its_bounds(wrong: int, verdict: str) -> None:
    ledger = [
        line("measured", "kept", 90 - wrong, lang_declared="sw", lang="sw"),
        line("measured", "kept", 10, lang_declared="sw-KE", lang="sw"),
        line("measured", "kept", wrong, lang_declared="sw", lang="yo"),
        line("measured", "kept", 7, lang_declared="und", lang="sw"),
        line("measured", "kept", 7, lang="sw"),
    ]
    given = expect("E2", audited(manifest({**SW, "yo": SW["sw"]}, ledger=ledger)), wrong / 100, verdict)
    assert list(given.figures[2].rows) == [("sw", "yo", wrong)]
    assert "14 documents declare none" in given.text


def test_scripts_are_those_of_cldr() -> None:
    counted = rows(documents=100, scripts={})
    counted.scripts = {"sw": rows(years={"Latn": 98, "Arab": 2}).years}
    given = expect("E3", audited(manifest(SW), rows=counted), 0.02, "warn")
    assert list(given.figures[0].rows) == [("sw", "Arab", 2)]
    for lang, script in (
        ("ja", "Hira"),
        ("zh-Hant", "Hani"),
        ("ur", "Arab"),
        ("zh", "Hans"),
        ("sr-Latn", "Latn"),
    ):
        counted.scripts = {lang: rows(years={script: 1}).years}
        assert ask("E3", audited(manifest(SW), rows=counted)).value == 0, lang


def test_tags_that_overlap_or_are_not_canonical_are_told() -> None:
    expect("E4", audited(manifest(SW)), 0, "pass")
    tags = {tag: SW["sw"] for tag in ("ak", "tw", "eng", "sw")}
    given = expect("E4", audited(manifest(tags)), 2, "warn")
    assert [row[0] for row in given.figures[0].rows] == ["tw", "eng"]


def test_languages_that_nobody_read_are_told() -> None:
    read = Share(read=9, good=9, share=1.0, low=0.7, high=1.0)
    none = Share(read=0, good=0, share=None, low=None, high=None)
    review = LanguageReview(
        release="tiny",
        decisions="d",
        readers=1,
        disagreed=0,
        kept=read,
        dropped=none,
        reasons={},
        labels={"good": 9},
    )
    two = {**SW, "yo": SW["sw"]}
    given = expect("E5", audited(manifest(two, reviews={"sw": review})), 0.5, "warn")
    assert list(given.figures[0].rows) == [("sw", 0.7, 1.0, 1.0, 9)]
    assert list(given.figures[-1].rows) == [("yo",)]
    expect("E5", audited(manifest(SW, reviews={"sw": review})), 0, "pass")
    unread = review.model_copy(update={"kept": none})
    expect("E5", audited(manifest(SW, reviews={"sw": unread})), 1, "warn")
