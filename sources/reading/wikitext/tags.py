"""What tags of wikitext show: HTML's, those of extensions, and the tables, which come as tags."""

import re

from sources.reading.wikitext import layout

DROPPED = frozenset(
    (
        "references",
        "gallery",
        "math",
        "chem",
        "ce",
        "score",
        "timeline",
        "imagemap",
        "graph",
        "hiero",
        "inputbox",
        "categorytree",
        "templatedata",
        "templatestyles",
        "indicator",
        "mapframe",
        "maplink",
        "section",
        "includeonly",
        "style",
        "script",
    )
)
"""With all that is in them."""
_CODE = ("pre", "source", "syntaxhighlight")
VERBATIM = frozenset(("nowiki", "gallery", *_CODE))
"""In which markup is text."""
BLOCKS = frozenset(
    (
        "p",
        "div",
        "blockquote",
        "center",
        "poem",
        "pre",
        "source",
        "syntaxhighlight",
        "ul",
        "ol",
        "dl",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "table",
        "gallery",
        "section",
        "timeline",
        "imagemap",
        "graph",
        "references",
    )
)
BREAKS = {"br": "\n", "hr": "\n\n", "p": "\n\n", "li": "\n- ", "dt": "\n", "dd": "\n"}
"""Of tags without content."""
HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_INLINE = (
    "a",
    "abbr",
    "b",
    "bdi",
    "bdo",
    "big",
    "cite",
    "code",
    "data",
    "del",
    "dfn",
    "em",
    "font",
    "i",
    "img",
    "ins",
    "kbd",
    "link",
    "mark",
    "meta",
    "nowiki",
    "noinclude",
    "noincl",
    "onlyinclude",
    "q",
    "ref",
    "rb",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "td",
    "th",
    "time",
    "tr",
    "tt",
    "u",
    "var",
    "wbr",
    "br",
    "hr",
    "li",
    "dt",
    "dd",
    "caption",
    "tbody",
    "thead",
    "nobr",
)
NAMES = "|".join(sorted({*DROPPED, *VERBATIM, *BLOCKS, *_INLINE}, key=len, reverse=True))


def show(name: str, content: str) -> str:
    """What stands on the page for a tag and what was made of its content."""
    if name in ("tr", "caption"):
        return "\n" + _join_cells(content)
    if name in ("td", "th"):
        return _CELL + content.removeprefix("+")
    if name == "table":
        lines = [_join_cells(line) for line in content.split("\n")]
        return "\n\n" + "\n".join(line for line in lines if line) + "\n\n"
    if name in ("li", "dt", "dd"):
        return BREAKS[name] + content.strip()
    if name in _CODE:
        content = "\n".join(layout.VERBATIM + line for line in content.strip("\n").split("\n"))
    return f"\n\n{content}\n\n" if name in BLOCKS else content


_LINK = re.compile(r"\[\[(?:[^\[\]|]*\|)?([^\[\]]*)\]\]|'{2,}")
_CELL = "\x02"
"""Between cells of a row; XML holds none."""


def _join_cells(row: str) -> str:
    cells = (" ".join(cell.split()) for cell in row.split(_CELL))
    return " | ".join(cell for cell in cells if cell)


def list_captions(content: str) -> str:
    """Lines `file|caption` of a gallery → the captions."""
    lines = _LINK.sub(r"\1", content).split("\n")
    return "\n".join(line.rpartition("|")[2].strip() for line in lines if "|" in line)
