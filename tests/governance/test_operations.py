"""Operations conserve documents and bytes from the first record read to the last document published."""

from collections.abc import Callable
from typing import Any

import pytest

from governance.balance import balance
from governance.ledger import Ledger
from governance.operations import EditCount, Flow, Operation, find_breaks, list_operations
from layers.entries import Count

EDITS = [
    EditCount("wiki", lang="sw", edit="whitespace", documents=3, bytes=20),
    EditCount("wiki", lang="en", edit="unescape", documents=1, bytes=-2),
]


@pytest.fixture
def ledger() -> Ledger:
    """Ten records of one source: one broken, one that a filter fails on, two and one dropped by rules."""
    counts = {
        "raw": [
            Count("read", documents=10, bytes=1000),
            Count("kept", lang_declared="sw", documents=9, bytes=900),
            Count("text", lang_declared="sw", documents=9, bytes=800),
            Count("dropped", reason="broken_json", documents=1, bytes=60),
            Count("framing", bytes=40),
        ],
        "measured": [
            Count("read", documents=9, bytes=800),
            Count("dropped", lang_declared="sw", reason="error:links", documents=1, bytes=100),
            Count("edited", bytes=18),
            Count("kept", lang_declared="sw", lang="en", documents=2, bytes=202),
            Count("kept", lang_declared="sw", lang="sw", documents=6, bytes=480),
        ],
        "decisions": [
            Count("read", lang="en", documents=2, bytes=202),
            Count("dropped", lang="en", reason="near_duplicate", documents=2, bytes=202),
            Count("read", lang="sw", documents=6, bytes=480),
            Count("dropped", lang="sw", reason="words_below_min", documents=1, bytes=10),
            Count("kept", lang="sw", documents=5, bytes=470),
        ],
        "release": [Count("kept", lang="sw", documents=5, bytes=470)],
    }
    return balance({layer: [("wiki", count) for count in listed] for layer, listed in counts.items()})


def operations(ledger: Ledger) -> list[Operation]:
    return list_operations(
        ledger,
        edits=EDITS,
        edit_order=["repeated_lines", "unescape", "whitespace"],
        edits_of={"wiki": ["unescape", "whitespace"]},
        rule_order=["words_below_min"],
    )


def sizes(flow: Flow) -> tuple[int, int, int]:
    return flow.bytes_in, flow.bytes_out, flow.bytes_removed


def test_every_operation_says_what_came_in_what_went_out_and_what_changed(ledger: Ledger) -> None:
    rows = [
        (op.name, flow.lang, flow.documents_in, flow.documents_out, flow.documents_changed, *sizes(flow))
        for op in operations(ledger)
        for flow in op.flows
    ]
    assert rows == [
        ("ingest", None, 10, 9, None, 1000, 800, 140),
        ("filter_errors", None, 9, 8, None, 800, 700, 0),
        ("unescape", "en", 2, 2, 1, 200, 202, -2),
        ("unescape", "sw", 6, 6, 0, 500, 500, 0),
        ("whitespace", "en", 2, 2, 0, 202, 202, 0),
        ("whitespace", "sw", 6, 6, 3, 500, 480, 20),
        ("words_below_min", "en", 2, 2, 0, 202, 202, 0),
        ("words_below_min", "sw", 6, 5, 0, 480, 470, 0),
        ("near_duplicate", "en", 2, 0, 0, 202, 0, 0),
        ("near_duplicate", "sw", 5, 5, 0, 470, 470, 0),
        ("publish", "sw", 5, 5, 0, 470, 470, 0),
    ]
    assert [*find_breaks(operations(ledger), ledger=ledger)] == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda ops: ops[0]["flows"][0].update(documents_out=8), "operation ingest of wiki"),
        (
            lambda ops: ops[2]["flows"][0].update(bytes_removed=0),
            "operation unescape of wiki in en: 200 bytes",
        ),
        (lambda ops: ops.pop(3), "operation words_below_min of wiki: given"),
        (
            lambda ops: ops[-2]["flows"][0]["dropped"].clear(),
            "operations count 0 dropped wiki near_duplicate",
        ),
        (lambda ops: ops[-1]["flows"].clear(), "operations count 0 published bytes wiki sw, the ledger 470"),
    ],
)
def test_what_is_not_conserved_is_named(
    change: Callable[[list[dict[str, Any]]], object], message: str, ledger: Ledger
) -> None:
    raw = [operation.model_dump() for operation in operations(ledger)]
    change(raw)
    changed = [Operation.model_validate(each) for each in raw]
    assert any(line.startswith(message) for line in find_breaks(changed, ledger=ledger))


def test_a_manifest_without_operations_is_of_an_earlier_version(ledger: Ledger) -> None:
    assert [*find_breaks([], ledger=ledger)] == []
