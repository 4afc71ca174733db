"""What is taken out of a page before it is parsed, and where the tags stand that are read from its text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree

from sources.reading.html.tags import holds, read_page


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<p>a<script>b</script>c", "<p>a<script></script>c"),
        ('<SCRIPT type="x>y">b</Script >c', '<SCRIPT type="x>y">b</Script >c'),  # its tag may end in a value
        ("<script src=x>a<b</script>c", "<script src=x></script>c"),
        ("<style>p{}</style><style></style>", "<style></style><style></style>"),
        ("<script>a</style>b</script>c", "<script></script>c"),
        ("<script><!-- a --></script>b<!-- c -->", "<script></script>b<!-- c -->"),
        ("<!-- <script> -->a<script>b</script>", "<!-- <script> -->a<script></script>"),
        ("<!-- <script>a</script> -->b", "<!-- <script>a</script> -->b"),
        ("<p title='<script>'>a</p><script>b</script>", "<p title='<script>'>a</p><script>b</script>"),
        ("<p <script>>a</script>", "<p <script>>a</script>"),
        ("<script><style></script></style>a", "<script></script></style>a"),
        ("<script>a", "<script>a"),
        ("a</script>b", "a</script>b"),
        ("<scripts>a</scripts>", "<scripts>a</scripts>"),
        ("<!-- <script>a</script>", "<!-- <script>a</script>"),
        ("", ""),
        ("<ul", "<ul"),
    ],
)
def test_what_is_in_scripts_and_styles_is_taken_out(html: str, left: str) -> None:
    assert read_page(html.encode()).html.decode() == left


def test_data_for_machines_is_kept_and_places_are_those_of_what_is_left() -> None:
    html = (
        b'<head><script type="application/ld+json">{"a": "</b>"}</script><meta a><!-- <meta b> -->'
        b"<script>x</script><META c></head><!-- <ul> --><meta d><ul>e<UL></ul>"
    )
    page = read_page(html)
    assert page.json_ld == [b'{"a": "</b>"}']
    assert [page.html[place : place + 7] for place in page.metas] == [b"<meta a", b"<META c"]
    assert [page.html[place : place + 4] for place in page.lists] == [b"<ul>", b"<UL>"]


PIECES = (
    "<script>|<script src='a'>|</script>|<style>|</style >|<!--|-->|x<y|<p>word|</p>|<ul>|</ul>|'|é|<|<scri"
)


@given(st.lists(st.sampled_from(PIECES.split("|")), max_size=30).map("".join))
def test_no_word_outside_of_scripts_is_lost(html: str) -> None:
    left = read_page(html.encode()).html.decode()
    assert extract_plain_text(HTMLTree.parse(left)) == extract_plain_text(HTMLTree.parse(html))


@given(
    st.text("licens ", max_size=40), st.sampled_from(["license", "licenses"]), st.text("e\xe9", max_size=9)
)
def test_a_word_is_seen_wherever_it_stands(before: str, word: str, after: str) -> None:
    html = (before + word + after).encode()
    assert holds(html, word.encode())
    assert holds(before.encode(), word.encode()) == (word in before)
