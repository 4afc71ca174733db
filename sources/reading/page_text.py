"""The main text of a web page, by resiliparse."""

from sources.reading.mapping import BadRecord


def extract_page(html: str) -> tuple[str, str | None]:
    """(main text, title); raises BadRecord for a page without text."""
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree

    tree = HTMLTree.parse(html)
    text = extract_plain_text(tree, main_content=True)
    if not text.strip():
        raise BadRecord("no_text", detail="the page has no text besides what frames it")
    return text, tree.title or None
