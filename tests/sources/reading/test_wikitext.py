"""Wikitext → text: what the parser's own `strip_code` leaves or deletes, and limits that are counted."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.reading.mapping import BadRecord
from sources.reading.wikitext.dump import choose_license, make_url, read_date
from sources.reading.wikitext.extract import extract_page, find_redirect, remove_comments
from sources.reading.wikitext.limits import MAX_DEPTH, MAX_REREAD_CHARS, describe_excess
from sources.reading.wikitext.variants import resolve_variants
from sources.reading.wikitext.walk import Style
from sources.reading.wikitext.words import choose_variants, collect_words

BULGARIAN: Mapping[int, str] = {6: "Файл", 10: "Шаблон", 14: "Категория"}
ALL = Style(tables=True, references=True, captions=True)


def extract(wikitext: str, *, style: Style = Style(), langs: tuple[str, ...] = ("bg",)) -> str:  # noqa: B008
    words = collect_words(BULGARIAN, langs=langs)
    return extract_page(wikitext, title="Заглавие", words=words, style=style).text


@pytest.mark.parametrize(
    ("wikitext", "text"),
    [
        ("'''a''' ''b'' l''''homme''''", "a b l'homme'"),
        ("[[a]] [[a|b]] [[:a:b]] [[a (b)|]] [[a#c]]", "a b a:b a a#c"),
        ("[[Файл:a.jpg|мини|мн. [[b|c]]]]x[[File:a.jpg]][[Image:a]]", "x"),
        ("[[Категория:a]]x[[category: a|b]][[en:a]][[zh-min-nan:a]]", "x"),
        ("[http://a.b c d] [http://a.b] http://a.b", "c d http://a.b"),
        ("a&nbsp;b &#945;&#x3B1; &amp;lt; &#1;c", "a\xa0b αα &lt; c"),
        ("a<!-- b -->c<!-- d", "ac"),
        ("a\n<!-- b -->\nc", "a\nc"),
        ("a<ref>b {{c}}</ref><ref name=d /> e", "a e"),
        ("__TOC__a__NOTOC____БЕЗСЪДЪРЖАНИЕ__ __init__", "a __init__"),
        ("{{lang|en|a}} {{lang-en|b}} {{Convert|5|km|mi|abbr=on}} {{nowrap|c d}}", "a b 5 km c d"),
        ("{{convert|5|to|10.5|km}} {{шаблон:lang|en|a}} {{formatnum:12}}", "5 to 10.5 km a 12"),
        ("a ({{b}}; 1900) ({{b}}) c ({{b}}, {{b}}), f()", "a (1900) c, f()"),
        ("{{PAGENAME}} {{{x|y}}} {{{x}}}{{#if:a|b}}", "Заглавие y"),
        ("* a\n** b\n# c\n; d\n: e", "- a\n- b\n- c\n d\n e".replace("\n ", "\n")),
        ("== a ==\nb\n== c ==\n{{d}}\n=== e ===\n== f ==\n=== g ===\nh", "a\n\nb\n\nf\n\ng\n\nh"),
        ("<math>x</math>a<nowiki>''[[b]]''</nowiki><span style='display:none'>c</span>", "a''[[b]]''"),
        ("<pre>\n  if a[[0]]:\n    b\n</pre>", "if a[[0]]:\n    b"),
        ("a<br>b<hr />c<p>d</p><div>e</div>", "a\nb\n\nc\n\nd\n\ne"),
        ("{|\n! a !! b\n|-\n| c || d\n|}e", "e"),
        ("a {{b [[c|d <ref>e", "a b c|d e"),
        ("<gallery>\nA.jpg|b\n</gallery>c", "c"),
    ],
)
def test_what_a_reader_sees_is_the_text(wikitext: str, text: str) -> None:
    assert extract(wikitext) == text


def test_tables_references_and_captions_are_kept_when_asked_for() -> None:
    wikitext = (
        "a<ref>b [[c]]</ref>\n{|\n|+ t\n! d !! e\n|-\n| f || style=x | [[g|h]]\n|}\n"
        "[[Файл:i.jpg|мини|j k]]<gallery>\nl.jpg|m [[n|o]]\n</gallery>"
    )
    assert extract(wikitext, style=ALL) == "a\n\nt\nd | e\nf | h\n\nj k\n\nm o\n\nb c"


@pytest.mark.parametrize(
    ("langs", "wikitext", "text"),
    [
        (
            ("fr",),
            "{{s|XX}}, {{XXe siècle}}, {{date|1|mai|1900}}, {{unité|5|km}}",
            "XXe siècle, XXe siècle, 1 mai 1900, 5 km",
        ),
        (("es",), "[[Archivo:a.jpg|b]]{{siglo|XX}} {{fecha|1|mayo}}", "siglo XX 1 de mayo"),
        (("yo", "en"), "a[[Ẹ̀ka:b]]", "a"),
        (("en",), "a[[Ẹ̀ka:b]]", "aẸ̀ka:b"),
        (("zh-Hant",), "-{zh-hans:计;zh-hant:計}-{{link-en|甲|A}}", "計甲"),
        (("zh-Hans",), "-{zh-hans:计;zh-hant:計}-", "计"),
        (("en",), "-{a}-", "-{a}-"),
    ],
)
def test_words_of_a_language_are_its_own(langs: tuple[str, ...], wikitext: str, text: str) -> None:
    assert extract(wikitext, langs=langs) == text


@pytest.mark.parametrize(
    ("wikitext", "text"),
    [
        ("-{zh-cn:a;zh-tw:b}-", "b"),
        ("-{zh-cn:a}-", "a"),
        ("-{a}--{A|zh-hk:b}-", "ab"),
        ("-{H|zh-tw:b}--{T|c}--{R|d}-", "d"),
        ("-{zh-tw:a -{zh-tw:b}-}-", "a b"),
        ("-{zh-tw:http://a;b}-", "http://a;b"),
        ("-{{a}}-", "-{{a}}-"),
        ("-{a", "-{a"),
    ],
)
def test_variants_are_those_of_the_declared_language(wikitext: str, text: str) -> None:
    assert resolve_variants(wikitext, variants=choose_variants("zh-Hant")) == text


@pytest.mark.parametrize(
    ("wikitext", "target"),
    [
        ("#REDIRECT [[a#b]]", "a#b"),
        ("\n#перенасочване[[a|b]]", "a"),
        ("#重定向 [[a]]", "a"),
        ("# [[a]]", None),
        ("a #REDIRECT [[a]]", None),
    ],
)
def test_a_redirect_is_one_in_any_language(wikitext: str, target: str | None) -> None:
    assert find_redirect(wikitext) == target


@pytest.mark.parametrize(
    "sign", ["{{{a|", "{{a|", "[[a|", "<b>", "<ref>", "{|\n", "{{a|[[", '<b a="', "<p\n"]
)
def test_what_the_parser_would_read_again_and_again_is_refused(sign: str) -> None:
    assert describe_excess(sign * 20) is None
    assert "never closed" in (describe_excess(sign * 8000) or "")
    with pytest.raises(BadRecord, match="too_complex"):
        extract(sign * 8000)


def test_limits_are_of_nesting_and_of_characters_read_again() -> None:
    assert describe_excess("{{a|" * MAX_DEPTH + "}}" * MAX_DEPTH) is None
    assert "nested" in (describe_excess("{{a|" * (MAX_DEPTH + 1) + "}}" * (MAX_DEPTH + 1)) or "")
    assert describe_excess("[[a]] {{b}} <c>d</c> e<br> " * 20_000) is None
    once = "x" * (MAX_REREAD_CHARS // 8 - 2)
    assert describe_excess("{{" * 8 + "]" * 100 + once) is not None
    assert describe_excess("{{" * 7 + once) is None


MARKS = """{{ }} {{{ }}} [[ ]] | = a <ref> </ref> <b> </b> <!-- --> {| |} |- '' == * # <nowiki> </nowiki>
&#0; &lt; http://a [http://a ] __TOC__ -{ }- File: <br> <gallery> </gallery>
<span style="display:none"> </span>"""
marks = st.sampled_from([*MARKS.split(), "\n", " "])


@given(st.lists(marks, max_size=40).map("".join))
def test_any_markup_becomes_text_without_signs_of_our_own(wikitext: str) -> None:
    text = extract(wikitext, style=ALL)
    assert not set(text) & set("\0\x01\x02\x03")
    assert text == text.strip("\n")
    assert "\n\n\n" not in text


@given(st.lists(st.sampled_from(["<!--", "-->", "a", "\n", " "]), max_size=20).map("".join))
def test_no_comment_is_left(wikitext: str) -> None:
    left = remove_comments(wikitext)
    assert set(left.replace("-->", "")) <= set("a\n <!-") and left.count("a") <= wikitext.count("a")


def test_urls_dates_and_licences() -> None:
    assert make_url("https://fr.wikipedia.org/wiki/Wikip%C3%A9dia:Accueil", "L'été ?") == (
        "https://fr.wikipedia.org/wiki/L'%C3%A9t%C3%A9_%3F"
    )
    assert read_date("frwiki-20240101-pages-articles.xml.bz2") == "2024-01-01"
    assert read_date("frwiki-latest.xml") is read_date("p000000010p000030302.xml") is None
    by_day = {"2009-06-15": "A", "2023-06-07": "B"}
    days = [
        "2009-06-14T00:00:00Z",
        "2009-06-15T00:00:00Z",
        "2023-06-06T23:59:59Z",
        "2023-06-07T00:00:00Z",
        None,
    ]
    assert [choose_license(by_day, day) for day in days] == [None, "A", "A", "B", None]
