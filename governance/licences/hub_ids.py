"""The Hub's licence ids (hub-docs, August 2026) in SPDX, and names that say a family and no licence.

The list mixes SPDX ids in lower case, ids of its own, families, and licences that SPDX does not know. Nobody
can comply with "bsd": families are refused on input.
"""

NOASSERTION = "NOASSERTION"
"""SPDX for "we do not say"; an allowed answer, and counted."""

# fmt: off
_HUB_SPDX = (
    "AFL-3.0", "Apache-2.0", "Artistic-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD-3-Clause-Clear",
    "BSL-1.0", "CC-BY-2.0", "CC-BY-2.5", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-NC-2.0", "CC-BY-NC-3.0",
    "CC-BY-NC-4.0", "CC-BY-NC-ND-3.0", "CC-BY-NC-ND-4.0", "CC-BY-NC-SA-2.0", "CC-BY-NC-SA-3.0",
    "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC0-1.0",
    "CDLA-Permissive-1.0", "CDLA-Permissive-2.0", "CDLA-Sharing-1.0", "ECL-2.0", "EPL-1.0", "EPL-2.0",
    "etalab-2.0", "EUPL-1.1", "EUPL-1.2", "ISC", "LPPL-1.3c", "MIT", "MPL-2.0", "MS-PL", "NCSA", "OFL-1.1",
    "OSL-3.0", "PostgreSQL", "Unlicense", "WTFPL", "Zlib",
)
_HUB_UNLISTED = (
    "apple-amlr", "apple-ascl", "bigcode-openrail-m", "bigscience-bloom-rail-1.0", "bigscience-openrail-m",
    "creativeml-openrail-m", "deepfloyd-if-license", "fair-noncommercial-research-license", "gemma",
    "h-research", "intel-research", "llama2", "llama3", "llama3.1", "llama3.2", "llama3.3", "llama4",
    "open-mdw", "openrail++",
)
"""Licences with a text of their own, which SPDX has no id for."""
# fmt: on
_HUB_OWN = {
    "odc-by": "ODC-By-1.0",
    "odbl": "ODbL-1.0",
    "pddl": "PDDL-1.0",
    "c-uda": "C-UDA-1.0",
    "lgpl-lr": "LGPLLR",
}
FROM_HUB = {spdx.lower(): spdx for spdx in _HUB_SPDX} | _HUB_OWN
TO_HUB = {spdx: hub for hub, spdx in FROM_HUB.items()}


def _either(name: str, *versions: str) -> str:
    return " or ".join(f"{name}-{version}-{how}" for version in versions for how in ("only", "or-later"))


FAMILIES = {
    "cc": "CC-BY-4.0 or another licence of Creative Commons",
    "creative commons": "CC-BY-4.0 or another licence of Creative Commons",
    "public domain": "CC0-1.0, PDDL-1.0 or a LicenseRef-… with the reason in rights.text",
    **{
        name: f"{name.upper()}-4.0 or the version that is meant"
        for name in ("cc-by", "cc-by-sa", "cc-by-nc", "cc-by-nd", "cc-by-nc-sa", "cc-by-nc-nd")
    },
    "cc0": "CC0-1.0",
    "bsd": "BSD-2-Clause or BSD-3-Clause",
    "apache": "Apache-2.0 or the version that is meant",
    "mpl": "MPL-2.0 or the version that is meant",
    "epl": "EPL-2.0 or the version that is meant",
    "eupl": "EUPL-1.2 or the version that is meant",
    "ofl": "OFL-1.1 or the version that is meant",
    "gpl": _either("GPL", "3.0"),
    "lgpl": _either("LGPL", "3.0"),
    "agpl": _either("AGPL", "3.0"),
    "gfdl": _either("GFDL", "1.3"),
    "openrail": "LicenseRef-openrail with the text of the licence",
    "rail": "LicenseRef-rail with the text of the licence",
    "gpl-1.0": _either("GPL", "1.0"),
    "gpl-2.0": _either("GPL", "2.0"),
    "gpl-3.0": _either("GPL", "3.0"),
    "lgpl-2.0": _either("LGPL", "2.0"),
    "lgpl-2.1": _either("LGPL", "2.1"),
    "lgpl-3.0": _either("LGPL", "3.0"),
    "agpl-3.0": _either("AGPL", "3.0"),
    "gfdl-1.1": _either("GFDL", "1.1"),
    "gfdl-1.2": _either("GFDL", "1.2"),
    "gfdl-1.3": _either("GFDL", "1.3"),
}
"""Name in lower case → what to write instead."""


def to_hub_id(spdx: str) -> tuple[str, str | None]:
    """(license, license_name) for a README: an id of the Hub, or `other` and the expression.

    NOASSERTION is `unknown`. An expression of several licences is `other`.
    """
    if spdx == NOASSERTION:
        return "unknown", None
    hub = TO_HUB.get(spdx)
    return (hub, None) if hub is not None else ("other", spdx)


def from_hub_id(license: str) -> str:
    """The SPDX id that an id of the Hub means, NOASSERTION for families and what names no licence."""
    return FROM_HUB.get(license.strip().lower(), NOASSERTION)


def is_hub_id(license: str) -> bool:
    """True for ids that we may write into a README; families are ids of the Hub, but not of ours."""
    return license in FROM_HUB or license in ("other", "unknown")


def spell(name: str) -> str | None:
    """What to write for a name that is no SPDX id but means something on the Hub; else None."""
    lower = name.lower()
    if lower in FROM_HUB:
        return FROM_HUB[lower]
    if lower in _HUB_UNLISTED:
        return f"LicenseRef-{lower.replace('++', '-plus-plus')} and its text in rights.text"
    return {"unknown": NOASSERTION, "other": "LicenseRef-<name> and its text in rights.text"}.get(lower)
