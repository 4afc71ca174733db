"""Letters per script against character names, and a slow obvious count."""

import itertools
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.kernels import script, unicode_tables

NAMES = {
    "Latn": ("LATIN ", "FULLWIDTH LATIN ", "FEMININE ORDINAL", "MASCULINE ORDINAL"),
    "Arab": ("ARABIC ",),
    "Hani": ("CJK UNIFIED IDEOGRAPH-", "CJK COMPATIBILITY IDEOGRAPH-"),
    "Deva": ("DEVANAGARI ",),
    "Beng": ("BENGALI ",),
    "Guru": ("GURMUKHI ",),
    "Gujr": ("GUJARATI ",),
    "Orya": ("ORIYA ",),
    "Taml": ("TAMIL ",),
    "Telu": ("TELUGU ",),
    "Knda": ("KANNADA ",),
    "Mlym": ("MALAYALAM ",),
    "Cyrl": ("CYRILLIC ",),
    "Grek": ("GREEK ",),
    "Hebr": ("HEBREW ",),
    "Thai": ("THAI ",),
    "Ethi": ("ETHIOPIC ",),
    "Hang": ("HANGUL ", "HALFWIDTH HANGUL "),
    "Kana": ("HIRAGANA ", "KATAKANA ", "KATAKANA-HIRAGANA ", "HALFWIDTH KATAKANA", "HENTAIGANA "),
    "Armn": ("ARMENIAN ",),
    "Geor": ("GEORGIAN ",),
    "Khmr": ("KHMER ",),
    "Laoo": ("LAO ",),
    "Mymr": ("MYANMAR ",),
    "Sinh": ("SINHALA ",),
    "Tibt": ("TIBETAN ",),
    "Nkoo": ("NKO ",),
    "Tfng": ("TIFINAGH ",),
    "Adlm": ("ADLAM ",),
    "Vaii": ("VAI ",),
    "Olck": ("OL CHIKI ",),
    "Mtei": ("MEETEI MAYEK ",),
}
"""Beginnings of the Unicode names of each script's letters."""


def texts(*values: str) -> pa.LargeStringArray:
    return pa.array(values, pa.large_string())


def invalid_texts(*values: bytes) -> pa.LargeStringArray:
    """Texts of any bytes, as a stream of lines gives them: no validation, no copy."""
    binary = pa.array(values, pa.large_binary())
    return pa.LargeStringArray.from_buffers(len(values), binary.buffers()[1], binary.buffers()[2])


broken_utf8 = st.lists(
    st.one_of(
        st.text(st.characters(codec="utf-8"), max_size=3).map(str.encode),
        st.integers(0x80, 0xFF).map(lambda byte: bytes([byte])),
    ),
    max_size=12,
).map(b"".join)
"""Characters with stray bytes between them, where random bytes alone seldom make a character."""


def counted(text: str) -> dict[str, int]:
    letters, _ = script.count_scripts(texts(text))
    return {name: int(count) for name, count in zip(script.SCRIPTS, letters[0], strict=True) if count}


def slow_counts(text: str) -> tuple[list[int], list[int]]:
    counts = [0] * len(script.SCRIPTS)
    for character in text:
        point = ord(character)
        if not unicode_tables.classes()[point] & unicode_tables.LETTER:
            continue
        if any(first <= point <= last for first, last in script.COMMON_LETTERS):
            continue
        for index, ranges in enumerate(script.RANGES.values()):
            if any(first <= point <= last for first, last in ranges):
                counts[index] += 1
                break
        else:
            counts[-1] += 1
    simplified, traditional = script.han_variants()
    return counts, [sum(text.count(c) for c in set(text) & set(v)) for v in (simplified, traditional)]


@pytest.mark.skipif(
    unicodedata.unidata_version != unicode_tables.UNICODE_VERSION,
    reason="this Python has another Unicode version",
)
def test_letters_have_the_script_of_their_name() -> None:
    wrong = []
    for point in range(0x110000):
        character = chr(point)
        if not unicodedata.category(character).startswith("L"):
            continue
        name = unicodedata.name(character, "")
        expected = next((code for code, starts in NAMES.items() if name.startswith(starts)), None)
        code = int(script.table()[point]) & 63 if point < len(script.table()) else 0
        actual = script.SCRIPTS[code - 1] if code else None
        if expected is not None and actual != expected:
            wrong.append((hex(point), name, actual))
    assert wrong == []


def test_scripts_do_not_overlap() -> None:
    ranges = [each for ranges in script.RANGES.values() for each in ranges]
    ranges = sorted([*ranges, *script.COMMON_LETTERS])
    assert all(last < following for (_, last), (following, _) in itertools.pairwise(ranges))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("@[`{ 123 😀 \u0301\ue000", {}),
        ("AZaz", {"Latn": 4}),
        ("éŋß", {"Latn": 3}),
        ("नमस्ते", {"Deva": 4}),  # marks are no letters
        ("한국 漢字 かな", {"Hang": 2, "Hani": 2, "Kana": 2}),
        ("ʼːa", {"Latn": 1}),  # modifier letters belong to every script
        ("𞤀𞤁 ߊ ꔀ ᱚ", {"Adlm": 2, "Nkoo": 1, "Vaii": 1, "Olck": 1}),
        ("ᚠ𒀀𠀀", {"Zzzz": 2, "Hani": 1}),
    ],
)
def test_letters_are_counted_by_script(text: str, expected: dict[str, int]) -> None:
    assert counted(text) == expected


def test_han_variants_tell_the_orthographies_apart() -> None:
    _, han = script.count_scripts(texts("汉语说话", "漢語說話", "中文", ""))
    assert han.tolist() == [[4, 0], [0, 4], [0, 0], [0, 0]]


def test_han_variants_are_disjoint_single_characters() -> None:
    simplified, traditional = script.han_variants()
    assert (len(simplified), len(traditional)) == (3804, 4093)
    assert len(set(simplified) | set(traditional)) == 3804 + 4093
    assert set("说车东门马") <= set(simplified)
    assert set("說車東門馬") <= set(traditional)
    assert not set("后里面只中文") & set(simplified + traditional)  # written in both


def test_dominant_is_the_script_of_most_letters_and_ties_go_to_the_earlier() -> None:
    letters, _ = script.count_scripts(texts("abc где", "abcd где", "abc гдеж", "123", ""))
    best = script.dominant(letters)
    assert [script.SCRIPTS[i] if i >= 0 else None for i in best] == ["Latn", "Latn", "Cyrl", None, None]


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=30), max_size=6))
def test_counts_equal_the_slow_reference(values: list[str]) -> None:
    letters, han = script.count_scripts(texts(*values))
    expected = [slow_counts(value) for value in values]
    assert letters.tolist() == [counts for counts, _ in expected]
    assert han.tolist() == [variants for _, variants in expected]


@pytest.mark.parametrize(
    ("data", "letters"),
    [
        (b"\x80\xbfab", 2),  # continuation bytes alone
        (b"\x9f\x81\xbf\xbf", 0),
        (b"\xc3", 0),  # cut characters
        (b"\xe4\xb8", 0),
        (b"\xf0\xa0\x80", 0),
        (b"\xf0ab", 2),
        (b"\xe4\xb8c", 1),
        (b"\xc3\xff\xa9", 0),
        (b"\xc1\x81\xe0\x81\x81\xf0\x80\x81\x81", 0),  # three overlong forms of A
        (b"\xed\xa0\x80", 0),  # a surrogate
        (b"\xf4\x90\x80\x80\xf8\x90\x90\x80\xff\x90\x90\x80", 0),  # beyond Unicode
        (b"\xc3\xa9\xe4\xb8\xad\xf0\xa0\x80\x80\xff", 3),
    ],
)
def test_bytes_that_are_not_utf_8_count_as_nothing(data: bytes, letters: int) -> None:
    counts, _ = script.count_scripts(invalid_texts(data))
    assert counts.sum() == letters
    # A character of the next text does not complete this one's last.
    counts, _ = script.count_scripts(invalid_texts(data, b"\xa0\x80\x80\x80"))
    assert counts.sum(axis=1).tolist() == [letters, 0]


@given(st.lists(st.one_of(st.binary(max_size=30), broken_utf8), max_size=6))
def test_counts_of_any_bytes_equal_those_of_the_valid_characters(values: list[bytes]) -> None:
    letters, han = script.count_scripts(invalid_texts(*values))
    expected = [slow_counts(value.decode("utf-8", "ignore")) for value in values]
    assert letters.tolist() == [counts for counts, _ in expected]
    assert han.tolist() == [variants for _, variants in expected]


def test_slices_are_counted_as_what_they_show() -> None:
    array = texts("abc", "где", "漢語", "")
    whole = script.count_scripts(array)
    for start in range(4):
        part = script.count_scripts(array.slice(start, 2))
        assert np.array_equal(part[0], whole[0][start : start + 2])
        assert np.array_equal(part[1], whole[1][start : start + 2])


def test_no_documents_give_no_rows() -> None:
    letters, han = script.count_scripts(texts())
    assert (letters.shape, han.shape) == ((0, len(script.SCRIPTS)), (0, 2))
    assert script.dominant(letters).tolist() == []
