"""Known trigrams: which are gathered, how they are written, and how a text is compared with them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters import languages
from filters.kernels.letter_forms import CLOSING, KEPT, LIGATURE, OPENING, VANISHING, letter_forms
from filters.language_id.trigrams import (
    FIRST_BEYOND_LATIN,
    MAX_SAMPLE_BYTES,
    MIN_LINES,
    MIN_SOURCES_OF_CHARACTERS,
    WINDOWS,
    class_of_tag,
    count_known,
    gather_trigrams,
    pack,
    read_trigrams,
    write_trigrams,
)


def grams(text: str, *, latin: bool = True) -> list[str]:
    """The trigrams of a text, one code point after the other by the table of letter forms."""
    forms, ligatures = letter_forms()
    words = [""]
    for point in map(ord, text):
        flags, form = int(forms[point]) & 255, int(forms[point]) >> 8
        if flags & VANISHING:
            continue
        if not flags & (KEPT | LIGATURE) or (not latin and point < FIRST_BEYOND_LATIN):
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


def test_a_trigram_is_known_from_enough_lines_on() -> None:
    lines = {"sw": {"a": ["mto"] * (MIN_LINES - 1), "b": ["mto", "maji"]}, "de": {"a": ["der"] * 9}}
    assert {name: keys.tolist() for name, keys in gather_trigrams(lines).items()} == {
        "sw": sorted(map(pack, (" mt", "mto", "to ")))
    }


def test_a_trigram_of_characters_is_known_from_enough_sources_on() -> None:
    lines = {"zh": {"a": ["天 地"] * 9, "b": ["天 人"], "c": ["地"][: MIN_SOURCES_OF_CHARACTERS - 1]}}
    assert gather_trigrams(lines)["zh"].tolist() == sorted(map(pack, (" 天 ", " 地 ")))


@pytest.mark.parametrize(("bytes_more", "trigrams"), [(0, MAX_SAMPLE_BYTES), (1, MAX_SAMPLE_BYTES)])
def test_of_a_longer_text_windows_are_read(bytes_more: int, trigrams: int) -> None:
    text = "x" * (MAX_SAMPLE_BYTES + bytes_more)
    assert counts([text], ["en"])[0][1] == trigrams
    words = "to " * MAX_SAMPLE_BYTES
    (known, total), (of_short, _) = counts([words, "to"], ["en", "en"])
    assert of_short == 2 and known == total and total <= MAX_SAMPLE_BYTES + WINDOWS


def test_the_same_tables_are_written_as_the_same_bytes_and_read_again(tmp_path: Path) -> None:
    trigrams = {"sw": np.array([3, 7, 1 << 62], np.uint64), "ak": np.array([], np.uint64)}
    for name in ("one.npz", "other.npz"):
        write_trigrams(trigrams, path=tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()
    read = read_trigrams(tmp_path / "one.npz")
    assert {name: keys.tolist() for name, keys in read.items()} == {"sw": [3, 7, 1 << 62], "ak": []}


@given(st.lists(st.tuples(st.text(max_size=30), st.sampled_from([None, "de", "sw", "zh-Hant", "tw"]))))
def test_equal_to_the_slow_way(rows: list[tuple[str, str | None]]) -> None:
    tables = {"sw": "sw", "zh-Hant": "zh", "tw": "ak"}
    expected = []
    for text, lang in rows:
        known = set(read_trigrams()[tables[lang]].tolist()) if lang in tables else None
        own = [] if known is None else grams(text, latin=lang != "zh-Hant")
        expected.append((sum(pack(gram) in (known or ()) for gram in own), len(own)))
    assert counts([text for text, _ in rows], [lang for _, lang in rows]) == expected


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
