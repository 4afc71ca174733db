"""Text of an element tree of XHTML: paragraphs, lists, tables and preformatted text as lines."""

import re
from collections.abc import Iterator
from html import unescape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

_BLOCKS = {
    *(
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
    ),
    *(
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
    ),
    *("header", "hgroup", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "p", "pre", "section"),
    *("summary", "table", "tbody", "tfoot", "thead", "tr", "ul"),
}
_SKIPPED = {
    *(
        "audio",
        "canvas",
        "head",
        "iframe",
        "math",
        "object",
        "rp",
        "rt",
        "script",
        "style",
        "svg",
        "template",
    ),
    "video",
}
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_SPACES = re.compile(r"[ \t\r\n\f]+")


def read_text(root: "_Element", *, structure: str = "text") -> str:
    """A line for each paragraph, item, row or heading, blank lines between paragraphs."""
    writer = _Writer(markdown=structure == "markdown")
    for event, name, text in _walk(root):
        writer.take(event, name, text)
    return writer.finish()


def local_name(element: "_Element") -> str:
    """Name without its namespace, in lower case; empty for comments and instructions."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _walk(root: "_Element") -> Iterator[tuple[str, str, str]]:
    """(start, end or text; name of the element; text) in the order of the document, without recursion."""
    stack: list[tuple[_Element, bool]] = [(root, False)]
    while stack:
        element, is_done = stack.pop()
        name = local_name(element)
        if is_done:
            yield "end", name, ""
            if element is not root and element.tail:
                yield "text", "", element.tail
            continue
        if not name or name in _SKIPPED:
            if not name and element.text and element.text.startswith("&"):
                yield (
                    "text",
                    "",
                    unescape(element.text),
                )  # of HTML; what a document defines itself stays a name
            if element is not root and element.tail:
                yield "text", "", element.tail
            continue
        yield "start", name, ""
        if element.text:
            yield "text", name, element.text
        stack.append((element, True))
        stack.extend((child, False) for child in reversed(element))


class _Writer:
    """Lines from what a walk meets."""

    def __init__(self, *, markdown: bool) -> None:
        self._markdown = markdown
        self._blocks: list[str] = []
        self._text = ""
        self._prefix = ""
        self._pre = 0
        self._lists: list[int | None] = []
        """Number of the last item of the lists that are open; None: they have bullets."""
        self._cells = 0

    def take(self, event: str, name: str, text: str) -> None:
        if event == "text":
            self._text += text if self._pre else _SPACES.sub(" ", text)
        elif event == "start":
            self._start(name)
        else:
            self._end(name)

    def finish(self) -> str:
        self._break()
        text = ""
        for block in self._blocks:
            is_close = block.lstrip().startswith(("- ", "| ")) or re.match(r"\s*\d+\. ", block)
            text += ("" if not text else "\n" if is_close else "\n\n") + block
        return text

    def _start(self, name: str) -> None:
        if name == "br":
            self._text = self._text.rstrip(" ") + "\n"
        elif name in ("td", "th"):
            self._text = self._text.rstrip() + (" | " if self._cells else "")
            self._cells += 1
        elif name in _BLOCKS and not (self._cells and name in ("p", "div")):
            self._break()
            self._open(name)

    def _open(self, name: str) -> None:
        if name == "pre":
            self._pre += 1
        elif name in ("ul", "ol"):
            self._lists.append(0 if name == "ol" else None)
        elif name == "li":
            depth = max(len(self._lists) - 1, 0)
            mark = "- "
            if self._lists and (number := self._lists[-1]) is not None:
                self._lists[-1] = number + 1
                mark = f"{number + 1}. "
            self._prefix = "  " * depth + mark
        elif name == "tr":
            self._cells = 0
        elif self._markdown and name in _HEADINGS:
            self._prefix = _HEADINGS[name]

    def _end(self, name: str) -> None:
        if name not in _BLOCKS or (self._cells and name in ("p", "div")):
            return
        if name == "tr" and self._cells:
            self._prefix, self._text, self._cells = "| ", f"{self._text.rstrip()} |", 0
        self._break(fence=name == "pre")
        if name == "pre":
            self._pre = max(self._pre - 1, 0)
        elif name in ("ul", "ol") and self._lists:
            self._lists.pop()

    def _break(self, *, fence: bool = False) -> None:
        if fence:
            content = self._text.strip("\n")
            content = f"```\n{content}\n```" if self._markdown else content
        else:
            content = "\n".join(line.strip() for line in self._text.split("\n")).strip()
        if content.strip("| \n"):
            self._blocks.append(self._prefix + content)
            self._prefix = ""
        self._text = ""
