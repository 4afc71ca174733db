"""The bundled model: what it is, that the kernel reads it as the library does, what it makes of hard text."""

import hashlib
import json
from pathlib import Path

import fasttext as library
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters import languages
from filters.language_id import DEFAULT_MODEL, VENDORED, Model, canonical_tag, identify, load_model
from filters.language_id.labels import EQUIVALENT
from filters.language_id.recipe import load_recipe
from filters.language_id.segments import plain_letters
from pipeline.language_id.card import read_card

ROOT = Path(__file__).parents[3]
MODEL = load_model(DEFAULT_MODEL)
FILE = ROOT / "filters" / "models" / VENDORED[DEFAULT_MODEL].file
FAMILIES = FILE.with_name(str(VENDORED[DEFAULT_MODEL].families))
ALONE = Model(FILE.read_bytes(), name="without families", path=FILE, labels=None)
REPORT = json.loads((ROOT / "data_cards" / "models" / f"{DEFAULT_MODEL}.json").read_text("utf-8"))
UDHR = [
    line.split("\t")
    for line in (ROOT / "tests" / "data" / "lid" / "udhr_article_1.tsv").read_text("utf-8").splitlines()
]


def test_the_file_is_small_and_the_one_that_was_measured() -> None:
    content = FILE.read_bytes() + FAMILIES.read_bytes()
    assert len(content) <= 8_000_000
    assert REPORT["model"] == {
        "name": DEFAULT_MODEL,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    assert REPORT["model"]["sha256"] == MODEL.digest


def test_the_card_is_that_of_the_report() -> None:
    card = (ROOT / "data_cards" / "models" / f"{DEFAULT_MODEL}.md").read_text("utf-8")
    assert read_card(str(ROOT / "data_cards" / "models" / f"{DEFAULT_MODEL}.json")) == card


def test_only_licensed_sources_were_used() -> None:
    used = {source for by_source in REPORT["lines"].values() for source in by_source}
    assert used == set(load_recipe().sources)


def test_every_target_is_named_and_hundreds_of_others() -> None:
    tags = set(MODEL.tags) | {"zh-Hans", "zh-Hant"}
    assert {EQUIVALENT.get(tag, tag) for tag in languages.TAGS} <= tags
    assert len(tags - set(languages.TAGS)) >= 400
    assert all(canonical_tag(tag) == tag for tag in MODEL.tags if tag != "und")


def test_every_class_has_a_limit_and_a_script() -> None:
    description = VENDORED[DEFAULT_MODEL]
    classes = (set(MODEL.tags) - {"zh", "und"}) | {"zh-Hans", "zh-Hant"}
    assert set(description.min_scores) == classes
    assert all(0.3 <= limit < 1 for limit in description.min_scores.values())
    assert set(description.scripts) == classes - set(languages.TAGS) - {"zh-Hans", "zh-Hant"}


def test_text_of_one_register_is_not_taken_by_a_class_that_has_no_other() -> None:
    """pmy knows the UDHR alone, in what is nearly Indonesian."""
    articles = [
        "Setiap orang berhak atas kehidupan, kebebasan dan keselamatan sebagai individu.",
        "Tidak seorang pun boleh diperbudak atau diperhambakan; perbudakan dan perdagangan budak dalam "
        "bentuk apa pun mesti dilarang.",
        "Setiap orang berhak atas pengakuan sebagai manusia pribadi di depan hukum di mana saja ia berada.",
        "Semua orang sama di depan hukum dan berhak atas perlindungan hukum yang sama tanpa diskriminasi.",
    ]
    texts = pa.array([*articles, "\n".join(articles)], pa.large_string())
    rows = identify(texts, declared=pa.nulls(len(texts), pa.string()), model=MODEL)
    named = [each["lang"] for row in rows.column("lang_candidates").to_pylist() for each in row]
    assert "pmy" not in named
    assert rows.column("lang")[-1].as_py() == "id"


TRANSLATED = {tag for code, _ in UDHR if (tag := canonical_tag(code)) in languages.TAGS}


def test_nearly_all_targets_have_an_article() -> None:
    assert set(languages.TAGS) - TRANSLATED == {"as", "ki", "ny", "or", "tum", "tw"}


@pytest.mark.parametrize("tag", sorted(TRANSLATED))
def test_each_target_is_recognised_in_an_article_of_the_declaration(tag: str) -> None:
    texts = [text for code, text in UDHR if canonical_tag(code) == tag and code != "vie_han"]
    rows = identify(
        pa.array(texts, pa.large_string()), declared=pa.nulls(len(texts), pa.string()), model=MODEL
    )
    assert set(rows["lang"].to_pylist()) == {tag}


def assert_equal_to_the_library(lines: list[str]) -> None:
    letters = plain_letters(pa.array(lines, pa.large_string()))
    predictions = ALONE.predict(letters, min_score=0.01)
    expected = library.load_model(str(FILE)).predict(letters.to_pylist(), k=-1, threshold=0.0)
    for i in range(len(lines)):
        rows = slice(predictions.offsets[i], predictions.offsets[i + 1])
        ours = {
            MODEL.labels[label]: score
            for label, score in zip(predictions.labels[rows], predictions.scores[rows], strict=True)
        }
        theirs = dict(zip(expected[0][i], expected[1][i], strict=True))
        likely = {label for label, score in theirs.items() if score >= 0.0102}
        assert likely <= set(ours)
        for label, score in ours.items():
            assert score == pytest.approx(theirs[label], abs=1e-4)
        if ours:
            best = max(theirs.values())
            assert theirs[next(iter(ours))] == pytest.approx(best, abs=1e-6)


def test_equal_to_the_library_on_532_translations() -> None:
    assert_equal_to_the_library([text for _, text in UDHR])


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_equal_to_the_library_on_any_text(text: str) -> None:
    assert_equal_to_the_library([text])


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"a",
        "😀🎉👍🏽".encode(),
        "\u0301\u0300\u093e".encode(),
        "\ue000\ue001\U000f0000".encode(),
        "\u200f\u202e\u2066\u2069".encode(),
        b"12345 67.8",
        b"\xff\xfe\x80\x80",
        b"\0\0\0",
        b"QmFzZTY0IGlzIG5vdCBhIGxhbmd1YWdlLCBqdXN0IGJ5dGVz" * 4,
        b"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" * 3,
        b"for (int i = 0; i < n; i++) { total += values[i] * weights[i]; } return total / n;",
        "Ð½Ñ\x83Ð¶Ð½Ð¾ Ð±Ð¾Ð»Ñ\x8cÑ\x88Ðµ Ð²Ñ\x80ÐµÐ¼ÐµÐ½Ð¸ Ð´Ð»Ñ\x8f Ñ\x8dÑ\x82Ð¾Ð¹".encode(),
        b"| 12.50 | 13.75 | 99.01 |\n| 44.10 | 0.25 | 17.33 |",
    ],
)
def test_what_is_no_language_is_undetermined(raw: bytes) -> None:
    offsets = np.array([0, len(raw)], np.int64)
    text = pa.LargeStringArray.from_buffers(1, pa.py_buffer(offsets), pa.py_buffer(raw))
    (row,) = identify(text, declared=pa.nulls(1, pa.string()), model=MODEL).to_pylist()
    assert (row["lang"], row["lang_score"]) == ("und", None)
    assert row["lang_status"] in ("noise", "short", "undetermined")


ENGLISH = "The committee will meet again next week to discuss the results of the survey. "
FRENCH = "Le comité se réunira de nouveau la semaine prochaine pour examiner les résultats. "
SWAHILI = "Kamati itakutana tena wiki ijayo ili kujadili matokeo ya uchunguzi huo. "


def outcome(text: str, declared: str | None = None) -> dict[str, object]:
    declarations = pa.array([declared], pa.string())
    (row,) = identify(pa.array([text], pa.large_string()), declared=declarations, model=MODEL).to_pylist()
    return dict(row)


@pytest.mark.parametrize("text", [ENGLISH * 3, FRENCH * 3, SWAHILI * 40])
def test_a_document_in_one_language_is_that(text: str) -> None:
    row = outcome(text)
    assert (row["lang_status"], row["lang_share"]) == ("confident", 1.0)
    assert row["lang_segments"] == [{"lang": row["lang"], "share": 1.0}]


def test_half_and_half_is_in_no_one_language_and_says_which() -> None:
    row = outcome(f"{ENGLISH}\n{FRENCH}\n" * 6)
    assert (row["lang"], row["lang_status"]) == ("mul", "mixed")
    assert {part["lang"] for part in row["lang_segments"]} == {"en", "fr"}  # type: ignore[attr-defined]


def test_a_third_in_another_language_is_marked_and_not_forced() -> None:
    row = outcome(f"{ENGLISH}\n{ENGLISH}\n{SWAHILI}\n" * 4)
    assert (row["lang"], row["lang_status"]) == ("en", "mixed")
    assert 0.6 <= row["lang_share"] < 0.8  # type: ignore[operator]


def test_a_tenth_in_another_language_is_listed() -> None:
    row = outcome(f"{ENGLISH}\n" * 9 + f"{FRENCH}\n")
    assert (row["lang"], row["lang_status"]) == ("en", "confident")
    assert [part["lang"] for part in row["lang_segments"]] == ["en", "fr"]  # type: ignore[attr-defined]


CODE = """Sub ExampleRLSet
Dim sVar As String
Dim sExpr As String
sVar = String(40,"*")
sExpr = "SBX"
REM Right-align "SBX" in a 40-character string
Print ">"; sVar; "<"
End Sub
"""


def test_program_text_beside_a_language_is_no_other_language() -> None:
    row = outcome(f"{ENGLISH}\n" * 6 + CODE * 2)
    assert (row["lang"], row["lang_status"]) == ("en", "confident")
    assert [part["lang"] for part in row["lang_segments"]] == ["en", "und"]  # type: ignore[attr-defined]
    mostly_code = outcome(ENGLISH + CODE * 3)
    assert (mostly_code["lang"], mostly_code["lang_status"]) == ("und", "noise")


@pytest.mark.parametrize("code", ["hin", "ben", "tam", "mal", "guj", "pan", "cmn_hans", "urd", "vie"])
def test_translations_side_by_side_have_half_of_a_document_each_in_any_script(code: str) -> None:
    texts = dict((each, text) for each, text in UDHR)
    row = outcome(f"{texts['eng']}\n{texts[code]}\n" * 3)
    assert (row["lang"], row["lang_status"]) == ("mul", "mixed")
    assert 0.4 <= row["lang_segments"][1]["share"] <= 0.5  # type: ignore[index]


TWI = next(text for code, text in UDHR if code == "aka_asante")


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (None, ("ak", None)),
        ("ak", ("ak", True)),
        ("tw", ("tw", True)),
        ("twi_Latn", ("tw", True)),
        ("ee", ("ak", False)),
    ],
)
def test_akan_and_twi_are_one_class_and_the_declared_name_stays(
    declared: str | None, expected: tuple[str, bool | None]
) -> None:
    row = outcome(TWI, declared)
    assert (row["lang"], row["lang_agrees"]) == expected


def limited(text: str, declared: str | None, *, limit: float) -> tuple[object, object, object]:
    """(lang, lang_status, lang_agrees) with another limit for English."""
    description = VENDORED[DEFAULT_MODEL].model_copy(update={"min_scores": {"en": limit}})
    model = Model(
        FILE.read_bytes(),
        name="strict",
        path=FILE,
        labels=None,
        description=description,
        families=FAMILIES.read_bytes(),
    )
    declarations = pa.array([declared], pa.string())
    (row,) = identify(pa.array([text], pa.large_string()), declared=declarations, model=model).to_pylist()
    return row["lang"], row["lang_status"], row["lang_agrees"]


def test_below_the_limit_only_a_language_that_its_source_declares_is_believed() -> None:
    score = outcome(ENGLISH)["lang_score"]
    assert isinstance(score, float)
    assert limited(ENGLISH, None, limit=score) == ("en", "confident", None)
    assert limited(ENGLISH, None, limit=score + 1e-4) == ("und", "undetermined", None)
    assert limited(ENGLISH, "en", limit=score + 1e-4) == ("en", "confident", True)
    assert limited(ENGLISH, "sw", limit=score + 1e-4) == ("und", "undetermined", None)
