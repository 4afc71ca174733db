"""The three edits of characters: whole outputs, and Python's own functions as reference."""

import re
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.edits import control_characters, unicode_nfc, whitespace
from filters.kernels.compiling import text_buffers
from filters.kernels.text_nfc import find_denormalized
from filters.kernels.text_tables import assigned_code_points, normalization
from tests.hard_texts import HARD_TEXTS, texts

SPACES = " \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\ufffc"
LINE_ENDS = "\r\n|[\r\n\v\f\u0085\u2028\u2029]"


def edit(module: object, *values: str) -> list[str]:
    array = pa.array(values, pa.large_string())
    langs = pa.nulls(len(values), pa.string())
    return module.edit(array, langs=langs).to_pylist()  # type: ignore[attr-defined]


def reference_whitespace(text: str) -> str:
    text = re.sub(LINE_ENDS, "\n", text)
    text = re.sub(f"[{SPACES}]", " ", text)
    text = re.sub("[ \t]+\n", "\n", text)
    return re.sub("\n{3,}", "\n\n", text).strip(" \t\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\nb\rc\vd\fe\u0085f\u2028g\u2029h", "a\nb\nc\nd\ne\nf\ng\nh"),
        ("a\n\nb", "a\n\nb"),
        ("a\n\n\nb", "a\n\nb"),
        ("a\n \n\t\n  b", "a\n\n  b"),
        ("a  b\tc", "a  b\tc"),
        ("a \t\nb", "a\nb"),
        ("\n  a \n", "a"),
        ("\u00a0\u3000a\u2009b\ufffcc\u202f", "a b c"),
        (" \t\r\n", ""),
        ("a\u200bb\u200cc\u200dd", "a\u200bb\u200cc\u200dd"),
        ("\r\r\n\n", ""),
        ("a\r", "a"),
    ],
)
def test_whitespace_is_made_uniform(text: str, expected: str) -> None:
    assert edit(whitespace, text) == [expected]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(texts(), st.text("ab \t\n\r\v\u2028\u00a0é", max_size=12)), max_size=4))
def test_whitespace_equals_the_reference(values: list[str]) -> None:
    assert edit(whitespace, *values) == [reference_whitespace(value) for value in values]


def test_every_code_point_is_treated_by_whitespace_as_the_reference_does() -> None:
    values = [f"a{chr(code)}b" for code in assigned_code_points() if not 0x3400 <= code < 0xF900]
    assert edit(whitespace, *values) == [reference_whitespace(value) for value in values]


def test_controls_and_byte_order_marks_are_removed_and_format_characters_kept() -> None:
    removed = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0xFEFF)]
    kept = ["\t", "\n", "\v", "\f", "\r", "\x85"]
    values = [f"a{character}b" for character in removed]
    assert edit(control_characters, *values) == [
        f"a{character}b" if character in kept else "ab" for character in removed
    ]
    stays = "\u200c\u200d\u200e\u200f\u202a\u202e\u2066\u2069\u200b\u00ad\ufffd\ufffeÿ"
    assert edit(control_characters, stays) == [stays]


@settings(max_examples=300, deadline=None)
@given(st.lists(texts(), max_size=4))
def test_controls_equal_the_reference(values: list[str]) -> None:
    gone = "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff]"
    assert edit(control_characters, *values) == [re.sub(gone, "", value) for value in values]


def test_nfc_equals_python_on_every_code_point_and_every_composition() -> None:
    codes = assigned_code_points()
    values = [chr(code) for code in codes]
    values += [unicodedata.normalize("NFD", value) for value in values]
    values += [f"{value}\u0323\u0301" for value in values[: 0x3000 - 0x800]]
    assert edit(unicode_nfc, *values) == [unicodedata.normalize("NFC", value) for value in values]


@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.one_of(
            texts(),
            st.text(
                "aeẹéoǫ\u0301\u0323\u0307\u0308\u0302\u031b\u0345αᾳ각가각েোাௌகொ\u093c\u0f71\u0f72", max_size=9
            ),
        ),
        max_size=4,
    )
)
def test_nfc_equals_python(values: list[str]) -> None:
    assert edit(unicode_nfc, *values) == [unicodedata.normalize("NFC", value) for value in values]


def test_nfc_sorts_long_runs_of_marks() -> None:
    value = "a" + "\u0301\u0323\u031b\u0345" * 500 + "한" + "\u0323\u0301" * 20
    assert edit(unicode_nfc, value) == [unicodedata.normalize("NFC", value)]


def test_nfc_of_the_text_that_grows_most_fits() -> None:
    values = ["\u0390" * 100, "\ufb2c" * 100, "\U0001d160" * 100, "\u1f82" * 100, "\u0958" * 100]
    assert edit(unicode_nfc, *values) == [unicodedata.normalize("NFC", value) for value in values]


@pytest.mark.parametrize("name", ["Tamil and Bengali", "Yoruba", "Devanagari with ZWJ", "Chinese"])
def test_nfc_does_not_suspect_normalised_text(name: str) -> None:
    array = pa.array([HARD_TEXTS[name]], pa.large_string())
    characters, _, pairs, composed = normalization()
    assert unicodedata.is_normalized("NFC", HARD_TEXTS[name])
    assert find_denormalized(*text_buffers(array), characters, pairs, composed).tolist() == [False]


@pytest.mark.parametrize("module", [unicode_nfc, control_characters, whitespace])
def test_a_batch_without_changes_is_not_copied(module: object) -> None:
    array = pa.array(["x", "clean text,\n\nof two lines", "é", ""], pa.large_string()).slice(1)
    assert module.edit(array, langs=pa.nulls(3, pa.string())) is array  # type: ignore[attr-defined]
