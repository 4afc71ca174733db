"""A slim page is the page for all that is read of it: its tree but for what no rule looks at, its text."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from resiliparse.parse.html import HTMLTree, NodeType

from sources.reading.html.extraction import extract_page, extract_slim
from sources.reading.html.fast import extract_fast
from sources.reading.html.slim import MAX_PLACES, TWO_CANDIDATES, slim, unpack
from sources.reading.html.tags import Page
from sources.reading.mapping import BadRecord

READ = (
    *("hidden", "rel", "itemprop", "aria-hidden", "aria-expanded", "class", "id", "role"),
    *("data-ad", "data-advertisement", "data-text-ad"),
)
PIECES = (
    *(
        "<div class='a b'>",
        "</div>",
        "<p>",
        "</p>",
        "<ul>",
        "<li id=x data-y='z>'>",
        "</ul>",
        "a  b\n\n c",
        "é<",
    ),
    *(
        "<a href='u\"v' rel=license>",
        "</a>",
        '<a title="<p>" hidden>',
        "<br/>",
        "<img src=x/>",
        "<B>",
        "</b>",
    ),
    *(
        "<script>a<b</script>",
        "<script>",
        "</script>",
        "<script type='x'><!--<script>",
        "<!--",
        "-->",
        "--!>",
        "<!-->",
    ),
    *(
        "<style>p{}</style>",
        "<style>",
        "<svg>",
        "<svg/>",
        "</svg>",
        "<path d='M0 0'/>",
        "<title>",
        "</title>",
    ),
    *(
        "<textarea>",
        "</textarea>",
        "<pre>",
        "</pre>",
        "<select><option>",
        "</select>",
        "<![CDATA[",
        "]]>",
        "<!x>",
    ),
    *(
        "<table><tr><td>",
        "</table>",
        "<input type=hidden>",
        "<font color=x>",
        "<math><mi>",
        "<desc>",
        "<foreignObject>",
    ),
    *(
        "<body class=article-body>",
        "<head>",
        "</head>",
        "<meta name=author content=x>",
        "<template>",
        "<noscript>",
    ),
    *(
        "<p style='display: none'>",
        "<p class",
        "='",
        '"',
        "'",
        "=",
        "/",
        ">",
        "<",
        "</",
        "<?x?>",
        "\t",
        "\f",
        "\v",
    ),
    *(
        "<h2>t</h2>",
        "<footer>",
        "<nav>",
        "<p role=main>",
        "<iframe>",
        "</iframe>",
        "<xmp>",
        "<plaintext>",
        "<frameset>",
    ),
    *(
        "<article class='main-content'>",
        "<P CLASS=x ID='y' STYLE=hidden>",
        "<p class=&#97;>",
        "\0",
        "<a\n\n\fb = c >",
    ),
)


def walk(tree: HTMLTree) -> list[tuple[Any, ...]]:
    """(depth, name, attributes that rules read; text with single white space) of all but texts of scripts."""
    found: list[tuple[Any, ...]] = []
    nodes: list[tuple[Any, int]] = [] if tree.document is None else [(tree.document, 0)]
    while nodes:
        node, depth = nodes.pop()
        children: list[Any] = []
        if node.node_type == NodeType.TEXT:
            found.append((depth, re.sub("[ \t\n\r\f]+", " ", node.node_value)))
        elif node.node_type == NodeType.ELEMENT:
            style = node.getattr("style") or ""
            is_hidden = "none" in style.lower() or "hidden" in style.lower()
            found.append((depth, node.local_name, [node.getattr(name) for name in READ], is_hidden))
        else:
            found.append((depth, node.node_type))
        child = None if node.node_type == NodeType.ELEMENT and is_raw(node) else node.first_child
        while child is not None:
            children.append((child, depth + 1))
            child = child.next_sibling
        nodes += reversed(children)
    return found


def is_raw(node: Any) -> bool:
    return node.local_name in ("script", "style")


def ask(html: bytes) -> Page:
    return unpack(b"".join(slim(html)))


def tree_of(html: bytes) -> HTMLTree:
    return HTMLTree.parse(html.replace(TWO_CANDIDATES, b"").decode().removeprefix("\ufeff"))


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_the_tree_is_the_same_but_for_what_no_rule_looks_at(html: str) -> None:
    assert walk(tree_of(ask(html.encode()).html)) == walk(tree_of(html.encode()))


def read_text(html: bytes) -> str:
    """By the library, of what stands in no script or style."""
    tree = HTMLTree.parse(html.decode().removeprefix("\ufeff"))
    if tree.document is not None:
        for name in ("script", "style"):
            for script in tree.document.get_elements_by_tag_name(name).values():
                while (child := script.first_child) is not None:
                    script.remove_child(child)
    return extract_fast(tree, structure="text")


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_the_text_is_the_same(html: str) -> None:
    assert read_text(ask(html.encode()).html) == read_text(html.encode())


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<p  title='a>b' class = c\n>a\n\n b </p >", "<p class = c>a b </p>"),
        ("<P ID=1 href=x CLASS='a'hidden>", "<P ID=1 CLASS='a' hidden>"),
        ("<a href=/licenses/by>x</a><a href=y>z</a>", "<a href=/licenses/by>x</a><a>z</a>"),
        ("<!-- what -->a<!--license-->b<!-->", "<!---->a<!--license-->b<!-->"),
        ("<script src=x>a<b</script><style>p > a</style>", "<script></script><style></style>"),
        ("<script><!--<script>a</script>--></script>b", "<script></script>b"),
        ("<svg viewBox='0'><path d='M0'/></svg>", "<svg><path /></svg>"),
        ("<p style='color: red'>a<p style='display:none'>b", "<p>a<p style='display:none'>b"),
        ("<b title=x>a</b><input type=hidden>", "<b title=x>a</b><input type=hidden>"),
        ("<pre>a\n\n b</pre>  c", "<pre>a\n\n b</pre>  c"),
        ("<title>a  <b</title><p x=y>", "<title>a  <b</title><p x=y>"),
        ("<svg><style>a<b</style><p x=y>", "<svg><style>a<b</style><p x=y>"),
        ("<p x=y>a<![CDATA[<p x=y>]]>", "<p>a<![CDATA[<p x=y>]]>"),
        ("<p x=y>a<!-- --!> <p x=y>", "<p>a<!-- --!> <p x=y>"),
        ("<p x=y>a<p x='y>b", "<p>a<p x='y>b"),
        ("1 < 2 <3 </ p>", "1 < 2 <3 </ p>"),
        ("<", "<"),
        ("", ""),
        ("\ufeff<p x>é", "\ufeff<p>é"),
    ],
)
def test_what_is_left(html: str, left: str) -> None:
    assert ask(html.encode()).html.decode() == left


def test_places_are_told_of_what_is_read_of_a_page() -> None:
    html = (
        b"<html><head><meta charset=utf-8><script type='application/ld+json'>{\"a\":1}</script>"
        b"<meta name=a content='b'></head><body class=x><meta name=c><p>a</p>\n  <ul><li>b</ul><ul></ul>"
        b"<!-- <ul> --><h2>c</h2><UL id=z></UL><h5>d</h5><ul></ul>"
    )
    page = ask(html)
    assert [page.html[place:][:11] for place in page.metas] == [b"<meta chars", b"<meta name="]
    assert [page.html[place:][:8] for place in page.lists] == [b"<ul><li>", b"<UL id=z"]
    assert page.json_ld == [b'{"a":1}']


@pytest.mark.parametrize(
    ("body", "is_none"),
    [
        ("<p class='a b'>", True),
        ("<p class='x main-content'>", False),
        ("<p class='Single-Post'>", False),
        ("<p class='main-contents'>", True),
        ("<p role=main>", False),
        ("<p class='a&#45;b'>", False),
        ("<!x>", False),
    ],
)
def test_two_candidates_are_put_where_no_element_may_be_the_main_one(body: str, is_none: bool) -> None:
    html = f"<body class=single-post>{body}<p>text</p>".encode()
    assert (TWO_CANDIDATES in ask(html).html) is is_none


@pytest.mark.parametrize("tag", ["<p/>", '<p id=""id=""/>', '<p id="" class=""/>', "<p>"])
def test_what_grows_has_room(tag: str) -> None:
    left = ask(tag.encode() * 1000).html
    assert len(left) <= 1000 * len(tag) * 1.25
    assert left == ask(tag.encode()).html * 1000


def test_places_beyond_the_limit_are_not_told() -> None:
    page = ask(b"<p>a</p><ul></ul>" * (MAX_PLACES + 1))
    assert len(page.lists) == MAX_PLACES and page.html.count(b"<ul") == MAX_PLACES + 1


def test_fast_gives_the_same_of_a_slim_page_as_of_the_page_itself() -> None:
    """Of the page itself where trafilatura gives nothing."""
    html = (
        "<html lang=yo><head><title>Oríkì</title><meta name=author content='Adé'></head><body>"
        "<div class=nav><ul><li><a href=1>a</a></ul></div><p>Ìròyìn tí ó dára fún gbogbo ènìyàn ni èyí.</p>"
        "<ul><li>ìyẹn ni ti àkọ́kọ́<li>èyí ni ti èkejì</ul></body></html>"
    ).encode()
    page = extract_slim(ask(html), structure="text")
    assert page["text"].startswith("Ìròyìn") and "• ìyẹn" in page["text"]
    assert (page["title"], page["author"], page["lang"]) == ("Oríkì", "Adé", "yo")
    assert {**extract_page(html, structure="text"), "text": "", "extractor": ""} == {
        **page,
        "text": "",
        "extractor": "",
    }


def test_a_page_without_text_has_none() -> None:
    with pytest.raises(BadRecord) as raised:
        extract_slim(ask(b"<p> </p><script>a</script>"), structure="text")
    assert raised.value.reason == "no_text"


@given(st.binary(max_size=60).map(lambda data: data.decode("utf-8", "replace")))
def test_any_characters_are_taken(html: str) -> None:
    ask(html.encode()).html.decode()


@pytest.mark.parametrize(
    "piece", [*PIECES, "<!--<script>", "<p a=", "<p a", "<!-- ! ", "<style><", "<a href=licens"]
)
def test_a_long_page_takes_time_in_proportion_to_its_length(piece: str) -> None:
    """What is quadratic takes hours for pages of this size, and the test with it."""
    html = piece.encode() * ((1 << 22) // len(piece.encode()))
    for page in (html, b"<script>" + html, b"<svg>" + html, b"<p a='" + html):
        assert len(b"".join(slim(page))) > 0
