"""A page's wikitext → its text, from the tokens of mwparserfromhell."""

import re
from dataclasses import dataclass

from sources.reading.mapping import BadRecord
from sources.reading.wikitext.layout import lay_out
from sources.reading.wikitext.limits import describe_excess
from sources.reading.wikitext.variants import resolve_variants
from sources.reading.wikitext.walk import Style, Walk
from sources.reading.wikitext.words import Words

_DISAMBIGUATION_WORD = re.compile(r"__DISAMBIG__", re.IGNORECASE)
_REDIRECT = re.compile(r"\s*#\s?[^\W\d_]\w*\s*:?\s*\[\[([^\]|\n]+)")
_LINE_END = re.compile(r"[ \t]*\n")


@dataclass(frozen=True)
class Page:
    """What a page says."""

    text: str
    is_disambiguation: bool


def find_redirect(wikitext: str) -> str | None:
    """Where a page of one link leads, in any language: `#REDIRECT [[Berlin]]`; None: it is no redirect."""
    match = _REDIRECT.match(wikitext)
    return match[1].strip() if match else None


def extract_page(wikitext: str, *, title: str, words: Words, style: Style) -> Page:
    """The text of a page; raises BadRecord where its markup is over a limit."""
    # Imported here: most workers read no wikis.
    from mwparserfromhell.parser import ParserError
    from mwparserfromhell.parser._tokenizer import CTokenizer

    excess = describe_excess(wikitext)
    if excess is not None:
        raise BadRecord("too_complex", detail=excess)
    wikitext = remove_comments(wikitext)
    if words.variants and "-{" in wikitext:
        wikitext = resolve_variants(wikitext, variants=words.variants)
    try:
        tokens = CTokenizer().tokenize(wikitext, 0, True)
    except ParserError as error:
        raise BadRecord("too_complex", detail=f"its parser fails: {error}") from error
    walk = Walk(title=title, words=words, style=style)
    text = walk.run(tokens)
    is_disambiguation = walk.is_disambiguation or bool(_DISAMBIGUATION_WORD.search(wikitext))
    return Page(lay_out(text, references=walk.references), is_disambiguation)


def remove_comments(wikitext: str) -> str:
    """Without `<!-- … -->`, and the line where one stands alone; one without an end goes on to the end."""
    start = wikitext.find("<!--")
    pieces: list[str] = []
    place = 0
    while start >= 0:
        before, end = wikitext[place:start], wikitext.find("-->", start + 4)
        place = len(wikitext) if end < 0 else end + 3
        line = before.rstrip(" \t")
        line_end = _LINE_END.match(wikitext, place)
        if line_end and (line.endswith("\n") or (not line and not pieces)):
            before, place = line, line_end.end()
        pieces.append(before)
        start = wikitext.find("<!--", place)
    return "".join([*pieces, wikitext[place:]])
