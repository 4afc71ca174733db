"""Whose copy holds for a URL: hosts at their boundaries."""

import pytest

from governance.reservations.addresses import find_path, find_site


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://example.com/a", "example.com"),
        ("https://example.com.evil/a", "example.com.evil"),
        ("https://evil/example.com", "evil"),
        ("https://example.com@evil.org/", "evil.org"),
        ("https://user:pass@example.com/", "example.com"),
        ("https://evil.org\\@example.com/", "evil.org"),
        ("https://example.com#@evil.org", "example.com"),
        ("https://example.com?@evil.org", "example.com"),
        ("HTTPS://EXAMPLE.COM", "example.com"),
        ("https://example.com./", "example.com"),
        ("https://example.com:443/", "example.com"),
        ("http://example.com:80/", "example.com"),
        ("http://example.com:443/", "example.com:443"),
        ("https://example.com:8080/", "example.com:8080"),
        ("https://example.com:08080/", "example.com:8080"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
        ("https://[2001:db8::1]:8080/", "[2001:db8::1]:8080"),
        ("https://[2001:db8::1]/", "[2001:db8::1]"),
        ("https://www.example.com/", "www.example.com"),
        ("https://exa mple.com/", None),
        ("https:///a", None),
        ("https://example.com:port/", None),
        ("ftp://example.com/", None),
        ("example.com/a", None),
        ("", None),
        (None, None),
        ("https://" + "a" * 254 + "/", None),
    ],
)
def test_a_site_is_host_and_port(url: str | None, site: str | None) -> None:
    assert find_site(url) == site


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("", "/"),
        ("http://www.example.com", "/"),
        ("http://www.example.com/a/b?c=http://d.e/", "/a/b?c=http://d.e/"),
        ("http://www.example.com/a/b?c=d&e=f#fragment", "/a/b?c=d&e=f"),
        ("example.com/a", "/a"),
        ("a", "/"),
        ("/a", "/a"),
        ("a/b", "/b"),
        ("example.com?a", "/?a"),
        ("example.com/a;b#c", "/a;b"),
        ("//a/b/c", "/b/c"),
        ("http://a#b/c", "/"),
        ("http://a/é", "/%C3%A9"),
        ("http://a/%c3%a9%41", "/%C3%A9A"),
        ("http://a/x*$", "/x%2A%24"),
    ],
)
def test_a_path_has_its_query_and_no_fragment(url: str, path: str) -> None:
    assert find_path(url) == path
