"""Sources that are gated on request: their cards stay as written, their tier is the stricter one."""

from collections.abc import Collection, Mapping

from governance.cards import SourceCard


def gate_cards(cards: Mapping[str, SourceCard], *, gated: Collection[str]) -> dict[str, SourceCard]:
    """Source → its card, with the tier `gated` where that was asked for and the card says `open`."""
    return {
        uid: card.model_copy(update={"access_tier": "gated"})
        if uid in gated and card.access_tier == "open"
        else card
        for uid, card in cards.items()
    }
