"""Explicit tables from the codes that sources and models use to BCP-47 tags."""

from collections.abc import Iterable, Mapping
from functools import cache

CHINESE = "zh"
"""A model's Chinese, before characters decide between zh-Hans and zh-Hant; also a declared `zh`
without script or region."""
SIMPLIFIED, TRADITIONAL, CANTONESE = "zh-Hans", "zh-Hant", "yue"
UNDETERMINED, MULTIPLE = "und", "mul"

# ISO 639-1 or -3 code (and the codes of FLORES, ROOTS and OSCAR) → tag of the 46 languages.
# Twi, Akan and Fante: CLDR would fold `fat` and some versions `tw` into `ak`; the 46 keep ak and tw apart.
_LANGUAGE_CODES: dict[str, str] = {
    **dict.fromkeys(("ak", "aka", "fat"), "ak"),
    **dict.fromkeys(("ar", "ara", "arb"), "ar"),
    **dict.fromkeys(("as", "asm"), "as"),
    **dict.fromkeys(("bm", "bam"), "bm"),
    **dict.fromkeys(("bn", "ben"), "bn"),
    **dict.fromkeys(("ca", "cat"), "ca"),
    **dict.fromkeys(("en", "eng"), "en"),
    **dict.fromkeys(("es", "spa"), "es"),
    **dict.fromkeys(("eu", "eus", "baq"), "eu"),
    "fon": "fon",
    **dict.fromkeys(("fr", "fra", "fre"), "fr"),
    **dict.fromkeys(("gu", "guj"), "gu"),
    **dict.fromkeys(("hi", "hin"), "hi"),
    **dict.fromkeys(("id", "ind", "in"), "id"),
    **dict.fromkeys(("ig", "ibo"), "ig"),
    **dict.fromkeys(("ki", "kik"), "ki"),
    **dict.fromkeys(("kn", "kan"), "kn"),
    **dict.fromkeys(("lg", "lug"), "lg"),
    **dict.fromkeys(("ln", "lin"), "ln"),
    **dict.fromkeys(("ml", "mal"), "ml"),
    **dict.fromkeys(("mr", "mar"), "mr"),
    **dict.fromkeys(("ne", "nep", "npi"), "ne"),
    "nso": "nso",
    **dict.fromkeys(("ny", "nya"), "ny"),
    **dict.fromkeys(("or", "ori", "ory"), "or"),
    **dict.fromkeys(("pa", "pan"), "pa"),
    **dict.fromkeys(("pt", "por"), "pt"),
    **dict.fromkeys(("rn", "run"), "rn"),
    **dict.fromkeys(("rw", "kin"), "rw"),
    **dict.fromkeys(("sn", "sna"), "sn"),
    **dict.fromkeys(("st", "sot"), "st"),
    **dict.fromkeys(("sw", "swa", "swh"), "sw"),
    **dict.fromkeys(("ta", "tam"), "ta"),
    **dict.fromkeys(("te", "tel"), "te"),
    **dict.fromkeys(("tn", "tsn"), "tn"),
    **dict.fromkeys(("ts", "tso"), "ts"),
    "tum": "tum",
    **dict.fromkeys(("tw", "twi"), "tw"),
    **dict.fromkeys(("ur", "urd"), "ur"),
    **dict.fromkeys(("vi", "vie"), "vi"),
    **dict.fromkeys(("wo", "wol"), "wo"),
    **dict.fromkeys(("xh", "xho"), "xh"),
    **dict.fromkeys(("yo", "yor"), "yo"),
    **dict.fromkeys(("zh", "zho", "chi", "cmn"), CHINESE),
    "zhs": "zh-Hans",
    "zht": "zh-Hant",
    **dict.fromkeys(("zu", "zul"), "zu"),
}
_CHINESE_SUBTAGS: dict[str, str] = {
    **dict.fromkeys(("hans", "cn", "sg", "my"), "zh-Hans"),
    **dict.fromkeys(("hant", "tw", "hk", "mo"), "zh-Hant"),
    "latn": "zh-Latn",
}
_OLD_CHINESE: dict[str, str] = {"zh-min-nan": "nan", "zh-yue": "yue", "zh-wuu": "wuu"}
_NEWER_CODES = frozenset({"tok"})
"""Codes that ISO 639-3 added after the registry that langcodes ships."""
_NO_LANGUAGE = frozenset({"und", "mul", "mis", "zxx"})

_NEWER_CODES = frozenset({"tok"})  # of ISO 639-3 (2022), which langcodes' data do not have
_TAGS = frozenset(_LANGUAGE_CODES.values()) | _NEWER_CODES

# Languages of which CLDR does not know the script (langcodes then says Latn), with the one script in which
# GlotLID and FLORES-200 have them (tests/data/lid/labels); CLDR's script of grc is Cypriot.
_USUAL_SCRIPTS: dict[str, str] = {
    code: script
    for script, codes in (
        ("Arab", "acm acq ajp ayp azb hac pbt uzs"),
        ("Armn", "hyw"),
        ("Cyrl", "agx cjs ckt dng eve itl kap kca kjh mns nio nog orv sel sgh tab xal yrk"),
        ("Deva", "anp fmu ghe kex kle nwx rav suz"),
        ("Ethi", "guk mdy"),
        ("Grek", "grc"),
        ("Hebr", "hbo"),
        ("Laoo", "ncq"),
        ("Mong", "sjo"),
        ("Mymr", "blk ksw"),
        ("Orya", "jun"),
        ("Syrc", "aii syc"),
        ("Telu", "kff"),
        ("Thai", "bzi pww urk"),
        ("Tibt", "lbj"),
    )
    for code in codes.split()
}

_NAMEABLE = "ar as bn ca en es eu fr gu hi id kn ml mr ne or pa pt sw ta te ur vi yo zh-Hans zh-Hant"
SUPPORTED: frozenset[str] = frozenset(_NAMEABLE.split())
"""Those of the 46 languages that lid.176 can name; the other 20 it has never seen."""

_LID_176 = """
af am an ar arz as ast av az azb ba bar bcl be bg bn bo bpy br bs bxr ca cbk ce ceb ckb co cs cv cy da de
diq dsb dty dv el en eo es et eu fa fi fr frr fy ga gd gl gn gom gu gv he hi hif hr hsb ht hu hy ia id
ie ilo io is it ja jbo jv ka kk km kn ko krc ku kv kw ky la lb lez li lmo lo lrc lt lv mai mg mhr min mk ml
mn mr mrj ms mt mwl my myv mzn nah nap nds ne new nl nn no oc or os pa pam pfl pl pms pnb ps pt qu rm ro ru
rue sa sah sc scn sco sd si sk sl so sq sr su sv sw ta te tg th tk tr tt tyv ug uk ur uz vec vep vi vls vo
wa war wuu xal xmf yi yo yue zh
"""
LID_176: Mapping[str, str] = {
    **{code: code for code in _LID_176.split()},
    "als": "gsw",  # the code of the Alemannic Wikipedia; als is Tosk Albanian in ISO 639-3
    "bh": "bho",  # the Bihari Wikipedia writes Bhojpuri
    "eml": "egl",  # retired in favour of Emilian and Romagnol; the larger one stands for both
    "sh": "sr-Latn",
    "tl": "fil",
}
"""Label of lid.176 without its prefix → BCP-47 tag, CHINESE where characters decide the script."""

# The main member of an ISO 639-3 macrolanguage, after CLDR; `no` is in practice Bokmål.
_MAIN_MEMBERS = """
als:sq ayr:ay azj:az dik:din ekk:et gaz:om gug:gn khk:mn kmr:ku lvs:lv nb:no pbu:ps pes:fa plt:mg uzn:uz
ydd:yi zsm:ms
"""
EQUIVALENT: Mapping[str, str] = {
    "tw": "ak",  # Twi is written Akan, and sources call the same texts by either code
    **dict(pair.split(":") for pair in _MAIN_MEMBERS.split()),
}
"""Tag → the tag that it counts as: codes that overlap, not languages that are hard to tell apart. A text
that nobody declared gets the model's code; one declared as another of the group keeps its own."""


@cache
def canonical_tag(declared: str) -> str | None:
    """BCP-47 tag of a language code as sources write it; None if it names no language.

    The 46 languages come from an explicit table of codes; region, variant and extensions are dropped,
    a script is kept unless it is the language's usual one. Chinese becomes zh-Hans, zh-Hant or zh-Latn by
    script or region, and stays `zh` if neither is given. `und`, `mul`, `mis` and `zxx` name no language.
    """
    tag = declared.strip().replace("_", "-").lower()
    if tag in _OLD_CHINESE:
        return _OLD_CHINESE[tag]
    first, *subtags = tag.split("-")
    language = _LANGUAGE_CODES.get(first)
    if language == CHINESE:
        scripts = [_CHINESE_SUBTAGS[part] for part in subtags if part in _CHINESE_SUBTAGS]
        return scripts[0] if scripts else CHINESE
    return _parse("-".join([language or first, *subtags]))


def _parse(tag: str) -> str | None:
    if tag in _TAGS or tag in _NEWER_CODES:
        return tag
    import langcodes  # 90 ms of import, so only for tags that the table does not answer

    if tag.startswith("x-") or not langcodes.tag_is_valid(tag):
        return None
    parsed = langcodes.Language.get(langcodes.standardize_tag(tag))
    first = tag.split("-")[0]
    language = first if first in _TAGS else parsed.language  # CLDR versions differ on tw and ak
    if language is None or language in _NO_LANGUAGE or ("qaa" <= language <= "qtz" and len(language) == 3):
        return None
    # not `make`: langcodes fills what it keeps bit by bit, and some runners give a worker several threads
    cldr = langcodes.Language(language=language).maximize().script
    usual = _USUAL_SCRIPTS.get(language) or cldr or ""
    # Hangul is the letters of Kore that name the language; Hani is either form of Chinese characters
    same = {"Kore": ("Kore", "Hang"), "Hans": ("Hans", "Hani"), "Hant": ("Hant", "Hani")}
    kept = parsed.script is not None and parsed.script not in same.get(usual, (usual,))
    return f"{language}-{parsed.script}" if kept else language


def label_tag(name: str) -> str | None:
    """Tag of a label that is a language code, und for text in no language; None if it is no code."""
    first = name.replace("_", "-").split("-")[0]
    return UNDETERMINED if first in _NO_LANGUAGE else canonical_tag(name)


def map_labels(labels: Iterable[str], *, table: Mapping[str, str] | None) -> tuple[str, ...]:
    """Tag of each model label: from table if one is given, else the label itself must be a language code.

    A fastText prefix `__label__` is cut first. Labels for text in no language (`zxx_Zyyy`, `und_Mong`)
    become und. Raises ValueError naming the labels with no tag.
    """
    names = [label.removeprefix("__label__") for label in labels]
    tags = [table.get(name) if table is not None else label_tag(name) for name in names]
    unknown = [name for name, tag in zip(names, tags, strict=True) if tag is None]
    if unknown:
        where = "the table of labels" if table is not None else "BCP-47"
        raise ValueError(
            f"{len(unknown)} labels of the model have no language in {where}: {', '.join(unknown[:10])}; "
            "give a table from label to BCP-47 tag"
        )
    return tuple(tag for tag in tags if tag is not None)
