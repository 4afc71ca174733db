"""One walk over the tokens of a page: text as it stands, links, templates and tags as they show.

The tokens come out of the C tokenizer of mwparserfromhell in a tenth of the time that its nodes take, and are
nested as the nodes would be. What its `strip_code` leaves (names of files and categories, `__TOC__`,
interlanguage links, references) or deletes (text in templates) is decided here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from sources.reading.wikitext import tags
from sources.reading.wikitext.layout import HEADING
from sources.reading.wikitext.words import Words, normalize_name

_QUOTES = re.compile(r"'{2,}")
_MAGIC_WORD = re.compile(r"__(?!_)[^\s_a-z](?:[^\sa-z]{0,38}[^\s_a-z])?__(?!_)")
_LEFT_OPEN = re.compile(
    r"\[\[|\]\]|\{\{+|\}\}+|^[ :]*\{\|[^\n]*$|^\|\}|</?(?:" + tags.NAMES + r")(?:\s[^<>]*)?/?>",
    re.MULTILINE | re.IGNORECASE,
)
_LANGUAGE_PREFIX = re.compile(
    r"[a-z]{2,3}(?:-[a-z]{2,10}){0,2}|simple|be-x-old|zh-min-nan|map-bms|roa-rup|nds-nl"
)
_OTHER_PREFIXES = frozenset(("mw", "rfc", "doi", "wmf", "tw", "cz", "bug"))
_CAPTION = re.compile(r"\S\s+\S")
_BEHIND_PIPE = re.compile(r"^[^:]+:|\s*\([^()]*\)$|,.*$")
"""What `[[a:b (c)|]]` does not show."""
_NO_TEXT = "\0\x01\x02\x03"
"""Characters that may not come from `&#…;`: XML has none of them."""


@dataclass(frozen=True)
class Style:
    """What is kept of a page besides its prose."""

    tables: bool = False
    references: bool = False
    captions: bool = False


@dataclass(slots=True)
class _Frame:
    """A construct whose end was not read yet."""

    parts: list[str]
    """What was collected around it."""
    token: Any
    name: str | None = None
    """Of a template or tag, target of a link: the piece that comes first."""
    key: str | None = None
    """Name of the parameter in progress; content of a tag."""
    pieces: list[tuple[str | None, str]] = field(default_factory=list)
    """(name or None, value) of parameters; (None, `name=value`) of attributes."""


class Walk:
    """Builds text from tokens with a stack of its own, so that no nesting is too deep for Python."""

    def __init__(self, *, title: str, words: Words, style: Style) -> None:
        self._title = title
        self._words = words
        self._style = style
        self._parts: list[str] = []
        self._stack: list[_Frame] = []
        self._verbatim = 0
        self.references: list[str] = []
        self.is_disambiguation = False

    def run(self, listed: Sequence[Any]) -> str:
        """The text of all tokens, blocks on lines of their own."""
        handlers = {name: getattr(self, method) for name, method in _HANDLERS.items()}
        for token in listed:
            handlers[type(token).__name__](token)
        return "".join(self._parts)

    def _push(self, token: Any) -> None:
        self._stack.append(_Frame(self._parts, token))
        self._parts = []

    def _pop(self) -> tuple[_Frame, str]:
        """(the frame, what was collected last); what comes next belongs to the construct around it."""
        frame, last = self._stack.pop(), "".join(self._parts)
        self._parts = frame.parts
        return frame, last

    def _take(self) -> str:
        taken = "".join(self._parts)
        self._parts = []
        return taken

    def _name_frame(self, token: Any) -> None:
        self._stack[-1].name = self._take()

    def _ignore(self, token: Any) -> None:
        pass

    def _add_text(self, token: Any) -> None:
        text = token["text"]
        if not self._verbatim:
            if "''" in text:
                text = _QUOTES.sub(_apostrophes, text)
            if "__" in text:
                text = _MAGIC_WORD.sub("", text)
            if "[[" in text or "{" in text or "]]" in text or "}}" in text or "<" in text or "|}" in text:
                text = _LEFT_OPEN.sub("", text)
        self._parts.append(text)

    # templates and their arguments

    def _end_param(self, token: Any) -> None:
        frame, value = self._stack[-1], self._take()
        if frame.name is None:
            frame.name = value
        else:
            frame.pieces.append((frame.key, value))
        frame.key = None

    def _name_param(self, token: Any) -> None:
        self._stack[-1].key = self._take().strip()

    def _close_template(self, token: Any) -> None:
        self._end_param(token)
        frame, _ = self._pop()
        self._parts.append(self._render(frame.name or "", frame.pieces))

    def _render(self, name: str, pieces: Sequence[tuple[str | None, str]]) -> str:
        words = self._words
        plain = normalize_name(name)
        prefix, colon, rest = plain.partition(":")
        if colon and prefix in words.template:
            plain = rest.strip()
        elif colon:
            return _call(prefix, name.partition(":")[2].strip())
        if plain in ("pagename", "fullpagename", "basepagename", "subpagename"):
            return self._title
        self.is_disambiguation |= plain in words.disambiguation
        number = 0
        params = {"": " ".join(name.split())}
        for key, value in pieces:
            number += key is None
            params[str(number) if key is None else key.lower()] = value.strip()
        return words.render(plain, params) or ""

    def _close_argument(self, token: Any) -> None:
        frame, default = self._pop()
        self._parts.append("" if frame.name is None else default)

    # links

    def _close_wikilink(self, token: Any) -> None:
        frame, last = self._pop()
        target, text = (last, None) if frame.name is None else (frame.name, last)
        self._parts.append(self._show_link(target.strip(), text))

    def _show_link(self, target: str, text: str | None) -> str:
        if ":" in target and not target.startswith(":"):
            prefix = normalize_name(target.partition(":")[0])
            if prefix in self._words.category:
                return ""
            if prefix in self._words.file:
                caption = (text or "").rpartition("|")[2].strip()
                return f"\n\n{caption}\n\n" if self._style.captions and _CAPTION.search(caption) else ""
            if _LANGUAGE_PREFIX.fullmatch(prefix) and prefix not in _OTHER_PREFIXES:
                return ""
        if text is not None and text.strip():
            return text
        shown = target.lstrip(":").lstrip()
        return shown if text is None else _BEHIND_PIPE.sub("", shown)

    def _close_external_link(self, token: Any) -> None:
        frame, last = self._pop()
        if frame.name is not None or not frame.token.get("brackets"):
            self._parts.append(last)

    # entities, headings, comments

    def _open_entity(self, token: Any) -> None:
        self._push(token)
        self._verbatim += 1

    def _add_number_sign(self, token: Any) -> None:
        self._parts.append("#")

    def _add_hex_sign(self, token: Any) -> None:
        self._parts.append("x")

    def _close_entity(self, token: Any) -> None:
        _, name = self._pop()
        self._verbatim -= 1
        character = unescape(f"&{name};")
        self._parts.append("" if character in _NO_TEXT else character)

    def _close_heading(self, token: Any) -> None:
        frame, heading = self._pop()
        heading = " ".join(heading.split())
        self._parts.append(f"\n\n{HEADING}{frame.token['level']}{heading}\n\n" if heading else "\n")

    def _drop(self, token: Any) -> None:
        self._pop()

    # tags, which lists, tables and rules are, too

    def _end_attribute(self, token: Any) -> None:
        frame, piece = self._stack[-1], self._take()
        if frame.name is None:
            frame.name = piece.strip().lower()
        else:
            frame.pieces.append((None, piece))

    def _add_equals_sign(self, token: Any) -> None:
        self._parts.append("=")

    def _begin_content(self, token: Any) -> None:
        self._end_attribute(token)
        self._verbatim += self._stack[-1].name in tags.VERBATIM

    def _close_empty_tag(self, token: Any) -> None:
        self._end_attribute(token)
        frame, _ = self._pop()
        markup = frame.token.get("wiki_markup")
        if markup in ("*", "#"):
            if self._parts[-1:] != ["- "]:
                self._parts.append("- ")
        elif markup not in (":", ";"):
            self._parts.append(tags.BREAKS.get(frame.name or "", ""))

    def _end_content(self, token: Any) -> None:
        frame = self._stack[-1]
        self._verbatim -= frame.name in tags.VERBATIM
        frame.key = self._take()

    def _close_tag(self, token: Any) -> None:
        frame, _ = self._pop()
        name, content = frame.name or "", frame.key or ""
        if name == "ref":
            if self._style.references and content.strip():
                self.references.append(" ".join(content.split()))
        elif any(tags.HIDDEN.search(value) for _, value in frame.pieces):
            pass
        elif name == "gallery" and self._style.captions:
            self._parts.append(tags.show(name, tags.list_captions(content)))
        elif name in tags.DROPPED or (name == "table" and not self._style.tables):
            self._parts.append("\n\n" if name in tags.BLOCKS else " ")
        else:
            self._parts.append(tags.show(name, content))


_HANDLERS = {
    "Text": "_add_text",
    "TemplateOpen": "_push",
    "TemplateParamSeparator": "_end_param",
    "TemplateParamEquals": "_name_param",
    "TemplateClose": "_close_template",
    "ArgumentOpen": "_push",
    "ArgumentSeparator": "_name_frame",
    "ArgumentClose": "_close_argument",
    "WikilinkOpen": "_push",
    "WikilinkSeparator": "_name_frame",
    "WikilinkClose": "_close_wikilink",
    "ExternalLinkOpen": "_push",
    "ExternalLinkSeparator": "_name_frame",
    "ExternalLinkClose": "_close_external_link",
    "HTMLEntityStart": "_open_entity",
    "HTMLEntityNumeric": "_add_number_sign",
    "HTMLEntityHex": "_add_hex_sign",
    "HTMLEntityEnd": "_close_entity",
    "HeadingStart": "_push",
    "HeadingEnd": "_close_heading",
    "CommentStart": "_push",
    "CommentEnd": "_drop",
    "TagOpenOpen": "_push",
    "TagAttrStart": "_end_attribute",
    "TagAttrEquals": "_add_equals_sign",
    "TagAttrQuote": "_ignore",
    "TagCloseOpen": "_begin_content",
    "TagCloseSelfclose": "_close_empty_tag",
    "TagOpenClose": "_end_content",
    "TagCloseClose": "_close_tag",
}
"""Type of a token → what is done with it."""


def _apostrophes(match: re.Match[str]) -> str:
    """What is left of a run of them: 2 italic, 3 bold, 4 bold with one of the text, 5 both, more are text."""
    count = len(match[0])
    return "'" if count == 4 else "'" * max(count - 5, 0)


def _call(function: str, argument: str) -> str:
    """What a parser function shows that only formats its argument; nothing of others."""
    if function in ("lc", "lcfirst"):
        return argument.lower() if function == "lc" else argument[:1].lower() + argument[1:]
    if function in ("uc", "ucfirst"):
        return argument.upper() if function == "uc" else argument[:1].upper() + argument[1:]
    return argument if function == "formatnum" else ""
