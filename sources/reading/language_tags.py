"""What language a source declares: a canonical BCP-47 tag, of whatever name it gives."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

UNDETERMINED = "und"
"""BCP-47 for: the document declares a language by a name that is no known tag."""

_MAX_TAG_CHARS = 1000
"""Of a declared language; a longer one is none."""
_MAX_REMEMBERED = 1 << 14
"""Tags whose meaning is kept: records may hold a million."""

_ALIASES = {
    "zhs": "zh-Hans",  # ROOTS
    "zht": "zh-Hant",
}

_MACRO_EXCEPTIONS = {"tw", "twi", "bcl", "bxr", "diq", "mhr", "pnb"}
"""Twi stays Twi: CLDR folds it into Akan (ak), which ROOTS counts apart. The others are languages that
lid.176 names one by one: folded, a right declaration would disagree with the model."""


def join_tag(parts: Sequence[str | None]) -> str | None:
    """The tag of a language and its script or region, which stand in fields of their own; None: none says it.

    Hani, which says nothing beside Chinese, is Hans there, as in FineWeb-2.
    """
    given = [part for part in parts if part]
    if given and canonical_tag(given[0]) == "zh":
        given = ["Hans" if part == "Hani" else part for part in given]
    return canonical_tag("-".join(given)) if given else None


def _likely_script(subtags: Mapping[str, Any]) -> str | None:
    # not `get` or `make`: langcodes fills what it keeps bit by bit, and workers may have threads
    from langcodes import Language

    return Language(**subtags).maximize().script


@lru_cache(maxsize=_MAX_REMEMBERED)
def canonical_tag(tag: str) -> str:
    """The BCP-47 tag that a declared language means, or `und` when it is no known tag.

    ISO 639-3 codes become ISO 639-1 where one exists, macrolanguages stand for their dominant member
    (arb → ar, swh → sw), a script goes when it is the likely one (eng_Latn → en). Chinese keeps its
    script, which a region implies (zh-TW → zh-Hant); zh alone stays zh.
    """
    # Imported here: most workers read sources that map no language.
    from langcodes import Language, standardize_tag, tag_is_valid
    from langcodes.tag_parser import LanguageTagError

    if len(tag) > _MAX_TAG_CHARS:
        return UNDETERMINED
    plain = tag.strip().replace("_", "-").lower()
    if plain in _ALIASES:
        return _ALIASES[plain]
    try:
        if not tag_is_valid(plain):
            return UNDETERMINED
        macro = plain.split("-")[0] not in _MACRO_EXCEPTIONS
        language = Language.get(standardize_tag(plain, macro=macro))
    except LanguageTagError:
        return UNDETERMINED
    if language.language == "zh" and (language.script or language.territory):
        return f"zh-{language.script or _likely_script(language.to_dict())}"
    if language.script and _likely_script({"language": language.language}) == language.script:
        language = Language.make(**{**language.to_dict(), "script": None})
    return str(language.to_tag())
