"""The public list of removals: enough for whoever holds a copy to apply it, and nothing that can be guessed.

Selectors that cannot be guessed are hashed (HMAC-SHA-256 under the salt of the corpus, which is published);
documents are named by their ids, spans by id, kind and offsets. Values of spans, patterns, names and contacts
are in no list.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from governance.removals.ledger import Ledger
from governance.removals.request import InvalidRequest
from layers import strict_json

SCHEMA = "rhizotron-removals/1"
SCHEMA_OF_GATES = "rhizotron-removals/2"
"""Of a list that names sources to be gated: a program that knows none would remove them."""
FOLDER = "removals/lists"
GATE = "gate_source"
"""The one action that takes nothing out."""
HASHED = ("url", "url_prefix", "domain", "doc_id", "source_uid", "creator", "text_sha256", "swhid")
"""Types of selectors that are published, as hashes."""


def make_salt(corpus: str) -> str:
    """The salt of a corpus, of all its lists and its table of twins, so that they can be compared."""
    return hashlib.sha256(f"{SCHEMA}\0{corpus}".encode()).hexdigest()[:32]


def selector_hash(kind: str, value: str, *, salt: str) -> str:
    """Of a selector as it is compared (a canonical URL, a domain …): 64 hexadecimal digits."""
    return hmac.digest(bytes.fromhex(salt), f"{kind}\0{value}".encode(), "sha256").hex()


@dataclass(frozen=True)
class SpanRow:
    """A span of a document: code points of a text of so many."""

    kind: str
    start: int
    end: int
    chars: int


@dataclass(frozen=True)
class PublicList:
    """A list, as whoever holds a copy reads it."""

    list_id: str
    salt: str
    documents: frozenset[str] = frozenset()
    """doc_ids of documents that went."""
    spans: dict[str, tuple[SpanRow, ...]] = field(default_factory=dict)
    """doc_id → what was cut."""
    hashes: dict[str, str] = field(default_factory=dict)
    """Hash of a selector → its type."""
    gated: dict[str, str] = field(default_factory=dict)
    """Hash of a source that must be behind a gate → the type of its selector."""


def list_path(name: str, version: str) -> str:
    """Of the list in a release."""
    return f"{FOLDER}/{name}-{version}.jsonl"


def render_list(ledger: Ledger, *, corpus: str, version: str) -> bytes | None:
    """The list of everything that was removed and may be told; None where there is nothing."""
    salt = make_salt(corpus)
    rows = sorted(_rows(ledger, salt=salt), key=lambda row: json.dumps(row, sort_keys=True))
    counted = sum(
        len(executed.tombstones)
        for uid, executed in ledger.executed.items()
        if uid in ledger.requests and ledger.requests[uid].public == "count_only"
    )
    if not rows and not counted:
        return None
    schema = SCHEMA_OF_GATES if any(row["action"] == GATE for row in rows) else SCHEMA
    head = {"schema": schema, "list_id": f"{corpus}-{version}", "salt": salt, "rows": len(rows)}
    head |= {"documents_not_listed": counted} if counted else {}
    distinct = list(dict.fromkeys(json.dumps(row, sort_keys=True) for row in rows))
    head["rows"] = len(distinct)
    return "\n".join([json.dumps(head, sort_keys=True), *distinct]).encode() + b"\n"


def _rows(ledger: Ledger, *, salt: str) -> Iterator[dict[str, Any]]:
    for request_id, executed in ledger.executed.items():
        request = ledger.requests.get(request_id)
        if request is None or request.public != "list":
            continue
        common = {"added": executed.added, "action": request.action}
        for selector in request.selectors:
            if selector.type in HASHED and request.scope.languages == "all":
                value = selector_hash(selector.type, selector.canonical, salt=salt)
                yield {**common, "selector": selector.type, "selector_hash": value}
        for each in executed.tombstones:
            about = {"doc_id": each.doc_id, "source": each.source, "language": each.lang or None}
            if not each.spans:
                yield {**common, **about}
            for cut in each.cuts:
                span = {"kind": request.kind, "start": cut.start, "end": cut.end, "text_chars": cut.chars}
                yield {**common, **about, **span}


_FIELDS = frozenset(
    [
        *("added", "action", "selector", "selector_hash"),
        *("doc_id", "source", "language", "kind", "start", "end", "text_chars"),
    ]
)
"""Of a row; what a misspelt one means would be guessed: without `start` a span is a whole document."""


def parse_list(data: bytes, *, place: str) -> PublicList:
    """Read a list; raises InvalidRequest where it has another schema, or is not whole."""
    try:
        lines = (line for line in data.decode().splitlines() if line.strip())
        head, *rows = map(strict_json.loads, lines)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(place, [f"no list of removals: {error}"]) from error
    if not isinstance(head, dict) or head.get("schema") not in (SCHEMA, SCHEMA_OF_GATES):
        got = head.get("schema") if isinstance(head, dict) else head
        raise InvalidRequest(
            place, [f"its schema is {got!r}; this program applies {SCHEMA} and {SCHEMA_OF_GATES}"]
        )
    salt = head.get("salt")
    if not isinstance(salt, str) or len(salt) != 32 or set(salt) - set("0123456789abcdef"):
        raise InvalidRequest(place, ["its salt is not 32 hexadecimal digits"])
    if head.get("rows") != len(rows):
        raise InvalidRequest(
            place, [f"it has {len(rows)} rows, and says {head.get('rows')}: it was cut or edited"]
        )
    return _collect(rows, head=head, place=place)


def _collect(rows: Sequence[Any], *, head: dict[str, Any], place: str) -> PublicList:
    documents: set[str] = set()
    spans: dict[str, tuple[SpanRow, ...]] = {}
    hashes: dict[str, str] = {}
    gated: dict[str, str] = {}
    for number, row in enumerate(rows, start=2):
        try:
            if unknown := sorted(set(row) - _FIELDS):
                raise ValueError(f"unknown field(s): {', '.join(unknown)}")
            if "selector_hash" in row:
                if row["selector"] not in HASHED:
                    raise ValueError(f"no selector {row['selector']!r} is published")
                listed = gated if row.get("action") == GATE else hashes
                listed[str(row["selector_hash"])] = str(row["selector"])
            elif "start" in row:
                span = SpanRow(row["kind"], int(row["start"]), int(row["end"]), int(row["text_chars"]))
                if not 0 <= span.start < span.end <= span.chars:
                    raise ValueError("the span lies outside of its text")
                spans[row["doc_id"]] = (*spans.get(row["doc_id"], ()), span)
            else:
                documents.add(str(row["doc_id"]))
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidRequest(place, [f"line {number}: {error}"]) from error
    return PublicList(
        str(head.get("list_id")),
        head["salt"],
        frozenset(documents),
        {key: tuple(sorted(each, key=lambda span: span.start)) for key, each in spans.items()},
        hashes,
        gated,
    )
