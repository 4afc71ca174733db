"""Licences: SPDX expressions inside, the Hub's licence ids at the door.

The Hub's list (hub-docs, August 2026) mixes SPDX ids in lower case, ids of its own, and families
that name no licence. Families are refused on input: nobody can comply with "bsd".
"""

import re
from functools import cache
from typing import Any

NOASSERTION = "NOASSERTION"
"""SPDX for "we do not say"; an allowed answer, and counted."""
NONE = "NONE"
"""SPDX for "there is no licence"."""

_LICENSE_REF = re.compile(r"LicenseRef-[A-Za-z0-9.-]+")

# fmt: off
_HUB_SPDX = (
    "AFL-3.0", "Apache-2.0", "Artistic-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD-3-Clause-Clear",
    "BSL-1.0", "CC-BY-2.0", "CC-BY-2.5", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-NC-2.0", "CC-BY-NC-3.0",
    "CC-BY-NC-4.0", "CC-BY-NC-ND-3.0", "CC-BY-NC-ND-4.0", "CC-BY-NC-SA-2.0", "CC-BY-NC-SA-3.0",
    "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC0-1.0",
    "CDLA-Permissive-1.0", "CDLA-Permissive-2.0", "CDLA-Sharing-1.0", "ECL-2.0", "EPL-1.0", "EPL-2.0",
    "EUPL-1.1", "EUPL-1.2", "ISC", "LPPL-1.3c", "MIT", "MPL-2.0", "MS-PL", "NCSA", "OFL-1.1",
    "OSL-3.0", "PostgreSQL", "Unlicense", "WTFPL", "Zlib",
)
# fmt: on
_HUB_OWN = {
    "odc-by": "ODC-By-1.0",
    "odbl": "ODbL-1.0",
    "pddl": "PDDL-1.0",
    "c-uda": "C-UDA-1.0",
    "lgpl-lr": "LGPLLR",
}
_FROM_HUB = {spdx.lower(): spdx for spdx in _HUB_SPDX} | _HUB_OWN
_TO_HUB = {spdx: hub for hub, spdx in _FROM_HUB.items()}
_FAMILIES = {
    "cc": "CC-BY-4.0 or another licence of Creative Commons",
    "bsd": "BSD-2-Clause or BSD-3-Clause",
    "gpl": "GPL-3.0-only or GPL-3.0-or-later",
    "lgpl": "LGPL-3.0-only or LGPL-3.0-or-later",
    "agpl": "AGPL-3.0-only or AGPL-3.0-or-later",
    "gfdl": "GFDL-1.3-only or GFDL-1.3-or-later",
    "openrail": "LicenseRef-openrail with the text of the licence",
    "gpl-2.0": "GPL-2.0-only or GPL-2.0-or-later",
    "gpl-3.0": "GPL-3.0-only or GPL-3.0-or-later",
    "lgpl-2.1": "LGPL-2.1-only or LGPL-2.1-or-later",
    "lgpl-3.0": "LGPL-3.0-only or LGPL-3.0-or-later",
    "agpl-3.0": "AGPL-3.0-only or AGPL-3.0-or-later",
}


def parse_license(expression: str) -> str:
    """The expression in canonical spelling; raises ValueError with the fix.

    NOASSERTION, NONE and custom `LicenseRef-…` ids are allowed.
    """
    stripped = expression.strip()
    if stripped in (NOASSERTION, NONE):
        return stripped
    if not stripped:
        raise ValueError(f"empty licence; write {NOASSERTION} when it is not known")
    from license_expression import ExpressionError, ParseError  # type: ignore[import-untyped]

    parser = _make_parser(tuple(sorted(set(_LICENSE_REF.findall(stripped)))))
    try:
        parsed = parser.parse(stripped)
    except (ExpressionError, ParseError, IndexError, AssertionError) as error:  # the last two of "()"
        raise ValueError(f"{expression!r} is not an SPDX licence expression: {error}") from error
    for word in re.findall(r"[^\s()]+", stripped):
        if word.lower() in _FAMILIES:
            raise ValueError(f"{word!r} names a family, not a licence; write {_FAMILIES[word.lower()]}")
    unknown = sorted(str(symbol) for symbol in parser.unknown_license_symbols(parsed))
    if unknown:
        hints = [f"{name!r}{_hint(name)}" for name in unknown]
        raise ValueError(
            f"not an SPDX licence id: {', '.join(hints)}; other licences are `LicenseRef-<name>`, "
            f"an unknown one is {NOASSERTION}"
        )
    return str(parsed)


def to_hub_id(spdx: str) -> tuple[str, str | None]:
    """(license, license_name) for a README: an id of the Hub, or `other` and the expression.

    NOASSERTION is `unknown`. An expression of several licences is `other`.
    """
    if spdx == NOASSERTION:
        return "unknown", None
    hub = _TO_HUB.get(spdx)
    return (hub, None) if hub is not None else ("other", spdx)


def from_hub_id(license: str) -> str:
    """The SPDX id that an id of the Hub means, NOASSERTION for families and what names no licence."""
    return _FROM_HUB.get(license.strip().lower(), NOASSERTION)


def is_hub_id(license: str) -> bool:
    """True for ids that we may write into a README; families are ids of the Hub, but not of ours."""
    return license in _FROM_HUB or license in ("other", "unknown")


def _hint(name: str) -> str:
    spdx = _FROM_HUB.get(name.lower())
    return f" (write {spdx})" if spdx else ""


@cache
def _make_parser(refs: tuple[str, ...]) -> Any:
    """SPDX ids from the library's own list, plus these references. 2447 symbols: built when first used."""
    import license_expression

    base = license_expression.get_spdx_licensing()
    if not refs:
        return base
    symbols = {symbol.key: symbol for symbol in base.known_symbols.values()}
    extra = [license_expression.LicenseSymbol(ref) for ref in refs if ref not in symbols]
    return license_expression.Licensing([*symbols.values(), *extra])
