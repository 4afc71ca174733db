"""Every question on a release whose answer is known, and on one that lacks what it needs."""

from datetime import date
from typing import Any

import pytest

from governance.audit.ask import Answer, answer
from governance.audit.audited import Audited, Checks, Compared, Fault
from governance.audit.changes import Changes
from governance.audit.languages import effective_sources
from governance.audit.report import GROUPS
from governance.audit.thresholds import default_limits
from governance.duplicates import Duplicates, Overlap
from governance.manifest import Input
from governance.personal_data import KindCounts, MaskedShare, PersonalData
from governance.removals.block import Removals
from governance.reservations.counts import ProtocolCounts, ReservationBlock, SourceReservations
from governance.reviews import LanguageReview, Share
from tests.governance.audit.small import audited, card, change, line, manifest, rows

BY = {question.id: question for _, group in GROUPS.values() for question in group}
SW = {"sw": {"wiki": {"CC-BY-SA-4.0": (10, 1000)}}}
TWO = {"sw": {"wiki": {"CC-BY-SA-4.0": (8, 800)}, "news": {"NOASSERTION": (2, 200)}}}


def ask(name: str, release: Audited) -> Answer:
    return answer(BY[name], release, limits=default_limits()[name])


def expect(name: str, release: Audited, value: float | str, verdict: str) -> Answer:
    given = ask(name, release)
    assert given.value == pytest.approx(value, abs=1e-6) and given.verdict == verdict, given
    assert given.evidence and given.text and "  " not in given.text
    return given


def lacks(name: str, release: Audited, missing: str) -> None:
    given = ask(name, release)
    assert given.verdict == "not answerable" and missing in given.shown, given
    assert given.figures == [] and given.value is None


# A


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


# B


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


# C


def test_licences_are_counted_by_language() -> None:
    given = expect("C1", audited(manifest(TWO)), 2, "information")
    assert list(given.figures[0].rows) == [("sw", "CC-BY-SA-4.0", 800), ("sw", "NOASSERTION", 200)]
    lacks("C1", audited(manifest({})), "documents: the release has none")


def test_a_licence_concluded_against_its_declaration_is_listed() -> None:
    expect("C2", audited(manifest(TWO)), 0, "pass")
    other = change(card("news"), "rights.declared", "MIT")
    given = expect("C2", audited(manifest(TWO), cards={"wiki": card("wiki"), "news": other}), 0.2, "warn")
    assert list(given.figures[0].rows) == [("news", "MIT", "CC-BY-SA-4.0", 200)]


@pytest.mark.parametrize(("size", "verdict"), [(10, "pass"), (11, "warn"), (100, "warn"), (101, "fail")])
def test_text_without_a_licence_passes_warns_and_fails_at_its_bounds(size: int, verdict: str) -> None:
    release = {"sw": {"wiki": {"CC0-1.0": (1, 1000 - size), "NOASSERTION": (1, size)}}}
    expect("C3", audited(manifest(release)), size / 1000, verdict)


@pytest.mark.parametrize(
    ("today", "value", "verdict"), [(date(2027, 1, 31), 0.0, "pass"), (date(2027, 2, 1), 1.0, "warn")]
)
def test_evidence_is_old_after_365_days(today: date, value: float, verdict: str) -> None:
    expect("C4", audited(manifest(SW), today=today), value, verdict)


def test_without_a_day_evidence_is_counted_from_the_release_and_then_from_the_newest_card() -> None:
    assert "2026-01-31 (the newest day that a card names" in ask("C4", audited(manifest(SW))).text
    released = manifest(SW, released="2027-02-01")
    assert "2027-02-01 (the date of the release)" in ask("C4", audited(released)).text


def test_licences_that_cannot_be_met_together_are_told() -> None:
    expect("C5", audited(manifest(SW)), 0, "pass")
    mixed = {"sw": {"wiki": {"CC-BY-SA-4.0": (1, 1), "MPL-2.0": (1, 1)}}, "yo": {"wiki": {"CC0-1.0": (1, 1)}}}
    given = expect("C5", audited(manifest(mixed)), 1, "warn")
    assert given.figures[0].rows[0][0] == "sw"


def test_whoever_must_be_named_is_named() -> None:
    expect("C6", audited(manifest(SW)), 0, "pass")
    nameless = change(card("wiki"), "rights.attribution_statement", None)
    expect("C6", audited(manifest(SW), cards={"wiki": nameless}), 1, "fail")
    free = {"sw": {"wiki": {"CC0-1.0": (1, 10)}}}
    expect("C6", audited(manifest(free), cards={"wiki": nameless}), 0, "pass")


@pytest.mark.parametrize(
    ("place", "value", "verdict"),
    [("KE", 0.0, "pass"), ("014", 0.0, "pass"), ("002", 0.0, "pass"), ("US", 1.0, "warn")],
)
def test_a_custodian_is_held_against_where_the_language_is_spoken(
    place: str, value: float, verdict: str
) -> None:
    """The template's language is of Kenya and Tanzania; 014 and 002 are Eastern Africa and Africa."""
    release = audited(manifest(SW), cards={"wiki": change(card("wiki"), "custodian.location", place)})
    given = expect("C7", release, value, verdict)
    assert list(given.figures[0].rows) == [("sw", place, 1.0)]


def test_a_custodian_of_no_place_is_no_answer() -> None:
    release = audited(manifest(SW), cards={"wiki": change(card("wiki"), "custodian.location", "unknown")})
    lacks("C7", release, "locations of custodians")


# D


def reservations(*, disallow: int = 0) -> ReservationBlock:
    counts: dict[Any, ProtocolCounts] = {"robots": ProtocolCounts(checked=9, disallow=disallow, dropped=0)}
    source = SourceReservations(
        policy="honour_all",
        protocols=["robots"],
        purpose="train",
        agents=[],
        copies_sha256=None,
        copies_date="2026-01-01",
        counts=counts,
    )
    return ReservationBlock(parser_version=1, protocols=counts, sources={"wiki": source})


@pytest.mark.parametrize(("unknown", "verdict"), [(5, "pass"), (6, "warn")])
def test_states_of_reservations_are_counted_by_documents(unknown: int, verdict: str) -> None:
    counted = rows(documents=10, states={"allow": 10 - unknown, "unknown": unknown})
    given = expect(
        "D1", audited(manifest(SW, reservations=reservations()), rows=counted), unknown / 10, verdict
    )
    assert list(given.figures[1].rows) == [("wiki", "robots", "2026-01-01", 9, 0, 0)]


def test_documents_that_are_reserved_and_kept_fail() -> None:
    made = manifest(SW, reservations=reservations(disallow=1))
    clean = rows(documents=10, states={"allow": 10}, has_reservations=True)
    expect("D2", audited(made, rows=clean), 0, "pass")
    unseen = rows(documents=10, states={"unknown": 10}, unchecked_hosts={"a.org": 1}, has_reservations=True)
    expect("D2", audited(made, rows=unseen), 0, "warn")
    kept = rows(documents=10, states={"disallow": 1, "allow": 9}, reserved={"wiki": 1}, has_reservations=True)
    assert "wiki (policy honour_all): 1" in expect("D2", audited(made, rows=kept), 1, "fail").text
    lacks("D2", audited(made, rows=rows(documents=10)), "the column `reservation`")
    lacks("D2", audited(made), "the rows of data/")


def test_hosts_that_nobody_asked_are_told() -> None:
    counted = rows(documents=3, hosts={"a.org": 2, "b.org": 1}, unchecked_hosts={"b.org": 1})
    given = expect("D3", audited(manifest(SW), rows=counted), 0.5, "warn")
    assert list(given.figures[0].rows) == [("b.org", 1)]
    expect("D3", audited(manifest(SW), rows=rows(documents=3, hosts={"a.org": 2})), 0, "pass")


def test_removals_are_counted_and_what_was_removed_must_be_gone() -> None:
    block = Removals(salt="ab" * 16, list="removals/lists/tiny.jsonl", documents=4, redacted_documents=1)
    made = manifest(SW, removals=block)
    listed = {"rows": [{"action": "drop_document", "added": "2026-01-01", "doc_id": "x"}]}
    clean = audited(made, rows=rows(documents=1), public_list=listed)
    given = expect("D4", clean, 5, "information")
    assert list(given.figures[1].rows) == [("drop_document", "2026-01-01", 1)]
    expect("D5", clean, 0, "pass")
    expect("D6", clean, 0, "pass")
    back = audited(made, rows=rows(removed_ids=["x"], removed_hits=["x", "y"]), public_list=listed)
    expect("D5", back, 2, "fail")
    expect("D6", back, 1, "fail")
    lacks("D5", audited(made, rows=rows()), "removals/lists/tiny.jsonl")
    for name in ("D4", "D5", "D6"):
        lacks(name, audited(manifest(SW), rows=rows()), "the block `removals` of manifest.json")


# E


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


# F


@pytest.mark.parametrize(("short", "verdict"), [(20, "pass"), (21, "warn")])
def test_lengths_outside_of_the_usual_are_a_share(short: int, verdict: str) -> None:
    expect("F1", audited(manifest(SW), rows=rows(documents=100, short=short)), short / 100, verdict)


def test_duplicates_are_told_within_and_across_sources() -> None:
    ledger = [
        line("decisions", "read", 10, lang="sw"),
        line("decisions", "dropped", 3, lang="sw", reason="exact_duplicate"),
    ]
    overlaps = [
        Overlap(
            source="wiki",
            lang="sw",
            kept_source=kept,
            kept_lang="sw",
            method="exact_hash",
            documents=n,
            bytes=1,
        )
        for kept, n in (("wiki", 1), ("news", 2))
    ]
    made = manifest(SW, ledger=ledger, duplicates=Duplicates(overlaps=overlaps))
    given = expect("F2", audited(made), 0.3, "pass")
    assert list(given.figures[0].rows) == [("wiki", "news", 2), ("wiki", "wiki", 1)]
    assert "2 duplicates have their kept twin in another source" in given.text


def test_hosts_years_and_machines_are_counted_from_rows() -> None:
    counted = rows(
        documents=10, hosts={"a.org": 6, "b.org": 2}, years={"2020": 5, "": 5}, marked={("sw", "wiki"): 1}
    )
    release = audited(manifest(SW), rows=counted)
    expect("F3", release, 0.75, "warn")
    expect("F4", release, 0.5, "pass")
    assert list(ask("F4", release).figures[0].rows) == [("2020", 5)]
    lacks("F3", audited(manifest(SW), rows=rows(documents=1)), "no document has one")
    said = change(card("wiki"), "synthetic.contains", "no")
    expect("F8", audited(manifest(SW), rows=counted, cards={"wiki": said}), 0, "warn")
    expect("F8", audited(manifest(SW), rows=rows(documents=1), cards={"wiki": said}), 0, "pass")
    some = change(card("wiki"), "synthetic.contains", "some")
    expect("F8", audited(manifest(SW), cards={"wiki": some}), 1, "warn")


def test_repeated_lines_are_a_share_of_what_was_measured() -> None:
    ledger = [line("measured", "read", 1, 1000), line("measured", "repeated_lines", 0, 100)]
    expect("F5", audited(manifest(SW, ledger=ledger)), 0.1, "pass")
    expect(
        "F5",
        audited(manifest(SW, ledger=[ledger[0], line("measured", "repeated_lines", 0, 501)])),
        0.501,
        "fail",
    )


def test_capture_benchmarks_and_unclear_personal_data_are_shares_of_bytes() -> None:
    def of(path: str, value: str, **more: Any) -> Audited:
        news = change(card("news"), path, value).model_copy(update=more)
        return audited(manifest(TWO), cards={"wiki": card("wiki"), "news": news})

    expect("F6", of("media.capture_quality", "ocr"), 0.2, "warn")
    expect("F6", of("media.capture_quality", "manual"), 0, "pass")
    expect("F7", of("benchmark", "yes", benchmark_names=["X"]), 0.2, "warn")
    expect("F7", of("benchmark", "no"), 0, "pass")
    expect("F7", of("benchmark", "unknown"), 0, "warn")
    expect("G4", of("pii.has_pii", "unclear"), 0.2, "warn")
    expect("G4", of("pii.has_pii", "no"), 0, "pass")


# G


def personal_data(**fields: Any) -> PersonalData:
    masked = MaskedShare(documents=2, kinds={"email": KindCounts(found=3, masked=2)}, withheld={})
    values: dict[str, Any] = {
        "looked_for": ["email", "telephone"],
        "detectors_version": 1,
        "placeholders": {},
        "coverage": {"email": {"sw": "validated"}, "telephone": {"sw": "unvalidated"}},
        "masked": {"sw": {"wiki": masked}},
    }
    return PersonalData(**values | fields)


def test_masked_values_are_counted_per_ten_thousand_documents_and_coverage_per_pair() -> None:
    release = audited(manifest(SW, personal_data=personal_data()))
    given = expect("G1", release, 2000, "information")
    assert list(given.figures[1].rows) == [("sw", "email", 3, 2)]
    given = expect("G2", release, 0.5, "warn")
    assert list(given.figures[0].rows) == [("sw", "email", 1.0), ("sw", "telephone", 0.5)]
    lacks("G3", release, "precision and recall on an annotated sample")


def test_nothing_looked_for_is_an_answer_and_no_block_is_none() -> None:
    nothing = personal_data(looked_for=[], detectors_version=None, coverage={}, masked={})
    release = audited(manifest(SW, personal_data=nothing))
    assert "Nothing was looked for" in expect("G1", release, 0, "warn").text
    expect("G2", release, 0, "warn")
    for name in ("G1", "G2", "G3"):
        lacks(name, audited(manifest(SW)), "the block `personal_data` of manifest.json")


# H


def losses(**dropped: int) -> Audited:
    tags = ("sw", "yo", "ig")
    ledger = [line("decisions", "read", 100, lang=tag) for tag in tags]
    ledger += [
        line("decisions", "dropped", n, lang=tag, reason="words_below_min") for tag, n in dropped.items()
    ]
    return audited(manifest({tag: SW["sw"] for tag in tags}, ledger=ledger))


def test_the_loss_of_a_language_is_compared_with_the_median() -> None:
    expect("H1", losses(sw=30, yo=10, ig=10), 3, "pass")
    assert "sw under words_below_min" in expect("H1", losses(sw=31, yo=10, ig=10), 3.1, "warn").text
    expect("H1", losses(sw=20), 20, "warn")
    few = manifest(SW, ledger=[line("decisions", "read", 49, lang="sw")])
    lacks("H1", audited(few), "two languages of 50 documents")


def test_hours_are_those_of_the_record_beside_the_release() -> None:
    run = {"started": "2026-01-01T00:00:00+00:00", "ended": "2026-01-01T01:30:00+00:00"}
    expect("H2", audited(manifest(SW), run=run), 1.5, "information")
    lacks("H2", audited(manifest(SW)), "run.json beside the release")
    lacks("H2", audited(manifest(SW), run={"started": "yesterday"}), "`started` and `ended`")


def test_changes_are_told_by_their_cause() -> None:
    changes = Changes(added=2, changed=1, unchanged=5, gone={"near_duplicate": 3})
    given = expect("H3", audited(manifest(SW), compared=Compared(manifest(SW), changes)), 6, "information")
    assert list(given.figures[0].rows) == [
        ("came", "", 2),
        ("changed", "", 1),
        ("went: near_duplicate", "", 3),
    ]
    lacks("H3", audited(manifest(SW)), "--compare")
    another = Compared(manifest(SW).model_copy(update={"name": "another"}), changes)
    lacks(
        "H3",
        audited(manifest(SW), compared=another),
        "of the same corpus to compare with: given is that of another",
    )


# I


def test_forms_of_law_count_what_the_records_answer() -> None:
    given = ask("I1", audited(manifest(SW)))
    states = [row[2] for row in given.figures[0].rows]
    assert given.value == pytest.approx(
        states.count("answered") / (20 - states.count("needs the provider")), abs=1e-6
    )
    assert ask("I1", audited(manifest(SW, reservations=reservations()))).value > given.value  # type: ignore[operator]
    items = ask("I2", audited(manifest(SW)))
    states = [row[2] for row in items.figures[0].rows]
    assert (len(states), states.count("needs the provider")) == (12, 3)
    assert items.value == states.count("answered") == 7


@pytest.mark.parametrize(
    ("today", "days", "verdict"),
    [(date(2026, 7, 3), 183, "pass"), (date(2026, 7, 4), 184, "warn"), (date(2027, 1, 2), 366, "fail")],
)
def test_a_summary_ages(today: date, days: int, verdict: str) -> None:
    released = manifest(SW, released="2026-01-01")
    expect("I3", audited(released, today=today), days, verdict)
    lacks("I3", audited(released), "--date")
    lacks("I3", audited(released, today=date(2025, 12, 31)), "not before the release of 2026-01-01")
    lacks("I3", audited(manifest(SW), today=today), "the date of the release")


@pytest.mark.parametrize("name", list(BY))
def test_a_release_without_documents_has_an_answer_or_says_what_is_missing(name: str) -> None:
    given = ask(name, audited(manifest({}), rows=rows()))
    assert given.verdict in ("pass", "warn", "fail", "information") or given.shown.startswith(
        "not answerable: missing "
    )
