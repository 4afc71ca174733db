"""Damage counted by the kernel equals a slow reference, and is found in what damage makes of clean text."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.damage import count_damage
from filters.kernels.damage import CARRIERS, CHARS, MARKUP_CHARS
from filters.signals.source_damage import SCHEMA
from tests.hard_texts import HARD_TEXTS
from tests.kernels import reference_damage as reference

KINDS = [name.removeprefix("damage_") for name in SCHEMA.names[1:]]
PIECES = (
    *(
        "a",
        "B",
        "é",
        "É",
        "क",
        "ع",
        "中",
        "ẹ",
        " ",
        "\n",
        "\r\n",
        "-",
        "\u2010",
        "\u00ad",
        "¬",
        ".",
        ":",
        "\t",
        "1",
    ),
    *(
        "&",
        "amp",
        ";",
        "#",
        "x",
        "&lt;",
        "&#233;",
        "&#x1F;",
        "<",
        "/",
        ">",
        "p",
        "<b>",
        "</span>",
        "<!--",
        "-->",
    ),
    *(
        "<!",
        "doctype",
        "<br ",
        "h1",
        "Ã©",
        "â€™",
        "Ã",
        "\u00a0",
        "»",
        "\ufffd",
        "ﬁ",
        "ﻻ",
        "ﷺ",
        "\ufbb3",
        "\ufbfe",
    ),
    *(
        "\ufeff",
        "\ufe0f",
        "\U000e0101",
        "\U000e0041",
        "\U000e007f",
        "\U0001f3f4",
        "CAPITAL LETTERS ",
        "word ",
    ),
)
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=40).map("".join)


def count(*values: str) -> list[dict[str, int]]:
    counts = count_damage(pa.array(values, pa.large_string()))
    assert counts[CHARS].tolist() == [len(value) for value in values]
    names = [*KINDS, "markup_chars", "carriers"]
    rows = [*counts[: len(KINDS)], counts[MARKUP_CHARS], counts[CARRIERS]]
    return [
        dict(zip(names, column, strict=True)) for column in zip(*(row.tolist() for row in rows), strict=True)
    ]


@pytest.mark.parametrize("name", HARD_TEXTS)
def test_hard_texts_equal_the_reference(name: str) -> None:
    assert count(HARD_TEXTS[name]) == [reference.count_damage(HARD_TEXTS[name])]


@settings(max_examples=600, deadline=None)
@given(st.lists(texts, max_size=4))
def test_any_texts_equal_the_reference(values: list[str]) -> None:
    assert count(*values) == [reference.count_damage(value) for value in values]


PROSE = "Une phrase qui dit quelque chose, et puis une autre. " * 3
CASES = {
    "clean": (PROSE + "L’œuvre «À demi», C.N.R.S.\nUn titre - et une liste -\n", {}),
    "letters of capitals only": ("LE CAFÉ» ET L'ÉTÉ… FIN.", {}),
    "one apostrophe": (PROSE + "lâ€™eau.", {"mojibake": 1}),
    "lost characters": (PROSE + "l\ufffdeau \ufffd\ufffd.", {"replacements": 3}),
    "entities": (PROSE + "l&rsquo;eau &#8217; &#x2019; AT&T; R&D.", {"entities": 3, "markup_chars": 22}),
    "tags": (
        "<p class='x'>" + PROSE + "</p><!-- a <b> --><br/> <name> a <b and c.",
        {"tags": 4, "markup_chars": 36},
    ),
    "a word cut at the end of a line": (f"{PROSE} exem-\nple, a hu-  \n  mani-\r\ndade.", {"hyphens": 3}),
    "a name cut at the end of a line": (f"{PROSE}, Jean-\nPaul a dit -\noui, 1990-\n2000.", {}),
    "ligatures": ("ﬁn de l’aﬀaire. ﷺ \ufbb3 ﻋﺮﺑﻲ.", {"ligatures": 6}),
    "a frame": (
        "Home\nNews\nSkip\nLog in\n" + PROSE + "\nShare\n\nImprint\nContact\n",
        {"frame_lines": 2 + 2},
    ),
    "a title and a signature": ("Le titre\nun sous-titre\n\n" + PROSE + "\n\nL’auteur\n", {}),
    "a list of short lines": ("\n".join(["ligne"] * 30), {"frame_lines": 10 + 11}),
    "capitals": ("LE TEXTE EST TOUT EN CAPITALES, SANS RAISON.", {"capitals": 35 // 8}),
    "the longest run of capitals that is none": ("A" * 23 + "b" + "A" * 23 + "b.", {}),
    "the shortest run of capitals": ("A" * 24 + "b.", {"capitals": 3}),
    "acronyms among other letters": ("नाटो NATO और UNESCO, यूनिसेफ UNICEF, WHO, FAO, ILO, IMF.", {}),
    "a flag and an emoji": ("🏴\U000e0067\U000e0062\U000e007f ❤\ufe0f 葛\U000e0100.", {}),
    "carriers": ("a\ufeff\ufe00\ufe01 b\ufe0f\ufe0f c\U000e0061\U000e0062.", {"carriers": 3}),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_damage_and_what_is_not(case: str) -> None:
    text, expected = CASES[case]
    assert {name: number for name, number in count(text)[0].items() if number} == expected
