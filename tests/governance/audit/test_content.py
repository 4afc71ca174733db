"""Questions on text, personal data and what was dropped, on releases whose answers are known."""

from typing import Any

import pytest

from governance.audit.audited import Audited, Compared
from governance.audit.changes import Changes
from governance.duplicates import Duplicates, Overlap
from governance.personal_data import KindCounts, MaskedShare, PersonalData
from tests.governance.audit.asking import SW, TWO, ask, expect, lacks
from tests.governance.audit.small import audited, card, change, line, manifest, rows


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
