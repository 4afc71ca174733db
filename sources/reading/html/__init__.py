"""Web pages → main text and metadata, by trafilatura or resiliparse in child processes that stay.

What decides is counted (`limits`) and the same everywhere. A page that takes a child more of the processor
than `sources.reading.children.MAX_CPU_SECONDS` is `error:timeout`, and never the text of another extractor.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import orjson
from pydantic import BaseModel, ConfigDict

from sources.reading.canonical import encode_notices
from sources.reading.children import Children
from sources.reading.html import limits
from sources.reading.html.slim import slim
from sources.reading.language_tags import canonical_tag
from sources.reading.license_statements import NOASSERTION, spdx_expression


class HtmlOptions(BaseModel):
    """How text is taken out of pages; options of every source type that reads some."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    extractor: Literal["precise", "fast"] = "precise"
    """`precise`: trafilatura, 40 pages a second and core; `fast`: resiliparse, 400. Where `precise` gives no
    text, or a page is nested too deeply for it, `fast` is asked; `extra.extractor` says who gave the text."""
    structure: Literal["text", "markdown"] = "text"
    """`text`: paragraphs, list items and rows of tables as lines; `markdown`: with the marks of Markdown."""


@dataclass(frozen=True)
class ExtractedPage:
    """A page's main text, and what it says of itself."""

    text: str
    title: str | None
    author: str | None
    date: str | None
    """Of publication, as the page writes it."""
    license: str | None
    """SPDX expression; NOASSERTION where the page's statements are none, or differ. None: it says nothing."""
    lang: str | None
    """A canonical BCP-47 tag, und for a name that is none."""
    notices: list[tuple[str, str, str]]
    """(place, name, value) of what is said about use, verbatim."""
    extractor: str
    """`precise` or `fast`: which one gave the text."""

    @property
    def encoded_notices(self) -> str | None:
        """As DOCUMENT has them."""
        return encode_notices(self.notices)


def extract(body: str | bytes, *, options: HtmlOptions) -> ExtractedPage:
    """The page's text and metadata; children start with the first page and serve all units of a process.

    body: its characters, or these as valid UTF-8.
    Raises BadRecord for a page beyond the limits, without text, or on which a library fails.
    """
    html = body if isinstance(body, bytes) else body.encode("utf-8", "replace")
    limits.check_size(html)
    request = slim(html) if options.extractor == "fast" else [html]
    answer = _children(options).ask(*request)
    page = orjson.loads(answer)
    licenses = {spdx_expression(_complete(statement)) for statement in page.pop("licenses")}
    lang = page.pop("lang")
    notices = [(place, name, value) for place, name, value in page.pop("notices")]
    return ExtractedPage(
        **page,
        license=None if not licenses else licenses.pop() if len(licenses) == 1 else NOASSERTION,
        lang=None if lang is None else canonical_tag(lang),
        notices=notices,
    )


def _complete(statement: str) -> str:
    return f"https:{statement}" if statement.startswith("//") else statement


@lru_cache
def _children(options: HtmlOptions) -> Children:
    return Children("sources.reading.html.child", arguments=[options.extractor, options.structure])
