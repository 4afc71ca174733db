"""robots.txt by RFC 9309: the vectors of the reference parser, groups, lines, limits, hostile files."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from protego import Protego

from governance.reservations.agents import load_agents
from governance.reservations.robots import (
    MAX_BYTES,
    MAX_LINE_BYTES,
    RobotsFile,
    Rule,
    find_signals,
    read_robots,
)
from governance.reservations.signals import Origin, Question

VECTORS = yaml.safe_load(Path(__file__).with_name("robots_vectors.yaml").read_text("utf-8"))
DEPARTURES = {
    ("http://foo.bar/foo/bar/ツ", "/foo/bar/ツ"),
    ("http://foo.bar/foo/bar/ツ", "/foo/bar/%E3%83%84"),
    ("http://foo.bar/foo/bar/baz", "/foo/bar/%62%61%7A"),
}
"""Where the reference parser departs from RFC 9309, section 2.2.2: it leaves it to its caller to escape what
is no ASCII in a URL, and undoes no escapes of unreserved characters. It refuses these; the RFC does not."""


def find_rule(robots: RobotsFile, url: str, *, agent: str) -> Rule | None:
    return next((rule for _, rule in robots.find_rules(url, agents=[agent])), None)


def allowed(robots: str, agent: str, url: str) -> bool:
    rule = find_rule(read_robots(robots.encode()), url, agent=agent)
    return rule is None or rule.name == "allow"


def deciding_line(robots: str, *, agent: str = "GPTBot", url: str = "https://example.org/") -> int | None:
    rule = find_rule(read_robots(robots.encode()), url, agent=agent)
    return None if rule is None else rule.line


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["fact"])
def test_the_reference_parser_answers_alike(vector: dict[str, Any]) -> None:
    for case in vector["cases"]:
        departs = any(case["url"] == url and path in vector["robots"] for url, path in DEPARTURES)
        answer = allowed(vector["robots"], case["agent"], case["url"])
        assert answer == (case["allowed"] != departs), case


def test_all_vectors_are_there() -> None:
    assert sum(len(vector["cases"]) for vector in VECTORS) == 140


def test_a_longer_line_is_cut_at_the_limit() -> None:
    start = "/x/" + "a" * (MAX_LINE_BYTES - len("disallow: /x/"))
    robots = f"user-agent: FooBot\ndisallow: {start}/qux\n"
    assert not allowed(robots, "FooBot", f"http://foo.bar{start}/fux")
    assert allowed(robots, "FooBot", f"http://foo.bar{start[:-1]}")


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xef\xbb", b"\xef"])
def test_a_byte_order_mark_does_not_lose_its_group(mark: bytes) -> None:
    rule = find_rule(read_robots(mark + b"User-agent: foo\nDisallow: /"), "http://a/", agent="foo")
    assert rule is not None and rule.line == 2


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_whatever_ends_them(end: str) -> None:
    assert deciding_line(end.join(["User-agent: *", "", "# why", "Disallow: /"])) == 4


@pytest.mark.parametrize(
    "record", ["Crawl-delay: 5", "Content-Signal: ai-train=no", "Sitemap: /s", "nonsense"]
)
def test_a_record_unknown_to_the_rfc_leaves_the_group_open(record: str) -> None:
    robots = f"User-agent: a\n{record}\nUser-agent: b\nDisallow: /\n"
    assert not allowed(robots, "a", "http://x/") and not allowed(robots, "b", "http://x/")


@pytest.mark.parametrize(
    ("named", "asked", "is_meant"),
    [
        ("Google", "Google-Extended", False),
        ("Google-Extended", "Google", False),
        ("google-extended", "Google-Extended", True),
        ("GPTBot/1.1", "gptbot", True),
        ("GPTBot", "GPTBot/1.1", True),
        ("AI2Bot", "AI2Bot", True),
        ("AI2Bot", "AI", False),
        ("GPT", "GPTBot", False),
        ("*", "GPTBot", True),
    ],
)
def test_agents_are_whole_tokens(named: str, asked: str, is_meant: bool) -> None:
    assert allowed(f"User-agent: {named}\nDisallow: /", asked, "http://x/") is not is_meant


def test_the_group_of_an_agent_wins_over_everyones_and_the_signal_says_whose_it_is() -> None:
    robots = read_robots(b"User-agent: *\nDisallow: /\nUser-agent: GPTBot\nAllow: /\n")
    question = Question("https://example.org/a", ("GPTBot", "CCBot"))
    signals = find_signals(robots, question=question, origin=Origin("robots.txt", "2025-01-01"))
    assert [(each.line, each.effect, each.agent, each.date) for each in signals] == [
        (2, "disallow", "*", "2025-01-01"),
        (4, "allow", "GPTBot", "2025-01-01"),
    ]


def test_an_empty_disallow_says_nothing() -> None:
    assert deciding_line("User-agent: *\nDisallow:\n") is None


@pytest.mark.parametrize(
    ("pattern", "path", "is_met"),
    [
        ("/a%2fb", "/a%2Fb", True),
        ("/a%2Fb", "/a/b", False),
        ("/%7Eann", "/~ann", True),
        ("/caf%C3%A9", "/café", True),
        ("/with-%2A", "/with-*", True),
        ("/with-*", "/with-x", True),
        ("/with-%2A", "/with-x", False),
        ("/price$x", "/price$x", True),
        ("/end$", "/end", True),
        ("/end$", "/endless", False),
        ("/end%24", "/end$", True),
        ("/*?q=", "/a?q=1", True),
        ("/**/b", "/a/b", True),
        ("*.pdf$", "/x.pdf", True),
    ],
)
def test_patterns_meet_paths_as_they_are_written_or_escaped(pattern: str, path: str, is_met: bool) -> None:
    robots = f"User-agent: *\nDisallow: {pattern}"
    assert allowed(robots, "x", f"https://example.org{path}") is not is_met


def test_what_stands_behind_the_limit_says_nothing() -> None:
    head = "User-agent: *\nDisallow: /a\n"
    filler = "#" * (MAX_BYTES - len(head) - 1) + "\n"
    assert not allowed(head + filler + "Disallow: /b\n", "x", "http://x/a")
    assert allowed(head + filler + "Disallow: /b\n", "x", "http://x/b")
    assert not allowed(head + filler[20:] + "Disallow: /b\n", "x", "http://x/b")
    assert allowed(head + filler[9:-1] + "\nDisallow: /b", "x", "http://x/"), "a rule that is cut is none"


HOSTILE = {
    "10 MB": b"User-agent: *\nDisallow: /x\n" * (10 << 20 >> 4),
    "100,000 groups": b"".join(b"User-agent: a%d\nDisallow: /%d\n" % (n, n) for n in range(100_000)),
    "100,000 agents of one group": b"User-agent: a\n" * 30_000 + b"Disallow: /a\n" * 10_000,
    "wildcards": b"User-agent: *\nDisallow: /" + b"*a" * 8_000 + b"$\n",
    "rules of wildcards": b"User-agent: *\n" + b"Disallow: /*a*a*a*a*b\n" * 20_000,
    "no line end": b"User-agent: *" + b" " * (10 << 20),
    "zeros": bytes(1 << 20),
    "no UTF-8": b"\xff\xfe" * (1 << 18),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_read_in_linear_time(name: str) -> None:
    robots = read_robots(HOSTILE[name])
    path = "/" + "a" * 5_000
    for agent in load_agents().training:
        find_rule(robots, f"https://example.org{path}", agent=agent)


@given(st.binary(max_size=200), st.text(max_size=50))
def test_any_bytes_are_a_file_and_any_text_a_url(data: bytes, url: str) -> None:
    find_rule(read_robots(data), url, agent="GPTBot")


PATHS = st.lists(st.sampled_from(["/", "a", "b", "*", "?", "."]), min_size=1, max_size=6).map("".join)
RULES = st.lists(st.tuples(st.sampled_from(["Allow", "Disallow"]), PATHS), max_size=6)


@given(rules=RULES, path=PATHS)
def test_another_parser_answers_alike(rules: list[tuple[str, str]], path: str) -> None:
    """Protego takes a question mark of a rule for three bytes, and another rule for the longest.

    It is a character like others (RFC 9309, 2.2.2), and Protego is given one.
    """
    body = "User-agent: *\n" + "".join(f"{name}: /{pattern}\n" for name, pattern in rules)
    url = "https://example.org/" + path.replace("*", "x").lstrip("/")
    others = Protego.parse(body.replace("?", "q"))
    assert allowed(body, "x", url) == others.can_fetch(url.replace("?", "q"), "x")


@pytest.mark.parametrize(
    ("path", "is_allowed"),
    [
        ("/robots.txt", True),
        ("/robots%2Etxt", True),
        ("/robots.txt#a", True),
        ("/robots.txt.old", False),
        ("/a/robots.txt", False),
        ("/robots.txt?a", False),
    ],
)
def test_the_file_itself_is_allowed_whatever_it_says(path: str, is_allowed: bool) -> None:
    robots = "User-agent: *\nDisallow: /\n"
    url = f"https://example.org{path}"
    assert allowed(robots, "GPTBot", url) is is_allowed
    found = [*read_robots(robots.encode()).find_rules(url, agents=["GPTBot"])]
    assert [rule.name for _, rule in found] == ([] if is_allowed else ["disallow"])
