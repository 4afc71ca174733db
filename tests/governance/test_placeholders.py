"""An answer of a card that was copied from the template, or is for examples, is refused by its name."""

from pathlib import Path

import pytest

from governance.cards import parse_card
from governance.cards.placeholders import TEMPLATE_ANSWERS, find_placeholders

TEMPLATE = (Path(__file__).parents[2] / "data_cards" / "TEMPLATE.md").read_text(encoding="utf-8")
SOURCES = sorted((Path(__file__).parents[2] / "data_cards" / "sources").glob("*.md"))


def placeholders(text: str) -> list[str]:
    return [
        line.split(":")[0]
        for line in find_placeholders(parse_card(text.encode(), uid="example_wiki", place="c"))
    ]


def test_every_sentence_and_address_of_the_template_is_refused() -> None:
    assert placeholders(TEMPLATE) == [
        "$.name",
        "$.description",
        "$.homepage",
        "$.curation_rationale",
        "$.languages[0].variety_note",
        "$.custodian.name",
        "$.custodian.contact.value",
        "$.custodian.url",
        "$.rights.holders[0].name",
        "$.rights.evidence[0].url",
        "$.rights.evidence[0].quote",
        "$.rights.determined_by",
        "$.rights.attribution_statement",
        "$.access_reason",
        "$.pii.justification",
        "$.procurement.locations[0]",
        "$.known_limits.biases",
        "$.known_limits.limitations",
        "$.removal.contact.value",
    ]
    for answer in TEMPLATE_ANSWERS:
        assert answer in TEMPLATE


@pytest.mark.parametrize("card", SOURCES, ids=lambda path: path.stem)
def test_cards_that_people_wrote_have_none(card: Path) -> None:
    assert list(find_placeholders(parse_card(card.read_bytes(), uid=card.stem, place=str(card)))) == []


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        ("TODO", True),
        ("tbd.", True),
        ("TODO: describe the source in one or two sentences, for readers", True),
        ("TODO describe the source in one or two sentences, for readers", True),
        ("Articles of a wiki (TODO: how many, and in which years were they taken)", True),
        ("To be determined", True),
        ("Lorem ipsum dolor sit amet, consectetur adipiscing elit", True),
        ("TODO Noticias publishes what it writes", False),
        ("What is to be done is written in the reports", False),
        ("<who holds it>", True),
        ("https://www.example.com/a", True),
        ("me@example.org", True),
        ("https://a.example/", True),
        ("todos os documentos", False),
        ("https://notexample.org", False),
        ("https://example.organic", False),
        ("the example of others", False),
        ("unknown", False),
    ],
)
def test_what_nobody_would_answer(answer: str, refused: bool) -> None:
    text = TEMPLATE.replace(
        "  justification: Articles name public persons; talk pages are not part of the dump.",
        f'  justification: "{answer}"',
    )
    assert ("$.pii.justification" in placeholders(text)) is refused
