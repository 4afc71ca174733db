"""Canonical JSON is RFC 8785's, and says where it cannot be."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.canonical import MAX_INTEGER, from_canonical, to_canonical


def test_the_examples_of_the_rfc() -> None:
    """Sections 3.2.2 and 3.2.3."""
    numbers = [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001]
    value = {"numbers": numbers, "string": '€$\x0f\nA\'B"\\\\"/', "literals": [None, True, False]}
    assert to_canonical(value).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\x80", "\xf6"]
    ordered = ["\r", "1", "\x80", "\xf6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(to_canonical(dict.fromkeys(keys)))) == ordered


@pytest.mark.parametrize(("value", "is_written"), [(MAX_INTEGER, True), (MAX_INTEGER + 1, False)])
def test_integers_that_javascript_cannot_hold_are_refused_by_place(value: int, is_written: bool) -> None:
    for each in (value, -value):
        if is_written:
            assert from_canonical(to_canonical({"a": [each]})) == {"a": [each]}
        else:
            with pytest.raises(ValueError, match=r"^\$\.a\[1\]\.bytes: .*canonical JSON has no such value"):
                to_canonical({"a": [0, {"bytes": each}]})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", {1: 2}])
def test_what_json_cannot_say_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"^\$\.x: "):
        to_canonical({"x": value})


@pytest.mark.parametrize(
    "data",
    [b'{"a": 1}', b'{"b":1,"a":2}', b"1.0", b"1\n", b'{"a":1,"a":1}', b'"\\u00e9"', b"9007199254740993"],
)
def test_bytes_that_are_not_canonical_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not canonical"):
        from_canonical(data)


leaves = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.floats(allow_nan=False)
texts = st.text(st.characters(codec="utf-8"))


@given(
    st.recursive(
        leaves.filter(lambda value: value not in (float("inf"), float("-inf"))) | texts,
        lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    )
)
def test_what_is_written_is_read_and_written_alike(value: object) -> None:
    data = to_canonical(value)
    assert from_canonical(data) == value
    assert to_canonical(from_canonical(data)) == data
