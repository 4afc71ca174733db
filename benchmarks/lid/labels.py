"""From the labels of each identifier to BCP-47 tags, and which tags count as one class."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from filters import languages
from filters.language_id import canonical_tag
from filters.language_id.evaluation import resolve_groups
from filters.language_id.labels import EQUIVALENT, UNDETERMINED

_NOTHING = frozenset({"und", "mul", "mis", "zxx"})

# HeLI-OTS writes some members of a macrolanguage as macrolanguage and member in one word.
_HELI = {
    "estvro": "vro",
    **dict.fromkeys(("fini", "fink", "finl", "finm", "fino", "finp", "finr", "fins", "fint", "finx"), "fi"),
    "hbsbos": "bs",
    "hbshrv": "hr",
    "hbssrp": "sr",
    "msaind": "id",
    "msamalay": "ms",
    "msamin": "min",
    "msazsm": "ms",
    "sagb": UNDETERMINED,
    "undhtml": UNDETERMINED,
}
TABLES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "pycld2": {
            "zh": "zh-Hans",  # CLD2 says zh-Hant where it means traditional characters
            "xx-Bugi": "bug",
            "xx-Goth": "got",
            "zzp": UNDETERMINED,  # Pig Latin
        },
        "heliport": _HELI,
        "heliport-all": _HELI,
        "common-lingua": {"eml": "egl", "latex": UNDETERMINED},
    }
)
"""Adapter → its labels that are no language codes, or mean something else than the code."""

_DIALECTS = """
aao abh abv acm acq acw acx acy adf aeb aec afb ajp apc apd arq ars ary arz auz avl ayh ayl ayn ayp pga shu
ssh
"""
ARABIC = frozenset({"ar", *_DIALECTS.split()})
"""Standard Arabic and the members of the macrolanguage Arabic (ISO 639-3)."""

_MERGED = {**EQUIVALENT, "zh-Hans": "zh", "zh-Hant": "zh", **dict.fromkeys(ARABIC - {"ar"}, "ar")}
SCHEMES: Mapping[str, Mapping[str, str]] = MappingProxyType({"strict": EQUIVALENT, "merged": _MERGED})
"""Scheme → tag → class, where it is not the tag itself. strict: only codes that overlap, Akan and Twi among
them. merged: both orthographies of Chinese are one class, and so are Arabic and its dialects."""


def to_tags(labels: Iterable[str], *, adapter: str) -> dict[str, str]:
    """n labels → the BCP-47 tag of each, und for what is no language.

    Raises ValueError naming the labels that are neither codes nor in the adapter's table.
    """
    table = TABLES.get(adapter, {})
    tags: dict[str, str] = {}
    unknown = []
    for label in labels:
        tag = table.get(label) or (UNDETERMINED if label in _NOTHING else canonical_tag(label))
        if tag is None:
            unknown.append(label)
        else:
            tags[label] = tag
    if unknown:
        raise ValueError(
            f"{len(unknown)} labels of {adapter} are no language codes: {', '.join(unknown[:10])}; "
            "add them to TABLES in benchmarks/lid/labels.py"
        )
    return tags


def to_classes(tags: Iterable[str], *, scheme: str) -> frozenset[str]:
    """What some tags count as under a scheme, und left out."""
    groups = resolve_groups(SCHEMES[scheme])
    return frozenset(groups.get(tag, tag) for tag in tags) - {UNDETERMINED}


def name_class(tag: str) -> str:
    """A readable name of a class of the target languages."""
    names = {"ak": "Akan, Twi", "zh": "Chinese"}
    return names.get(tag) or languages.load(tag).name
