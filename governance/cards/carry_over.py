"""The answers of an existing card, of this version or the one before, as the start of a new one."""

from collections.abc import Mapping
from typing import Any

from governance.cards import version_1
from governance.cards.draft import draft_fields

_NEVER_TAKEN = ("schema_version", "uid", "review", "status")
_OBLIGED_TO_SAY = ("api", "crawl", "web_archive")


def carry_over(old: Mapping[str, Any], *, uid: str) -> dict[str, Any]:
    """The fields of a card of uid that says what the other one says; what was not asked there is unknown.

    old is a front matter whose scalars are text. Reviews are not taken over: nobody has read this card.
    """
    fields = draft_fields(uid)
    taken = version_1.upgrade(old) if old.get("schema_version") == version_1.VERSION else dict(old)
    _merge(fields, {name: value for name, value in taken.items() if name not in _NEVER_TAKEN})
    if fields["procurement"].get("method") not in _OBLIGED_TO_SAY and "reservation" not in taken:
        fields.pop("reservation")
    return fields


def _merge(fields: dict[str, Any], taken: Mapping[str, Any]) -> None:
    for name, value in taken.items():
        if isinstance(value, Mapping) and isinstance(fields.get(name), dict):
            _merge(fields[name], value)
        else:
            fields[name] = value
