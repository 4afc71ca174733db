"""What is wrong with a card, and what it leaves open."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from governance.cards.answers import count_answers, expected_bytes, unknown_fields, weighted_unknown
from governance.cards.dates import future_dates
from governance.cards.draft import DRAFT
from governance.cards.gates import publication_obstacles
from governance.cards.placeholders import find_placeholders
from governance.cards.read import CardError, SourceCard, parse_card
from governance.cards.reviews import State, review_states
from governance.licences import possible_answers

_NO_CARDS = ("README.md", "TEMPLATE.md")


@dataclass
class CheckedCard:
    """A card of a file; card is None where it cannot be read as one."""

    path: str
    uid: str
    card: SourceCard | None
    problems: list[str]
    open_questions: list[str] = field(default_factory=list)
    size_bytes: int | None = None
    """Of its text: what its answers weigh; None where nobody says."""

    @property
    def reviews(self) -> dict[str, State]:
        return review_states(self.card) if self.card is not None else {}

    @property
    def obstacles(self) -> list[str]:
        return publication_obstacles(self.card) if self.card is not None else []

    @property
    def unknown(self) -> list[str]:
        return unknown_fields(self.card) if self.card is not None else []

    @property
    def answers(self) -> int:
        return count_answers(self.card) if self.card is not None else 0


def list_cards(path: Path) -> list[Path]:
    """The card at a path, or all of a folder, in order of their names."""
    if not path.is_dir():
        return [path]
    return sorted(each for each in path.glob("*.md") if each.name not in _NO_CARDS)


def check_card(path: Path, *, today: date, sizes: Mapping[str, int] | None = None) -> CheckedCard:
    """Everything that is wrong with a card on a day, and what it leaves open; raises OSError.

    sizes are bytes of text by uid; without one the card's own expectation counts.
    """
    uid = path.name.removesuffix(".md")
    try:
        card = parse_card(path.read_bytes(), uid=uid, place=str(path))
    except CardError as error:
        return CheckedCard(str(path), uid, None, error.problems)
    problems = [*find_placeholders(card), *future_dates(card, today=today)]
    size = (sizes or {}).get(uid)
    weight = expected_bytes(card) if size is None else size
    return CheckedCard(str(path), uid, card, problems, [*_open_questions(card)], weight)


def share_unknown(checked: list[CheckedCard]) -> float | None:
    """Share of unknown answers of cards weighted by bytes; None where no card has any."""
    pairs = [(each.card, each.size_bytes) for each in checked if each.card is not None]
    return weighted_unknown((card, size) for card, size in pairs if size is not None)


def _open_questions(card: SourceCard) -> Iterator[str]:
    """One line for each answer that can be given and is not."""
    if card.written_version == 1:
        yield f"a card of version 1: `rhizotron card new {card.uid} --from FILE --to FOLDER` asks what is new"
    if card.description == DRAFT:
        yield "$.description: still the draft's; say what the source is"
    for path in unknown_fields(card):
        yield f"$.{path}: {_hint(card, path)}"
    for block, state in review_states(card).items():
        review = getattr(card.review, block)
        if state == "edited":
            yield f"$.review.{block}: unreviewed: changed after {review.by} reviewed it on {review.at}"
        elif state == "unreviewed":
            yield f"$.review.{block}: unreviewed"


def _hint(card: SourceCard, path: str) -> str:
    question = path.removeprefix("rights.properties.")
    answers = possible_answers(card.rights.concluded).get(question, frozenset())
    certain = next(iter(answers)) if len(answers) == 1 else ""
    return f"unknown, but {card.rights.concluded} says {certain}" if certain else "unknown"
