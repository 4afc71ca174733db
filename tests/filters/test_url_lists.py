"""Block lists: a domain blocks all below it, a path all below it, and nothing beside it."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.hashes.url_lists import ENTRY_BYTES, MAX_DEPTH, find_listed, read_list

DOMAINS = """\
# UT1, adult
bad.example
WWW.Upper.example.
bücher.example
xn--hxajbheg2az3al.example
203.0.113.7

words.example and more words
!!!
"""
URLS = """\
www.host.example/a/b
https://other.example/page?id=3
plain.example
host.example/c/
"""
HOSTS = """\
127.0.0.1 localhost
::1 ip6-localhost ip6-loopback
0.0.0.0 0.0.0.0
0.0.0.0 ads.example tracker.ads2.example # two names
fe80::1%lo0 localhost
0.0.0.0\tlast.example
"""


def find(text: str, *urls: str | None, format: str) -> list[str | None]:
    return find_listed(pa.array(urls, pa.string()), url_list=read_list(text.splitlines(), format=format))


@pytest.mark.parametrize(
    "url, hit",
    [
        ("http://bad.example", "bad.example"),
        ("HTTPS://user:pw@Sub.BAD.example:8080/x?y#z", "bad.example"),
        ("http://bad.example./", "bad.example"),
        ("http://notbad.example/", None),
        ("http://bad.example.org/", None),
        ("http://example/", None),
        ("http://good.example/?u=http://bad.example", None),
        ("http://www.upper.example/", "www.upper.example"),
        ("http://upper.example/", None),
        ("http://www.bücher.example/ü", "xn--bcher-kva.example"),
        ("http://παράδειγμα.example/", "xn--hxajbheg2az3al.example"),
        ("http://203.0.113.7/x", "203.0.113.7"),
        ("http://1.203.0.113.7/", "203.0.113.7"),
        ("http://words.example/", "words.example"),
        ("no url", None),
        ("", None),
        (None, None),
        ("http://" + "a." * 200 + "bad.example/", None),
    ],
)
def test_a_domain_blocks_its_hosts_and_those_below(url: str | None, hit: str | None) -> None:
    assert find(DOMAINS, url, format="domains") == [hit]


def test_lines_that_name_no_host_are_counted() -> None:
    read = read_list(DOMAINS.splitlines(), format="domains")
    assert (len(read), read.ignored, read.hashes.nbytes) == (6, 1, 6 * ENTRY_BYTES)


@pytest.mark.parametrize(
    "url, hit",
    [
        ("http://host.example/a/b", "host.example/a/b"),
        ("http://www.host.example/a/b/", "host.example/a/b"),
        ("http://host.example/a/b/c.html?q=1", "host.example/a/b"),
        ("http://host.example/a/b?q=1", "host.example/a/b"),
        ("http://host.example/a/bc", None),
        ("http://host.example/a", None),
        ("http://host.example/c", "host.example/c"),
        ("http://host.example/c/d", "host.example/c"),
        ("http://sub.host.example/a/b", None),
        ("http://other.example/page?id=3", "other.example/page?id=3"),
        ("http://other.example/page?id=4", None),
        ("http://other.example/page", None),
        ("http://deep.plain.example/x", "plain.example"),
    ],
)
def test_a_path_blocks_its_page_and_what_lies_below(url: str, hit: str | None) -> None:
    assert find(URLS, url, format="urls") == [hit]


def test_a_hosts_file_blocks_the_names_behind_addresses_but_those_of_the_machine() -> None:
    urls = (
        "http://ads.example/",
        "http://x.tracker.ads2.example/",
        "http://last.example/",
        "http://localhost/",
    )
    assert find(HOSTS, *urls, format="hosts") == ["ads.example", "tracker.ads2.example", "last.example", None]


def test_paths_are_compared_to_a_depth_that_is_stated() -> None:
    for depth, hit in ((MAX_DEPTH - 1, True), (MAX_DEPTH + 1, False)):
        entry = "h.example" + "/a" * depth
        assert find(entry, f"http://{entry}/more/and/more", format="urls") == [entry if hit else None]


label = st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True)
host = st.lists(label, min_size=1, max_size=4).map(".".join)


@given(entries=st.lists(host, max_size=6), hosts=st.lists(host, max_size=6))
def test_a_host_is_listed_iff_it_or_a_domain_above_it_is(entries: list[str], hosts: list[str]) -> None:
    urls = [f"http://{name}/" for name in hosts]
    expected = [any(name == e or name.endswith(f".{e}") for e in entries) for name in hosts]
    found = find("\n".join(entries), *urls, format="domains")
    assert [hit is not None for hit in found] == expected


def test_a_list_is_the_same_in_any_order_and_with_repetitions() -> None:
    one = read_list(["a.example", "b.example"], format="domains")
    other = read_list(["b.example", "a.example", "B.example"], format="domains")
    assert one.hashes.tolist() == other.hashes.tolist()
