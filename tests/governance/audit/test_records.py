"""Questions on files, counts and the record of sources, on releases whose answers are known."""

from datetime import date

import pytest

from governance.audit.audited import Checks, Compared, Fault
from governance.manifest import Input
from tests.governance.audit.asking import SW, TWO, ask, expect, lacks
from tests.governance.audit.small import audited, card, change, line, manifest


def test_files_pages_and_ids_are_what_verify_says() -> None:
    made = manifest(SW)
    faults = [Fault(kind, "data/x", "differs") for kind in ("files", "pages", "ids", "sums")]
    whole, broken = audited(made), audited(made, checks=Checks(files=4, faults=faults))
    for name, count in (("A1", 1), ("A3", 1), ("A4", 2)):
        expect(name, whole, 0, "pass")
        assert expect(name, broken, count, "fail").evidence[0].path == "data/x"
        lacks(name, audited(made, checks=None), "the files of the release")
    left = audited(
        made, checks=Checks(files=1, left_out={"pages": "another version", "ids": "other columns"})
    )
    lacks("A3", left, "another version")
    lacks("A4", left, "other columns")


def test_a_source_without_its_card_is_a_fault_of_its_documents() -> None:
    expect("A4", audited(manifest(SW), cards={}), 1, "fail")


def test_counts_are_conserved_or_each_broken_equation_is_told() -> None:
    whole = [
        *(
            line("raw", flow, 3, 30, lang_declared="sw" if flow != "read" else "")
            for flow in ("read", "kept", "text")
        ),
        line("measured", "read", 3, 30),
        line("measured", "kept", 3, 30, lang_declared="sw", lang="sw"),
        *(line("decisions", flow, 3, 30, lang="sw") for flow in ("read", "kept")),
        line("release", "kept", 3, 30, lang="sw"),
    ]
    expect("A2", audited(manifest(SW, ledger=whole)), 0, "pass")
    lost = [*whole[:-1], line("release", "kept", 2, 20, lang="sw")]
    given = expect("A2", audited(manifest(SW, ledger=lost)), 2, "fail")
    assert "wiki, lang sw" in given.evidence[0].detail


def test_the_funnel_tells_what_became_of_the_documents_of_a_language() -> None:
    ledger = [
        line("raw", "kept", 12, lang_declared="sw"),
        line("decisions", "read", 10, lang="sw"),
        *(line("decisions", "dropped", n, lang="sw", reason=r) for r, n in REASONS.items()),
        line("release", "kept", 3, lang="sw"),
    ]
    figures = {figure.name: figure for figure in ask("A2", audited(manifest(SW, ledger=ledger))).figures}
    assert list(figures["A2"].rows) == [
        ("sw", "released", 3),
        ("sw", "duplicates", 4),
        ("sw", "quality", 2),
        ("sw", "other", 1),
    ]
    assert list(figures["A2-reasons"].rows) == [
        ("sw", "read, as declared", "", 12),
        ("sw", "assigned", "", 10),
        *(("sw", "dropped", reason, -n) for reason, n in REASONS.items()),
        ("sw", "released", "", 3),
    ]


REASONS = {"near_duplicate": 4, "words_below_min": 2, "language_multilingual": 1}


@pytest.mark.parametrize(
    ("digests", "revision", "value", "verdict"),
    [
        (["a" * 64, "b" * 64], "unknown", 1.0, "pass"),
        (["a" * 64, None], "unknown", 0.5, "warn"),
        ([None, None, "a" * 64], "unknown", 1 / 3, "fail"),
        ([None, None], "20260101", 1.0, "pass"),
    ],
)
def test_inputs_are_pinned_by_digest_or_revision(
    digests: list[str | None], revision: str, value: float, verdict: str
) -> None:
    made = manifest(SW)
    inputs = [Input(uri=f"{n}.jsonl", bytes=1, sha256=digest) for n, digest in enumerate(digests)]
    made = made.model_copy(update={"sources": {"wiki": change(made.sources["wiki"], "inputs", inputs)}})
    pinned = change(card("wiki"), "procurement.revision", revision)
    expect("A5", audited(made, cards={"wiki": pinned}), value, verdict)


def test_two_runs_are_compared_only_where_they_should_be_the_same() -> None:
    made = manifest(SW)
    other = made.model_copy(update={"merkle_root": "n" * 64})
    expect("A6", audited(made, compared=Compared(made, None)), 0, "pass")
    expect("A6", audited(made, compared=Compared(other, None)), 1, "fail")
    lacks("A6", audited(made), "--compare")
    configured = other.model_copy(update={"config_sha256": "d" * 64})
    lacks("A6", audited(made, compared=Compared(configured, None)), "another config_sha256")


def test_unknown_answers_weigh_as_many_bytes_as_their_card() -> None:
    known, unknown = card("wiki"), change(card("news"), "rights.confidence", "unknown")
    one = ask(
        "B1", audited(manifest(TWO), cards={"wiki": known, "news": known.model_copy(update={"uid": "news"})})
    )
    two = ask("B1", audited(manifest(TWO), cards={"wiki": known, "news": unknown}))
    assert isinstance(one.value, float) and isinstance(two.value, float)
    assert 0 < one.value < two.value < one.value + 0.01
    lacks("B1", audited(manifest(SW), cards={}), "cards/sources/wiki.md")


def test_blocks_that_were_edited_after_their_review_are_counted() -> None:
    given = expect("B2", audited(manifest(SW)), 0, "pass")
    review = {"state": "reviewed", "by": "A. B.", "at": date(2026, 1, 1), "block_sha256": "0" * 64}
    edited = change(card("wiki"), "review.rights", card("wiki").review.rights.model_copy(update=review))
    given = expect("B2", audited(manifest(SW), cards={"wiki": edited}), 1, "warn")
    assert (given.evidence[0].path, given.evidence[0].detail) == ("cards/sources/wiki.md", "rights")


def test_a_datasheet_has_57_questions_and_counts_those_that_a_fact_answers() -> None:
    given = ask("B3", audited(manifest(SW)))
    (figure,) = given.figures
    assert len(figure.rows) == 57 and given.unit == "of 57"
    assert given.value == sum(row[2] == "answered" for row in figure.rows)
    silent = change(card("wiki"), "curation_rationale", "unknown")
    assert ask("B3", audited(manifest(SW), cards={"wiki": silent})).value == given.value - 1
