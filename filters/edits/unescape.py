"""Character references of HTML become the characters: &eacute; &#233; &#xE9;, and &amp;eacute; as well.

Names are those of HTML5, with their semicolon. What stands for no character of text (a control, a surrogate,
U+FFFD) stays as it is, and so do tags. Texts without references cost nothing: signals of before edits count
them in any case.
"""

import html
import re
from html.entities import html5

import pyarrow as pa

from filters import damage
from filters.kernels.damage import ENTITIES
from filters.kernels.markup import MAX_ENTITY_BYTES
from filters.kernels.text_edits import replace_texts

CONTENT_VERSION = 1

_REFERENCE = re.compile(r"&(?:([A-Za-z][A-Za-z0-9]+)|#[0-9]+|#[Xx][0-9A-Fa-f]+)\Z")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")


def edit(texts: pa.LargeStringArray, *, langs: pa.StringArray) -> pa.LargeStringArray:
    """n texts → n texts; the same array where nothing changes. langs are not used."""
    rows = damage.count_damage(texts)[ENTITIES].nonzero()[0].tolist()
    if not rows:
        return texts
    edited = replace_texts(texts, rows=rows, values=[unescape(texts[row].as_py()) for row in rows])
    return texts if edited.equals(texts) else edited


def unescape(text: str) -> str:
    """One text, each reference as it ends: what comes of one may begin or end another."""
    done: list[str] = []
    head, *pieces = text.split(";")
    for piece in pieces:
        char: str | None = ";"
        while char == ";":  # it ends what stands before it
            found = _REFERENCE.search(head, max(len(head) - MAX_ENTITY_BYTES + 1, 0))
            char = None if found is None else _character(found)
            if found is None or char is None:
                head, char = f"{head};", None
            else:
                head = head[: found.start()] + (char if char != ";" else "")
        cut = max(len(head) - MAX_ENTITY_BYTES, 0)
        done.append(head[:cut])
        head = head[cut:] + piece
    return "".join([*done, head])


def _character(reference: re.Match[str]) -> str | None:
    """The characters that a reference (without its semicolon) stands for; None: none of text."""
    name = reference[1]
    found = html5.get(f"{name};") if name else html.unescape(f"{reference[0]};")
    return None if not found or _CONTROL.search(found) else found
