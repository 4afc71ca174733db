"""One way of writing each letter: for hashes and stop words, and as an edit where a source asks."""

import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters import languages, text_counts
from filters.edits import letter_variants as edit_module
from filters.hashes.exact import exact_hashes
from filters.hashes.minhash import MinHashOptions, shingle_hashes
from filters.kernels.letter_variants import ALIKE, CHILLUS, FORMS, LOOK_ALIKES
from filters.kernels.text import STOP_HITS
from filters.letter_variants import fold
from filters.signals import roots
from tests.hard_texts import HARD_TEXTS, document_batch
from tests.kernels import reference_dedup as reference

OPTIONS = MinHashOptions()
PIECES = (
    "ന",
    "്",
    "\u200d",
    "ত",
    "্",
    "ക",
    "അ",
    "\u0640",
    "\u0329",
    "\u0301",
    "e",
    "è",
    "ﬁ",
    "ﻻ",
    "ﷺ",
    "ﯽ",
    "Ａ９",
    "，",
    "⼈",
    "⿰",
    "𝐚𝟗",
    "𝛻",
    "𝒳",
    "ʼ",
    "ｱ",
    "\ufe70",
)
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=2), max_size=12).map("".join)


def folded(*values: str) -> list[str]:
    result: list[str] = fold(pa.array(values, pa.large_string())).to_pylist()
    return result


def edited(text: str, *, lang: str | None) -> str:
    array = pa.array([text], pa.large_string())
    return str(edit_module.edit(array, langs=pa.array([lang], pa.string()))[0].as_py())


def same(one: str, other: str) -> bool:
    """Whether two texts are exact duplicates."""
    first, second = exact_hashes(pa.array([one, other], pa.large_string())).to_pylist()
    return bool(first == second)


def shingles(text: str, *, lang: str | None) -> list[int]:
    hashes: list[int] = shingle_hashes(text, lang=lang, options=OPTIONS).tolist()
    return hashes


@pytest.mark.parametrize("name", HARD_TEXTS)
def test_hard_texts_equal_the_reference(name: str) -> None:
    assert folded(HARD_TEXTS[name]) == [reference.fold(HARD_TEXTS[name])]


@settings(max_examples=500)
@given(st.lists(texts, max_size=4))
def test_any_texts_equal_the_reference_and_folding_twice_changes_nothing_more(values: list[str]) -> None:
    once = folded(*values)
    assert once == [reference.fold(value) for value in values]
    assert folded(*once) == once


@given(texts, st.sampled_from([None, *LOOK_ALIKES]))
def test_a_text_hashes_as_what_the_edit_makes_of_it(text: str, lang: str | None) -> None:
    text = unicodedata.normalize("NFC", text)
    changed = edited(text, lang=lang)
    one, other = exact_hashes(pa.array([text, changed], pa.large_string())).to_pylist()
    assert one == other
    assert shingles(text, lang=lang) == shingles(changed, lang=lang)


ml = "അവൻ നൽകിയ പുസ്തകങ്ങൾ ഞങ്ങൾ വായിച്ചു, അവർ പറഞ്ഞു."
ur = "تمام انسان آزاد اور حقوق و عزت کے اعتبار سے برابر پیدا ہوئے ہیں۔ انہیں ضمیر ودیعت ہوئی ہے۔"
ar = "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق، لا إكراه ﷺ."
yo = "Gbogbo ènìyàn ni a bí ní òmìnira; iyì àti ẹ̀tọ́ kọ̀ọ̀kan sì dọ́gba, ó sì yẹ kí ṣe."
ki = "Andũ othe maciarĩtwo marĩ na wĩyathi na maiganaine ũhoro-inĩ wa gĩtĩĩo."
zh = "人人生而自由，在尊严和权利上一律平等！2024年，ABC。"
bm = "Hadamaden bɛɛ danmakɛɲɛnen bɛ bange, danbe ni josira la, ɔɔ ŋ."
APART = {
    own: f"{chr(consonant)}{chr(0xD4D if consonant > 0xD00 else 0x9CD)}\u200d"
    for consonant, own in CHILLUS.items()
}
ISOLATED = {
    unicodedata.normalize("NFKC", chr(code)): chr(code)
    for first, last in FORMS
    for code in range(first, last + 1)
    if unicodedata.decomposition(chr(code)).startswith("<isolated>")
}
WAYS = {
    "chillus": (ml, ml.translate(APART), "ml"),
    "khanda ta": ("হঠাৎ অকস্মাৎ উচিৎ", "হঠাৎ অকস্মাৎ উচিৎ".translate(APART), "bn"),
    "presentation forms": (ar, "".join(ISOLATED.get(char, char) for char in ar), "ar"),
    "ligatures of Arabic": (ar, ar.replace("لا", "ﻻ"), "ar"),
    "presentation forms of Urdu": (ur, "".join(ISOLATED.get(char, char) for char in ur), "ur"),
    "tatweel": (ar, ar.replace("الناس", "النــــاس"), "ar"),
    "Arabic letters in Urdu": (
        ur,
        ur.translate({ord(b): a for a, b in LOOK_ALIKES["ur"].items() if a != "ى"}),
        "ur",
    ),
    "ligatures of Latin": ("the office finds it difficult", "the oﬃce ﬁnds it diﬃcult", "en"),
    "vertical lines below": (
        yo,
        unicodedata.normalize("NFC", unicodedata.normalize("NFD", yo).replace("\u0323", "\u0329")),
        "yo",
    ),
    "cedillas and ogoneks": (yo, yo.replace("ẹ", "ę").replace("ọ", "ǫ").replace("ṣ", "ş"), "yo"),
    "diaereses": (ki, ki.replace("ĩ", "ï").replace("ũ", "ü").replace("Ũ", "Ü"), "ki"),
    "Greek and others": (
        bm,
        bm.replace("ɛ", "ε").replace("ɔ", "ↄ").replace("ɲ", "ñ").replace("ŋ", "η"),
        "bm",
    ),
    "full width": (zh, zh.replace("2024", "２０２４").replace("ABC", "ＡＢＣ"), "zh-Hans"),
    "radicals": (zh, zh.replace("人", "⼈").replace("自", "⾃"), "zh-Hans"),
    "letters of mathematics": ("born free in 1948", "𝐛𝐨𝐫𝐧 𝒇𝒓𝒆𝒆 𝔦𝔫 𝟏𝟡𝟜𝟪", "en"),
    "a letter for the apostrophe": ("wa b'u ka kan", "wa bʼu ka kan", "bm"),
    "Greek in Akan": ("Wɔawo adesamma nyinaa sɛ nnipa", "Wᴐawo adesamma nyinaa sε nnipa", "ak"),
}


@pytest.mark.parametrize("way", WAYS)
def test_two_ways_of_writing_are_one_text_for_hashes_and_by_the_edit(way: str) -> None:
    one, other, lang = WAYS[way]
    assert one != other
    assert same(one, other) and shingles(one, lang=lang) == shingles(other, lang=lang)
    assert edited(other, lang=lang) == edited(one, lang=lang)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("−5", "5"), ("-5", "5"), ("1.5", "15"), ("1,5", "15"), ("C#", "C"), ("5 %", "5"), ("5%", "5"),
        ("10:30", "1030"), ("#1", "1"), ("1/2", "12"), ("3-4", "34"), (".5", "5"), ("(-5)", "(5)"),
        ("٣٫٥", "٣٥"), ("C++", "C"),
    ],
)  # fmt: skip
def test_signs_beside_digits_count(one: str, other: str) -> None:
    assert same(f"It was {one} degrees", f"It was {other} degrees") == (one == "5 %")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("−5", "-5"), ("10–20", "10-20"), ("COVID-19", "COVID 19"), ("(5)", "5"), ("5.", "5"),
        ("5, 6", "5 6"), ("...5", "…5"), ("- 5", "5"), ("#tag", "tag"), ("well-known", "wellknown"),
        ("100 %", "100"), ("No. 5", "No 5"),
    ],
)  # fmt: skip
def test_other_punctuation_does_not_count(one: str, other: str) -> None:
    assert same(f"It was {one} degrees", f"It was {other} degrees")


def test_a_short_text_with_another_sign_has_other_shingles() -> None:
    for one, other in (
        ("It was −5 there now", "It was 5 there now"),
        ("We write C# all day", "We write C all day"),
    ):
        assert shingles(one, lang="en") != shingles(other, lang="en")


@pytest.mark.parametrize(
    "way", ["presentation forms of Urdu", "Arabic letters in Urdu", "Greek and others", "tatweel"]
)
def test_stop_words_are_found_however_they_are_written(way: str) -> None:
    one, other, lang = WAYS[way]
    langs = pa.array([lang, lang], pa.string())
    counts = text_counts.count_texts(pa.array([one, other], pa.large_string()), langs=langs, groups=0)
    first, second = counts[STOP_HITS].tolist()
    assert first == second > 0
    measured = roots.measure(
        document_batch(pa.array([one, other], pa.large_string())), langs=langs, options=None
    )
    assert len({*measured["stop_words_ratio"].to_pylist()}) == 1


def test_no_language_of_ours_writes_both_letters_of_a_pair() -> None:
    """Else stop words of a language would fall together."""
    for tag in languages.TAGS:
        words = [word.lower() for word in languages.load(tag).stop_words]
        unified = ["".join(chr(ALIKE.get(ord(char), ord(char))) for char in word) for word in words]
        assert len({*words}) - len({*unified}) <= 1, tag
