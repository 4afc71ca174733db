"""Main text of a page by the rules of resiliparse, with the lists of articles."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resiliparse.parse.html import HTMLTree


def extract_fast(tree: "HTMLTree", *, structure: str) -> str:
    """The text, empty where there is none. The tree is changed."""
    from resiliparse.extract.html2text import extract_plain_text

    return extract_plain_text(
        tree, main_content=True, alt_texts=False, post_meta=False, comments=False
    ).strip()
