"""What the captures of a page have in common, and when they were made."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.hashes.urls import PLAIN_URL, canonical_form, canonical_url, capture_times, url_hashes
from tests.kernels.reference_dedup import murmur3_reference

ONE_PAGE = [
    "https://www.example.org/b?a=1&b=2",
    "http://www.example.org/b?b=2&a=1",
    "HTTPS://WWW.Example.ORG:443/a/../b?b=2&a=1#part",
    "http://user:secret@www.example.org:80/b?a=1&b=2",
    " https://www.example.org/b?utm_source=mail&a=1&b=2&fbclid=x ",
    "https://www.example.org/%62?a=1&b=2",
]
OTHERS = [
    "https://example.org/b?a=1&b=2",
    "https://www.example.org/B?a=1&b=2",
    "https://www.example.org/b/?a=1&b=2",
    "https://www.example.org/b?a=1",
    "https://www.example.org:8080/b?a=1&b=2",
    "https://www.example.org/b?a=1&b=2&utm=x",
    "https://xn--exmple-cua.org/",
]
NONE = [
    "",
    "b?a=1",
    "mailto:a@example.org",
    "http://[broken",
    "http://a.org:port/",
    "http:///path",
    "urn:x:y",
]


@pytest.mark.parametrize("url", ONE_PAGE)
def test_what_names_one_page_is_one(url: str) -> None:
    assert canonical_url(url) == "//www.example.org/b?a=1&b=2"


def test_other_pages_are_others() -> None:
    assert len({canonical_url(url) for url in [ONE_PAGE[0], *OTHERS]}) == 1 + len(OTHERS)
    assert canonical_url("http://EXÄMPLE.org") == canonical_url(OTHERS[-1])


@pytest.mark.parametrize("url", NONE)
def test_what_has_no_host_names_no_page(url: str) -> None:
    assert canonical_url(url) is None


@given(st.from_regex(PLAIN_URL, fullmatch=True))
def test_the_short_way_of_plain_urls_is_that_of_the_library(url: str) -> None:
    assert canonical_url(url) == canonical_form(url)


@given(st.text())
def test_any_text_is_a_url_or_none_and_canonical_forms_stay(text: str) -> None:
    found = canonical_url(f"http://{text}")
    if found is not None:
        assert canonical_url(f"http:{found}") == found


def test_hashes_are_of_the_canonical_url() -> None:
    found = url_hashes(pa.array([*ONE_PAGE[:2], None, "no host", OTHERS[0]], pa.string()))
    expected = [canonical_url(url) for url in (*ONE_PAGE[:2], OTHERS[0])]
    digests = [murmur3_reference(str(url).encode()) for url in expected]
    bytes_of = [h1.to_bytes(8, "little") + h2.to_bytes(8, "little") for h1, h2 in digests]
    assert found.to_pylist() == [*bytes_of[:2], None, None, bytes_of[2]]
    found.validate(full=True)
    assert url_hashes(pa.array([], pa.string())).to_pylist() == []


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ("1970-01-02", 86_400),
        ("1970-01-01T00:00:10", 10),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00:10Z", 10),
        ("19700101000010", 10),
        ("1970", 0),
        ("1970-02", 31 * 86_400),
        (" 1970-01-02 ", 86_400),
        ("yesterday", None),
        ("1970-13-01", None),
        ("00000000000000", None),
        ("", None),
        (None, None),
    ],
)
def test_dates(date: str | None, seconds: int | None) -> None:
    assert capture_times(pa.array([date], pa.string())).to_pylist() == [seconds]
