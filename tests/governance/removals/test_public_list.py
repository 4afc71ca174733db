"""A public list comes from a stranger: what is not as the schema says is refused with its line."""

import json

import pytest

from governance.removals.ledger import Executed
from governance.removals.public_list import SCHEMA, PublicList, parse_list
from governance.removals.request import InvalidRequest

DOCUMENT = '{"action": "drop_document", "added": "2026-11-29", "doc_id": "a"}'
SPAN = '{"doc_id": "b", "kind": "privacy_erasure", "start": 3, "end": 9, "text_chars": 20}'


def read(*rows: str) -> PublicList:
    head = {"schema": SCHEMA, "list_id": "c-2.0.0", "salt": "0" * 32, "rows": len(rows)}
    return parse_list("\n".join([json.dumps(head), *rows]).encode(), place="list.jsonl")


def test_rows_are_read() -> None:
    read_list = read(DOCUMENT, SPAN)
    assert read_list.documents == {"a"}
    assert [span.end for span in read_list.spans["b"]] == [9]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (DOCUMENT.replace('"added"', '"aded"'), r"line 2: unknown field\(s\): aded"),
        (SPAN.replace('"start"', '"strat"'), r"line 2: unknown field\(s\): strat"),
        (DOCUMENT.replace('"added"', '"action"'), r"repeated key\(s\): action"),
        (SPAN.replace("20", "8"), "line 2: the span lies outside of its text"),
        ("[" * 100_000, "no list of removals: maximum recursion depth"),
        ("3", "line 2: "),
    ],
)
def test_what_is_not_as_the_schema_says_is_refused(row: str, problem: str) -> None:
    with pytest.raises(InvalidRequest, match=problem):
        read(row)


def test_tombstones_that_are_nested_too_deeply_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="no list of tombstones"):
        Executed.from_jsonl(b"{}\n" + b"[" * 100_000, place="executed.jsonl")
