"""The signals beyond ROOTS: worked examples, and equality with the slow reference on hard and random text."""

from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from filters import base, languages, text_counts
from filters.long_texts import MAX_PIECE_BYTES
from tests.hard_texts import HARD_TEXTS, LANGS, document_batch, texts
from tests.kernels import reference_signals as reference
from tests.kernels import reference_text

SETS = (
    "c4",
    "composition",
    "compression",
    "encoding_damage",
    "fineweb",
    "gopher_quality",
    "gopher_repetition",
    "markup",
)


def measure(name: str, text: str, lang: str | None = None) -> dict[str, Any]:
    batch, langs = document_batch(pa.array([text], pa.large_string())), pa.array([lang], pa.string())
    row: dict[str, Any] = base.load_signals(name).measure(batch, langs=langs, options=None).to_pylist()[0]
    return row


def expect(name: str, text: str, lang: str | None) -> dict[str, Any]:
    """The row of a text by the slow reference."""
    language = languages.load(lang) if lang in languages.TAGS and lang else languages.DEFAULT
    segments = language.segmentation == "characters"
    if name == "gopher_quality":
        words = [reference_text.lower(word) for word in reference_text.words(text, segments=segments)]
        glue, join = "" if segments else " ", language.augment_ngrams
        words += [glue.join(words[i : i + join]) for i in range(len(words) - join + 1)] if join > 1 else []
        return reference.gopher_quality(
            text, segments=segments, stop_words=language.gopher_stop_words, entries=words
        )
    if name in ("gopher_repetition", "fineweb"):
        row: dict[str, Any] = getattr(reference, name)(text, segments=segments)
        return row
    row = getattr(reference, name)(text)
    return row


def test_every_set_is_tested() -> None:
    assert {*SETS, "roots", "spelling", "variety"} == set(base.default_signals())


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("hard", HARD_TEXTS)
def test_hard_texts_equal_the_reference(name: str, hard: str) -> None:
    text = HARD_TEXTS[hard][:20_000]
    for lang in LANGS:
        assert measure(name, text, lang) == expect(name, text, lang), lang


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "",
                " ",
                "- item",
                "• one",
                "Terms of Use apply.",
                "Enable JavaScript now!",
                "lorem IPSUM dolor...",
                "We use cookies.",
                "if (a[0] >= b) { x += 1; }",
                "See https://example.org/a?b=c, www.example.org.",
                "\u00c3\u00a9t\u00c3\u00a9 \u00e2\u20ac\u2122 \u00e0\u00a4\u2022",
                "यह वाक्य है। दूसरा भी॥",
                "他说：“好。”然后走了！",
                "ሰላም። ደህና ነህ፧",
                '"Really?" he said.',
                "a b a b a b a b a b a b a b",
                "the cat sat on the mat and the cat sat on the mat again…",
            ]
        ),
        texts(max_size=12),
    ),
    max_size=9,
)


@pytest.mark.parametrize("name", SETS)
@settings(max_examples=120, deadline=None)
@given(rows=st.lists(st.tuples(LINES, st.sampled_from(LANGS)), max_size=4))
@example(rows=[(["\u00c2\u0085"], None), (["\u00e9\u00a0\u00bb \u00e9\u00bb\u0085", "\u00c3\u00a0"], "fr")])
def test_any_texts_equal_the_reference(name: str, rows: list[tuple[list[str], str | None]]) -> None:
    joined = [("\n".join(lines), lang) for lines, lang in rows]
    batch = document_batch(pa.array([text for text, _ in joined], pa.large_string()))
    langs = pa.array([lang for _, lang in joined], pa.string())
    measured = base.load_signals(name).measure(batch, langs=langs, options=None)
    assert measured.to_pylist() == [expect(name, text, lang) for text, lang in joined]


@settings(max_examples=200, deadline=None)
@given(words=st.lists(st.sampled_from(["a", "b", "cc", "ddd", "é"]), max_size=120))
def test_repetitive_words_equal_the_reference(words: list[str]) -> None:
    text = " ".join(words)
    assert measure("gopher_repetition", text) == expect("gopher_repetition", text, None)


@pytest.mark.parametrize("name", SETS)
def test_shared_counts_are_those_of_one_set_alone(name: str) -> None:
    batch = document_batch(pa.array([text[:3000] for text in HARD_TEXTS.values()], pa.large_string()))
    langs = pa.array([LANGS[i % len(LANGS)] for i in range(len(batch))], pa.string())
    measure_set = partial(base.load_signals(name).measure, options=None)
    alone = measure_set(batch, langs=langs)
    with text_counts.sharing(batch, langs=langs, groups=63):
        for other in base.default_signals():
            base.load_signals(other).measure(batch, langs=langs, options=None)
        assert measure_set(batch, langs=langs).equals(alone)
        assert measure_set(batch.slice(1), langs=langs.slice(1)).equals(alone.slice(1))


def test_all_sets_count_a_batch_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shared is the count, however often a set asks for the column of texts."""
    batch = document_batch(pa.array([*HARD_TEXTS.values()][:5], pa.large_string()))
    langs = pa.nulls(len(batch), pa.string())
    counted: list[int] = []
    count_texts = text_counts.count_texts

    def count(texts: pa.LargeStringArray, *, langs: pa.StringArray, groups: int) -> np.ndarray:
        counted.append(groups)
        return count_texts(texts, langs=langs, groups=groups)

    monkeypatch.setattr(text_counts, "count_texts", count)
    with text_counts.sharing(batch, langs=langs, groups=base.groups(base.default_signals())):
        for name in base.default_signals():
            base.load_signals(name).measure(batch, langs=langs, options=None)
    assert counted == [base.groups(base.default_signals())]


def test_gopher_repetition_by_hand() -> None:
    row = measure("gopher_repetition", "a b c a b c a b\n\nx\nx\n\nx\nx")
    assert row["duplicate_line_ratio"] == pytest.approx(3 / 5)
    assert row["duplicate_line_characters_ratio"] == pytest.approx(3 / 25)
    assert row["duplicate_paragraph_ratio"] == pytest.approx(1 / 3)
    assert row["duplicate_paragraph_characters_ratio"] == pytest.approx(3 / 25)
    assert row["top_2_gram_characters_ratio"] == pytest.approx(3 * 3 / 25)  # "a b" three times
    assert row["top_3_gram_characters_ratio"] == pytest.approx(5 * 2 / 25)
    assert row["duplicated_5_gram_characters_ratio"] == pytest.approx(5 / 25)  # "a b c a b" at word 3
    assert row["duplicated_6_gram_characters_ratio"] == 0


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", 3),
        ("Version 1.5 is out.", 1),
        ("No end", 1),
        ('He said "Go." Then left.', 2),
        ("一。二！三", 3),
        ("पहला। दूसरा।", 2),
        ("پہلا۔ دوسرا؟", 2),
        ("ሰላም። ደህና፧", 2),
        ("One.\nTwo", 2),
        ("", 0),
        (" \n ", 0),
    ],
)
def test_sentences(text: str, sentences: int) -> None:
    assert measure("composition", text)["sentences"] == sentences


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("x = y[0];", True),
        ("Prices rose by 3 % (see below); then fell.", False),
        ("}", True),
        ("{" + "word " * 19 + "word", True),
        ("{" + "word " * 20, False),
        ("a = bcde", True),
        ("a = bcdef", False),
        ("  return the_value of the rest of this line", True),
        ("\treturn value(of the rest of this line)", True),
        (" return value(of the rest of this line)", False),
        ("return value(of the rest of this line)", False),
        ("  return value (of the rest of this line)", False),
        ("  and so, he said; to the sea & back * again", False),
        ("  ", False),
    ],
)
def test_lines_of_code(line: str, code: bool) -> None:
    assert (measure("composition", line)["code_line_ratio"] == 1) == code == reference.is_code(line)


PROSE = "The function gives back the place of a text."
"""44 characters, 35 of them letters."""


@pytest.mark.parametrize(
    ("line", "prose"),
    [
        (PROSE, True),
        (PROSE.removesuffix("."), False),
        (PROSE.replace(".", ":"), True),
        (PROSE.replace(".", ";"), False),
        (f"“{PROSE}”) ", True),
        (f" {PROSE}", False),
        ("x" * 30 + ".", True),
        ("x" * 29 + ".", False),
        ("行" * 10 + "。", True),
        ("行" * 9 + "x" * 2 + "：", False),
        ("हिन्दी भाषा में एक वाक्य लिखा जाता है जो काफी लम्बा होना चाहिए।", True),
        ("x" * 35 + "{" * 14 + ".", True),
        ("x" * 35 + "{" * 15 + ".", False),
        ("", False),
        ("”", False),
    ],
)
def test_lines_of_prose(line: str, prose: bool) -> None:
    """A line of prose is none of code, whatever it quotes, and they weigh against each other."""
    assert reference.is_prose(line) == prose
    code = "x = 1;"
    filled = len(line.strip()) + len(code)
    measured = measure("composition", f"{line}\n{code}")
    if prose:
        assert measured["code_excess"] == np.float32((len(code) - len(line.strip())) / filled)
    else:
        assert measured["code_excess"] >= np.float32(len(code) / filled)


def test_code_excess_is_a_share_of_characters() -> None:
    """Four short lines of code above a paragraph are most of the lines, and little of the text."""
    text = "\n".join(["x = 1;"] * 4 + [f"{PROSE} " * 4])
    measured = measure("composition", text)
    assert measured["code_line_ratio"] == np.float32(0.8)
    assert measured["code_excess"] == np.float32((24 - 179) / (24 + 179))


@pytest.mark.parametrize(
    "text",
    [
        "café été naïve",
        "« L'été », dit-il. À 5 °C",
        "¿Qué? ¡No!",
        "50 € – 60 £",
        "«\u00a0été\u00a0»",
        "CAFÉ\u00a0: ÉTÉ\u0085",
    ],
)
def test_clean_accents_are_not_damage_and_their_mojibake_is(text: str) -> None:
    assert measure("encoding_damage", text)["mojibake_ratio"] == 0
    damaged = text.encode().decode("cp1252", errors="ignore")
    assert measure("encoding_damage", damaged)["mojibake_ratio"] > 0


def test_repetition_compresses_and_short_text_does_not() -> None:
    assert measure("compression", "word " * 1000)["compression_ratio"] < 0.05
    assert measure("compression", "abc")["compression_ratio"] == pytest.approx(4 / 3)


def test_the_compressed_size_is_near_that_of_lz4() -> None:
    text = " ".join(HARD_TEXTS[name] for name in ("Chinese", "Yoruba", "2,000 words"))[:2000]
    codec = pa.Codec("lz4_raw")
    assert reference.block_size(text.encode()) == pytest.approx(len(codec.compress(text.encode())), rel=0.05)


def test_50_megabytes_of_one_character_are_measured_in_pieces() -> None:
    pieces = -(-50_000_000 // MAX_PIECE_BYTES)
    text = pa.array(["x" * 50_000_000], pa.large_string())
    langs = pa.array(["en"])
    batch = document_batch(text)
    with text_counts.sharing(batch, langs=langs, groups=base.groups(base.default_signals())):
        rows = {
            name: base.load_signals(name).measure(batch, langs=langs, options=None).to_pylist()[0]
            for name in base.default_signals()
        }
    assert (rows["roots"]["chars"], rows["roots"]["words"]) == (50_000_000, pieces)
    assert rows["roots"]["character_repetition_ratio_head"] == 1
    assert rows["gopher_quality"]["gopher_mean_word_length"] == pytest.approx(50_000_000 / pieces)
    assert rows["gopher_repetition"]["top_2_gram_characters_ratio"] == 0
    assert rows["fineweb"]["short_line_ratio"] == 0
    assert rows["c4"]["c4_kept_line_ratio"] == 0
    assert rows["composition"]["sentences"] == pieces
    assert rows["compression"]["compression_ratio"] < 0.02
    assert set(rows["encoding_damage"].values()) == {0}


def test_an_unpaired_surrogate_never_becomes_text() -> None:
    with pytest.raises(UnicodeEncodeError):
        pa.array(["a\ud800b"], pa.large_string())
