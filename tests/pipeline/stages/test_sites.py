"""Documents of sites by what became of them: by registered domain, as line counting tells sites apart."""

from collections import Counter

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from filters.hashes.lines import registered_domain
from pipeline.stages.publish.sites import count_pairs

URLS = (
    "https://www.example.co.za/a",
    "http://EXAMPLE.co.za:80?q=/x",
    "https://user@news.example.org#top",
    "  https://example.org/a b",
    "https://one.blogspot.com/",
    "//example.net/path",
    "example.org/without-a-scheme",
    "https://[broken/",
    "urn:isbn:1",
    "https://127.0.0.1/",
    "https://a.org/\nhttps://b.org/",
    "",
    None,
)


@given(
    st.lists(st.tuples(st.sampled_from(URLS), st.sampled_from(["exact_duplicate", "words_below_min", None])))
)
def test_sites_are_those_of_each_url_by_itself(rows: list[tuple[str | None, str | None]]) -> None:
    expected = Counter(
        (site, reason or "") for url, reason in rows if url and (site := registered_domain(url)) is not None
    )
    urls, reasons = (pa.array([row[column] for row in rows], pa.string()) for column in (0, 1))
    assert count_pairs(urls, reasons=reasons) == expected
    padded = pa.array([None, *urls.to_pylist()], pa.string()).slice(1)
    assert count_pairs(padded, reasons=reasons) == expected
