"""Pages → text and metadata by both extractors; what is beyond the limits is a row."""

import json
from pathlib import Path

import pytest

from sources.reading.html import ExtractedPage, HtmlOptions, extract
from sources.reading.html import limits as html_limits
from sources.reading.html.fast import keep_lists
from sources.reading.html.tags import read_page
from sources.reading.mapping import BadRecord

PARAGRAPHS = json.loads((Path(__file__).parents[3] / "data" / "small" / "paragraphs.json").read_text("utf-8"))
FRENCH = [" ".join(text.split()) for text in PARAGRAPHS["fr"] if len(text) > 100][:4]
MENU = '<nav><ul><li><a href="/">Accueil</a></li><li><a href="/b">Boutique</a></li></ul></nav>'
EXTRACTORS = ("precise", "fast")
each_extractor = pytest.mark.parametrize("extractor", EXTRACTORS)


def page(content: str, *, head: str = "", html: str = "<html>") -> str:
    return f"<!DOCTYPE html>{html}<head>{head}</head><body>{MENU}<article>{content}</article></body></html>"


def paragraphs(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def run(body: str, extractor: str = "fast", structure: str = "text") -> ExtractedPage:
    return extract(body, options=HtmlOptions.model_validate({"extractor": extractor, "structure": structure}))


def words(text: str) -> list[str]:
    return text.split()


@each_extractor
def test_the_text_is_that_of_the_article(extractor: str) -> None:
    extracted = run(page(paragraphs(*FRENCH)), extractor)
    assert words(extracted.text) == words(" ".join(FRENCH))
    assert extracted.extractor == extractor


def test_what_a_page_says_of_itself() -> None:
    head = """
        <title>Page | Site</title><meta property="og:title" content="A &amp; B">
        <meta content='Awa  Diop' name=Author>
        <!-- <meta name="robots" content="noindex"> -->
        <meta name="date" content="2024-05-01"><meta name="ROBOTS" content="noai, max-snippet:10 > 5">
        <meta name="tdm-reservation" content="1"><meta name="tdm-policy" content="https://a.example/tdm.json">
        <meta name="Content-Signal" content="ai-train=no">
        <link rel="license" href="https://creativecommons.org/licenses/by/4.0/">
    """
    extracted = run(page(paragraphs(*FRENCH), head=head, html='<html lang="fr-FR">'))
    assert (extracted.title, extracted.author, extracted.date) == ("A & B", "Awa Diop", "2024-05-01")
    assert (extracted.license, extracted.lang) == ("CC-BY-4.0", "fr-FR")
    assert extracted.notices == [
        ("meta", "robots", "noai, max-snippet:10 > 5"),
        ("meta", "tdm-reservation", "1"),
        ("meta", "tdm-policy", "https://a.example/tdm.json"),
        ("meta", "content-signal", "ai-train=no"),
        ("link", "license", "https://creativecommons.org/licenses/by/4.0/"),
    ]


BY = "https://creativecommons.org/licenses/by/4.0/"
BY_SA = "https://creativecommons.org/licenses/by-sa/4.0/deed.fr"


def json_ld(**values: object) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle"} | values)}</script>'


@pytest.mark.parametrize(
    ("content", "license"),
    [
        ("", None),
        (f'<a rel="nofollow LICENSE" href={BY}>', "CC-BY-4.0"),
        (f'<a href="{BY}">', "CC-BY-4.0"),
        (f'<a href="{BY}"><a href="{BY_SA}">', "NOASSERTION"),
        (f'<a href="{BY}"><a rel="license" href="{BY_SA}">', "CC-BY-SA-4.0"),
        ('<a rel="license" href="/terms">', "NOASSERTION"),
        (f'<!-- <a rel="license" href="{BY}"> -->', None),
        (f'<p data-x="license" title="{BY}">', None),
        (json_ld(license=BY), "CC-BY-4.0"),
        (json_ld(license={"@type": "CreativeWork", "url": BY_SA}), "CC-BY-SA-4.0"),
        (json_ld() + '<script type="application/ld+json">{"license": broken</script>', None),
        (f'<span itemprop="license" content="{BY}">', "CC-BY-4.0"),
    ],
)
def test_the_licence_is_the_one_that_the_page_says_of_itself(content: str, license: str | None) -> None:
    assert run(page(content + paragraphs(*FRENCH))).license == license


def test_linked_data_names_title_authors_and_date() -> None:
    graph = {
        "@graph": [{"@type": "Organization", "name": "Site"}, {"@type": ["BlogPosting"], "headline": "H"}]
    }
    script = json_ld(
        **graph, author=[{"name": "A"}, {"name": "B"}], datePublished="2024-01-02T03:04:05+01:00"
    )
    extracted = run(page(paragraphs(*FRENCH), head=f"<title>T</title>{script}"))
    assert (extracted.title, extracted.author, extracted.date) == ("H", "A; B", "2024-01-02T03:04:05+01:00")


@pytest.mark.parametrize(
    ("html", "head", "lang"),
    [
        ("<html>", "", None),
        ('<html lang="">', "", None),
        ('<HTML LANG="pt_br">', "", "pt-BR"),
        ('<html xml:lang="zh-CN">', "", "zh-Hans"),
        ('<html lang="klingonese">', "", "und"),
        ("<html>", '<meta http-equiv="Content-Language" content="sw">', "sw"),
        ("<html>", '<meta http-equiv="content-language" content="sw, en">', None),
    ],
)
def test_the_language_is_the_one_of_the_root_element(html: str, head: str, lang: str | None) -> None:
    assert run(page(paragraphs(*FRENCH), head=head, html=html)).lang == lang


def test_fast_is_asked_where_precise_cannot_give_the_text_of_deep_pages() -> None:
    for depth, extractor in ((200, "precise"), (300, "fast")):
        content = "<div>" * depth + paragraphs(*FRENCH) + "</div>" * depth
        extracted = run(page(content), "precise")
        assert words(extracted.text) == words(" ".join(FRENCH))
        assert extracted.extractor == extractor


@each_extractor
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "no_text"),
        ("<html><head><title>Page</title></head><body><p> </p></body></html>", "no_text"),
        ("<div>" * 1_000_000 + "text", "too_complex"),
        ("<div>" * 1_000_000 + "text" + "</div>" * 1_000_000, "too_complex"),
        ("<div>" * 50_000 + "text" + "</div>" * 50_000, "too_complex"),
        ("<div></b>" * 100_000 + "text", "too_complex"),
        ("<div>" * 2000 + "word " * 200_000 + "</div>" * 2000, "too_complex"),
        ("<br>" * 200_001 + "</br>" * 200_000, "too_complex"),
        ("x" * (html_limits.MAX_HTML_BYTES + 1), "record_too_long"),
    ],
    ids=lambda value: value if len(value) < 20 else value[:20],
)
def test_what_has_no_text_or_is_beyond_the_limits_is_a_row(body: str, reason: str, extractor: str) -> None:
    with pytest.raises(BadRecord) as bad:
        run(body, extractor)
    assert bad.value.reason == reason


def test_inline_elements_in_a_row_are_limited_for_precise_only() -> None:
    limit = html_limits.MAX_INLINE
    at_limit = page("<p>" + "<span>word</span> " * limit + "</p>")
    beyond = page("<p>" + "<span>word</span> " * 80_000 + "</p>")
    assert run(at_limit, "precise").text.count("word") == limit
    assert run(beyond, "fast").text.count("word") == 80_000
    with pytest.raises(BadRecord) as bad:
        run(beyond, "precise")
    assert bad.value.reason == "too_complex"


def test_a_page_of_menus_has_no_text_for_fast() -> None:
    with pytest.raises(BadRecord) as bad:
        run(page(""))
    assert bad.value.reason == "no_text"


LIST = "<ul class=x>" + "".join(f"<li>{text}</li>" for text in FRENCH[2:]) + "</ul>"
LINKED = '<ul><li><a href="/x">un article tout aussi long que ceci</a></li><li>lu</li></ul>'


def test_fast_keeps_the_lists_of_a_text_and_no_menus() -> None:
    content = f"<p>{FRENCH[0]}</p>\n{LIST}<p>{FRENCH[1]}</p>"
    near_the_root = f"<html><body>{content}</body></html>"
    for body in (near_the_root, page(content)):
        text = run(body).text
        assert words(text.replace("•", "")) == words(" ".join([FRENCH[0], *FRENCH[2:], FRENCH[1]]))
        assert text.count("•") == 2
    assert "aussi long" not in run(page(f"<p>{FRENCH[0]}</p>{LINKED}")).text


@pytest.mark.parametrize(
    ("linked", "other", "kept"), [(3, 1, True), (4, 1, False), (0, 1, True), (1, 0, False), (0, 0, False)]
)
def test_a_list_stays_up_to_a_share_of_links(linked: int, other: int, kept: bool) -> None:
    items = f"<ul><li><a href=x>{'l ' * linked}</a> {'o ' * other}</li></ul>".encode()
    html = b"<p>a</p> \n" + items + b"<p>b"
    made = html.replace(b"ul>", b"section>").replace(b"<li>", "<section>• ".encode())
    assert keep_lists(read_page(html)) == (made.replace(b"</li>", b"</section>") if kept else html)


@pytest.mark.parametrize(
    "html",
    [b"", b"<ul>", b"<p>a</p><ul><li>b", b"<p>a</p><ul><ul></ul>", b"<div><ul><li>b</li></ul>"],
)
def test_other_lists_are_left_as_they_are(html: bytes) -> None:
    assert keep_lists(read_page(html)) == html


def test_inner_lists_go_with_the_one_around_them() -> None:
    html = b"<h2>a</h2><ul><li>b<ul><li class=x>c</li></ul></li></ul><ul><li>d</li></ul>"
    inner = "<section><section class=x>• c</section></section>"
    assert keep_lists(read_page(html)).decode() == (
        f"<h2>a</h2><section><section>• b{inner}</section></section><ul><li>d</li></ul>"
    )


def test_markdown_of_both_extractors_has_headings_lists_and_code() -> None:
    content = (
        f"<h2>Titre</h2><p>{FRENCH[0]}</p><ol><li>un</li><li>deux &lt; trois</li></ol><pre>x = 1\n  y</pre>"
    )
    for extractor in EXTRACTORS:
        text = run(page(content + paragraphs(*FRENCH[1:])), extractor, "markdown").text
        assert f"## Titre\n\n{FRENCH[0]}" in text
        assert "x = 1\n  y" in text
        assert "2. deux < trois" in text.replace("\\<", "<")
    assert "1. un\n2. deux < trois\n\n```\nx = 1\n  y\n```" in run(page(content), "fast", "markdown").text


def test_terms_in_rsl_are_a_notice_and_no_licence() -> None:
    link = '<link rel="license" type="application/rsl+xml" href="https://example.org/license.xml">'
    body = "<p>" + "A sentence that is long enough to be the text of a page. " * 5 + "</p>"
    page = extract(
        f"<html><head>{link}</head><body>{body}</body></html>", options=HtmlOptions(extractor="fast")
    )
    assert page.license is None
    assert page.notices == [("link", "license application/rsl+xml", "https://example.org/license.xml")]
