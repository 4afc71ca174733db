"""Main text of a page by the rules of resiliparse, with the lists of articles."""

import re
from html import unescape
from typing import TYPE_CHECKING

from sources.reading.html.tags import Page

if TYPE_CHECKING:
    from resiliparse.parse.html import HTMLTree

MAX_LINKED_FRACTION = 0.75
"""Of the words of a list that stays though resiliparse would drop it; it drops what has a fifth in links."""

_BEFORE = (b"</p>", b"</h2>", b"</h3>", b"</h4>", b"</P>", b"</H2>", b"</H3>", b"</H4>")
_BEFORE_BYTES = 40
_MAX_LIST_BYTES = 1 << 18
_TAG = re.compile(rb"<[^>]*>")
_LINK = re.compile(rb"<[aA][\s>][^<]*+(?:<(?!/?[aA])[^<]*+)*+")
_MARK = re.compile(r"<(/?)(h[1-6]|p|ul|ol|li|pre|br|td|th|tr|table)>", re.IGNORECASE)
_ITEM = re.compile(rb"<li((?:\s[^>]*)?)>", re.IGNORECASE)
_BULLETED = rb"<section\1>" + "• ".encode()
_LIST = re.compile(rb"<(/?)(?:ul|ol|li)(?![A-Za-z])", re.IGNORECASE)
_BULLET = re.compile(r"^ *• *", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{3,}")


def keep_lists(page: Page) -> bytes:
    """The HTML of a page, lists of its text as sections and bullets, which are not judged by their links.

    Resiliparse drops a list that is near the root, or of which a fifth is links. One that stands right behind
    a paragraph or heading, and is not links for the most part, belongs to the text. What the rules say of its
    class, and of what it stands in, still holds.
    """
    html, pieces, start = page.html, list[bytes](), 0
    for place in page.lists:
        before = html[max(0, place - _BEFORE_BYTES) : place].rstrip()
        if place >= start and before.endswith(_BEFORE):
            end = _find_end(html, place)
            if end is not None and _is_text(html[place : html.rfind(b"<", 0, end)]):
                pieces += [html[start:place], _ITEM.sub(_BULLETED, html[place:end])]
                pieces[-1] = _LIST.sub(rb"<\1section", pieces[-1])
                start = end
    if not pieces:
        return html
    return b"".join([*pieces, html[start:]])


def _find_end(html: bytes, start: int) -> int | None:
    """Where the end tag of a list ends but for its >; None where it has none nearby."""
    limit = start + _MAX_LIST_BYTES
    depth, place = 1, start + 3
    while True:
        end = html.find(b"</ul", place, limit)
        if end < 0:
            return None
        opened = html.find(b"<ul", place, end)
        if opened >= 0:
            depth, place = depth + 1, opened + 3
        elif depth == 1:
            return end + 4
        else:
            depth, place = depth - 1, end + 4


def _is_text(items: bytes) -> bool:
    """Whether enough words of a list are no links."""
    words = len(_TAG.sub(b" ", items).split())
    if words == 0 or not _LINK.search(items):
        return words > 0
    linked = b" ".join(match[0] for match in _LINK.finditer(items))
    return len(_TAG.sub(b" ", linked).split()) <= MAX_LINKED_FRACTION * words


def extract_fast(tree: "HTMLTree", *, structure: str) -> str:
    """The text, empty where there is none, of the tree of what keep_lists gave."""
    from resiliparse.extract.html2text import extract_plain_text

    text: str = extract_plain_text(
        tree,
        preserve_formatting="minimal_html" if structure == "markdown" else True,
        main_content=True,
        alt_texts=False,
        post_meta=False,
        comments=False,
    )
    return write_markdown(text) if structure == "markdown" else text.strip()


def write_markdown(html: str) -> str:
    """Markdown of what resiliparse calls minimal HTML: headings, paragraphs, lists, preformatted text."""
    pieces: list[str] = []
    lists: list[int | None] = []
    is_pre, place = False, 0
    for mark in _MARK.finditer(html):
        pieces.append(_plain(html[place : mark.start()], is_pre=is_pre))
        place, name = mark.end(), mark[2].lower()
        if mark[1]:
            if name in ("ul", "ol") and lists:
                lists.pop()
            is_pre = is_pre and name != "pre"
            pieces.append("\n```\n\n" if name == "pre" else "" if name == "li" else "\n\n")
        elif name in ("ul", "ol"):
            lists.append(0 if name == "ol" else None)
        elif name == "li":
            mark_of_item = "- "
            if lists and (number := lists[-1]) is not None:
                lists[-1] = number + 1
                mark_of_item = f"{number + 1}. "
            pieces.append("\n" + "  " * max(len(lists) - 1, 0) + mark_of_item)
        elif name == "pre":
            is_pre = True
            pieces.append("\n\n```\n")
        elif name == "br":
            pieces.append("\n")
        else:
            pieces.append("\n\n" + ("#" * int(name[1]) + " " if name[0] == "h" else ""))
    pieces.append(_plain(html[place:], is_pre=is_pre))
    lines = (line.rstrip() for line in "".join(pieces).split("\n"))
    return _BULLET.sub("- ", _BLANK_LINES.sub("\n\n", "\n".join(lines))).strip()


def _plain(text: str, *, is_pre: bool) -> str:
    text = unescape(text)
    if is_pre:
        return text.strip("\n")
    return "\n".join(line.strip() for line in text.split("\n")) if text.strip() else ""
