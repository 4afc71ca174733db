"""Known trigrams: which are gathered, how they are written, and how a text is compared with them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters import languages
from filters.kernels.letter_forms import CLOSING, KEPT, LIGATURE, OPENING, VANISHING
from filters.kernels.letter_variants import ALIKE, LOOK_ALIKES
from filters.language_id.trigrams import (
    FEW_LETTERS,
    MIN_LINES,
    MIN_SOURCES_OF_CHARACTERS,
    SAMPLE_LETTERS,
    WINDOWS,
    class_of_tag,
    count_known,
    gather_trigrams,
    make_tables,
    pack,
    read_trigrams,
    spelling_forms,
    unify_trigrams,
    write_trigrams,
)

LATIN = {"sw", "ak", "yo"}


def unpack(gram: int) -> str:
    return "".join(chr(gram >> shift & (1 << 21) - 1) for shift in (42, 21, 0))


def alphabet(name: str) -> set[str]:
    """The letters that a language writes, one for all that look alike."""
    letters = set("".join(map(unpack, map(int, read_trigrams()[name])))) - {" "}
    own = {ord(letter) for letter in letters if name in LATIN or ord(letter) >= 0x250}
    return {chr(ALIKE.get(letter, letter)) for letter in own}


def grams(text: str, *, letters: set[str]) -> list[str]:
    """The trigrams of a text, one code point after the other by the table of letter forms."""
    forms, ligatures = spelling_forms()
    words = [""]
    for point in map(ord, text):
        flags, form = int(forms[point]) & 255, int(forms[point]) >> 8
        if flags & VANISHING:
            continue
        if not flags & (KEPT | LIGATURE) or (not flags & LIGATURE and chr(form) not in letters):
            words.append("")
            continue
        if flags & OPENING:
            words.append("")
        words[-1] += "".join(map(chr, filter(None, ligatures[form]))) if flags & LIGATURE else chr(form)
        if flags & CLOSING:
            words.append("")
    line = " ".join(filter(None, words))
    padded = f" {line} "
    return [padded[i : i + 3] for i in range(len(padded) - 2)] if line else []


def counts(texts: list[str], langs: list[str | None]) -> list[tuple[int, int]]:
    known, total = count_known(pa.array(texts, pa.large_string()), langs=pa.array(langs, pa.string()))
    return list(zip(known.tolist(), total.tolist(), strict=True))


@pytest.mark.parametrize("more", [0, 1])
def test_a_trigram_is_known_from_enough_lines_on_and_from_one_where_there_are_few_letters(more: int) -> None:
    long = "x" * (FEW_LETTERS - 3 * MIN_LINES - 1 - 4 + more)
    lines = {"sw": {"a": ["mto"] * (MIN_LINES - 1), "b": ["mto", "maji", long]}, "de": {"a": ["der"] * 9}}
    known = set(map(unpack, map(int, gather_trigrams(lines)["sw"])))
    frequent = {" mt", "mto", "to "}
    assert known == frequent if more else known > frequent | {"maj", "xxx"}


def test_a_trigram_of_characters_is_known_from_enough_sources_on() -> None:
    lines = {"zh": {"a": ["天 地"] * 9, "b": ["天 人"], "c": ["地"][: MIN_SOURCES_OF_CHARACTERS - 1]}}
    assert gather_trigrams(lines)["zh"].tolist() == sorted(map(pack, (" 天 ", " 地 ")))


def test_pairs_within_words_of_a_dictionary_are_known_in_both_orthographies() -> None:
    keys = gather_trigrams({"zh": {}, "sw": {}}, words=["花園裡"])
    assert (sorted(map(unpack, map(int, keys["zh"]))), len(keys["sw"])) == (["园 里", "花 园"], 0)
    tables = make_tables(keys)
    texts = pa.array(["花园", "花園", "园花", "花xк园"], pa.large_string())
    known, total = count_known(
        texts, langs=pa.array(["zh-Hans", "zh-Hant", "zh-Hans", "zh-Hans"]), tables=tables
    )
    assert list(zip(known.tolist(), total.tolist(), strict=True)) == [(1, 3), (1, 3), (0, 3), (1, 3)]


@pytest.mark.parametrize(("letter", "lang"), [("x", "en"), ("ب", "ar"), ("କ", "or")])
@pytest.mark.parametrize("more", [0, 1])
def test_of_a_longer_text_windows_are_read_as_many_letters_in_any_script(
    letter: str, lang: str, more: int
) -> None:
    assert counts([letter * (SAMPLE_LETTERS + more)], [lang])[0][1] == SAMPLE_LETTERS
    words = "to " * SAMPLE_LETTERS
    (known, total), (short, _) = counts([words, "to"], ["en", "en"])
    assert short == 2 and known == total and total <= SAMPLE_LETTERS + WINDOWS


@pytest.mark.parametrize(
    "foreign", ["Phnom Penh (ភ្នំពេញ)", "Βελιγράδι", "Сергей Багапш", "مدينة جيبوتي", "築地市場", "ʒə ʃwɑ"]
)
def test_letters_that_a_language_does_not_write_count_for_nothing(foreign: str) -> None:
    text = "The city is the capital of the country"
    (alone,), (with_name,) = (
        counts([text], ["en"]),
        counts([f"{text} {foreign.removeprefix('Phnom Penh ')}."], ["en"]),
    )
    assert with_name[1] - alone[1] <= 4  # of phonetic signs a few letters are those of English


def test_the_same_tables_are_written_as_the_same_bytes_and_read_again(tmp_path: Path) -> None:
    trigrams = {"sw": np.array([3, 7, 1 << 62], np.uint64), "ak": np.array([], np.uint64)}
    for name in ("one.npz", "other.npz"):
        write_trigrams(trigrams, path=tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()
    read = read_trigrams(tmp_path / "one.npz")
    assert {name: keys.tolist() for name, keys in read.items()} == {"sw": [3, 7, 1 << 62], "ak": []}


PIECES = st.text(max_size=30) | st.text(alphabet=[*map(chr, ALIKE), *"ɛɔñÑïÏكيیa لǵ "], max_size=12)


@given(st.lists(st.tuples(PIECES, st.sampled_from([None, "de", "sw", "zh-Hant", "tw", "ur", "yo", "hi"]))))
def test_equal_to_the_slow_way(rows: list[tuple[str, str | None]]) -> None:
    tables = {"zh-Hant": "zh", "tw": "ak", **{tag: tag for tag in ("sw", "ur", "yo", "hi")}}
    expected = []
    for text, lang in rows:
        name = tables.get(lang or "")
        known = set() if name is None else set(unify_trigrams(read_trigrams()[name]).tolist())
        own = [] if name is None else grams(text, letters=alphabet(name))
        expected.append((sum(pack(gram) in known for gram in own), len(own)))
    assert counts([text for text, _ in rows], [lang for _, lang in rows]) == expected


def test_trigrams_are_one_for_letters_that_look_alike() -> None:
    keys = np.array(sorted(map(pack, ("ïkï", "ĩkĩ", "كتا", "mto"))), np.uint64)
    assert sorted(map(unpack, map(int, unify_trigrams(keys)))) == sorted(("ĩkĩ", "کتا", "mto"))


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("ur", "انسانی حقوق کا عالمی منشور ہر شخص کے لیے ہے، اور یہ سب کی مشترکہ کوشش ہے۔"),
        ("yo", "Gbogbo ènìyàn ni a bí ní òmìnira; wọ́n ní ẹ̀bùn làákàyè, ó sì yẹ kí wọn ṣe bí ọmọ ìyá."),
        ("ki", "Andũ othe maciarĩtwo marĩ na wĩyathi na maiganaine ũhoro-inĩ wa gĩtĩĩo na kĩhooto."),
        ("bm", "Hadamaden bɛɛ danmakɛɲɛnen bɛ bange, wa u ka kan ka badenɲa sinsin u ni ɲɔgɔn cɛ."),
        ("tw", "Wɔawo adesamma nyinaa sɛ nnipa a wɔwɔ ahofadi, na ɛsɛ sɛ wɔbɔ bra sɛ anuanom."),
    ],
)
def test_letters_that_look_alike_are_spelling(lang: str, text: str) -> None:
    typed = text
    for other, own in LOOK_ALIKES[lang].items():
        typed = typed.replace(own, other)
    assert typed != text
    assert counts([typed], [lang]) == counts([text], [lang])


def test_every_target_has_a_table() -> None:
    assert all(class_of_tag(tag) in read_trigrams() for tag in languages.TAGS)


@pytest.mark.parametrize(
    ("text", "lang", "most_are_known"),
    [
        ("Siku ya soko barabara hujaa watu.", "sw", True),
        ("Le marché est là où elles sont.", "fr", True),
        ("Le marché est là où elles sont.", "ta", False),
        ("xkq zzvw qqj vvx hjkq wxz", "fr", False),
        ("今天天气很好,我们去公园散步吧。", "zh-Hans", True),
        ("الْحَمْدُ لِلّٰهِ رَبِّ الْعَالَمِينَ", "ar", True),
    ],
)
def test_words_of_a_language_are_known_in_it(text: str, lang: str, most_are_known: bool) -> None:
    ((known, total),) = counts([text], [lang])
    assert (known > total / 2) is most_are_known
