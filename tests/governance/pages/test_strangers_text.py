"""What people write on cards shows as text in every generated page: it makes no markup, link, HTML or key."""

import re
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pydantic import BaseModel

from governance import front_matter
from governance.cards import SourceCard
from governance.manifest import Manifest, Model, Threshold
from governance.pages import calibration, hub_yaml, language_card, release_card, statistics
from governance.pages.markdown import code, escape, link, page, quote, table
from governance.visible import CONTROLS

Write = Callable[..., Any]
TEXTS = {("yo", "african_news"): ["àwọn ìròyìn", "ilẹ̀ wa"], ("sw", "wiki"): ["habari"]}

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "[click](javascript:alert(1))",
    "![pixel](https://evil.example/p.png)",
    "https://evil.example/ www.evil.example",
    "# heading",
    "- item",
    "1. item",
    "===",
    "---",
    "a | b | c",
    "```",
    "~~~",
    "`code` **bold** __bold__ ~~gone~~ $x$",
    "&lt;b&gt; &#60;b&#62;",
    "</details></body>",
    "<!-- -->",
    "[a]: https://evil.example",
    "    indented",
    "\x1b]0;title\x07\x1b[31mred\x9b2J",
    "\u202edesrever\u2066",
    "one\u2028two\x85three\x0bfour",
    "end\\",
    "@{}: *anchor !!python/object:os.system",
)
TEXT = st.one_of(
    st.sampled_from(HOSTILE),
    st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=4).map("\n".join),
    st.text(min_size=1, max_size=40).filter(str.strip),
)


SILENT = ("text", "text_special", "softbreak")


def structure(markdown: str) -> list[str]:
    """Types of the blocks and of what stands in them, in order; text itself and how it breaks left out."""
    found: list[str] = []
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown):
        found.append(token.type)
        found += [child.type for child in token.children or [] if child.type not in SILENT]
    return found


def text_of(markdown: str) -> str:
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    return "".join(child.content for token in tokens for child in token.children or [])


@given(TEXT)
def test_escaped_text_is_one_line_of_text_wherever_it_stands(text: str) -> None:
    plain = "word" if text.strip() else ""
    for frame in ("{}", "# {}", "{} and more", "- {}", "> {}"):
        assert structure(frame.format(escape(text))) == structure(frame.format(plain))
    rows = table(["a", "b"], [[escape(text), code(text)], [code(text), escape(text)]])
    assert structure(rows) == structure(table(["a", "b"], [["word", code("x")], [code("x"), "word"]]))


@given(TEXT)
def test_escaped_text_shows_all_that_can_be_seen_of_it(text: str) -> None:
    shown = text_of(escape(text))
    assert not re.search(f"[{CONTROLS}]", shown)
    seen = re.sub(rf"[\s{CONTROLS}\x1c-\x1f]", "", text)
    position = 0
    for character in seen:  # in order, between the names of what cannot be seen
        position = shown.index(character, position) + 1


@given(TEXT)
def test_a_quotation_stays_in_its_block(text: str) -> None:
    around = structure(page(quote(text), "after"))
    assert around[0] == "blockquote_open"
    assert around[-4:] == ["blockquote_close", "paragraph_open", "inline", "paragraph_close"]
    assert {*around} <= {
        *("blockquote_open", "blockquote_close", "paragraph_open", "paragraph_close", "inline")
    }


@given(TEXT)
def test_code_is_one_piece_of_code(text: str) -> None:
    inside = f"before {code(text)} after"
    assert structure(inside) == structure("before `x` after")


@given(TEXT)
def test_a_link_goes_to_a_page_of_the_web_or_is_none(text: str) -> None:
    for url in (f"https://example.org/{text}", f"javascript://{text}", f"data:{text}"):
        found = [t for t in structure(f"at {link(url)} on") if t.startswith("link")]
        assert found == (["link_open", "link_close"] if url.startswith("https") else [])
    assert structure(f"at {link(f'https://e.org/{text}', text='name')} on") == structure("at [name](u) on")


def soil(value: Any, *, word: str) -> Any:
    """A model whose free text is another: everything of type str that no pattern and no list restricts."""
    if isinstance(value, BaseModel):
        changed = {}
        for name, field in type(value).model_fields.items():
            item = getattr(value, name)
            free = isinstance(item, str) and name in (
                *("name", "description", "note", "value", "quote", "attribution_statement", "justification"),
                *("biases", "limitations", "revision", "used_for", "license"),
            )
            changed[name] = word if free else soil(item, word=word)
            assert field is not None
        return value.model_copy(update=changed)
    if isinstance(value, list):
        return [soil(item, word=word) for item in value]
    return value


def pages(manifest: Manifest, cards: Mapping[str, SourceCard]) -> list[str]:
    readme = release_card.render_readme(manifest, cards)
    _, body = front_matter.split(readme)
    languages = [language_card.render_language_card(manifest, lang, cards) for lang in manifest.languages]
    counted = statistics.render_statistics(manifest, cards)
    return [body, counted, release_card.render_licenses(manifest, cards), *languages]


def hostile_config(word: str) -> dict[str, Any]:
    """A corpus file whose people write the word wherever they may write what they like."""
    about: dict[str, Any] = dict.fromkeys(("title", "summary", "planted"), word)
    about |= {"uses": [word, word], "not_for": [word], "authors": [{"name": word}, {"family_names": word}]}
    return {"publish": {"about": about}}


@pytest.mark.parametrize("text", HOSTILE)
def test_pages_of_a_release_have_the_structure_of_those_with_plain_words(text: str, release: Write) -> None:
    made = release(TEXTS, targets=["yo", "sw", "fon"])

    def render(word: str) -> list[str]:
        cards = {uid: soil(card, word=word) for uid, card in made.cards.items()}
        models = [Model(name=word, sha256="ab" * 32, license=word, used_for=word)]
        limit = Threshold(signal="words", min=1, max=None, origin=word, note=word)
        manifest = made.manifest.model_copy(
            update={
                "models": models,
                "config": hostile_config(word),
                "thresholds": {key: [limit] for key in made.manifest.thresholds},
            }
        )
        return pages(manifest, cards)

    for hostile, plain in zip(render(text), render("word"), strict=True):
        assert structure(hostile) == structure(plain)
        assert not re.search(f"[{CONTROLS}]", hostile)


@given(st.dictionaries(st.sampled_from(["pretty_name", "note"]), TEXT, min_size=1))
def test_yaml_of_a_readme_holds_the_text_and_nothing_else(fields: dict[str, str]) -> None:
    written = hub_yaml.write_yaml(fields)
    assert front_matter.load(written) == fields
    assert not re.search(f"[{CONTROLS}]", written)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, tuple(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.seen.append((f"/{tag}", ()))


def tags(html: str) -> list[tuple[str, tuple[str, ...]]]:
    parser = _Tags()
    parser.feed(html)
    return parser.seen


def calibration_report(word: str) -> dict[str, Any]:
    excerpt = {"value": 1.0, "source": word, "doc_id": "0" * 32, "text": word}
    limit = {
        "reason": word,
        "signal": word,
        "side": "min",
        "limit": 1.0,
        "origin": word,
        "alone": 1,
        "only": 1,
        "in_sequence": 1,
        "failing": [excerpt],
        "passing": [excerpt],
    }
    verdict = {"ok": False, "message": word}
    signal = {
        "signal": word,
        "ruled": True,
        "meaning": word,
        "min_words": 7,
        "limits": {"min": 1.0},
        "examples": [excerpt, excerpt | {"value": 0.0}],
        "verdicts": {"min": verdict},
        "histogram": {"counts": [1, 2], "edges": [0.0, 1.0, 2.0], "scale": "linear"},
        "distribution": {"grid": [0.0, 1.0], "below": [0, 1], "at_or_below": [1, 3], "missing": 1},
        "suggestions": [{"side": "min", "limit": 1.0, "method": "tail", "ok": True, "message": word}],
    }
    return {
        "lang": "yo",
        "name": word,
        "corpus": word,
        "sampled": 3,
        "documents": 3,
        "removed": 1,
        "max_dropped_share": 0.2,
        "joint": {"documents": 3},
        "limits": [limit],
        "signals": [signal],
        "reference": {"documents": 1, "sources": [word]},
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_the_page_of_a_calibration_has_no_tag_of_the_data(text: str) -> None:
    hostile = calibration.render_page(calibration_report(text))
    assert tags(hostile) == tags(calibration.render_page(calibration_report("word")))
    shown = hostile.partition("<body>")[2].partition("<script")[0]
    assert not re.search(f"[{CONTROLS}]", shown)


def test_what_is_hostile_here_would_do_harm_unescaped() -> None:
    """The corpus of this test: most of it changes the structure of a page when it is written as it is."""
    harmful = [text for text in HOSTILE if structure(f"{text}\n\nafter") != structure("word\n\nafter")]
    assert len(harmful) > len(HOSTILE) // 2
