"""The table of all source cards, in data_cards/README.md between two marks.

`python -m governance.pages.catalogue data_cards/README.md` writes it anew from data_cards/sources.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from governance.cards import SourceCard, count_answers, read_card, unknown_fields
from governance.pages.markdown import code, escape, share, table

BEGIN = "<!-- cards: written by `python -m governance.pages.catalogue data_cards/README.md` -->"
END = "<!-- cards: end -->"

_COLUMNS = ("Card", "Languages", "Declared", "Concluded", "Tier", "Unknown answers")


def read_cards(folder: Path) -> list[SourceCard]:
    """The cards of a folder by uid; raises CardError for the first that is wrong."""
    return [read_card(str(folder), path.stem) for path in sorted(folder.glob("*.md"))]


def render_table(cards: Sequence[SourceCard], *, folder: str) -> str:
    """One row per card in the order given: its name, how many languages, licences, tier, share of unknowns.

    folder is where the cards stand, as seen from the page that shows the table.
    """
    rows = [
        (
            f"[{escape(card.name)}]({folder}/{card.uid}.md)",
            len(card.languages),
            code(card.rights.declared),
            code(card.rights.concluded),
            card.access_tier if card.status != "withdrawn" else f"{card.access_tier}, withdrawn",
            share(len(unknown_fields(card)), total=count_answers(card)),
        )
        for card in cards
    ]
    return table(_COLUMNS, rows)


def replace_table(page: str, *, cards: Sequence[SourceCard], folder: str) -> str:
    """The page with the table between its marks; raises ValueError unless it has each once, in order."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end or BEGIN in rest or END in head + tail:
        raise ValueError(f"the page needs the lines {BEGIN} and {END}, each once and in this order")
    return f"{head}{BEGIN}\n\n{render_table(cards, folder=folder)}\n\n{END}{tail}"


def main(place: str) -> None:
    page = Path(place)
    cards = read_cards(page.parent / "sources")
    written = replace_table(page.read_text(encoding="utf-8"), cards=cards, folder="sources")
    page.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
