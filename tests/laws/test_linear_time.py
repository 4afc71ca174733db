"""One long line, URL, host or name costs time in proportion to its length.

No time is asserted: with texts of this size, what is quadratic takes hours, and the test with it. Where steps
can be counted, two sizes are compared.
"""

import sys
from collections.abc import Callable
from functools import partial

import pyarrow as pa
import pytest

from filters import base
from filters.hashes.lines import registered_domain
from filters.hashes.urls import canonical_url
from filters.personal_data.mask import hide_one
from governance.pages.markdown import code, escape
from governance.visible import visible, visible_json, visible_line
from sources.reading.language_tags import canonical_tag
from sources.reading.license_statements import spdx_expression

SIZE = 1 << 18
PIECES = (
    *"a1é中 \t.-_@/%&=?#()[{\\`|<\x1b",
    *("a.", "a-", "a@", "1-", "1 ", "%41", "a=b&", "../", "./", "www.", "utm_", "http://"),
)


def long_text(piece: str) -> str:
    return piece * (SIZE // len(piece))


@pytest.mark.parametrize("piece", PIECES)
def test_a_long_text_is_shown_and_masked(piece: str) -> None:
    text = long_text(piece)
    for function in (partial(hide_one, lang="en"), visible, visible_line, visible_json, escape, code):
        assert function(text) is not None
        assert function(f"1{text}!") is not None


URL_PARTS: dict[str, Callable[[str], str]] = {
    "host": lambda text: f"http://{text}/",
    "label": lambda text: f"http://{text}.example.org/",
    "user": lambda text: f"http://{text}@example.org/",
    "port": lambda text: f"http://example.org:{text}/",
    "path": lambda text: f"http://example.org/{text}",
    "query": lambda text: f"http://example.org/?{text}",
    "tracked query": lambda text: f"http://example.org/?utm_source=x&{text}",
    "fragment": lambda text: f"http://example.org/#{text}",
    "no URL": lambda text: text,
}


@pytest.mark.parametrize("part", URL_PARTS)
def test_a_long_url_is_canonical_and_has_a_site(part: str) -> None:
    for piece in PIECES:
        url = URL_PARTS[part](long_text(piece))
        canonical_url(url)
        registered_domain(url)


@pytest.mark.parametrize("name", base.names("edits"))
def test_a_long_line_is_edited(name: str) -> None:
    texts = pa.array([long_text(piece) for piece in PIECES if piece.isprintable()], pa.large_string())
    edited = base.load_edit(name).edit(texts, langs=pa.array(["en"] * len(texts), pa.string()))
    assert len(edited) == len(texts)


@pytest.mark.parametrize("piece", PIECES)
def test_a_long_licence_or_language_is_none(piece: str) -> None:
    assert spdx_expression(long_text(piece)) == "NOASSERTION"
    assert canonical_tag(long_text(piece)) == "und"


@pytest.mark.parametrize("text", ["()", "(())", "(((", ")", "MIT (", "() or MIT", "or", "MIT or", "with"])
def test_a_licence_without_meaning_costs_the_licence_alone(text: str) -> None:
    assert spdx_expression(text) == "NOASSERTION"


def lines_executed(function: Callable[[str], object], text: str) -> int:
    """Lines of Python that a call executes: a count of its steps."""
    count = 0

    def trace(frame: object, event: str, argument: object) -> object:
        nonlocal count
        count += event == "line"
        return trace

    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        function(text)
    finally:
        sys.settrace(None)
    return count


@pytest.mark.parametrize("piece", ["a@b.c", "a.b@c.d ", "a", "x@", "1234567 ", "a+b-c.d_e@f.g+"])
def test_masking_takes_steps_in_proportion(piece: str) -> None:
    hide_one("warm a@b.net 1.2.3.4", lang="en")
    small, large = (lines_executed(partial(hide_one, lang="en"), piece * number) for number in (500, 4000))
    assert large <= 9 * small
