"""Character references become characters, once and for all, in time proportional to the text."""

import html
import re
import unicodedata
from html.entities import html5

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.edits.unescape import edit, unescape

REFERENCE = re.compile("&(?:[A-Za-z][A-Za-z0-9]+|#[0-9]+|#[Xx][0-9A-Fa-f]+);")
PIECES = (
    "&",
    "#",
    ";",
    "amp",
    "am",
    "&amp;",
    "&#38;",
    "&#x26;",
    "lt",
    "&semi;",
    "&#59;",
    "&#112;",
    "3",
    "x",
    "é",
)


def resolve(found: re.Match[str]) -> str:
    name = found[0][1:]
    if len(found[0]) > 33 or (name[0] != "#" and name not in html5):
        return found[0]
    char = html.unescape(found[0])
    unfit = any(c not in "\t\n" and (unicodedata.category(c) in ("Cc", "Cs") or c == "\ufffd") for c in char)
    return found[0] if not char or unfit else char


def reference(text: str) -> str:
    """As often as anything changes."""
    while (better := REFERENCE.sub(resolve, text)) != text:
        text = better
    return text


@settings(max_examples=500)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=2), max_size=12).map("".join))
def test_any_text_equals_the_reference(text: str) -> None:
    assert unescape(text) == reference(text)


CASES = {
    "caf&eacute; &#233; &#xE9; &Eacute;": "café é é É",
    "a &lt;b&gt; &amp;amp;lt; c": "a <b> < c",
    "l&rsquo;eau&nbsp;!": "l’eau\u00a0!",
    "&#150; and &#x80;": "– and €",  # as HTML5 reads Windows-1252
    "AT&T; R&D; Q&A; & ; &;": "AT&T; R&D; Q&A; & ; &;",
    "&notit; &nosuchname; &copy": "&notit; &nosuchname; &copy",
    "&#0; &#xD800; &#x110000; &#7; &#65533;": "&#0; &#xD800; &#x110000; &#7; &#65533;",
    "&amp\n; &#\n38;": "&amp\n; &#\n38;",
}


@pytest.mark.parametrize("text", CASES)
def test_what_is_unescaped_and_what_is_not(text: str) -> None:
    texts = pa.array(["kept", text, "&kept"], pa.large_string())
    assert edit(texts, langs=pa.nulls(3, pa.string())).to_pylist() == ["kept", CASES[text], "&kept"]


@pytest.mark.parametrize("piece", ["&amp;", "&#38;", "&semi;", "&", ";", "&#3&#56;", "amp;"])
def test_a_long_text_takes_its_time_once(piece: str) -> None:
    """What is quadratic takes hours at this size."""
    assert unescape("&" + piece * 100_000 + "amp;") is not None
