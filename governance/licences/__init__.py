"""Licences: SPDX expressions inside, the Hub's licence ids at the door, and what may stand together."""

from governance.licences.allow import allows
from governance.licences.classes import classes, conflicts, release_class
from governance.licences.expressions import NONE, license_refs, parse_license
from governance.licences.hub_ids import NOASSERTION, from_hub_id, is_hub_id, to_hub_id
from governance.licences.terms import obliges_attribution, possible_answers

__all__ = [
    "NOASSERTION",
    "NONE",
    "allows",
    "classes",
    "conflicts",
    "from_hub_id",
    "is_hub_id",
    "license_refs",
    "obliges_attribution",
    "parse_license",
    "possible_answers",
    "release_class",
    "to_hub_id",
]
