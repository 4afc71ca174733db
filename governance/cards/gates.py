"""Whether a source may be published as its card stands."""

import shlex
from collections.abc import Collection, Sequence

from governance.cards.read import SourceCard
from governance.cards.reviews import review_states, unreviewed_gates
from governance.licences import NOASSERTION, possible_answers


def publication_obstacles(card: SourceCard) -> list[str]:
    """What keeps the text from being published, whoever reviewed the card; empty when nothing does."""
    obstacles = []
    rights = card.rights
    if card.status in ("suspended", "withdrawn"):
        obstacles.append(f"{card.uid}: status is {card.status}: {card.status_reason}")
    if card.access_tier == "internal":
        obstacles.append(f"{card.uid}: access_tier is internal")
    if rights.properties.redistribute_text == "no":
        obstacles.append(f"{card.uid}: rights.properties.redistribute_text is no")
    if card.access_tier != "open":
        return obstacles
    if rights.properties.redistribute_text in ("gated", "snippets"):
        obstacles.append(
            f"{card.uid}: rights.properties.redistribute_text is {rights.properties.redistribute_text}, "
            "yet access is open"
        )
    if rights.concluded == NOASSERTION and rights.scope != "per_document":
        obstacles.append(
            f"{card.uid}: rights.concluded is {NOASSERTION} for the whole source, yet access is open"
        )
    obliged = possible_answers(rights.concluded)["attribution"] == {"yes"}
    if obliged and rights.attribution_statement is None:
        obstacles.append(f"{card.uid}: {rights.concluded} asks for attribution, and the card names nobody")
    return obstacles


def unreviewed_obstacles(card: SourceCard, *, allowed: bool | Collection[str] = ()) -> list[str]:
    """The reviews that a publication of the source waits for; empty where it is allowed without them.

    A card of version 1 could not be reviewed and waits for none.
    """
    if card.written_version == 1:
        return []
    if allowed is True or (not isinstance(allowed, bool) and card.uid in allowed):
        return []
    return [f"{card.uid}: {describe_review(card, block)}" for block in unreviewed_gates(card)]


def describe_review(card: SourceCard, block: str) -> str:
    """Why a block counts as unreviewed."""
    review = getattr(card.review, block)
    if review_states(card)[block] == "edited":
        return f"{block} was changed after {review.by} reviewed it on {review.at}"
    return f"{block} is not reviewed"


def review_command(place: str, blocks: Sequence[str]) -> str:
    """What to type when one has read the blocks of a card."""
    options = " ".join(f"--block {block}" for block in blocks)
    return f'rhizotron card review {shlex.quote(place)} {options} --by "YOUR NAME"'
