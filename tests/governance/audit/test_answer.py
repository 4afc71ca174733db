"""A value and its bounds make a verdict; every bound is inclusive, and every question has its own."""

import math

import pytest

from governance.audit.answer import Finding, Limits, NotAnswerable, show
from governance.audit.ask import Question, answer
from governance.audit.report import GROUPS
from governance.audit.thresholds import default_limits, override
from tests.governance.audit import asking
from tests.governance.audit.small import audited, manifest, rows

QUESTIONS = [question for _, group in GROUPS.values() for question in group]


def ask(value: float | str, *, limits: Limits, is_doubtful: bool = False) -> str:
    finding = Finding(value, "text", is_doubtful=is_doubtful)
    return answer(Question("A1", "?", lambda _: finding), audited(manifest({})), limits=limits).verdict


def test_there_are_45_questions_under_their_letters() -> None:
    counts = {letter: len(group) for letter, (_, group) in GROUPS.items()}
    assert counts == {"A": 6, "B": 3, "C": 7, "D": 6, "E": 5, "F": 8, "G": 4, "H": 3, "I": 3}
    ids = [f"{letter}{place}" for letter, count in counts.items() for place in range(1, count + 1)]
    assert [question.id for question in QUESTIONS] == ids == list(default_limits())


@pytest.mark.parametrize("name", list(default_limits()))
def test_each_bound_is_inclusive_and_what_is_beyond_it_is_graver(name: str) -> None:
    limits = default_limits()[name]
    for side, away in (("max", math.inf), ("min", -math.inf)):
        passes, warns = getattr(limits, f"{side}_pass"), getattr(limits, f"{side}_warn")
        if passes is None:
            continue
        beyond = "warn" if warns != passes else "fail"
        assert ask(passes, limits=limits) == "pass"
        assert ask(math.nextafter(passes, away), limits=limits) == beyond
        if warns is not None:
            assert ask(warns, limits=limits) == ("pass" if warns == passes else "warn")
            assert ask(math.nextafter(warns, away), limits=limits) == "fail"


def test_without_bounds_an_answer_is_information_and_so_are_words() -> None:
    assert ask(7, limits=Limits()) == ask("words", limits=Limits(max_pass=0)) == "information"


def test_what_passes_because_nobody_looked_is_a_warning_and_no_less_than_it_was() -> None:
    assert ask(0, limits=Limits(max_pass=0), is_doubtful=True) == "warn"
    assert ask(0, limits=Limits(), is_doubtful=True) == "warn"
    assert ask(1, limits=Limits(max_pass=0, max_warn=0), is_doubtful=True) == "fail"


def test_what_cannot_be_answered_says_what_is_missing_and_has_no_figure() -> None:
    def lacks(_: object) -> Finding:
        raise NotAnswerable("the block `x` of manifest.json")

    given = answer(Question("G1", "?", lacks), audited(manifest({})), limits=Limits(max_pass=1))
    assert (given.verdict, given.value, given.figures) == ("not answerable", None, [])
    assert given.shown == "not answerable: missing the block `x` of manifest.json"
    assert given.threshold == {"max_pass": 1}


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.5, "share of bytes", "50 % of bytes"),
        (0.0012, "share", "0.12 %"),
        (0.9999, "share", "99.99 %"),
        (0.123, "share", "12.3 %"),
        (1, "tags", "1 tag"),
        (2, "tags", "2 tags"),
        (1234567, "documents", "1,234,567 documents"),
        (6.853, "times the median", "6.85 times the median"),
        ("words", "", "words"),
    ],
)
def test_values_are_shown_as_people_write_them(value: float | str, unit: str, shown: str) -> None:
    assert show(value, unit) == shown


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(), ""),
        (Limits(max_pass=0, max_warn=0), "passes at 0, else it fails"),
        (Limits(max_pass=0.1), "passes up to 10 %, else a warning"),
        (Limits(min_pass=1, min_warn=0.5), "passes from 100 %, warns from 50 %, else it fails"),
    ],
)
def test_bounds_are_told_in_words(limits: Limits, words: str) -> None:
    assert limits.describe("share of bytes") == words


def test_own_bounds_replace_all_of_a_question_and_none_of_the_others() -> None:
    given = override("C3: {max_pass: 0.5}\nF1: {}\n")
    assert given["C3"] == Limits(max_pass=0.5) and given["F1"] == Limits()
    assert given["A1"] == default_limits()["A1"]


def test_wrong_bounds_are_all_told_with_their_place() -> None:
    lines = ["Z9: {}", "A1: 3", "A2: {most: 1}", "A3: {max_pass: many}", "A4: {max_warn: 1}"]
    text = "\n".join([*lines, "A5: {max_pass: 2, max_warn: 1}"])
    with pytest.raises(ValueError) as caught:
        override(text)
    places = [line.partition(":")[0] for line in str(caught.value).split("\n")]
    assert places == ["$.Z9", "$.A1", "$.A2.most", "$.A3.max_pass", "$.A4.max_warn", "$.A5.max_warn"]


@pytest.mark.parametrize("name", list(asking.BY))
def test_a_release_without_documents_has_an_answer_or_says_what_is_missing(name: str) -> None:
    given = asking.ask(name, audited(manifest({}), rows=rows()))
    assert given.verdict in ("pass", "warn", "fail", "information") or given.shown.startswith(
        "not answerable: missing "
    )
