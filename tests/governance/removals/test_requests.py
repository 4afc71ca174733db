"""Requests: what is refused, and what each selector covers at its boundaries."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from governance.removals.ledger import Executed, Ledger, Tombstone, read_ledger
from governance.removals.matching import Matcher
from governance.removals.request import InvalidRequest, Request, check_authority, find_broad, parse_request
from governance.removals.rules import Rule, all_rules, selector_rules
from governance.removals.spans import Change, find_changes, redact
from governance.removals.urls import canonical, canonical_column, domains_above, may_be_below, prefixes

REQUEST: dict[str, Any] = {
    "request_id": "01JDT5C3V4W5X6Y7Z8A9B0C1D2",
    "received_at": "2026-11-20",
    "channel": "form",
    "kind": "copyright",
    "requester": {"relationship": "rights_holder", "verified": "domain"},
    "selectors": [{"type": "url", "value": "https://example.org/a"}],
    "scope": {"languages": "all", "time": "existing_and_future"},
    "action": "drop_document",
    "decision": {"state": "accepted", "by": "office", "at": "2026-11-21", "due_at": "2026-12-20"},
    "public": "list",
}

SPAN = {"type": "span", "value": "Anna"}


def make(**changes: Any) -> Request:
    return parse_request(yaml.safe_dump(REQUEST | changes, allow_unicode=True), place="r.yaml")


def select(kind: str, value: str, **fields: Any) -> Request:
    action = "redact_span" if kind == "span" else "drop_document"
    return make(selectors=[{"type": kind, "value": value, **fields}], action=action)


def problems(**changes: Any) -> list[str]:
    with pytest.raises(InvalidRequest) as raised:
        make(**changes)
    return raised.value.problems


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"requestor": "x"}, "unknown field"),
        ({"request_id": "01JDT5C3V4W5X6Y7Z8A9B0C1DI"}, "ULID"),
        ({"kind": "annoyance"}, "'annoyance' is not an answer"),
        ({"received_at": "yesterday"}, "ISO 8601"),
        ({"received_at": "2026-13-01"}, "ISO 8601"),
        ({"selectors": []}, "at least 1"),
        ({"selectors": [{"type": "url", "value": "https://"}]}, "names no host"),
        ({"selectors": [{"type": "doc_id", "value": "4311"}]}, "32 hexadecimal digits"),
        ({"selectors": [{"type": "text_sha256", "value": "ab"}]}, "64 hexadecimal digits"),
        ({"selectors": [{"type": "swhid", "value": f"swh:1:dir:{'a' * 40}"}]}, "hold no text"),
        ({"selectors": [{"type": "span_sha256", "value": "a" * 64}]}, "says how long the span is: bytes"),
        ({"selectors": [{"type": "span_sha256", "value": "a" * 64, "bytes": 3}]}, "4"),
        ({"selectors": [{"type": "span_sha256", "value": "a" * 64, "bytes": 1025}]}, "1024"),
        ({"selectors": [{"type": "span_sha256", "value": "a" * 63, "bytes": 9}]}, "64 hexadecimal digits"),
        ({"selectors": [{"type": "span_sha256", "value": "a" * 64, "bytes": 9}]}, "is redacted or corrected"),
        ({"selectors": [SPAN], "action": "correct"}, "each with its replacement"),
        ({"selectors": [SPAN | {"replacement": "Ann"}], "action": "redact_span"}, "of the action correct"),
        ({"selectors": [SPAN | {"replacement": "Joanna, Anna"}], "action": "correct"}, "has the value in it"),
        ({"selectors": [SPAN | {"bytes": 4}], "action": "redact_span"}, "bytes belongs to a span_sha256"),
        ({"action": "correct"}, "correct is about selectors of type span"),
        ({"selectors": [{"type": "pattern", "value": "(a"}]}, "no regular expression of RE2"),
        ({"selectors": [{"type": "pattern", "value": r"(a)\1"}]}, "no regular expression of RE2"),
        ({"selectors": [{"type": "url", "value": "https://a.org/", "start": 1}]}, "start belongs to a span"),
        ({"action": "redact_span"}, "redact_span is about selectors of type span, span_sha256 or pattern"),
        ({"action": "drop_source"}, "drop_source is about selectors of type source_uid"),
        ({"decision": REQUEST["decision"] | {"state": "rejected"}}, "needs a reason"),
        ({"decision": {"state": "accepted", "due_at": "2026-12-20"}}, "by whom"),
        ({"decision": REQUEST["decision"] | {"state": "executed"}}, "has an execution"),
        ({"decision": {"state": "received"}}, "required, but missing"),
    ],
)
def test_what_is_not_as_the_schema_says_is_refused(changes: Mapping[str, Any], said: str) -> None:
    assert said in " ".join(problems(**changes))


def test_a_repeated_key_and_a_tag_that_executes_are_refused() -> None:
    text = yaml.safe_dump(REQUEST)
    for bad in (
        f"{text}kind: quality\n",
        f"{text}evidence: !!python/object/apply:os.getcwd []\n",
        "- a\n",
        "{",
    ):
        with pytest.raises(InvalidRequest):
            parse_request(bad, place="r.yaml")


@pytest.mark.parametrize(
    ("kind", "relationship", "verified", "may"),
    [
        ("copyright", "rights_holder", "no", False),
        ("copyright", "rights_holder", "domain", True),
        ("copyright", "third_party", "document", False),
        ("privacy_erasure", "self", "no", False),
        ("privacy_erasure", "self", "account", True),
        ("privacy_erasure", "representative", "account", False),
        ("privacy_erasure", "representative", "document", True),
        ("illegal_content", "third_party", "no", True),
        ("quality", "third_party", "no", True),
    ],
)
def test_a_request_without_authority_may_not_act(
    kind: str, relationship: str, verified: str, may: bool
) -> None:
    request = make(kind=kind, requester={"relationship": relationship, "verified": verified})
    assert (check_authority(request) == []) is may
    assert yaml.safe_load("verified: no") == {"verified": False}  # which is how people write it


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("url_prefix", "https://"),
        ("url_prefix", "http:/"),
        ("url_prefix", "https://com/"),
        ("url_prefix", "https://co.uk/a"),
        ("domain", "com"),
        ("domain", "co.uk"),
        ("domain", "github.io"),
        ("pattern", ".*"),
        ("pattern", "."),
        ("pattern", r"\S+"),
        ("pattern", "(?s).+"),
        ("pattern", "x*"),
        ("pattern", r"\p{L}"),
        ("creator", " . "),
        ("span", "of"),
    ],
)
def test_a_selector_that_matches_everything_is_refused_without_a_flag(kind: str, value: str) -> None:
    assert len(find_broad(select(kind, value))) == 1
    assert find_broad(select(kind, value, allow_everything=True)) == []


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("url_prefix", "https://example.com"),
        ("domain", "example.com"),
        ("domain", "me.github.io"),
        ("domain", "10.0.0.1"),
        ("pattern", "committee"),
        ("span", "+27 21 555 0199"),
    ],
)
def test_a_selector_of_something_is_taken(kind: str, value: str) -> None:
    assert find_broad(select(kind, value)) == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTPS://User:pw@Example.COM:443/a/../b/./%7efoo?b=2&a=1#top", "example.com/b/~foo?b=2&a=1"),
        ("http://example.com:80", "example.com/"),
        ("https://example.com:80/", "example.com:80/"),
        ("//example.com./x", "example.com/x"),
        ("example.com/x", "example.com/x"),
        ("https://bücher.example/ä b", "xn--bcher-kva.example/%C3%A4%20b"),
        ("http://example.com/%c3%a4%20b", "example.com/%C3%A4%20b"),
        ("http://example.com/100%", "example.com/100%25"),
        ("http://[2001:DB8::1]:80/x", "[2001:db8::1]/x"),
        ("ftp://example.com/x", "ftp://example.com/x"),
        ("doi:10.1000/182", "doi:10.1000/182"),
        ("https://", None),
        ("http://example.com:port/", None),
        ("", None),
    ],
)
def test_canonical_urls(url: str, expected: str | None) -> None:
    assert canonical(url) == expected
    assert canonical_column(pa.array([None, url])).to_pylist() == [None, expected]


@given(st.text(max_size=30))
def test_a_canonical_url_is_its_own(text: str) -> None:
    for url in (f"https://example.org/{text}", f"http://{text}", text):
        once = canonical(url)
        assert canonical_column(pa.array([url])).to_pylist() == [once]
        if once is not None and "://" not in once:
            assert canonical(once) == once


def hits(request: Request, urls: list[str], **columns: list[Any]) -> list[str]:
    table = pa.table({"url": urls, **columns})
    found = Matcher(all_rules(request)).find(table, source="s")
    return [urls[row] for row in found.rows.tolist()]


def test_a_domain_covers_labels_below_it_and_no_other() -> None:
    urls = [
        "http://example.com/",
        "https://www.example.com:8080/x",
        "http://a.b.EXAMPLE.com./",
        "http://example.com.evil/",
        "http://notexample.com/",
        "http://evil/example.com/",
        "http://evil/?u=http://example.com/",
        "http://example.com@evil/",
        "http://example.org/",
    ]
    for value in ("example.com", "Example.COM.", "*.example.com", "https://example.com/"):
        assert hits(select("domain", value), urls) == urls[:3]
    assert [*domains_above("10.0.0.1")] == ["10.0.0.1"]


def test_a_prefix_ends_where_a_segment_does() -> None:
    urls = [
        "https://example.com/a/b",
        "http://EXAMPLE.com:80/a/b/",
        "https://example.com/a/b/c?x=1",
        "https://example.com/a/b?x=1",
        "https://example.com/a/bc",
        "https://example.com/a/",
        "https://www.example.com/a/b",
        "https://example.com.evil/a/b",
    ]
    assert hits(select("url_prefix", "https://example.com/a/b"), urls) == urls[:4]
    assert hits(select("url_prefix", "https://example.com/a/b/"), urls) == urls[1:3]
    assert hits(select("url_prefix", "https://example.com"), urls) == urls[:6]
    asked = select("url_prefix", "https://example.com/p?id=1")
    pages = [f"https://example.com/p?{query}" for query in ("id=1", "id=1&x=2", "id=12", "x=2&id=1")]
    assert hits(asked, pages) == pages[:2]


@given(st.lists(st.sampled_from(["a", "b", "ab", ""]), max_size=5))
def test_every_prefix_of_a_url_begins_it(segments: list[str]) -> None:
    url = canonical("example.com/" + "/".join(segments))
    assert url is not None
    assert all(url.startswith(prefix) for prefix in prefixes(url)) and url in prefixes(url)


def test_other_selectors_match_exactly() -> None:
    ids = [bytes(16), bytes([1] * 16)]
    table = pa.table(
        {
            "url": ["https://a.org/1", "https://a.org/2"],
            "doc_id": pa.array(ids, pa.binary(16)),
            "raw_sha256": pa.array([bytes(32), bytes([2] * 32)], pa.binary(32)),
            "author": ["Ada  LOVELACE; C. Babbage", "Ada"],
            "text": pa.array(["one", "two"], pa.large_string()),
        }
    )

    def rows(*rules: Rule) -> list[int]:
        return Matcher(rules).find(table, source="s").rows.tolist()

    def of(kind: str, value: str) -> list[int]:
        return rows(*all_rules(select(kind, value)))

    assert of("creator", "ada lovelace") == of("creator", "C. Babbage") == [0]
    assert of("creator", "Lovelace") == []
    assert of("doc_id", "01" * 16) == [1]
    assert of("source_uid", "s") == [0, 1] and of("source_uid", "other") == []
    assert of("pattern", "^tw") == [1]
    assert of("text_sha256", "sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed") == [0]
    assert of("swhid", "swh:1:cnt:43dd47ea691c90a5fa7827892c70241913351963;origin=https://a.org/1") == [0]
    assert of("swhid", "swh:1:cnt:43dd47ea691c90a5fa7827892c70241913351964") == []
    assert rows(Rule("document", "00" * 16, "r")) == [0]
    assert rows(Rule("document", "00" * 16, "r", raw_sha256="02" * 32)) == []
    assert rows(Rule("span", "ne", "r", redacts=True)) == [0]
    assert rows(Rule("span", "one", "r", redacts=True, doc_id="01" * 16)) == []


def test_spans_that_touch_one_another_are_one_placeholder() -> None:
    rules = [Rule("span", "aba", "r", redacts=True), Rule("pattern", "[0-9]+", "r", redacts=True)]
    assert find_changes("ababa x 12y", rules=rules) == [Change(0, 5), Change(8, 10)]
    assert redact("ababa x 12y", rules=rules) == "[removed] x [removed]y"
    assert redact("nothing", rules=rules) == "nothing"


def test_a_request_that_may_not_act_is_an_error_of_the_ledger(tmp_path: Any) -> None:
    folder = tmp_path / "removals" / "requests"
    folder.mkdir(parents=True)
    bad = REQUEST | {"requester": {"relationship": "self", "verified": "no"}}
    (folder / "a.yaml").write_text(yaml.safe_dump(bad))
    with pytest.raises(InvalidRequest, match="no authority"):
        read_ledger(str(tmp_path / "removals"))
    waiting = bad | {"decision": {"state": "received", "due_at": "2026-12-20"}}
    (folder / "a.yaml").write_text(yaml.safe_dump(waiting))
    assert read_ledger(str(tmp_path / "removals")).rules == ()
    (folder / "a.yaml").write_text(yaml.safe_dump(REQUEST))
    (folder / "b.yaml").write_text(yaml.safe_dump(REQUEST))
    with pytest.raises(InvalidRequest, match="stands in two files"):
        read_ledger(str(tmp_path / "removals"))
    assert read_ledger(str(tmp_path / "nowhere")) == Ledger()


def test_existing_acts_by_tombstones_alone() -> None:
    request = make(scope={"languages": "all", "time": "existing"})
    assert selector_rules(request) == [] and len(all_rules(request)) == 1
    stone = Tombstone("a" * 32, "b" * 32, "s", "en", raw_sha256="c" * 64)
    executed = Executed(request.request_id, "2026-11-29", "2.0.0", (stone,))
    assert Executed.from_jsonl(executed.to_jsonl(), place="x") == executed
    ledger = Ledger({request.request_id: request}, {request.request_id: executed})
    assert [(rule.type, rule.value, rule.raw_sha256) for rule in ledger.rules] == [
        ("document", "b" * 32, "c" * 64)
    ]
    again = executed.joined([stone, Tombstone("d" * 32, "d" * 32, "s", "en")], release="3.0.0")
    assert (ledger.min_version, again.release) == ("2.0.0", "3.0.0")
    assert [each.key_id for each in again.tombstones] == ["b" * 32, "d" * 32]


@given(st.lists(st.from_regex(r"[ab1]{1,2}(\.[ab1]{1,2}){0,3}", fullmatch=True) | st.none(), max_size=6))
def test_no_host_below_a_listed_domain_is_passed_over(hosts: list[str | None]) -> None:
    listed = {"a", "b.a", "1.1", "1.1.1.1"}
    labels = [[] if host is None else host.split(".") for host in hosts]
    below = [any(".".join(each[start:]) in listed for start in range(len(each))) for each in labels]
    assert may_be_below(pa.array(hosts, pa.string()), domains=listed).to_pylist() == below
    for host, is_below in zip(hosts, below, strict=True):
        assert is_below or host is None or not listed & {*domains_above(host)}
