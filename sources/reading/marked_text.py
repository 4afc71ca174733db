"""Text of a tree of elements: blocks on lines of their own, breaks, lists, and what is left out."""

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

_BORDERS, _ITEM = ("\n", "\n\n"), "- "
_SPACES = re.compile(r"[ \t\r\n\f]+")


@dataclass(frozen=True)
class Markup:
    """What elements of a format mean, by local name."""

    blocks: Set[str]
    """Between blank lines."""
    lines: Set[str] = frozenset()
    """On lines of their own."""
    breaks: Mapping[str, str] = field(default_factory=dict)
    """Empty element → what it shows."""
    dropped: Set[str] = frozenset()
    """Left out with all that is in them."""
    verbatim: Set[str] = frozenset()
    """White space stays as it is."""
    items: Set[str] = frozenset()
    """Begin with `- `."""


def names(words: str) -> frozenset[str]:
    """Names between white space."""
    return frozenset(words.split())


def collect_text(root: Any, *, markup: Markup) -> str:
    """What stands in an element, in one walk without recursion; runs of white space are one."""
    pieces = list(_walk(root, markup))
    text = _join(pieces)
    lines = (line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n ")


def local_name(node: Any) -> str:
    """Name without its namespace; of comments and the like none."""
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _walk(root: Any, markup: Markup) -> Iterator[tuple[str, bool]]:
    """(piece, whether its white space stays)."""
    verbatim = 0
    node, is_start = root, True
    while True:
        name = local_name(node)
        if is_start:
            is_dropped = name in markup.dropped or not name
            yield _border(name, markup), True
            if not is_dropped:
                verbatim += name in markup.verbatim
                if name in markup.items:
                    yield _ITEM, True
                yield node.text or "", bool(verbatim)
                if name in markup.breaks:
                    yield markup.breaks[name], True
                if len(node):
                    node = node[0]
                    continue
                verbatim -= name in markup.verbatim
        yield _border(name, markup), True
        if node is root:
            return
        yield node.tail or "", bool(verbatim)
        following = node.getnext()
        if following is not None:
            node, is_start = following, True
        else:
            node, is_start = node.getparent(), False
            verbatim -= local_name(node) in markup.verbatim


def _border(name: str, markup: Markup) -> str:
    return "\n\n" if name in markup.blocks else "\n" if name in markup.lines or name in markup.items else ""


def _join(pieces: list[tuple[str, bool]]) -> str:
    """All pieces; a blank at the beginning of a line goes, and borders that meet are one."""
    parts: list[str] = []
    last = "\n\n"
    for piece, stays in pieces:
        if not stays:
            piece = _SPACES.sub(" ", piece)
            if last.endswith(("\n", " ")):
                piece = piece.lstrip(" ")
        elif piece in _BORDERS and parts and parts[-1] == _ITEM:
            piece = ""  # a paragraph that begins an item
        elif piece in _BORDERS and last.endswith("\n"):
            piece = "\n" if piece == "\n\n" and not last.endswith("\n\n") else ""
        if piece:
            parts.append(piece)
            last = (last + piece)[-2:]
    return "".join(parts)
