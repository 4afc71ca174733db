"""What licences ask and allow, as far as four questions of a card: commercial use, attribution, share alike,
derivatives. Of a licence that is not in the table nothing is said.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from governance.licences.expressions import NONE, parse_tree
from governance.licences.hub_ids import NOASSERTION

QUESTIONS = ("commercial", "attribution", "share_alike", "derivatives")
_RESTRICTIVE = {"commercial": "no", "attribution": "yes", "share_alike": "yes", "derivatives": "no"}
_EITHER = frozenset({"yes", "no"})

Terms = Mapping[str, str]
"""Question → yes or no."""

_PUBLIC_DOMAIN = {"commercial": "yes", "attribution": "no", "share_alike": "no", "derivatives": "yes"}
_PERMISSIVE = _PUBLIC_DOMAIN | {"attribution": "yes"}
_COPYLEFT = _PERMISSIVE | {"share_alike": "yes"}

# fmt: off
_TABLE = {
    **dict.fromkeys((
        "0BSD", "CC-PDDC", "CC-PDM-1.0", "CC0-1.0", "MIT-0", "PDDL-1.0", "Unlicense", "WTFPL",
    ), _PUBLIC_DOMAIN),
    **dict.fromkeys((
        "AFL-3.0", "Apache-2.0", "Artistic-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD-3-Clause-Clear",
        "BSD-4-Clause", "BSL-1.0", "C-UDA-1.0", "CDLA-Permissive-1.0", "CDLA-Permissive-2.0", "DL-DE-BY-2.0",
        "ECL-2.0", "ISC", "MIT", "MS-PL", "NCSA", "NLOD-1.0", "NLOD-2.0", "ODC-By-1.0", "OGL-Canada-2.0",
        "OGL-UK-1.0", "OGL-UK-2.0", "OGL-UK-3.0", "PostgreSQL", "Zlib", "etalab-2.0",
    ), _PERMISSIVE),
    **dict.fromkeys((
        "CDLA-Sharing-1.0", "EPL-1.0", "EPL-2.0", "EUPL-1.1", "EUPL-1.2", "MPL-1.1", "MPL-2.0",
        "MPL-2.0-no-copyleft-exception", "ODbL-1.0", "OFL-1.1", "OSL-3.0",
    ), _COPYLEFT),
    "CC-SA-1.0": _COPYLEFT | {"attribution": "no"},
    "CC-NC-1.0": _PUBLIC_DOMAIN | {"commercial": "no"},
}
# fmt: on
_GNU = re.compile(r"(A|L)?GPL-\d|GFDL-\d")
_CREATIVE_COMMONS = re.compile(r"CC-BY(?P<parts>(-(NC|ND|SA))*)-\d")


def license_terms(license: str) -> Terms | None:
    """What one licence, without its exception, answers; None where the table does not say."""
    match = _CREATIVE_COMMONS.match(license)
    if match:
        parts = match["parts"]
        return {
            "commercial": "no" if "NC" in parts else "yes",
            "attribution": "yes",
            "share_alike": "yes" if "SA" in parts else "no",
            "derivatives": "no" if "ND" in parts else "yes",
        }
    return _COPYLEFT if _GNU.match(license) else _TABLE.get(license)


def possible_answers(expression: str) -> dict[str, frozenset[str]]:
    """Question → the answers that agree with a canonical expression: several where there is a choice."""
    if expression in (NOASSERTION, NONE):
        return dict.fromkeys(QUESTIONS, _EITHER)
    answers: dict[str, frozenset[str]] = fold(expression, leaf=_answers_of, join=_join, choose=_choose)
    return answers


def obliges_attribution(expression: str) -> bool:
    """True where every way to comply with a canonical expression names the author, as far as is known."""
    return possible_answers(expression)["attribution"] == {"yes"}


def fold(
    expression: str, *, leaf: Callable[[str], Any], join: Callable[..., Any], choose: Callable[..., Any]
) -> Any:
    """The value of an expression: leaf of each licence (with its exception), join of AND, choose of OR."""

    def visit(node: Any) -> Any:
        arguments = [visit(each) for each in getattr(node, "args", ()) if hasattr(each, "args")]
        if not arguments:
            return leaf(str(node))
        return (join if type(node).__name__ == "AND" else choose)(*arguments)

    return visit(parse_tree(expression))


def _answers_of(symbol: str) -> dict[str, frozenset[str]]:
    license, _, exception = symbol.partition(" WITH ")
    terms = license_terms(license)
    if terms is None:
        return dict.fromkeys(QUESTIONS, _EITHER)
    answers = {question: frozenset({answer}) for question, answer in terms.items()}
    # an exception takes back what copyleft asks of what is linked or generated
    return answers | {"share_alike": answers["share_alike"] | {"no"}} if exception else answers


def _join(*parts: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    joined = {}
    for question, restrictive in _RESTRICTIVE.items():
        answers = [part[question] for part in parts]
        lenient = (
            (_EITHER - {restrictive}) if all(answer != {restrictive} for answer in answers) else frozenset()
        )
        hard = {restrictive} if any(restrictive in answer for answer in answers) else set()
        joined[question] = frozenset(lenient | hard)
    return joined


def _choose(*parts: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    return {question: frozenset().union(*(part[question] for part in parts)) for question in QUESTIONS}
