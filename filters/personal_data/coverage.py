"""What is known of each detector in each language: whether it looks there, and whether that was measured."""

from typing import Literal

from filters.personal_data.kinds import KINDS
from filters.personal_data.tables import read_data, territories_of, words_of

Coverage = Literal["validated", "unvalidated", "none"]


def coverage(kind: str, language: str | None) -> Coverage:
    """Of a kind in a language: validated on planted values, unvalidated (it looks, nobody measured), or none.

    Raises KeyError for a kind that there is not.
    """
    table = read_data("coverage")
    default: Coverage = table["default"][KINDS[kind].name]
    if kind == "national_id" and not _territories_with_rules().intersection(territories_of(language)):
        return "none"
    listed = words_of(table["validated"].get(kind, []))
    return "validated" if language in listed else default


def _territories_with_rules() -> frozenset[str]:
    return frozenset(rule["territory"] for rule in read_data("identifiers")["rules"])
