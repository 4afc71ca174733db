"""The edits that a source asks for: before and after, on real text of several scripts."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters import base, languages
from tests.hard_texts import texts
from tests.kernels.reference_signals import sentences
from tests.kernels.reference_text import is_space
from tests.kernels.reference_text import words as reference_words

YORUBA = "Gbogbo ènìyàn ni a bí ní òmìnira; iyì àti ẹ̀tọ́ kọ̀ọ̀kan sì dọ́gba."
HINDI = "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।"
PERSIAN = "تمام افراد بشر آزاد به دنیا می‌آیند و از لحاظ حیثیت با هم برابرند."
CHINESE = "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心。"


def edit(name: str, text: str, lang: str | None = None) -> str:
    module: Any = base.load_edit(name)
    edited: str = module.edit(pa.array([text], pa.large_string()), langs=pa.array([lang], pa.string()))[
        0
    ].as_py()
    return edited


def damage(text: str) -> str:
    """UTF-8 read as Windows-1252, with Latin-1 for the five bytes that it lacks."""
    import ftfy.bad_codecs  # noqa: F401

    return text.encode().decode("sloppy-windows-1252")


@pytest.mark.parametrize("text", [YORUBA, HINDI, PERSIAN, CHINESE, "L’été, « déjà » – 5 €"])
def test_mojibake_is_repaired_line_by_line_with_its_joiners(text: str) -> None:
    assert damage(text) != text
    assert edit("mojibake", f"{text}\n{damage(text)}\n{text}") == f"{text}\n{text}\n{text}"


@pytest.mark.parametrize(
    "text", [YORUBA, HINDI, PERSIAN, CHINESE, "« L'ÉTÉ » À 5 °C, ¿qué?", "ﬁne “quotes” ＡＢ"]
)
def test_text_without_mojibake_is_the_same_array(text: str) -> None:
    array = pa.array([text], pa.large_string())
    assert base.load_edit("mojibake").edit(array, langs=pa.array(["fr"])) is array


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "Soma zaidi kwenye https://africanstorybook.org/reader.php?id=123 leo.",
            "Soma zaidi kwenye leo.",
        ),
        ("ਹੋਰ ਜਾਣਕਾਰੀ www.gnome.org ਉੱਤੇ\nexample.com", "ਹੋਰ ਜਾਣਕਾਰੀ ਉੱਤੇ\n"),
        ("Velocidade: 5 km/h // fim href=x", "Velocidade: 5 km/h fim "),
        ("no address here", "no address here"),
    ],
)
def test_words_with_a_piece_of_a_url_are_removed(before: str, after: str) -> None:
    assert edit("url_words", before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "Prima Ctrl+C per copiar.\n<script>var a = 1;</script>\nif (x) {\n  y();\n}\nFi del text.",
            "Prima Ctrl+C per copiar.\n  y();\nFi del text.",
        ),
        ("<!--[if IE]> x <![endif]-->\nહેલો", "હેલો"),
        ("f(x) = [x]", "f(x) = [x]"),
    ],
)
def test_lines_of_code_are_removed(before: str, after: str) -> None:
    assert edit("code_lines", before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('قال <span class="hadith">صلى الله</span> عليه', "قال صلى الله عليه"),
        ("<sp<span>an>x</span >", "x"),
        ("<spanner> stays", "<spanner> stays"),
    ],
)
def test_html_spans_are_removed_and_their_text_stays(before: str, after: str) -> None:
    assert edit("html_spans", before) == after


@pytest.mark.parametrize(
    ("lang", "length", "kept"),
    [
        ("en", 25, True),
        ("en", 26, False),
        ("fr", 45, True),
        ("fr", 46, False),
        ("ta", 400, True),
        (None, 400, True),
    ],
)
def test_long_words_are_removed_where_roots_has_a_number(lang: str | None, length: int, kept: bool) -> None:
    word = "é" * length
    assert edit("long_words", f"a {word} b", lang) == (f"a {word} b" if kept else "a b")


REFERENCES = """

References
[1] H. Laurençon, L. Saulnier, T. Wang et al. The BigScience ROOTS Corpus. NeurIPS 35, 31809–31826, 2022.
[2] Rae, J. W. et al. Scaling Language Models. arXiv:2112.11446 (2021).

Penedo G, Kydlíček H, allal L, et al. FineWeb. arXiv:2406.17557; 2024."""
"""Real ones, of this project's sources."""
PROSE = {
    "en": "All human beings are born free and equal in dignity and rights.\nThey are endowed with reason.",
    "fr": "Tous les êtres humains naissent libres et égaux en dignité et en droits.",
    "es": "Nadie estará sometido a esclavitud ni a servidumbre; la esclavitud y la trata de esclavos están "
    "prohibidas en todas sus formas, y lo que es de uno no es de los otros.",
    "ar": "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق.",
    "hi": HINDI,
    "pt": "Todos os seres humanos nascem livres e iguais em dignidade e em direitos.",
}


@pytest.mark.parametrize("lang", PROSE)
def test_references_at_the_end_are_removed(lang: str) -> None:
    text = f"{PROSE[lang]}\n\n[3] Rae 2021.\n{PROSE[lang]}"  # one in the middle stays
    assert edit("references", text + REFERENCES, lang) == text
    assert edit("references", text, lang) == text


@pytest.mark.parametrize("lang", [None, "yo", "zh-Hans", "xx"])
def test_references_stay_where_no_number_is_known(lang: str | None) -> None:
    assert edit("references", f"{YORUBA}{REFERENCES}", lang) == f"{YORUBA}{REFERENCES}"


def test_a_text_of_references_alone_stays() -> None:
    assert edit("references", REFERENCES, "en") == REFERENCES


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.lists(
                st.sampled_from(["", "the", "The, cat", "is on the 12", "cat dog", "Smith 2020", "le", "é"]),
                max_size=7,
            ),
            st.sampled_from(["en", "fr", None]),
        ),
        max_size=5,
    )
)
def test_references_are_those_of_the_reference(rows: list[tuple[list[str], str | None]]) -> None:
    module: Any = base.load_edit("references")
    before = ["\n".join(lines) for lines, _ in rows]
    langs = pa.array([lang for _, lang in rows], pa.string())
    edited = module.edit(pa.array(before, pa.large_string()), langs=langs).to_pylist()
    for text, (_, lang), after in zip(before, rows, edited, strict=True):
        lines = text.split("\n")
        if lang is not None:
            language = languages.load(lang)
            share = language.line_stop_words
            assert share is not None
            prose = []
            for line in lines:
                words = [word.lower() for word in reference_words(line, segments=False)]
                hits = sum(word in language.stop_words for word in words)
                prose.append(hits > len(words) * share)
            if any(prose):
                while not prose[len(lines) - 1]:
                    lines.pop()
        assert after == "\n".join(lines)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "The fox looked up. “Come down!” he said. Was it a trick?  It was 3.5 m high.\nThe end",
            "The fox looked up.\n“Come down!”\nhe said.\nWas it a trick?\nIt was 3.5 m high.\nThe end",
        ),
        (f"{HINDI} यह सत्य है॥ और", f"{HINDI}\nयह सत्य है॥\nऔर"),
        (CHINESE, "人人生而自由，在尊严和权利上一律平等。\n他们赋有理性和良心。"),
        ("یہ کتاب ہے۔ کیا؟ ہاں", "یہ کتاب ہے۔\nکیا؟\nہاں"),
        ("ሰላም ነው። ደህና ነህ፧ አዎ", "ሰላም ነው።\nደህና ነህ፧\nአዎ"),
    ],
)
def test_one_sentence_per_line(before: str, after: str) -> None:
    assert edit("sentence_per_line", before) == after


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(texts(max_size=20), st.sampled_from(["One. Two!", "一。二", " है। ", '." x'])), max_size=5
    )
)
def test_sentences_are_those_of_the_reference(lines: list[str]) -> None:
    text = "\n".join(lines)
    edited = edit("sentence_per_line", text)
    expected = [sentence for line in text.split("\n") for sentence in sentences(line)]
    stripped = [strip(line) for line in edited.split("\n")]
    assert [line for line in stripped if line] == expected


def strip(line: str) -> str:
    while line and is_space(line[0]):
        line = line[1:]
    while line and is_space(line[-1]):
        line = line[:-1]
    return line


# letter_variants writes a chillu, which is a letter and a joiner, as one letter
@pytest.mark.parametrize("name", sorted({*base.names("edits")} - {"letter_variants"}))
def test_joiners_of_indic_scripts_and_persian_stay(name: str) -> None:
    text = "क्‍ष की र्‍य ക്‍ می‌خواهم کتاب‌ها"
    assert edit(name, text, "hi") == text
