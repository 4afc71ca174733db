"""One page → its main text, inside of a child process: the two extractors, and which one is asked when."""

from typing import TYPE_CHECKING, Any

from sources.reading.html import limits
from sources.reading.html.fast import extract_fast, keep_lists
from sources.reading.html.metadata import Metadata, read_metadata, read_statements
from sources.reading.html.tags import Page, read_page
from sources.reading.mapping import BadRecord

if TYPE_CHECKING:
    from resiliparse.parse.html import HTMLTree

PRECISE, FAST = "precise", "fast"


def extract_page(html: bytes, *, structure: str) -> dict[str, Any]:
    """UTF-8 of a page → what `ExtractedPage` holds, as JSON can carry it, by `precise`, else `fast`.

    Raises BadRecord beyond the limits, and where no extractor gives any text.
    """
    page = read_page(html)
    counts, tree, metadata = _parse(page)
    text = ""
    if not limits.is_deep_for_precise(tree, html=html, counts=counts):
        limits.check_inline(html, counts=counts)
        text = _extract_precise(html, structure=structure)
    return _answer(metadata, text, PRECISE) if text else _extract_fast(tree, metadata, structure=structure)


def extract_slim(page: Page, *, structure: str) -> dict[str, Any]:
    """The same of what `slim` leaves of a page, by `fast`."""
    _, tree, metadata = _parse(page)
    return _extract_fast(tree, metadata, structure=structure)


def _parse(page: Page) -> tuple[limits.TagCounts, "HTMLTree", Metadata]:
    from resiliparse.parse.html import HTMLTree

    counts = limits.count_tags(page.html)
    statements = read_statements(page)
    # several times faster than parse_from_bytes, and what it makes of a byte order mark
    tree = HTMLTree.parse(keep_lists(page).decode().removeprefix("\ufeff"))
    limits.check_depth(tree, counts=counts)
    return counts, tree, read_metadata(tree, page=page, statements=statements)


def _extract_fast(tree: "HTMLTree", metadata: Metadata, *, structure: str) -> dict[str, Any]:
    text = extract_fast(tree, structure=structure)
    if not text:
        raise BadRecord("no_text", detail="the page has no text besides what frames it")
    return _answer(metadata, text, FAST)


def _answer(metadata: Metadata, text: str, extractor: str) -> dict[str, Any]:
    return {
        "text": text,
        "title": metadata.title,
        "author": metadata.author,
        "date": metadata.date,
        "licenses": metadata.licenses,
        "lang": metadata.lang,
        "notices": metadata.notices,
        "extractor": extractor,
    }


def _extract_precise(html: bytes, *, structure: str) -> str:
    """Empty where trafilatura gives nothing."""
    import trafilatura

    format = "markdown" if structure == "markdown" else "txt"
    return trafilatura.extract(html.decode(), output_format=format, include_comments=False) or ""
