"""One page → its main text, inside of a child process: the two extractors, and which one is asked when."""

from typing import Any

from sources.reading.html import limits
from sources.reading.html.fast import extract_fast, keep_lists
from sources.reading.html.metadata import read_metadata, read_statements
from sources.reading.html.tags import read_page
from sources.reading.mapping import BadRecord

PRECISE, FAST = "precise", "fast"


def extract_page(html: bytes, *, extractor: str, structure: str) -> dict[str, Any]:
    """UTF-8 of a page → what `ExtractedPage` holds, as JSON can carry it.

    Raises BadRecord beyond the limits, and where no extractor gives any text.
    """
    from resiliparse.parse.html import HTMLTree

    limits.check_size(html)
    page = read_page(html)
    counts = limits.count_tags(page.html)
    statements = read_statements(page)
    # several times faster than parse_from_bytes, and what it makes of a byte order mark
    tree = HTMLTree.parse(keep_lists(page).decode().removeprefix("\ufeff"))
    limits.check_depth(tree, counts=counts)
    metadata = read_metadata(tree, page=page, statements=statements)
    text, used = "", extractor
    if extractor == PRECISE and not limits.is_deep_for_precise(tree, html=html, counts=counts):
        limits.check_inline(html, counts=counts)
        text = _extract_precise(html, structure=structure)
    if not text:
        text, used = extract_fast(tree, structure=structure), FAST
    if not text:
        raise BadRecord("no_text", detail="the page has no text besides what frames it")
    return {
        "text": text,
        "title": metadata.title,
        "author": metadata.author,
        "date": metadata.date,
        "licenses": metadata.licenses,
        "lang": metadata.lang,
        "notices": metadata.notices,
        "extractor": used,
    }


def _extract_precise(html: bytes, *, structure: str) -> str:
    """Empty where trafilatura gives nothing."""
    import trafilatura

    format = "markdown" if structure == "markdown" else "txt"
    return trafilatura.extract(html.decode(), output_format=format, include_comments=False) or ""
