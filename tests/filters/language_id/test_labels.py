"""Codes of sources and labels of models become BCP-47 tags by explicit tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters import languages
from filters.language_id import VENDORED
from filters.language_id.labels import LID_176, SUPPORTED, canonical_tag, map_labels

FLORES = (
    "ak:aka_Latn ar:arb_Arab as:asm_Beng bm:bam_Latn bn:ben_Beng ca:cat_Latn en:eng_Latn es:spa_Latn "
    "eu:eus_Latn fon:fon_Latn fr:fra_Latn gu:guj_Gujr hi:hin_Deva id:ind_Latn ig:ibo_Latn ki:kik_Latn "
    "kn:kan_Knda lg:lug_Latn ln:lin_Latn ml:mal_Mlym mr:mar_Deva ne:npi_Deva nso:nso_Latn ny:nya_Latn "
    "or:ory_Orya pa:pan_Guru pt:por_Latn rn:run_Latn rw:kin_Latn sn:sna_Latn st:sot_Latn sw:swh_Latn "
    "ta:tam_Taml te:tel_Telu tn:tsn_Latn ts:tso_Latn tum:tum_Latn tw:twi_Latn ur:urd_Arab vi:vie_Latn "
    "wo:wol_Latn xh:xho_Latn yo:yor_Latn zh-Hans:zho_Hans zh-Hant:zho_Hant zu:zul_Latn"
)


def test_flores_codes_are_the_46_languages() -> None:
    pairs = [pair.split(":") for pair in FLORES.split()]
    assert {code: canonical_tag(code) for _, code in pairs} == {code: tag for tag, code in pairs}
    assert sorted(tag for tag, _ in pairs) == list(languages.TAGS)


@pytest.mark.parametrize("tag", [*languages.TAGS, *sorted(set(LID_176.values()))])
def test_tags_are_their_own_canonical_form(tag: str) -> None:
    assert canonical_tag(tag) == tag


@pytest.mark.parametrize(
    ("declared", "tag"),
    [
        ("EN", "en"),
        (" en_GB ", "en"),
        ("pt-BR", "pt"),
        ("arz", "arz"),
        ("arb_Latn", "ar-Latn"),
        ("pa-Arab", "pa-Arab"),
        ("in", "id"),
        ("iw", "he"),
        ("tw-GH", "tw"),
        ("fat", "ak"),
        ("hau_Latn", "ha"),
        ("azj_Cyrl", "azj-Cyrl"),
        ("kor_Hang", "ko"),
        ("jpn_Jpan", "ja"),
        ("zh", "zh"),
        ("cmn", "zh"),
        ("zhs", "zh-Hans"),
        ("zht", "zh-Hant"),
        ("zh-CN", "zh-Hans"),
        ("zh-SG", "zh-Hans"),
        ("zh_TW", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("cmn-Hant", "zh-Hant"),
        ("zh-Hant-CN", "zh-Hant"),
        ("zh-Latn", "zh-Latn"),
        ("cmn_Latn", "zh-Latn"),
        ("zh-Latn-pinyin", "zh-Latn"),
        ("zh-min-nan", "nan"),
        ("yue_Hant", "yue"),
        ("als", "als"),  # ISO 639-3 Tosk Albanian; only lid.176 means Alemannic by it
    ],
)
def test_codes_become_tags(declared: str, tag: str) -> None:
    assert canonical_tag(declared) == tag


@pytest.mark.parametrize(
    "declared",
    ["", "  ", "und", "mul", "mis", "zxx", "qaa", "x-klingon", "english", "a", "123", "en;fr", "é", "-"],
)
def test_what_names_no_language_is_none(declared: str) -> None:
    assert canonical_tag(declared) is None


@given(st.text(max_size=12))
def test_any_text_is_a_tag_or_none_and_tags_are_stable(declared: str) -> None:
    tag = canonical_tag(declared)
    assert tag is None or canonical_tag(tag) == tag


def test_lid_176_names_26_of_the_46() -> None:
    named = set(LID_176.values()) | {"zh-Hans", "zh-Hant"}
    assert set(languages.TAGS) & named == SUPPORTED
    assert len(SUPPORTED) == 26
    assert set(languages.TAGS) - SUPPORTED == set(
        "ak bm fon ig ki lg ln nso ny rn rw sn st tn ts tum tw wo xh zu".split()  # noqa: SIM905
    )
    assert VENDORED["lid.176"].unreliable <= SUPPORTED


def test_labels_that_the_wikipedia_uses_against_iso_are_translated() -> None:
    assert {label: tag for label, tag in LID_176.items() if label != tag} == {
        "als": "gsw",
        "bh": "bho",
        "eml": "egl",
        "sh": "sr-Latn",
        "tl": "fil",
    }


def test_labels_without_a_table_must_be_language_codes() -> None:
    assert map_labels(["__label__eng_Latn", "__label__twi_Latn"], table=None) == ("en", "tw")
    assert map_labels(["zxx_Zyyy", "und_Mong", "mul"], table=None) == ("und", "und", "und")
    with pytest.raises(ValueError, match="1 labels of the model have no language in BCP-47: positive;"):
        map_labels(["__label__en", "__label__positive"], table=None)


def test_labels_with_a_table_must_be_in_it() -> None:
    assert map_labels(["__label__x"], table={"x": "fon"}) == ("fon",)
    with pytest.raises(ValueError, match="no language in the table of labels: y;"):
        map_labels(["__label__x", "__label__y"], table={"x": "fon"})
