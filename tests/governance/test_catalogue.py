"""The cards of corpora that a run like ROOTS reads: they quote, cover its languages, and repeat nothing."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from filters import languages
from governance.cards import (
    SourceCard,
    count_answers,
    future_dates,
    publication_obstacles,
    unknown_fields,
    unreviewed_obstacles,
)
from governance.pages import catalogue
from pipeline.cli import main

ROOT = Path(__file__).parents[2]
CARDS = ROOT / "data_cards" / "sources"
DEMO = ROOT / "examples" / "demo" / "corpus.yaml"


@pytest.fixture(scope="module")
def corpora() -> list[SourceCard]:
    """The cards of corpora: all but those of the sources of the demo."""
    demo = {source["card"] for source in yaml.safe_load(DEMO.read_text(encoding="utf-8"))["sources"]}
    return [card for card in catalogue.read_cards(CARDS) if card.uid not in demo]


def test_there_are_cards_of_at_least_25_corpora(corpora: list[SourceCard]) -> None:
    assert len(corpora) >= 25


def test_every_language_of_roots_is_on_a_card(corpora: list[SourceCard]) -> None:
    on_cards = {language.tag for card in corpora for language in card.languages}
    assert [tag for tag in languages.tags() if tag not in on_cards] == []


def test_each_quotes_a_stored_page_of_the_past(corpora: list[SourceCard]) -> None:
    for card in corpora:
        assert card.rights.evidence, card.uid
        for evidence in card.rights.evidence:
            assert evidence.url.startswith(("https://", "http://")), card.uid
            assert evidence.stored_copy, card.uid
            assert evidence.quote == evidence.quote.strip(), card.uid
        assert [*future_dates(card, today=date(2026, 11, 30))] == []


def _lines(card: SourceCard) -> Iterator[str]:
    yield from (card.description, card.curation_rationale, card.access_reason, card.body)
    yield from (card.known_limits.biases, card.known_limits.limitations)
    yield card.pii.justification or card.uid


def test_no_answer_in_words_stands_on_two_cards(corpora: list[SourceCard]) -> None:
    said = Counter(line for card in corpora for line in _lines(card))
    assert [line for line, count in said.items() if count > 1] == []


def test_what_is_made_from_another_source_names_its_card(corpora: list[SourceCard]) -> None:
    uids = {card.uid for card in corpora}
    origins = {(card.uid, origin.source) for card in corpora for origin in card.processed_from}
    assert {origin for _, origin in origins if "://" not in origin} <= uids
    assert {("oscar_2301", "common_crawl"), ("culturax", "mc4"), ("culturax", "oscar_2301")} <= origins


def test_a_licence_of_the_collectors_alone_is_declared_and_not_concluded(corpora: list[SourceCard]) -> None:
    packaging = {"CC0-1.0", "ODC-By-1.0", "MIT", "Apache-2.0", "GPL-2.0-only"}
    of_the_collectors = [card for card in corpora if card.rights.declared in packaging]
    assert len(of_the_collectors) >= 8
    assert {card.rights.concluded for card in of_the_collectors} == {"NOASSERTION"}


def test_what_is_open_has_a_licence_and_what_has_none_is_not_open(corpora: list[SourceCard]) -> None:
    for card in corpora:
        concluded = card.rights.concluded != "NOASSERTION"
        assert (card.access_tier == "open") <= concluded, card.uid


def test_nothing_is_published_from_a_card_that_nobody_reviewed(corpora: list[SourceCard]) -> None:
    for card in corpora:
        assert len(unreviewed_obstacles(card)) == 3, card.uid
    by_uid = {card.uid: card for card in corpora}
    assert publication_obstacles(by_uid["jw300"])[0].startswith("jw300: status is withdrawn")
    assert publication_obstacles(by_uid["wikipedia_dumps"]) == []


@pytest.mark.parametrize(
    ("expected", "condition"),
    [
        ({"masakhanews", "masakhaner_2", "xlsum", "liputan6"}, lambda card: card.benchmark == "yes"),
        ({"wikinews_dumps"}, lambda card: card.benchmark == "contains"),
        ({"opus_opensubtitles", "ted_talks_iwslt"}, lambda card: card.media.transcribed == "from_audio"),
        ({"sangraha", "wikisource_dumps"}, lambda card: card.media.capture_quality == "ocr"),
        ({"sangraha"}, lambda card: card.synthetic.contains == "some"),
        ({"hplt_1", "euscrawl", "fineweb_2"}, lambda card: card.removal.contact.value is not None),
    ],
    ids=["benchmark", "contains", "spoken", "ocr", "synthetic", "removal"],
)
def test_facts_that_a_reader_looks_for_stand_on_the_cards(
    corpora: list[SourceCard], expected: set[str], condition: Callable[[SourceCard], bool]
) -> None:
    assert expected <= {card.uid for card in corpora if condition(card)}


def test_web_corpora_say_what_was_checked_of_reservations(corpora: list[SourceCard]) -> None:
    for card in corpora:
        if card.category == "web_crawl":
            assert card.reservation is not None, card.uid
            assert (card.reservation.checked_at, card.reservation.policy) == ("never", "honour_all"), card.uid


def test_the_table_of_cards_is_current() -> None:
    page = (ROOT / "data_cards" / "README.md").read_text("utf-8")
    assert page == catalogue.replace_table(page, cards=catalogue.read_cards(CARDS), folder="sources")


def test_the_table_shows_the_share_of_unknowns_of_each_card(corpora: list[SourceCard]) -> None:
    [header, _, row] = catalogue.render_table([corpora[0]], folder="cards").split("\n")
    assert corpora[0].uid == "arxiv_source"
    unknown, answers = len(unknown_fields(corpora[0])), count_answers(corpora[0])
    assert header == "| Card | Languages | Declared | Concluded | Tier | Unknown answers |"
    assert row == (
        "| [arXiv full text, openly licensed part](cards/arxiv_source.md) | 1 | `NOASSERTION` "
        f"| `NOASSERTION` | gated | {100 * unknown / answers:.1f} % |"
    )


def test_the_check_finds_no_fault_and_counts_the_unknowns_of_the_table() -> None:
    command = ["card", "check", str(CARDS), "--json", "--today", "2026-11-30"]
    result = CliRunner().invoke(main, command, catch_exceptions=False)
    assert result.exit_code == 0
    checked = {card["uid"]: card for card in json.loads(result.stdout)["cards"]}
    cards = {card.uid: card for card in catalogue.read_cards(CARDS)}
    assert {uid: card["problems"] for uid, card in checked.items()} == {uid: [] for uid in cards}
    assert {uid: (card["unknown"], card["answers"]) for uid, card in checked.items()} == {
        uid: (unknown_fields(card), count_answers(card)) for uid, card in cards.items()
    }


@pytest.mark.parametrize(
    "page", ["", catalogue.BEGIN, catalogue.END + catalogue.BEGIN, f"{catalogue.BEGIN}{catalogue.END}" * 2]
)
def test_a_page_without_the_marks_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="each once and in this order"):
        catalogue.replace_table(page, cards=[], folder="sources")
