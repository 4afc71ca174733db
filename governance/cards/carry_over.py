"""The answers of an existing card, of this version or the one before, as the start of a new one."""

from collections.abc import Mapping
from typing import Any

from governance.cards.draft import CRAWLER, LANGUAGE, LIKELIHOOD, draft_fields
from governance.licences import parse_license, possible_answers

_NEVER_TAKEN = ("schema_version", "uid", "review", "status")
_OBLIGED_TO_SAY = ("api", "crawl", "web_archive")


def carry_over(old: Mapping[str, Any], *, uid: str) -> dict[str, Any]:
    """The fields of a card of uid that says what the other one says; what was not asked there is unknown.

    old is a front matter whose scalars are text. Reviews are not taken over: nobody has read this card.
    """
    fields = draft_fields(uid)
    taken = dict(old) if old.get("schema_version") != "1" else _from_version_1(old)
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


def _from_version_1(old: Mapping[str, Any]) -> dict[str, Any]:
    new = dict(old)
    new["type"] = "processed" if old.get("processed_from") else "primary"
    new["languages"] = [
        LANGUAGE | {"tag": each.get("tag")} | ({"variety_note": each["note"]} if each.get("note") else {})
        for each in old.get("languages") or []
    ]
    new["rights"] = _rights(old.get("rights") or {})
    new["synthetic"] = {"contains": old.get("synthetic", "unknown")}
    if new["synthetic"]["contains"] in ("some", "all"):
        new["synthetic"]["generators"] = ["unknown"]
    if (old.get("pii") or {}).get("has_pii") == "yes":
        new["pii"] = dict(old["pii"]) | {name: LIKELIHOOD for name in ("generic", "numeric", "sensitive")}
    if (old.get("procurement") or {}).get("method") == "crawl":
        new["procurement"] = dict(old["procurement"]) | {"crawler": CRAWLER}
    return new


def _rights(old: Mapping[str, Any]) -> dict[str, Any]:
    """With the properties that a licence has only one answer to."""
    new = {name: value for name, value in old.items() if name not in ("share_alike", "redistribution")}
    try:
        certain = possible_answers(parse_license(str(old.get("concluded", ""))))
    except ValueError:
        certain = {}
    new["properties"] = {
        **{question: next(iter(said)) for question, said in certain.items() if len(said) == 1},
        "share_alike": old.get("share_alike", "unknown"),
        "redistribute_text": old.get("redistribution", "unknown"),
    }
    new["evidence"] = [{**each, "sha256": "unknown"} for each in old.get("evidence") or []]
    return new
