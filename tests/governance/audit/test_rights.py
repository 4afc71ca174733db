"""Questions on licences, reservations, removals and forms of law, on releases whose answers are known."""

from datetime import date
from typing import Any

import pytest

from governance.removals.block import Removals
from governance.reservations.counts import ProtocolCounts, ReservationBlock, SourceReservations
from tests.governance.audit.asking import SW, TWO, ask, expect, lacks
from tests.governance.audit.small import audited, card, change, manifest, rows


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
