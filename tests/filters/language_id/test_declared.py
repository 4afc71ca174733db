"""What the source's word weighs: less text is needed in the declared language, never less than in another."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from filters.language_id import IdentifyOptions, canonical_tag, identify, load_model

MODEL = load_model("lid.roots")
ENGLISH = "The committee will meet again next week to discuss the results of the survey."
FRENCH = "Le comité se réunira la semaine prochaine et examinera les résultats."
SWAHILI = "Kamati itakutana tena wiki ijayo ili kujadili matokeo ya uchunguzi huo."
CODE = (
    'Dim sText As String\nsText = Trim("  " & sName(1) & "  ")\nIf sText <> "" Then sOut = sOut + "[" + sText'
)
MENU = (
    "Choose Format - Rows - Hide\nChoose Format - Columns - Hide\nMsgBox Function\nInStr Function\n"
    "Left Function\nChoose View - Rulers\nTools - Options - Paths\nOpenStream Function\n"
    "Enum Statement\nGetAttr Function"
)
MANUAL = "The function returns the place of a text within another text, or zero where it is not found."
Row = dict[str, object]


def identified(text: str, declared: str | None, **options: float) -> Row:
    """The row of a document, which neither the rest of a batch nor its place there changes."""
    texts, codes = [text, SWAHILI, text], [declared, None, declared]
    batch = identify(
        pa.array(texts, pa.large_string()),
        declared=pa.array(codes, pa.string()),
        model=MODEL,
        options=IdentifyOptions(**options),  # type: ignore[arg-type]
    )
    first, _, last = batch.to_pylist()
    assert first == last
    return dict(first)


def outcome(text: str, declared: str | None, **options: float) -> tuple[object, object, object]:
    row = identified(text, declared, **options)
    return row["lang"], row["lang_status"], row["lang_agrees"]


SHORT_HALVES = f"{ENGLISH}\n{FRENCH}\n" * 3
LONG_HALVES = f"{ENGLISH}\n{FRENCH}\n" * 80
"""Sampled, found to be in two languages, and read anew."""


@pytest.mark.parametrize("halves", [SHORT_HALVES, LONG_HALVES])
def test_the_larger_of_two_halves_is_believed_where_it_is_declared(halves: str) -> None:
    assert outcome(halves, None) == ("mul", "mixed", None)
    assert outcome(halves, "en") == ("en", "mixed", True)
    assert outcome(halves, "fr") == ("mul", "mixed", False)
    assert outcome(halves, "sw") == ("mul", "mixed", False)
    assert 0.5 <= identified(halves, "en")["lang_share"] < 0.58  # type: ignore[operator]


THIRDS = f"{ENGLISH}\n{FRENCH}\n{SWAHILI}\n" * 3


def test_a_declared_language_needs_a_least_share_of_what_is_in_languages() -> None:
    share = identified(THIRDS, "en", min_declared_majority_share=0.0)["lang_share"]
    assert isinstance(share, float)
    assert share < IdentifyOptions().min_declared_majority_share
    assert outcome(THIRDS, "en") == ("mul", "mixed", False)
    assert outcome(THIRDS, "en", min_declared_majority_share=share - 1e-6)[0] == "en"
    assert outcome(THIRDS, "en", min_declared_majority_share=share + 1e-6)[0] == "mul"


HELP = f"{MANUAL}\n{MENU}\n{MENU}\n{MANUAL}\n{MENU}"


def test_a_page_about_program_text_is_in_the_language_that_it_is_declared_in() -> None:
    assert outcome(HELP, None) == ("und", "noise", None)
    assert outcome(HELP, "fr") == ("und", "noise", None)
    assert outcome(HELP, "en", min_declared_share=0.2) == ("en", "mixed", True)


def test_the_least_share_beside_text_in_no_language_is_inclusive() -> None:
    share = identified(HELP, "en", min_declared_share=0.0)["lang_share"]
    assert isinstance(share, float)
    assert 0 < share < 0.5
    assert outcome(HELP, "en", min_declared_share=share - 1e-6) == ("en", "mixed", True)
    assert outcome(HELP, "en", min_declared_share=share + 1e-6) == ("und", "noise", None)


@pytest.mark.parametrize("times", [1, 3])
def test_program_text_stays_in_no_language_whatever_it_is_declared(times: int) -> None:
    text = f"{ENGLISH}\n{CODE}\n{CODE}\n{CODE}\n" * times
    assert outcome(text, None) == ("und", "noise", None)
    assert outcome(text, "en") == ("und", "noise", None)
    assert outcome(text, "en", max_declared_code_share=1.0, min_declared_share=0.2) == ("en", "mixed", True)


def test_the_most_code_is_inclusive() -> None:
    text = "\n".join([ENGLISH, CODE, CODE, ENGLISH, CODE])
    (share,) = (
        part["share"]
        for part in identified(text, "en", max_declared_code_share=1.0)["lang_segments"]  # type: ignore[attr-defined]
        if part["lang"] == "und"
    )
    prose = {"min_prose_share": 0.99}
    assert outcome(text, "en", max_declared_code_share=share + 1e-6, **prose)[0] == "en"
    assert outcome(text, "en", max_declared_code_share=share - 1e-6, **prose)[0] == "und"


EXAMPLES = "\n".join([ENGLISH, CODE, MANUAL, CODE, CODE, CODE, ENGLISH])
"""Prose with examples: most of the letters are program text, which is in no language."""


def test_prose_with_examples_is_in_its_declared_language() -> None:
    letters = [sum(map(str.isalpha, text)) for text in (ENGLISH, MANUAL, CODE)]
    share = (2 * letters[0] + letters[1]) / (2 * letters[0] + letters[1] + 4 * letters[2])
    assert outcome(EXAMPLES, None) == ("und", "noise", None)
    assert outcome(EXAMPLES, "fr") == ("und", "noise", None)
    assert outcome(EXAMPLES, "en") == ("en", "mixed", True)
    assert outcome(EXAMPLES, "en", min_prose_share=share) == ("en", "mixed", True)
    assert outcome(EXAMPLES, "en", min_prose_share=share + 1e-9) == ("und", "noise", None)
    found = identified(EXAMPLES, "en")["lang_share"]
    assert isinstance(found, float)
    assert outcome(EXAMPLES, "en", min_prose_declared_share=found - 1e-6)[0] == "en"
    assert outcome(EXAMPLES, "en", min_prose_declared_share=found + 1e-6)[0] == "und"


PASSAGES = [ENGLISH, ENGLISH, FRENCH, FRENCH, FRENCH, ENGLISH, FRENCH, ENGLISH]
"""Half of a page was translated, in passages."""


@pytest.mark.parametrize(
    "page", ["\n".join(PASSAGES), "\n".join(each for each in PASSAGES * 3 for _ in range(6))]
)
def test_the_smaller_half_is_believed_in_a_page_with_passages_left_untranslated(page: str) -> None:
    assert outcome(page, None) == ("mul", "mixed", None)
    assert outcome(page, "sw") == ("mul", "mixed", False)
    row = identified(page, "fr")
    assert (row["lang"], row["lang_status"], row["lang_agrees"]) == ("fr", "mixed", True)
    parts: list[dict[str, Any]] = row["lang_segments"]  # type: ignore[assignment]
    (share,) = (part["share"] for part in parts if part["lang"] == "fr")
    assert row["lang_share"] == share < 0.5
    assert outcome(page, "fr", min_interspersed_share=share - 1e-6)[0] == "fr"
    assert outcome(page, "fr", min_interspersed_share=share + 1e-6)[0] == "mul"


@pytest.mark.parametrize("times", [4, 80])
def test_a_text_beside_its_translation_is_not_in_the_smaller_of_its_languages(times: int) -> None:
    one_after_the_other = "\n".join([ENGLISH] * times + [FRENCH] * times)
    line_by_line = "\n".join([ENGLISH, FRENCH] * times)
    assert outcome(one_after_the_other, "fr") == ("mul", "mixed", False)
    assert outcome(line_by_line, "fr") == ("mul", "mixed", False)


SENTENCES = [
    ENGLISH,
    FRENCH,
    SWAHILI,
    CODE,
    MENU,
    MANUAL,
    "",
    "人人有权享有生命、自由和人身安全。",
    "لكل فرد الحق في الحياة",
]


@settings(max_examples=80, deadline=None)
@example([(ENGLISH, 1), (FRENCH, 4), (SWAHILI, 3), (MENU, 4)], "fr")
@given(
    st.lists(st.tuples(st.sampled_from(SENTENCES), st.integers(1, 30)), max_size=6),
    st.sampled_from(["en", "fr", "sw", "zh-Hans", "ar", "wo", "tw"]),
)
def test_a_declaration_changes_a_language_to_itself_only(parts: list[tuple[str, int]], declared: str) -> None:
    text = "\n".join(sentence for sentence, count in parts for _ in range(count))
    alone, believed = identified(text, None), identified(text, declared)
    assert believed["lang"] in (alone["lang"], canonical_tag(declared))
    if believed["lang"] != alone["lang"] and alone["lang_status"] in ("mixed", "noise"):
        assert alone["lang"] in ("mul", "und")
        assert believed["lang_status"] == "mixed"
        parts_found: list[dict[str, Any]] = believed["lang_segments"]  # type: ignore[assignment]
        shares = {part["lang"]: part["share"] for part in parts_found if part["lang"] != "und"}
        assert shares[believed["lang"]] >= np.float32(0.1)
        least = 1 if alone["lang"] == "und" else IdentifyOptions().min_interspersed_share
        assert shares[believed["lang"]] >= np.float32(least - 1e-6) * min(
            max(shares.values()), sum(shares.values())
        )
