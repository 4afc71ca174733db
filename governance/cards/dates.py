"""Dates of a card that lie in the future of a given day. Runs know no clock: the day is the caller's."""

from collections.abc import Iterator
from datetime import date

from governance.cards.answers import answers
from governance.cards.read import SourceCard


def future_dates(card: SourceCard, *, today: date) -> Iterator[str]:
    """One line for each day on which something is said to have happened, and which has not come yet."""
    days = [(f"$.{path}", value) for path, value in answers(card) if _is_date(path)]
    days += [
        (f"$.review.{block}.at", str(review.at)) for block, review in card.review if review.at is not None
    ]
    for path, value in days:
        written = value if value[:4].isdigit() else ""
        if written > today.isoformat()[: len(written)]:
            yield f"{path}: {value} has not come yet on {today}; nothing can have been read or done then"


def _is_date(path: str) -> bool:
    name = path.rpartition(".")[2]
    dates = {"retrieved_at", "determined_at", "checked_at", "last_sync"}
    return name in dates or "_period." in path
