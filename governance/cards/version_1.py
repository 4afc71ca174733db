"""Cards of version 1, as people have them: their answers in the fields of version 2, its questions unknown.

Nobody could review a card of version 1, so it is not refused for that, which manifest, cards and README say.
"""

import copy
from collections.abc import Mapping
from typing import Any

from governance.cards.draft import CRAWLER, LIKELIHOOD, draft_fields
from governance.licences import parse_license, possible_answers

VERSION = "1"
_NEW = (
    "type",
    "curation_rationale",
    "access_reason",
    "benchmark",
    "removal",
    "review",
)
_CRAWLED = ("api", "crawl", "web_archive")


def upgrade(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The front matter of a card of version 1 → that of version 2.

    What is missing in it stays missing, and what it should not have stays there: both are told as in a card
    of version 2.
    """
    unknown = draft_fields("upgraded")
    fields = copy.deepcopy(dict(raw)) | {name: unknown[name] for name in _NEW}
    fields["schema_version"] = "2"
    fields["status"] = "approved"
    fields["type"] = "processed" if raw.get("processed_from") else "primary"
    for language in _mappings(fields.get("languages")):
        _rename(language, "note", "variety_note")
        _fill(language, unknown["languages"][0], names=("locations", "declared_by"))
    for custodian in _mappings(fields.get("custodian")):
        _fill(custodian, unknown["custodian"], names=("role", "relationship"))
    for rights in _mappings(fields.get("rights")):
        _upgrade_rights(rights, unknown=unknown["rights"])
    for pii in _mappings(fields.get("pii")):
        pii["treatment"] = ["unknown"]
        if pii.get("has_pii") == "yes":
            pii |= {name: dict(LIKELIHOOD) for name in ("generic", "numeric", "sensitive")}
    for media in _mappings(fields.get("media")):
        media["transcribed"] = "unknown"
    for procurement in _mappings(fields.get("procurement")):
        procurement["agreement"] = "unknown"
        if procurement.get("method") == "crawl":
            procurement["crawler"] = dict(CRAWLER)
        if procurement.get("method") in _CRAWLED:
            fields["reservation"] = unknown["reservation"]
    contains = fields.get("synthetic")
    if isinstance(contains, str):
        generators = {"generators": ["unknown"]} if contains in ("some", "all") else {}
        fields["synthetic"] = {"contains": contains, **generators}
    return fields


def _upgrade_rights(rights: dict[str, Any], *, unknown: Mapping[str, Any]) -> None:
    names = ("holders", "copyright_status", "determined_by", "determined_at", "confidence")
    _fill(rights, unknown, names=names)
    properties = dict(unknown["properties"]) | _certain_properties(rights.get("concluded"))
    for old, new in (("share_alike", "share_alike"), ("redistribution", "redistribute_text")):
        properties.pop(new)
        if old in rights:
            properties[new] = rights.pop(old)
    rights["properties"] = properties
    for evidence in _mappings(rights.get("evidence")):
        _fill(evidence, {"sha256": "unknown"}, names=("sha256",))


def _certain_properties(concluded: object) -> dict[str, str]:
    """What a licence has only one answer to."""
    try:
        answers = possible_answers(parse_license(str(concluded)))
    except ValueError:
        return {}
    return {question: next(iter(said)) for question, said in answers.items() if len(said) == 1}


def _fill(mapping: dict[str, Any], answers: Mapping[str, Any], *, names: tuple[str, ...]) -> None:
    """Answers for the names that are not there."""
    for name in names:
        mapping.setdefault(name, copy.deepcopy(answers[name]))


def _rename(mapping: dict[str, Any], old: str, new: str) -> None:
    if old in mapping:
        mapping[new] = mapping.pop(old)


def _mappings(value: object) -> list[dict[str, Any]]:
    """The mappings that a field is or has; none where it is something else, which is told later."""
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, dict)]
