"""Two versions of a card: which answers changed, which reviews fall, and what it means for publication."""

from dataclasses import asdict, dataclass
from typing import Any

from governance.cards.answers import answers
from governance.cards.gates import publication_obstacles, unreviewed_obstacles
from governance.cards.read import SourceCard
from governance.cards.reviews import review_states
from governance.licences import release_class


@dataclass(frozen=True)
class CardDifference:
    """What became of a card."""

    changed: list[tuple[str, str | None, str | None]]
    """(path, answer before, answer now), None where there was none."""
    fallen_reviews: list[str]
    """Blocks that were reviewed and are not any more."""
    new_reviews: list[str]
    new_obstacles: list[str]
    """What keeps the source from being published now, and did not before."""
    gone_obstacles: list[str]
    release_class: tuple[str, str]
    """Before and now."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def compare_cards(old: SourceCard, new: SourceCard) -> CardDifference:
    before, now = dict(answers(old)), dict(answers(new))
    paths = [*now, *(path for path in before if path not in now)]
    held, holds = (
        {block for block, state in review_states(card).items() if state == "reviewed"} for card in (old, new)
    )
    was, stands = (
        {_unnamed(text, card): text for text in (*publication_obstacles(card), *unreviewed_obstacles(card))}
        for card in (old, new)
    )
    return CardDifference(
        changed=[(p, before.get(p), now.get(p)) for p in paths if before.get(p) != now.get(p)],
        fallen_reviews=sorted(held - holds),
        new_reviews=sorted(holds - held),
        new_obstacles=[each for each in stands if each not in was],
        gone_obstacles=[each for each in was if each not in stands],
        release_class=(_class(old), _class(new)),
    )


def _unnamed(obstacle: str, card: SourceCard) -> str:
    return obstacle.removeprefix(f"{card.uid}: ")


def _class(card: SourceCard) -> str:
    return release_class(card.rights.concluded, card.access_tier)
