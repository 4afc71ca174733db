"""What is identified, what stays the source's word, and what cannot be told."""

from pathlib import Path

import fasttext
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.language_id import LANGUAGE, IdentifyOptions, identify, load_model

MODEL = load_model("lid.176")
ENGLISH = (
    "Everyone has the right to life, liberty and security of person, and no one shall be held in slavery."
)
ARABIC = "لكل فرد الحق في الحياة والحرية وفي الأمان على شخصه ولا يجوز استرقاق أحد أو استعباده"
HINDI = "प्रत्येक व्यक्ति को जीवन, स्वाधीनता और वैयक्तिक सुरक्षा का अधिकार है"
SIMPLIFIED = "人人有权享有生命、自由和人身安全。任何人不得使为奴隶或奴役;"
TRADITIONAL = "人人有權享有生命、自由和人身安全。任何人不得使為奴隸或奴役;"
NEUTRAL = "我的家有大花和小花,你和我一同去看山水"  # the same in both orthographies
ZULU = "Wonke umuntu unelungelo lokuphila, inkululeko kanye nokuphepha komuntu."
YORUBA = "Ẹnì kọ̀ọ̀kan ló ní ẹ̀tọ́ láti wà láàyè, ẹ̀tọ́ sí òmìnira àti ààbò ara rẹ̀."


def identified(text: str, declared: str | None = None, **options: float) -> dict[str, object]:
    batch = identify(
        pa.array([text], pa.large_string()),
        declared=pa.array([declared], pa.string()),
        model=MODEL,
        options=IdentifyOptions(**options),  # type: ignore[arg-type]
    )
    (row,) = batch.to_pylist()
    return dict(row)


def outcome(text: str, declared: str | None = None, **options: float) -> tuple[object, object, object]:
    row = identified(text, declared, **options)
    return row["lang"], row["lang_status"], row["lang_agrees"]


@pytest.mark.parametrize(
    ("text", "declared", "expected"),
    [
        (ENGLISH, None, ("en", "confident", None)),
        (ENGLISH, "en", ("en", "confident", True)),
        (ENGLISH, "eng_Latn", ("en", "confident", True)),
        (ENGLISH, "fr", ("en", "confident", False)),
        (ENGLISH, "no such language", ("en", "confident", None)),
        (ARABIC, "ar", ("ar", "confident", True)),
        (HINDI, "hi", ("hi", "confident", True)),
    ],
)
def test_a_language_that_the_model_names_is_identified(
    text: str, declared: str | None, expected: tuple[object, ...]
) -> None:
    assert outcome(text, declared) == expected


@pytest.mark.parametrize(
    ("text", "declared", "expected"),
    [
        (SIMPLIFIED, None, ("zh-Hans", "confident", None)),
        (TRADITIONAL, None, ("zh-Hant", "confident", None)),
        (SIMPLIFIED, "zh-TW", ("zh-Hans", "confident", False)),
        (TRADITIONAL, "zht", ("zh-Hant", "confident", True)),
        (TRADITIONAL, "zh", ("zh-Hant", "confident", True)),
        (NEUTRAL, "zh-Hant", ("zh-Hant", "confident", True)),
        (NEUTRAL, "zh-Hans", ("zh-Hans", "confident", True)),
        (NEUTRAL, None, ("zh-Hans", "confident", None)),
    ],
)
def test_characters_decide_between_the_chinese_orthographies(
    text: str, declared: str | None, expected: tuple[object, ...]
) -> None:
    assert outcome(text, declared) == expected


def test_a_language_that_the_model_cannot_name_stays_declared() -> None:
    row = identified(ZULU, "zul_Latn")
    assert (row["lang"], row["lang_status"]) == ("zu", "declared_unverified")
    assert (row["lang_score"], row["lang_agrees"]) == (None, None)
    assert row["lang_candidates"]  # what the model thought is kept


def test_a_language_outside_the_46_that_the_model_cannot_name_stays_declared() -> None:
    assert outcome("Kowane mutum yana da hakkin rayuwa da 'yanci", "hau") == (
        "ha",
        "declared_unverified",
        None,
    )


def test_a_language_that_the_model_rarely_recognises_stays_declared() -> None:
    assert outcome(YORUBA, "yo")[:2] in {("yo", "declared_unverified"), ("yo", "confident")}
    assert outcome(ENGLISH, "yo", override_score=0.9) == ("en", "confident", False)


def test_the_model_overrides_from_the_score_on() -> None:
    score = identified(ENGLISH)["lang_score"]
    assert isinstance(score, float)
    assert outcome(ENGLISH, "zu", override_score=score) == ("en", "confident", False)
    assert outcome(ENGLISH, "zu", override_score=score + 1e-4) == ("zu", "declared_unverified", None)


def test_a_declared_language_in_another_script_is_not_believed() -> None:
    assert outcome(ARABIC, "zu", override_score=2) == ("ar", "confident", False)


def test_a_language_fits_from_the_share_of_letters_on() -> None:
    text = "абвгдежз" + "ab"  # 2 of 10 letters are Latin
    assert outcome(text, "zu", min_script_share=0.2, override_score=2)[:2] == ("zu", "declared_unverified")
    assert outcome(text, "zu", min_script_share=0.21, override_score=2)[0] != "zu"


def test_candidates_whose_script_is_not_there_are_left_out() -> None:
    for candidate in identified("абвгде жзийкл", min_candidate_score=0.0001)["lang_candidates"]:  # type: ignore[attr-defined]
        assert candidate["lang"] not in {"en", "fr", "ar", "hi", "zh-Hans", "zh-Hant"}


def test_candidates_are_ranked_rounded_and_bounded() -> None:
    candidates = identified(ZULU, min_candidate_score=0.001)["lang_candidates"]
    assert isinstance(candidates, list)
    scores = [candidate["score"] for candidate in candidates]
    assert len(scores) == 5
    assert scores == sorted(scores, reverse=True)
    assert [pa.scalar(round(score, 4), pa.float32()).as_py() for score in scores] == scores
    assert len(identified(ZULU, min_candidate_score=0.001, max_candidates=2)["lang_candidates"]) == 2  # type: ignore[arg-type]
    assert all(c["score"] >= 0.01 for c in identified(ZULU)["lang_candidates"])  # type: ignore[attr-defined]


def test_what_a_model_takes_for_no_language_is_undetermined(tmp_path: Path) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("__label__eng_Latn the root\n__label__zxx_Zyyy lorem ipsum\n" * 50, "utf-8")
    path = tmp_path / "model.bin"
    fasttext.train_supervised(str(lines), dim=4, epoch=20, lr=1.0, verbose=0, thread=1).save_model(str(path))
    texts, declared = (
        pa.array(["the root", "lorem ipsum", "lorem ipsum"], pa.large_string()),
        ["en", "en", "zu"],
    )
    rows = identify(texts, declared=pa.array(declared), model=load_model(str(path))).to_pylist()
    assert [row["lang"] for row in rows] == ["en", "und", "und"]
    assert [row["lang_status"] for row in rows] == ["confident", "noise", "noise"]
    assert [row["lang_score"] is None for row in rows] == [False, True, True]
    assert rows[1]["lang_candidates"][0]["lang"] == "und"


def test_labels_of_one_language_are_added(tmp_path: Path) -> None:
    lines = tmp_path / "lines.txt"
    examples = {
        "en": "the root",
        "eng_Latn": "the soil",
        "cmn": "人人生而",
        "zho_Hans": "自由平等",
        "fr": "la racine",
    }
    lines.write_text("".join(f"__label__{label} {text}\n" for label, text in examples.items()) * 20, "utf-8")
    path = tmp_path / "model.bin"
    fasttext.train_supervised(str(lines), dim=4, epoch=1, minn=1, maxn=1, bucket=50, verbose=0).save_model(
        str(path)
    )
    model = load_model(str(path))
    text, declared = pa.array(["the root 人人自由"], pa.large_string()), pa.array(["en"])
    (row,) = identify(text, declared=declared, model=model).to_pylist()
    predictions = model.predict(text, min_score=0.01)
    expected = dict.fromkeys(("en", "zh-Hans", "fr"), 0.0)
    for label, score in zip(predictions.labels, predictions.scores, strict=True):
        expected[model.tags[label].replace("zh-Hans", "zh").replace("zh", "zh-Hans")] += float(score)
    assert {c["lang"]: c["score"] for c in row["lang_candidates"]} == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("", "Zyyy"),
        (" \n\t", "Zyyy"),
        ("a", "Latn"),
        ("ab", "Latn"),
        ("漢", "Hani"),
        ("😀🎉👍🏽", "Zyyy"),
        ("\u0301\u0300\u093e", "Zyyy"),
        ("\ue000\ue001\U000f0000", "Zyyy"),
        ("\u200f\u202e\u2066\u2069", "Zyyy"),
        ("12345 67.8 ٣٤", "Zyyy"),
        ("\0\0\0", "Zyyy"),
    ],
)
@pytest.mark.parametrize("declared", [None, "en", "zu"])
def test_too_few_letters_are_undetermined(text: str, script: str, declared: str | None) -> None:
    assert identified(text, declared) == {
        "lang": "und",
        "lang_status": "undetermined",
        "lang_score": None,
        "lang_share": None,
        "lang_agrees": None,
        "script": script,
        "lang_segments": [],
        "lang_candidates": [],
    }


def test_min_letters_is_inclusive() -> None:
    letters = sum(character.isalpha() for character in ENGLISH)
    assert outcome(ENGLISH, min_letters=letters)[1] == "confident"
    assert outcome(ENGLISH, min_letters=letters + 1)[1] == "undetermined"


def test_ten_megabytes_in_one_line_are_identified() -> None:
    assert outcome((ENGLISH + " ") * 100_000, "en") == ("en", "confident", True)
    assert outcome("x" * 10_000_000)[1] in {"confident", "undetermined"}


def test_direction_marks_do_not_hide_the_language() -> None:
    assert outcome("\u202b\u200f" + ARABIC.replace(" ", " \u200f") + "\u202c")[0] == "ar"


def test_the_schema_is_explained() -> None:
    for field in LANGUAGE:
        assert len(field.metadata[b"meaning"]) > 10


HARD = [ENGLISH, "", ZULU, "漢", TRADITIONAL * 60, "😀", ARABIC + ENGLISH, "a\nb\nc", HINDI * 30, YORUBA]
DECLARED = ["en", None, "zu", "zh", "zh-Hant", "xx-invalid-", "zu", "zu", "mr", "yo"]


def test_rows_do_not_depend_on_batches_or_slices() -> None:
    texts, declared = pa.array(HARD, pa.large_string()), pa.array(DECLARED, pa.string())
    whole = identify(texts, declared=declared, model=MODEL)
    assert whole.schema.equals(LANGUAGE, check_metadata=True)
    whole.validate(full=True)
    for start in range(len(HARD)):
        for size in (1, 3):
            part = identify(texts.slice(start, size), declared=declared.slice(start, size), model=MODEL)
            assert part.to_pylist() == whole.slice(start, size).to_pylist()
    empty = identify(texts.slice(0, 0), declared=declared.slice(0, 0), model=MODEL)
    assert (empty.num_rows, empty.schema) == (0, LANGUAGE)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8"), max_size=200),
            st.sampled_from([None, "en", "zu", "zh", "yo", "ha", "garbage!"]),
        ),
        max_size=5,
    )
)
def test_any_text_has_a_defined_answer(rows: list[tuple[str, str | None]]) -> None:
    texts = pa.array([text for text, _ in rows], pa.large_string())
    declared = pa.array([code for _, code in rows], pa.string())
    batch = identify(texts, declared=declared, model=MODEL)
    batch.validate(full=True)
    for row, code in zip(batch.to_pylist(), declared.to_pylist(), strict=True):
        status, score = row["lang_status"], row["lang_score"]
        assert (row["lang"] == "und") == (status in ("undetermined", "noise"))
        assert (score is not None) == (status in {"confident", "mixed"})
        assert (row["lang_share"] is not None) == (score is not None)
        if status == "confident":
            assert row["lang_segments"][0] == {"lang": row["lang"], "share": row["lang_share"]}
            assert row["lang"] in {candidate["lang"] for candidate in row["lang_candidates"]}
            assert 0.1 <= score <= 1
        if status == "declared_unverified":
            assert row["lang"] == code
            assert code in {"zu", "yo", "ha"}
