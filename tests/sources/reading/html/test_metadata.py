"""What a page says of itself: as if each tag were read by itself, in time that grows with the page alone."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.reading.html import attributes, metadata
from sources.reading.html.metadata import read_statements
from sources.reading.html.tags import Page, read_page

PIECES = [
    *(b"<meta", b"<meta ", b"<META\n", b">", b"/>", b"<p>", b"x" * 40, b" " * 20, b"\n"),
    *(
        b" name=robots",
        b' name = "robots"',
        b" property='og:title'",
        b" itemprop=",
        b" name",
        b"=",
        b'"',
        b"'",
    ),
    *(b' content="noai"', b" content=noindex", b" http-equiv='content-language' content='fr'"),
]


def name_one_by_one(page: Page, *, max_bytes: int) -> list[tuple[int, str]]:
    """The rule as it is said: the first name within some bytes behind each `<meta`."""
    names = []
    for place in page.metas:
        start = place + len(b"<meta")
        named = metadata._META_NAME.search(page.html, start, start + max_bytes)
        names.append((start, named[1].decode().lower() if named else ""))
    return names


@given(st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join), st.integers(260, 500))
def test_names_are_those_of_each_tag_alone(html: bytes, max_bytes: int) -> None:
    page = read_page(html)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metadata, "_MAX_NAME_BYTES", max_bytes)
        assert [*metadata._name_metas(page)] == name_one_by_one(page, max_bytes=max_bytes)


@pytest.mark.parametrize(
    "unit",
    [
        b"<meta ",
        b'<meta name="robots" ',
        b'<meta name=robots content="',
        b'<meta a="',
        b"<meta" + b" " * 60,
        b'<a rel="license" href="',
        b"<a rel=license href=x ",
        b"license ",
    ],
)
def test_a_page_of_beginnings_of_tags_is_read_in_time(unit: bytes) -> None:
    """A megabyte of them took minutes, when each was read as far as a tag may go."""
    page = read_page(unit * ((1 << 20) // len(unit)))
    statements = read_statements(page)
    assert len(statements.metas) <= 1 << 4
    tree: Any = SimpleNamespace(document=None)
    metadata._read_license_links(tree, html=page.html, tags=statements.license_tags)


def test_tags_are_read_up_to_a_number_of_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    tag = b'<meta content="a" name="robots" id=x>'
    page = read_page(tag * 3)
    assert read_statements(page).metas == [("robots", "a")] * 3
    size = len(tag) - len(b"<meta>")
    for max_bytes, count in ((3 * size, 3), (3 * size - 1, 2)):
        monkeypatch.setattr(attributes, "_MAX_READ_BYTES", max_bytes)
        assert len(read_statements(page).metas) == count
