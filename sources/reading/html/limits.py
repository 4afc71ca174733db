"""What of a page is counted before a library sees it: beyond these limits it takes them minutes.

The limits come from measurements (benchmarks/results/2026-11-29-html.md): nested blocks cost resiliparse the
square of their depth, inline elements of one paragraph cost trafilatura the square of their number.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sources.reading.mapping import BadRecord

if TYPE_CHECKING:
    from resiliparse.parse.html import HTMLTree

MAX_HTML_BYTES = 16 << 20
"""Of a page as UTF-8."""
MAX_TAGS = 400_000
"""Start tags, end tags and comments together."""
MAX_OPEN_TAGS = 20_000
"""Start tags without an end tag, one inside of another: looking for what they close takes its square."""
MAX_DEPTH = 512
"""Elements around one another, which is what browsers build at most."""
MAX_DEPTH_PRECISE = 250
"""libxml2 stops at 256, and trafilatura then gives nothing or silently less."""
MAX_INLINE = 5_000
"""Inline elements of one paragraph: 5,000 take trafilatura 1.2 s, 10,000 take 7 s, 20,000 take 43 s."""

_INLINE = frozenset(
    b"a abbr acronym b bdi bdo big br cite code data del dfn em font i img ins kbd label mark q ruby s samp"
    b" small span strike strong sub sup time tt u var wbr".split()
)
_TAG = re.compile(rb"<(/?)([A-Za-z][A-Za-z0-9]*)")
_MANY_TAGS = 10_000
_QUICK_PRODUCT = 1 << 30
"""Tags times bytes, which bounds depth times text: so many bytes are copied in a second."""
_LESS_THAN, _SLASH, _EXCLAMATION = b"</!"
_DEEPER = {depth: " > ".join(["*"] * (depth + 1)) for depth in (MAX_DEPTH_PRECISE, MAX_DEPTH)}


@dataclass(frozen=True)
class TagCounts:
    """What a page has, counted before it is parsed."""

    tags: int
    open_tags: int | None
    """What count_open_tags says; None where no depth can take long."""


def check_size(html: bytes) -> None:
    """Raise BadRecord for a page that is too long."""
    if len(html) > MAX_HTML_BYTES:
        raise BadRecord("record_too_long", detail=f"{len(html)} bytes of HTML; the limit is {MAX_HTML_BYTES}")


def count_tags(html: bytes) -> TagCounts:
    """Raises BadRecord beyond the limits."""
    check_size(html)
    # six times faster than html.count
    tags = int(np.count_nonzero(np.frombuffer(html, np.uint8) == _LESS_THAN))
    if tags > MAX_TAGS:
        raise too_complex(f"{tags} tags; the limit is {MAX_TAGS}")
    if tags * len(html) <= _QUICK_PRODUCT:
        return TagCounts(tags, None)
    open_tags = count_open_tags(html)
    if open_tags > MAX_OPEN_TAGS:
        raise too_complex(f"{open_tags} tags that nothing closes; the limit is {MAX_OPEN_TAGS}")
    return TagCounts(tags, open_tags)


def count_open_tags(html: bytes) -> int:
    """Tags that are open together at most, if each end tag closes the last one; void elements stay open."""
    content = np.frombuffer(html, np.uint8)
    follows = content[np.flatnonzero(content[:-1] == _LESS_THAN) + 1]
    steps = (follows != _EXCLAMATION).astype(np.int32)
    steps[follows == _SLASH] = -1
    height = np.cumsum(steps)
    return int((height - np.minimum(np.minimum.accumulate(height), 0)).max(initial=0))


def check_depth(tree: "HTMLTree", *, counts: TagCounts) -> None:
    """Raise BadRecord where more than MAX_DEPTH elements stand in one another, if that takes long."""
    if counts.open_tags is not None and _is_deeper(tree, MAX_DEPTH, counts=counts):
        raise too_complex(f"more than {MAX_DEPTH} elements stand in one another")


def is_deep_for_precise(tree: "HTMLTree", *, html: bytes, counts: TagCounts) -> bool:
    """Whether more than MAX_DEPTH_PRECISE elements stand in one another."""
    if counts.tags <= MAX_DEPTH_PRECISE:
        return False
    open_tags = count_open_tags(html) if counts.open_tags is None else counts.open_tags
    return _is_deeper(tree, MAX_DEPTH_PRECISE, counts=TagCounts(counts.tags, open_tags))


def _is_deeper(tree: "HTMLTree", depth: int, *, counts: TagCounts) -> bool:
    # end tags of nothing may hide depth from the count, for which a page needs many tags
    can_be = counts.tags > _MANY_TAGS or (counts.open_tags or 0) > depth
    return can_be and tree.document is not None and tree.document.query_selector(_DEEPER[depth]) is not None


def check_inline(html: bytes, *, counts: TagCounts) -> None:
    """Raise BadRecord where more inline elements follow one another than trafilatura can take."""
    if counts.tags <= MAX_INLINE:
        return
    inline = 0
    for tag in _TAG.finditer(html):
        if tag[2].lower() not in _INLINE:
            inline = 0
        elif not tag[1]:
            inline += 1
            if inline > MAX_INLINE:
                raise too_complex(f"more than {MAX_INLINE} inline elements in one paragraph")


def too_complex(detail: str) -> BadRecord:
    return BadRecord("too_complex", detail=detail)
