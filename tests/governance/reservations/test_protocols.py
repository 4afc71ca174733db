"""TDMRep, AIPREF, Content-Signal, RSL, X-Robots-Tag and C2PA: each with its own precedence."""

import json
from collections.abc import Mapping
from typing import Any

import c2pa_text
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.reservations import aipref, c2pa, cbor, content_signal, rsl, tdmrep, x_robots
from governance.reservations.document import SiteFiles, gather, judge, make_reservation
from governance.reservations.robots import read_robots
from governance.reservations.rsl import read_file as read_rsl
from governance.reservations.signals import Effect, Origin, Purpose, Question, combine
from governance.reservations.tdmrep import read_file as read_tdmrep
from governance.reservations.terms import Terms

URL = "https://example.org/news/a?b=1"
AGENTS = ("GPTBot", "CCBot")
QUESTION = Question(URL, AGENTS)
ORIGIN = Origin("where", "2025-03-01")


def site(*, robots: bytes | None = None, tdmrep: bytes | None = None, rsl: bytes | None = None) -> SiteFiles:
    """Files of the site as copies have them."""
    return SiteFiles(
        "example.org",
        robots_file=None if robots is None else (read_robots(robots), ORIGIN),
        tdmrep_file=None if tdmrep is None else (read_tdmrep(tdmrep), ORIGIN),
        rsl_file=None if rsl is None else (read_rsl(rsl), ORIGIN),
    )


def effects(
    *notices: tuple[str, str, str], question: Question = QUESTION, **files: bytes
) -> list[tuple[str, str, str]]:
    signals = gather(question, files=[site(**files)], notices=notices, date="2025-03-02")
    return [(each.protocol, each.place, each.effect) for each in signals if not each.superseded]


# TDMRep


def entries(*values: Any) -> bytes:
    return json.dumps(values, indent=1).encode()


def test_in_a_tdmrep_file_the_first_entry_that_matches_holds() -> None:
    data = entries(
        {"location": "/news/*?b", "tdm-reservation": 0},
        {"location": "/news", "tdm-reservation": 1, "tdm-policy": "https://example.org/p.json"},
    )
    (signal,) = tdmrep.find_signals(tdmrep.read_file(data), question=QUESTION, origin=ORIGIN)
    assert (signal.effect, signal.line, signal.date) == ("allow", 3, "2025-03-01")
    other = Question("https://example.org/newsletter", AGENTS)
    (signal,) = tdmrep.find_signals(tdmrep.read_file(data), question=other, origin=ORIGIN)
    assert (signal.effect, signal.line) == ("disallow", 7)
    assert not tdmrep.find_signals(tdmrep.read_file(data), question=Question("https://a/", ()), origin=ORIGIN)


@pytest.mark.parametrize(
    ("file", "header", "meta", "effect"),
    [
        (1, None, None, "disallow"),
        (1, "0", None, "allow"),
        (0, "1", None, "disallow"),
        (1, "0", "1", "disallow"),
        (0, "1", "0", "allow"),
        (1, "2", None, "disallow"),
        (1, "1", "yes", "disallow"),
        (None, "0", "1", "disallow"),
        (True, None, None, "unknown"),
        ("1", None, None, "disallow"),
        (2, None, None, "unknown"),
        (None, None, None, "unknown"),
    ],
)
def test_the_header_supersedes_the_file_and_meta_the_header(
    file: Any, header: str | None, meta: str | None, effect: Effect
) -> None:
    notices = [("http", "tdm-reservation", header), ("meta", "tdm-reservation", meta)]
    files = {} if file is None else {"tdmrep": entries({"location": "/", "tdm-reservation": file})}
    signals = gather(QUESTION, files=[site(**files)], notices=[each for each in notices if each[2]])  # type: ignore[misc]
    assert combine(signals).effect == effect
    assert len(signals) == sum(value is not None for value in (file, header, meta)), "every signal is kept"


@pytest.mark.parametrize("data", [b"", b"{}", b"nonsense", b"[" * 100_000, b"[1" + b" " * (1 << 20) + b"]"])
def test_a_broken_tdmrep_file_is_told(data: bytes) -> None:
    with pytest.raises(tdmrep.BrokenFile):
        tdmrep.read_file(data)


def test_what_is_no_entry_is_left_out() -> None:
    assert [each.effect for each in tdmrep.read_file(entries(1, {}, {"location": 1}, {"location": "a"}))] == [
        "unknown"
    ]


# AIPREF


@pytest.mark.parametrize(
    ("value", "train", "search"),
    [
        ("train-ai=n", "disallow", "unknown"),
        ("train-ai=y, search=n", "allow", "disallow"),
        ("train-ai=n, train-ai=y", "allow", "unknown"),
        ("train-ai=y, train-ai=n", "disallow", "unknown"),
        ("train-ai=n;reason=x", "disallow", "unknown"),
        ("train-ai", "unknown", "unknown"),
        ('train-ai="n"', "unknown", "unknown"),
        ("train-ai=?0", "unknown", "unknown"),
        ("train-ai=N", "unknown", "unknown"),
        ("Train-AI=n", "unknown", "unknown"),
        ("train-ai=n search=y", "unknown", "unknown"),
        ("train-ai=n,", "unknown", "unknown"),
        ("", "unknown", "unknown"),
        ("train-ai=n, é=y", "unknown", "unknown"),
        ("train-genai=n", "disallow", "unknown"),
        ("train-ai=y, train-genai=n", "disallow", "unknown"),
        ("bots=n", "disallow", "disallow"),
        ("bots=n, train-ai=y", "allow", "disallow"),
        ("other=n", "unknown", "unknown"),
        ("a=" + "n" * 20_000, "unknown", "unknown"),
    ],
)
def test_a_content_usage_value(value: str, train: Effect, search: Effect) -> None:
    assert [aipref.read_value(value, purpose) for purpose in ("train-ai", "search")] == [train, search]


def test_lines_of_the_content_usage_header_are_one_dictionary() -> None:
    lines = [("http", "content-usage", "train-ai=n"), ("http", "content-usage", "train-ai=y")]
    assert effects(*lines) == [("aipref", "header", "allow")]
    assert effects(lines[0], ("http", "content-usage", "not one =")) == [("aipref", "header", "unknown")]


@pytest.mark.parametrize(
    ("rules", "effect"),
    [
        ("Content-Usage: train-ai=n", "disallow"),
        ("Content-Usage: /news train-ai=n", "disallow"),
        ("Content-Usage: /sport train-ai=n", "unknown"),
        ("Content-Usage: train-ai=n\nContent-Usage: /news/ train-ai=y", "allow"),
        ("Content-Usage: train-ai=y\nContent-Usage: train-ai=n", "disallow"),
        ("Content-Usage: /news train-ai=n\nContent-Usage: /news train-ai=y", "disallow"),
        ("Content-Usage: /news nonsense =\nContent-Usage: train-ai=n", "unknown"),
    ],
)
def test_of_content_usage_rules_the_longest_path_holds_and_on_one_path_a_disallow(
    rules: str, effect: Effect
) -> None:
    signals = gather(QUESTION, files=[site(robots=f"User-agent: *\n{rules}\n".encode())])
    assert combine(signals).effect == effect


# Content-Signal


def test_content_signals_hold_for_their_group() -> None:
    robots = (
        b"User-agent: *\nContent-Signal: search=yes, ai-train=no\nAllow: /\nUser-agent: CCBot\nAllow: /\n"
    )
    signals = gather(Question(URL, ("CCBot",)), files=[site(robots=robots)])
    assert combine(signals).effect == "allow"
    verdict = combine(gather(QUESTION, files=[site(robots=robots)]))
    assert verdict.effect == "disallow" and verdict.signal is not None
    assert (verdict.signal.protocol, verdict.signal.line, verdict.signal.agent) == ("content_signal", 2, "*")


def test_content_signals_before_any_agent_are_to_everyone() -> None:
    robots = b"Content-Signal: ai-train=no\n\nUser-agent: GPTBot\nAllow: /\n"
    assert combine(gather(QUESTION, files=[site(robots=robots)])).effect == "disallow"


@pytest.mark.parametrize(
    ("value", "purpose", "effect"),
    [
        ("ai-train=no", "train-ai", "disallow"),
        ("AI-Train = NO", "train-ai", "disallow"),
        ("search=yes,ai-train=yes", "train-ai", "allow"),
        ("ai-train=yes, ai-train=no", "train-ai", "disallow"),
        ("ai-train=maybe", "train-ai", "unknown"),
        ("ai-input=no", "train-ai", "unknown"),
        ("search=no, ai-train=yes", "search", "disallow"),
    ],
)
def test_a_content_signal_value(value: str, purpose: Purpose, effect: Effect) -> None:
    assert content_signal.read_value(value, purpose) == effect
    question = Question(URL, AGENTS, purpose)
    assert effects(("http", "content-signal", value), question=question) == [
        ("content_signal", "header", effect)
    ]


# RSL


def licence(inner: str, *, url: str = "/news") -> bytes:
    return f'<rsl xmlns="https://rslstandard.org/rsl"><content url="{url}">{inner}</content></rsl>'.encode()


PERMITS = '<permits type="usage">{}</permits>'
PROHIBITS = '<prohibits type="usage">{}</prohibits>'


@pytest.mark.parametrize(
    ("inner", "effect"),
    [
        (PROHIBITS.format("ai-train"), "disallow"),
        (PROHIBITS.format("ai-input"), "unknown"),
        (PROHIBITS.format("ai-all"), "disallow"),
        (PROHIBITS.format("train-ai"), "disallow"),
        (PERMITS.format("ai-train search"), "allow"),
        (PERMITS.format("search"), "disallow"),
        (PERMITS.format("all"), "allow"),
        (PERMITS.format("all") + PROHIBITS.format("ai-train"), "disallow"),
        (PERMITS.format("ai-train") + '<payment type="purchase"/>', "disallow"),
        (PERMITS.format("ai-train") + '<payment type="free"/>', "allow"),
        ('<prohibits type="user">commercial</prohibits>', "unknown"),
        ("", "unknown"),
    ],
)
def test_an_rsl_licence(inner: str, effect: Effect) -> None:
    assert effects(rsl=licence(f"<license>{inner}</license>")) == [("rsl", "license_file", effect)]


def test_of_several_rsl_licences_one_is_enough_and_the_longest_pattern_holds() -> None:
    one = f"<license>{PROHIBITS.format('ai-train')}</license>"
    other = f"<license>{PERMITS.format('ai-train')}</license>"
    assert effects(rsl=licence(one + other)) == [("rsl", "license_file", "allow")]
    both = licence(one, url="/").replace(b"</rsl>", licence(other)[41:-6] + b"</rsl>")
    assert effects(rsl=both) == [("rsl", "license_file", "allow")]
    for url in ("https://example.org.evil/news", "https://example.com/news", "/sport"):
        assert effects(rsl=licence(one, url=url)) == []
    assert effects(rsl=licence(one, url="https://example.org/*")) == [("rsl", "license_file", "disallow")]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html/>",
        b"<rsl>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><rsl>&a;</rsl>',
        b"<rsl>" + b"<a>" * (1 << 19),
    ],
)
def test_a_broken_rsl_file_is_told(data: bytes) -> None:
    with pytest.raises(rsl.BrokenFile):
        rsl.read_file(data)


def test_a_link_to_a_licence_says_that_there_are_terms() -> None:
    link = '<https://example.org/license.xml>; rel="license"; type="application/rsl+xml"'
    assert effects(
        ("http", "link", link),
        ("http", "link", '<https://creativecommons.org/x>; rel="license"'),
        ("link", "license application/rsl+xml", "/license.xml"),
        robots=b"License: https://example.org/license.xml\n",
    ) == [("rsl", "robots.txt", "unknown"), ("rsl", "header", "unknown"), ("rsl", "meta", "unknown")]


# X-Robots-Tag and <meta name="robots">


@pytest.mark.parametrize(
    ("value", "effects_"),
    [
        ("noai", ["disallow"]),
        ("noindex, NoAI", ["disallow"]),
        ("noai, noimageai", ["disallow", "unknown"]),
        ("noimageai", ["unknown"]),
        ("noindex", []),
        ("none", []),
        ("GPTBot: noai", ["disallow"]),
        ("gptbot: noindex, noai", ["disallow"]),
        ("otherbot: noai", []),
        ("otherbot: noindex, noai, GPTBot: noai", ["disallow"]),
        ("unavailable_after: 25 Jun 2010 15:00:00 PST, noai", ["disallow"]),
        ("max-snippet: 10, noai", ["disallow"]),
        ("noaix", []),
        ("", []),
    ],
)
def test_an_x_robots_tag(value: str, effects_: list[Effect]) -> None:
    for place, name in (("http", "x-robots-tag"), ("meta", "robots")):
        said = gather(QUESTION, notices=[(place, name, value)])
        assert [each.effect for each in said] == effects_


def test_meta_of_an_agent_is_to_that_agent() -> None:
    assert gather(QUESTION, notices=[("meta", "googlebot", "noai")]) == []
    (signal,) = gather(Question(URL, ("Googlebot",)), notices=[("meta", "googlebot", "noai")])
    assert (signal.effect, signal.agent, signal.place) == ("disallow", "googlebot", "meta")
    assert x_robots.read_value("noai", question=QUESTION, place="meta", origin=ORIGIN)[0].agent is None


# C2PA in texts


def box(kind: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + kind + content


def superbox(label: str, *contents: bytes) -> bytes:
    return box(b"jumb", b"".join([box(b"jumd", bytes(16) + b"\x03" + label.encode() + b"\0"), *contents]))


def encode_cbor(value: Any) -> bytes:
    def head(major: int, count: int) -> bytes:
        return bytes([major << 5 | count]) if count < 24 else bytes([major << 5 | 24, count])

    if isinstance(value, Mapping):
        items = [encode_cbor(each) for pair in value.items() for each in pair]
        return b"".join([head(5, len(value)), *items])
    if isinstance(value, list):
        return b"".join([head(4, len(value)), *map(encode_cbor, value)])
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    return head(0, value)


def manifest(
    use: str, *, label: str = "cawg.training-mining", entry: str = "cawg.ai_training", kind: bytes = b"cbor"
) -> bytes:
    value = {"entries": {entry: {"use": use}}}
    content = encode_cbor(value) if kind == b"cbor" else json.dumps(value).encode()
    return superbox(
        "c2pa", superbox("urn:c2pa:1", superbox("c2pa.assertions", superbox(label, box(kind, content))))
    )


@pytest.mark.parametrize(
    ("data", "effect"),
    [
        (manifest("notAllowed"), "disallow"),
        (manifest("constrained"), "disallow"),
        (manifest("allowed"), "allow"),
        (
            manifest("notAllowed", label="c2pa.training-mining", entry="c2pa.ai_generative_training"),
            "disallow",
        ),
        (manifest("notAllowed", label="c2pa.training-mining__1", entry="c2pa.data_mining"), "disallow"),
        (manifest("notAllowed", kind=b"json"), "disallow"),
        (manifest("notAllowed", entry="cawg.ai_inference"), "unknown"),
        (manifest("perhaps"), "unknown"),
        (manifest("notAllowed", label="c2pa.actions"), "unknown"),
        (manifest("notAllowed")[:-3], "unknown"),
        (b"nonsense", "unknown"),
    ],
)
def test_a_manifest_in_a_text(data: bytes, effect: Effect) -> None:
    text = c2pa_text.embed_manifest("Some text.", data)
    (signal,) = c2pa.find_signals(text, question=QUESTION, origin=ORIGIN)
    assert (signal.protocol, signal.place, signal.effect) == ("c2pa", "text", effect)


def test_texts_without_a_manifest_and_with_two() -> None:
    text = c2pa_text.embed_manifest("Some text.", manifest("allowed"))
    assert c2pa.find_signals("Some text.\ufeff\ufe00", question=QUESTION, origin=ORIGIN) == []
    (signal,) = c2pa.find_signals(text + text, question=QUESTION, origin=ORIGIN)
    assert signal.effect == "unknown"


@given(st.binary(max_size=60))
def test_any_bytes_are_a_value_or_none(data: bytes) -> None:
    try:
        cbor.loads(data)
    except cbor.BrokenValue:
        return


@given(st.binary(max_size=80))
def test_any_manifest_is_read(data: bytes) -> None:
    text = c2pa_text.embed_manifest("t", superbox("c2pa.training-mining", box(b"cbor", data)) + data)
    assert len(c2pa.find_signals(text, question=QUESTION, origin=ORIGIN)) == 1


# Together


def test_between_protocols_the_most_restrictive_holds_and_a_policy_may_honour_some() -> None:
    signals = gather(
        QUESTION,
        files=[site(robots=b"User-agent: *\nAllow: /\n")],
        notices=[("http", "x-robots-tag", "noai"), ("http", "content-usage", "train-ai=y")],
    )
    assert judge(signals, terms=Terms("honour_all", AGENTS)).effect == "disallow"
    assert judge(signals, terms=Terms("honour_listed", AGENTS, ("robots", "aipref"))).effect == "allow"
    assert judge(signals, terms=Terms("honour_listed", AGENTS, ("tdmrep",))).effect == "unknown"
    assert judge(signals, terms=Terms("not_applicable", AGENTS)).effect == "unknown"


def test_a_reservation_is_one_json_whatever_the_order_of_its_signals() -> None:
    signals = gather(QUESTION, notices=[("http", "x-robots-tag", "noai")], date="2025-03-02")
    made = make_reservation(signals[::-1], protocols=["x_robots", "robots"], checked_at="2025-03-02")
    assert json.loads(made.to_json()) == {
        "train": "disallow",
        "protocols": ["robots", "x_robots"],
        "checked_at": "2025-03-02",
        "signals": [
            {
                "protocol": "x_robots",
                "place": "header",
                "location": "x-robots-tag",
                "raw": "noai",
                "effect": "disallow",
                "date": "2025-03-02",
                "superseded": False,
                "parser_version": 2,
            }
        ],
    }
