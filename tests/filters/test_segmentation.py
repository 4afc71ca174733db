"""What a word and a sentence are, in every language file and in other scripts."""

import pyarrow as pa
import pytest

from filters import base, languages
from tests.hard_texts import document_batch

MARKS = {
    "Latn": ".!?…",
    "Deva": "।॥?!",
    "Beng": "।॥?!",
    "Guru": "।॥?!",
    "Orya": "।॥?!",
    "Gujr": ".।?!",
    "Taml": ".?!",
    "Telu": ".?!",
    "Knda": ".?!",
    "Mlym": ".?!",
    "Arab": "۔؟.!",
    "Hani": "。？！.",
}
"""Marks that end sentences in the scripts of the 46 languages; the ellipsis does not, in any."""
OTHERS = {
    "am": ("ሰላም ነው", "።፧፨"),
    "hy": ("Բարեւ ձեզ", "։"),
    "km": ("សួស្តី អ្នក", "។៕"),
    "my": ("မင်္ဂလာ ပါ", "။"),
    "sd": ("سلام آهي", "۔؟"),
    "syr": ("ܫܠܡܐ ܥܠܝܟ", "܀"),
    "sat": ("ᱡᱚᱦᱟᱨ ᱡᱚᱦᱟᱨ", "᱾᱿"),
    "mni": ("ꯈꯨꯔꯨꯝ ꯈꯨꯔꯨꯝ", "꯫"),
    "ja": ("今日は", "。？！"),
}
"""Two words and the marks of languages and scripts outside the 46."""
WITHOUT_MARKS = {"bo": "བཀྲ་ཤིས། བདེ་ལེགས།", "th": "สวัสดี ครับ", "lo": "ສະບາຍດີ ເດີ"}


def measure(name: str, text: str, *, tag: str | None) -> dict[str, object]:
    batch = document_batch(pa.array([text], pa.large_string()))
    measured = base.load_signals(name).measure(batch, langs=pa.array([tag], pa.string()), options=None)
    return dict(measured.to_pylist()[0])


def split(text: str) -> list[str]:
    edited = base.load_edit("sentence_per_line").edit(
        pa.array([text], pa.large_string()), langs=pa.array([None], pa.string())
    )
    return str(edited[0]).split("\n")


@pytest.mark.parametrize("tag", languages.TAGS)
def test_every_language_has_its_sentence_marks(tag: str) -> None:
    language = languages.load(tag)
    words = " ".join(language.stop_words[:3])
    for mark in MARKS[language.scripts[0]].replace("…", ""):
        sentences = [f"{words}{mark}"] * 3
        text = " ".join(sentences)
        assert measure("composition", text, tag=tag)["sentences"] == 3, mark
        assert split(text) == sentences, mark


def test_an_ellipsis_ends_no_sentence() -> None:
    assert measure("composition", "Well… no. Yes.", tag="en")["sentences"] == 2


@pytest.mark.parametrize("tag", OTHERS)
def test_other_scripts_have_theirs(tag: str) -> None:
    words, marks = OTHERS[tag]
    for mark in marks:
        text = f"{words}{mark} {words}{mark}"
        assert measure("composition", text, tag=None)["sentences"] == 2, mark
        assert split(text) == [f"{words}{mark}"] * 2, mark


@pytest.mark.parametrize("tag", WITHOUT_MARKS)
def test_scripts_without_marks_are_one_sentence(tag: str) -> None:
    assert measure("composition", WITHOUT_MARKS[tag], tag=None)["sentences"] == 1
    assert measure("roots", WITHOUT_MARKS[tag], tag=None)["words"] == 2


@pytest.mark.parametrize("tag", languages.TAGS)
def test_a_word_is_what_the_file_says(tag: str) -> None:
    expected = {"whitespace": 3, "characters": 7}  # four characters, three runs; digits alone are no word
    text = {"whitespace": "aa-bb, cc\u00a0ǆ", "characters": "今天天气3，ab-cd e"}
    policy = languages.load(tag).segmentation
    assert measure("roots", text[policy], tag=tag)["words"] == expected[policy]


@pytest.mark.parametrize("word", ["می\u200cخواهم", "क्\u200dष", "ന്\u200d", "శ్రీ\u200cరామ్"])
def test_a_joiner_is_part_of_a_word(word: str) -> None:
    signals = measure("roots", f"{word} {word}", tag=None)
    assert (signals["words"], signals["max_word_length"]) == (2, len(word.rstrip("\u200d")))


def test_vietnamese_words_are_syllables_and_compounds_are_hits() -> None:
    assert "bởi vì" in languages.load("vi").stop_words
    signals = measure("roots", "xyz bởi vì", tag="vi")
    assert signals["words"] == 3
    hits = {word for word in ("bởi", "vì", "bởi vì") if word in languages.load("vi").stop_words}
    assert signals["stop_words_ratio"] == pytest.approx(min(len(hits) / 3, 1))
