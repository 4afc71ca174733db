"""What is known of each detector in each language: whether it looks there, and whether that was measured."""

from typing import Literal

from filters.personal_data.kinds import KINDS
from filters.personal_data.tables import read_data, territories_of

Coverage = Literal["validated", "unvalidated", "none"]


def coverage(kind: str, language: str | None) -> Coverage:
    """Of a kind in a language: validated on planted values, unvalidated (it looks, nobody measured), or none.

    Raises KeyError for a kind that there is not.
    """
    table = read_data("coverage")
    default: Coverage = table["default"][KINDS[kind].name]
    if kind == "national_id":
        territories = territories_of(language)
        if not any(territory in table["national_id_territories"] for territory in territories):
            return "none"
    listed: dict[str, list[str]] = table["validated"].get(kind, {})
    return "validated" if language is not None and language in listed else default
